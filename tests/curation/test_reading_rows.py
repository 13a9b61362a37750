"""Rows of published datasets become Records: each layout as its dataset card gives it."""

import io
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from curation.document import Document, Image, Media, Source, Text, Turn
from curation.reading.captions import read_caption
from curation.reading.interleaved import read_mmc4, read_obelics, read_omnicorpus
from curation.reading.own import read_document
from curation.reading.plain import read_text, read_text_row
from curation.reading.record import COLUMNS, Block, Damage, MalformedError, Picture, Record
from curation.reading.rows import delimited_rows, json_rows, parquet_rows, row_groups


def content(record: Record) -> list[str | Picture]:
    return [piece for block in record.blocks for piece in block.content]


# --- OBELICS, OmniCorpus, MMC4 ---

OBELICS = {  # as on its dataset card: parallel lists, and two columns of JSON
    "images": ["https://img.example/1.jpg", None, "https://img.example/2.png"],
    "texts": [None, "First paragraph.\n\nSecond paragraph.", None],
    "metadata": json.dumps([{"alt_text": "A car", "original_width": 800}, None, {"formatted_filename": "2"}]),
    "general_metadata": json.dumps({"url": "https://example.org/page", "warc_filename": "x.warc.gz"}),
}


def test_a_row_of_obelics_is_its_texts_and_images_in_turn():
    record = read_obelics(OBELICS, "train.parquet#0")
    assert content(record) == [
        Picture("https://img.example/1.jpg", alt="A car"),
        "First paragraph.",
        "Second paragraph.",
        Picture("https://img.example/2.png"),
    ]
    assert [block.kind for block in record.blocks] == ["figure", "paragraph", "paragraph", "figure"]
    assert (record.uri, record.base, record.task) == (*["https://example.org/page"] * 2, "interleaved")


def test_a_row_of_omnicorpus_has_structures_in_the_place_of_json():
    row = {
        "general_metadata": {"url": "https://example.org/cc", "id": "7", "fluency_prob": 0.9},
        "images": [None, "https://img.example/a.jpg"],
        "texts": ["Some text.", None],
        "metadata": [None, {"aesthetic_prob": 4.2, "img_url_sha": "ab", "width": 640, "height": 480}],
    }
    record = read_omnicorpus(row, "place")
    assert content(record) == ["Some text.", Picture("https://img.example/a.jpg")]
    assert record.uri == "https://example.org/cc"


def test_a_row_of_mmc4_has_each_image_before_the_sentence_that_it_was_assigned_to():
    row = {
        "text_list": ["One.", "Two.", "Three."],
        "url": "https://example.org/mmc4",
        "image_info": [
            {
                "image_name": "b.png",
                "raw_url": "https://img.example/b.png",
                "matched_text_index": 2,
                "matched_sim": 0.3,
            },
            {
                "image_name": "a.png",
                "raw_url": "https://img.example/a.png",
                "matched_text_index": 1,
                "matched_sim": 0.2,
            },
        ],
        "similarity_matrix": [[0.1, 0.1, 0.3], [0.1, 0.2, 0.1]],
    }
    pictures = [Picture(f"https://img.example/{name}.png") for name in "ab"]
    assert content(read_mmc4(row, "place")) == ["One.", pictures[0], "Two.", pictures[1], "Three."]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"texts": ["a"]}, COLUMNS),
        ({"texts": ["a"], "images": "no list"}, "malformed"),
        ({"texts": ["a", None], "images": [None]}, "malformed"),
        ({"texts": [7], "images": [None]}, "malformed"),
        ({"texts": [None], "images": [{"width": 3}]}, "malformed"),
    ],
)
def test_a_row_of_another_shape_is_malformed(row: dict, reason: str):
    with pytest.raises(MalformedError) as error:
        read_obelics(row, "place")
    assert error.value.reason == reason


@pytest.mark.parametrize("index", [-1, 1, None, "0"])
def test_an_image_assigned_to_no_sentence_is_malformed(index: object):
    with pytest.raises(MalformedError, match="matched_text_index"):
        read_mmc4({"text_list": ["One."], "image_info": [{"raw_url": "u", "matched_text_index": index}]}, "place")


# --- captions ---


@pytest.mark.parametrize(
    "row",
    [
        {
            "SAMPLE_ID": 1,
            "URL": "https://img.example/x.jpg",
            "TEXT": "A cat",
            "LICENSE": "?",
            "NSFW": "UNLIKELY",
        },  # LAION
        {"uid": "ab", "url": "https://img.example/x.jpg", "text": "A cat", "original_width": 10},  # DataComp
        {"url": "https://img.example/x.jpg", "caption": "A cat"},  # CC12M
    ],
)
def test_a_row_of_a_caption_table_is_found_by_its_usual_names(row: dict):
    record = read_caption(row, "part.parquet#3")
    assert content(record) == [Picture("https://img.example/x.jpg"), "\n", "A cat"]
    assert (record.uri, record.task, record.licence) == ("part.parquet#3", "caption", "")


def test_columns_can_be_named():
    row = {"link": "https://img.example/x.jpg", "german": "Eine Katze", "text": "A cat", "license": "CC0-1.0"}
    record = read_caption(row, "place", url="link", text="german")
    assert content(record)[-1] == "Eine Katze"
    assert record.licence == "CC0-1.0"


@pytest.mark.parametrize("image", [b"png", {"bytes": b"png", "path": None}, [{"bytes": b"png", "path": None}]])
def test_an_image_inside_the_row_is_its_bytes(image: object):
    assert content(read_caption({"image": image, "text": "A cat"}, "place"))[0] == Picture("", data=b"png")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"address": "u", "text": "t"}, COLUMNS),
        ({"url": "u", "words": "t"}, COLUMNS),
        ({"url": "u", "text": None}, "no text"),
        ({"url": " ", "text": "t"}, "no image"),
    ],
)
def test_a_row_without_image_or_caption_is_malformed(row: dict, reason: str):
    with pytest.raises(MalformedError) as error:
        read_caption(row, "place")
    assert error.value.reason == reason


# --- pure text ---


def test_a_text_is_its_paragraphs():
    record = read_text(b"\xef\xbb\xbfOne\r\nstill one.\r\n\r\n\r\nTwo.\n", "book.txt")
    assert record.blocks == (Block("paragraph", ("One\nstill one.",)), Block("paragraph", ("Two.",)))
    assert (record.uri, record.task) == ("book.txt", "text")


def test_what_is_known_of_a_text_may_be_nested_as_in_dolma_and_the_common_pile():
    row = {"text": "A text.", "lang": "DE", "metadata": {"license": "CC-BY-4.0", "url": "https://example.org/t"}}
    record = read_text_row(row, "place")
    assert (record.uri, record.licence, record.language) == ("https://example.org/t", "CC-BY-4.0", "de")


@pytest.mark.parametrize(
    ("row", "reason"), [({"body": "t"}, COLUMNS), ({"text": ""}, "no text"), ({"text": 3}, "no text")]
)
def test_a_row_without_text_is_malformed(row: dict, reason: str):
    with pytest.raises(MalformedError) as error:
        read_text_row(row, "place")
    assert error.value.reason == reason


def test_bytes_that_are_no_text_are_malformed():
    with pytest.raises(MalformedError, match="UTF-8"):
        read_text(b"\xff\xd8\xff\xe0\x00", "image.txt")


# --- our own documents ---


def documents() -> list[Document]:
    media = Media("image", "png", 8, 9, "ab" * 32, "a.png", "folder/a.png", 3, 40)
    turn = Turn(None, (Text("Look: "), Image(0)))
    return [
        Document((turn,), (media,), source=Source("a.html", "CC0-1.0"), scores={"quality": 0.5}, proof={"checks": 3}),
        Document((Turn("user", (Text("Hi"),)), Turn("assistant", (Text("Ho"),))), task="chat", scores={"balance": 1.0}),
    ]


def test_documents_come_back_from_their_lines():
    file = io.BytesIO("\n".join(document.to_json() for document in documents()).encode())
    assert [read_document(row) for _, row in json_rows(file)] == documents()


def test_documents_come_back_from_parquet_where_every_row_has_the_fields_of_all():
    rows = [json.loads(document.to_json()) for document in documents()]
    file = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), file)
    assert [read_document(row) for _, row in parquet_rows(file)] == documents()


def test_an_altered_document_is_malformed():
    row = json.loads(documents()[1].to_json())
    row["turns"][0]["parts"][0]["text"] = "He"
    with pytest.raises(MalformedError, match="altered"):
        read_document(row)


# --- files of rows ---


def test_a_bad_line_is_told_by_its_first_byte_and_the_others_are_read():
    lines = [b'{"text": "a"}', b'{"text": "b"', b"[1]", b"", b'{"text": "c"}']
    found = list(json_rows(io.BytesIO(b"\n".join(lines))))
    assert [(at, row if isinstance(row, dict) else row.reason) for at, row in found] == [
        ("0", {"text": "a"}),
        ("14", "not JSON"),
        ("27", "not JSON"),
        ("32", {"text": "c"}),
    ]


def test_half_a_surrogate_pair_becomes_something_that_can_be_written():
    ((_, row),) = json_rows(io.BytesIO(rb'{"text": "\ud83d\ude00 \ud83d!"}'))
    assert row == {"text": "😀 ?!"}


def test_csv_fields_may_hold_line_breaks_and_a_short_row_is_malformed():
    file = io.BytesIO('url,text\nu1,"a\nb"\nu2\nu3,ü\n'.encode())
    rows = [row if isinstance(row, dict) else row.reason for _, row in delimited_rows(file, ",")]
    assert rows == [{"url": "u1", "text": "a\nb"}, "not CSV", {"url": "u3", "text": "ü"}]


def test_row_groups_share_out_the_rows():
    file = io.BytesIO()
    pq.write_table(pa.table({"text": [f"row {n}" for n in range(10)]}), file, row_group_size=4)
    assert len(row_groups(file)) == 3
    parts = [list(parquet_rows(file, first, first + 1)) for first in range(3)]
    assert [int(place) for part in parts for place, _ in part] == list(range(10))
    assert [row["text"] for part in parts for _, row in part] == [f"row {n}" for n in range(10)]


def test_a_damaged_row_group_is_passed_over():
    file = io.BytesIO()
    texts = [np.random.default_rng(n).bytes(400).hex() for n in range(9)]
    options = {"use_dictionary": False, "write_statistics": False, "write_page_checksum": True}
    pq.write_table(pa.table({"text": texts}), file, row_group_size=3, **options)
    column = pq.ParquetFile(file).metadata.row_group(1).column(0)
    file.seek(column.data_page_offset + column.total_compressed_size // 2)
    file.write(bytes(64))
    found = list(parquet_rows(file))
    places = [item[0] for item in found if not isinstance(item, Damage)]
    assert places == ["0", "1", "2", "6", "7", "8"]
    (damage,) = (item for item in found if isinstance(item, Damage))
    assert (damage.place, damage.reason) == ("3", "damaged")
