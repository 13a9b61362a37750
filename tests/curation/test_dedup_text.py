"""Copies, repeated paragraphs and texts of benchmarks, on single documents."""

import json
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.dedup.contamination import Benchmark, Contamination, ContaminationSettings, digest
from curation.dedup.notes import REPEATED, apply
from curation.dedup.paragraphs import ParagraphSettings, cut, site, spans
from curation.dedup.profile import profile, repeated_within
from curation.dedup.settings import DedupSettings
from curation.dedup.words import word_hashes
from curation.document import Document, Image, Media, Source, Text, Turn
from curation.errors import ConfigError

SETTINGS = ParagraphSettings(left=5)
QUESTION = "How many apples are left in the basket after Mary has given three of them to each of her four brothers?"


def page(*parts: str | Media, uri: str = "https://example.org/a", **fields) -> Document:
    media = tuple(part for part in parts if isinstance(part, Media))
    made = tuple(Text(part) if isinstance(part, str) else Image(media.index(part)) for part in parts)
    return Document((Turn(None, made),), media, source=Source(uri), **fields)


def picture(name: str) -> Media:
    return Media.unseen("image", name, f"/somewhere/{name}")


# --- copies ---


def copy_digest(document: Document) -> bytes:
    return profile(document, None).digest


def test_copies_have_the_same_text_and_images():
    one = page("The garden  behind\nthe house.", picture("a.png"))
    assert copy_digest(one) == copy_digest(page("the Garden behind the house.", picture("a.png"), uri="elsewhere"))
    assert copy_digest(one) != copy_digest(page("The garden behind the house.", picture("b.png")))
    assert copy_digest(one) != copy_digest(page("The garden behind the house."))
    assert copy_digest(page("a + b")) != copy_digest(page("a - b")), "punctuation counts"


def test_talks_are_copies_only_where_they_are_equal():
    def talk(text: str) -> Document:
        return Document((Turn("user", (Text("What is it?"),)), Turn("assistant", (Text(text),))))

    assert copy_digest(talk("A cat.")) == copy_digest(talk("A cat."))
    assert copy_digest(talk("A cat.")) != copy_digest(talk("a cat."))
    assert not profile(talk("A cat. And a dog, too."), SETTINGS).paragraphs


def test_the_best_of_copies_has_most_images_then_most_text_then_the_smallest_uri():
    ranked = [
        page("Text.", picture("a"), picture("b"), uri="z"),
        page("Text, and more of it.", picture("a"), uri="y"),
        page("Text.", picture("a"), uri="a"),
        page("Text.", picture("a"), uri="b"),
    ]
    ranks = [profile(document, None).rank for document in ranked]
    assert ranks == sorted(ranks)


# --- paragraphs ---


def test_a_site_is_a_host_or_else_a_dataset():
    assert site(Source("https://www.example.org:80/a?b#c", dataset="crawl")) == "www.example.org"
    assert site(Source("manual/a.html", dataset="crawl")) == "crawl"
    assert site(Source("file.parquet#3", dataset="crawl")) == "crawl"


def test_paragraphs_lie_between_empty_lines_and_code_is_one():
    text = "# Title\n\nOne\nparagraph.\n \n```\ncode\n\nmore code\n```\nRight after.\n\n\nLast."
    found = [text[start:end] for start, end in spans(text)]
    assert found == ["# Title", "One\nparagraph.", "```\ncode\n\nmore code\n```", "Right after.", "Last."]


PIECES = st.lists(st.sampled_from(["one", "two words", "\n", "\n\n", " ", "```", "\n```\n"]), max_size=12)


@given(PIECES)
def test_paragraphs_hold_all_that_is_no_white_space(pieces):
    text = "".join(pieces)
    found = list(spans(text))
    assert all(end <= start for (_, end), (start, _) in pairwise(found))
    assert all(text[start:end].strip() for start, end in found)
    assert "".join("".join(text[start:end] for start, end in found).split()) == "".join(text.split())


@given(PIECES, st.sets(st.integers(0, 12)))
def test_cutting_takes_just_what_is_named(pieces, numbers):
    text = "".join(pieces)
    places = list(spans(text))
    document = page(text, picture("a.png"), text)
    wanted = {(0, places[number][0]): "why" for number in numbers if number < len(places)}
    shorter, rejects = cut(document, wanted)
    kept = "".join(text[start:end] for start, end in places if (0, start) not in wanted)
    first, *rest = [part for part in shorter.parts() if isinstance(part, Text)] if text else [Text("")]
    assert len(rejects) == len(wanted)
    assert shorter.images_shown() == [0]
    if len(wanted) < len(places):
        assert "".join(first.text.split()) == "".join(kept.split())
        assert [part.text for part in rest] == [text]


FOOTER = "Subscribe to our newsletter and never miss a thing."
PROSE = "The garden behind the house has a wall of red brick, and on warm days the cats sleep on it."


def notes_for(document: Document, wanted: str, detail: str):
    [number] = {profile(page(wanted), SETTINGS).paragraphs[0].number}
    return [(REPEATED, detail, number)]


def test_repeated_paragraphs_are_cut_and_images_stay():
    document = page(f"{PROSE}\n\n{FOOTER}\n\n", picture("a.png"), f"\n\n{FOOTER.upper()}\n\nThe end of it.")
    shorter, rejects = apply(document, notes_for(document, FOOTER, "in 9 documents of the site"), SETTINGS)
    assert shorter is not None
    assert [part.text for part in shorter.parts() if isinstance(part, Text)] == [f"{PROSE}\n\n", "\n\nThe end of it."]
    assert shorter.images_shown() == [0]
    assert [(each.kind, each.reason) for each in rejects] == [("text", REPEATED)] * 2
    assert rejects[0].detail == f"in 9 documents of the site: {FOOTER}"


def test_what_a_document_repeats_itself_is_kept_once():
    document = page(f"{FOOTER}\n\n{PROSE}\n\n{FOOTER}")
    assert [each.start for each in repeated_within(profile(document, SETTINGS).paragraphs)] == [len(FOOTER + PROSE) + 4]
    shorter, rejects = apply(document, notes_for(document, FOOTER, ""), SETTINGS)
    assert shorter is not None
    assert shorter.text.rstrip() == f"{FOOTER}\n\n{PROSE}"
    assert rejects[0].detail == f"twice in this document: {FOOTER}"


def test_a_document_of_which_too_little_is_left_is_dropped():
    document = page(f"{FOOTER}\n\nFour words are left.")
    kept, rejects = apply(document, notes_for(document, FOOTER, "in 9 documents of the site"), SETTINGS)
    assert kept is None
    assert (rejects[-1].kind, rejects[-1].reason) == ("document", "only repeated paragraphs")
    assert rejects[-1].detail == "4 words are left, at least 5"


def test_short_paragraphs_do_not_count():
    assert len(profile(page("See also\n\nThree words only\n\nBut these are four"), SETTINGS).paragraphs) == 1


def test_sites_do_not_share_paragraphs():
    one, other = (profile(page(FOOTER, uri=f"https://{host}/"), SETTINGS).paragraphs for host in ("a.org", "b.org"))
    assert one[0].number != other[0].number


# --- benchmarks ---


def index(tmp_path, *entries: str, **settings) -> Contamination:
    path = tmp_path / "benchmark.txt"
    path.write_text("\n".join(entries))
    return Contamination(ContaminationSettings(benchmarks=(Benchmark(name="Apples", path=str(path)),), **settings))


def find(contamination: Contamination, text: str):
    return contamination.find(word_hashes(text), [text])


def test_thirteen_words_of_a_question_are_found(tmp_path):
    contamination = index(
        tmp_path, "One that is something else, long enough to have thirteen words in it, or more.", QUESTION
    )
    words = QUESTION.rstrip("?").split()
    match = find(contamination, f"They asked: {' '.join(words[2:15]).upper()} -- and so on.")
    assert match is not None
    assert str(match) == f"Apples, entry 2: {' '.join(words[2:15]).upper()}"
    assert find(contamination, f"They asked: {' '.join(words[2:14])} -- and so on.") is None


def test_a_short_entry_is_looked_for_whole_and_a_very_short_one_not_at_all(tmp_path):
    contamination = index(tmp_path, "What is this?", "Which of the two animals is larger here?")
    assert (len(contamination), contamination.ignored) == (1, 1)
    assert find(contamination, "You may ask which of the two animals is larger, here or there.")
    assert find(contamination, "What is this? Which of the two animals is larger?") is None


def test_a_share_of_the_entry_can_be_asked_for(tmp_path):
    words = QUESTION.split()
    whole = index(tmp_path, QUESTION, share=0.6)
    assert find(whole, " ".join(words[:13])) is None
    assert find(whole, "He read aloud: " + " ".join(words[:19]))


def test_characters_count_where_there_are_no_spaces(tmp_path):
    question = "玛丽把篮子里的苹果分给她的四个兄弟每人三个之后篮子里还剩下多少个苹果请写出计算过程"
    contamination = index(tmp_path, question)
    assert find(contamination, f"有人问：{question[3:29]}，你知道吗？")
    assert find(contamination, f"有人问：{question[3:28]}，你知道吗？") is None


@pytest.mark.parametrize("kind", ["jsonl", "json", "parquet", "txt"])
def test_benchmarks_are_read_from(tmp_path, kind):
    path = tmp_path / f"benchmark.{kind}"
    rows = [{"asked": [QUESTION, "A second text in the same row, with quite a few words."]}, {"asked": None}]
    if kind == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    elif kind == "txt":
        path.write_text("\n\n".join(rows[0]["asked"]))
    else:
        path.write_text(json.dumps(rows) if kind == "json" else "\n".join(map(json.dumps, rows)))
    benchmark = Benchmark(name="Apples", path=str(path), field="asked")
    contamination = Contamination(ContaminationSettings(benchmarks=(benchmark,)))
    assert len(contamination) == 2
    assert find(contamination, f"So: {QUESTION}")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("missing.jsonl", None, "no such file"),
        ("missing.parquet", None, "cannot be read"),
        ("broken.jsonl", '{"question": ', "cannot be read"),
        ("numbers.jsonl", '{"question": 3}', "neither a text nor a list"),
        ("other.jsonl", '{"answer": "a"}', "has no text in the field 'question'"),
        ("binary.parquet", "no parquet", "cannot be read"),
        ("table.csv", "question", "a benchmark is .jsonl"),
        ("list.jsonl", "[]", "neither a text|has no text"),
    ],
)
def test_a_benchmark_that_cannot_be_used_is_one_line(tmp_path, name, content, said):
    if content is not None:
        (tmp_path / name).write_text(content)
    settings = ContaminationSettings(benchmarks=(Benchmark(name="Apples", path=str(tmp_path / name)),))
    with pytest.raises(ConfigError, match=said):
        Contamination(settings)


def test_an_index_too_large_for_a_worker_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("curation.dedup.contamination._MOST", 5)
    with pytest.raises(ConfigError, match="over 5 n-grams"):
        index(tmp_path, QUESTION)


def test_the_digest_follows_the_files(tmp_path):
    contamination = index(tmp_path, QUESTION)
    before = digest(contamination.settings)
    assert digest(contamination.settings) == before
    (tmp_path / "benchmark.txt").write_text("Something else.")
    assert digest(contamination.settings) != before


# --- settings ---


def test_near_and_paragraphs_can_be_switched_off():
    off = DedupSettings.model_validate({"near": None, "paragraphs": None})
    assert (off.near, off.paragraphs) == (None, None)
    with pytest.raises(pydantic.ValidationError):
        DedupSettings.model_validate({"near": {"threshold": 1.2}})


def test_a_document_without_words_is_no_trouble():
    for document in (page(), page(picture("a.png")), page("+++ --- ***"), page("\ud800 lone surrogate, as a text")):
        assert profile(document, SETTINGS).hashes.dtype == np.uint64
        assert len(copy_digest(document)) == 16
