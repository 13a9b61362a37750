"""Lengths: excerpts cover a document once, keep images whole, and encode to just the tokens that were planned."""

import shutil
from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from curation.document import Document, Image, Text, Turn
from curation.errors import ConfigError, UserError
from model.processor import Images, apart
from tests.conftest import media_of, png, write_shards
from tests.train.conftest import coloured, page
from train.data import measure
from train.data.excerpts import excerpt, excerpts, pieces
from train.data.lengths import PackConfig, Packed, SourceChoice, TokenizerChoice
from train.data.measure import measure_sources


@pytest.mark.parametrize("source", ["colours", "pages"])
def test_every_sample_encodes_to_its_measured_length(packed, source):
    shards, processor = packed.shards(source), packed.processor
    for row in packed.lengths(source).to_pylist():
        encoded = processor.encode(excerpt(shards.read(row["row"]), row["first"], row["last"]))
        assert len(encoded.input_ids) == row["tokens"] <= packed.config.sequence
        assert sum(len(media.rows) for media in encoded.media) == row["patches"]


def test_excerpts_cover_a_page_once_and_in_order(packed):
    document, _ = page(0, paragraphs=40)
    found = list(excerpts(document, packed.processor, longest=128))
    assert len(found) > 2
    assert [first for first, *_ in found] == [0, *(last for _, last, *_ in found)][:-1]
    joined = [part for first, last, *_ in found for part in pieces(excerpt(document, first, last))]
    assert joined == pieces(document)
    assert sum(isinstance(part, Image) for part in joined) == 1


def test_a_chat_is_never_cut(packed):
    document, _ = coloured(0)
    ((first, last, tokens, _),) = excerpts(document, packed.processor, longest=10)
    assert (first, last) == (0, 1)
    assert tokens > 10
    assert excerpt(document, first, last) == document


def measured(packed, folder, samples, sequence=128, processes=None, **choice) -> Packed:
    """One source, `long`, measured by the tokenizer of the others."""
    write_shards(folder / "shards", samples)
    update = {
        "output": folder / "packs",
        "sources": {"long": SourceChoice(shards=str(folder / "shards"), **choice)},
        "tokenizer": TokenizerChoice(folder=packed.folder / "tokenizer"),
        "sequence": sequence,
        "processes": processes,
    }
    return measure_sources(packed.config.model_copy(update=update))


ENDLESS = Document((Turn(None, (Text("word " * 2000),)),))


def left_out(packed):
    return pq.read_table(packed.folder / "left_out.parquet").to_pylist()


def test_what_is_too_long_is_listed(packed, tmp_path, capsys):
    found = measured(packed, tmp_path, [(ENDLESS, []), coloured(0)])
    (missing,) = left_out(found)
    assert (missing["source"], missing["key"]) == ("long", ENDLESS.key)
    assert missing["tokens"] == packed.processor.measure(ENDLESS)[0] > 128
    assert found.receipt["sources"]["long"] | {"digest": ""} == {
        **{"digest": "", "documents": 2, "excerpts": 1, "left_out": 1, "too_short": 0},
        "tokens": sum(found.lengths("long")["tokens"].to_pylist()),
    }
    assert "1 left out (listed in" in capsys.readouterr().out
    assert left_out(packed) == []


def test_a_document_that_cannot_be_measured_is_listed_with_its_reason(packed, tmp_path):
    line = png(width=2, height=801)  # over the aspect ratio that the released processor takes
    document = Document((Turn(None, (Image(0), Text("A line."))),), (media_of(line),))
    found = measured(packed, tmp_path, [coloured(0), (document, [line])])
    (missing,) = left_out(found)
    assert (missing["key"], missing["tokens"]) == (document.key, None)
    assert "200 times the other" in missing["reason"]
    assert found.lengths("long")["row"].to_pylist() == [0]


def test_long_documents_are_left_whole_for_a_longer_phase_where_that_is_the_rule(packed, tmp_path):
    documents = [page(0, paragraphs=40), coloured(0), page(1, paragraphs=4)]
    sizes = [packed.processor.measure(document)[0] for document, _ in documents]
    found = measured(packed, tmp_path / "short", documents, long="leave")
    assert found.lengths("long")["row"].to_pylist() == [1, 2]
    assert [(row["key"], row["tokens"]) for row in left_out(found)] == [(documents[0][0].key, sizes[0])]
    longer = measured(packed, tmp_path / "long", documents, sequence=4096, long="leave", shortest=129)
    assert longer.lengths("long")["row"].to_pylist() == [0]
    assert longer.lengths("long")["tokens"].to_pylist() == sizes[:1]
    assert longer.receipt["sources"]["long"]["too_short"] == 2
    assert left_out(longer) == []


def test_a_document_is_too_short_by_the_whole_of_it_not_by_its_excerpts(packed, tmp_path):
    found = measured(packed, tmp_path, [page(0, paragraphs=40)], shortest=128)
    assert min(found.lengths("long")["tokens"].to_pylist()) < 128
    assert found.receipt["sources"]["long"]["too_short"] == 0


@pytest.mark.slow
def test_several_processes_measure_what_one_does(packed, tmp_path, monkeypatch):
    monkeypatch.setattr(measure, "DOCUMENTS_A_PROCESS", 10)
    monkeypatch.setattr(measure, "DOCUMENTS_A_TASK", 3)
    documents = [page(n, paragraphs=1 + n % 30) if n % 2 else coloured(n) for n in range(40)]
    one = measured(packed, tmp_path / "one", [*documents, (ENDLESS, [])], processes=1)
    two = measured(packed, tmp_path / "two", [*documents, (ENDLESS, [])], processes=2)
    for name in ("long.parquet", "left_out.parquet"):
        assert (one.folder / name).read_bytes() == (two.folder / name).read_bytes()
    assert len(one.lengths("long")) > 40
    (tmp_path / "two" / "shards" / "shard-00003.tar").unlink()
    again = two.config.model_copy(update={"output": tmp_path / "again"})
    with pytest.raises(UserError, match=r"shard-00003\.tar: the shard is missing"):
        measure_sources(again)


def test_how_many_processes_measure_is_no_new_setting(packed, capsys):
    measure_sources(packed.config.model_copy(update={"processes": 7}))
    assert "up to date" in capsys.readouterr().out


def test_a_source_that_would_give_nothing_is_a_clear_error(packed):
    values = packed.config.model_dump()
    values["sources"]["pages"]["shortest"] = 1000
    with pytest.raises(ValidationError, match=r"sources\.pages\.shortest: 1,000 is above sequence: 128"):
        PackConfig.model_validate(values)


def test_measuring_again_is_skipped_and_a_new_setting_measures_anew(packed, capsys):
    measure_sources(packed.config)
    assert "up to date" in capsys.readouterr().out


def test_shards_written_anew_are_noticed(packed, tmp_path):
    write_shards(tmp_path / "shards", [coloured(0)])
    update = {"output": tmp_path / "packs", "sources": {"colours": SourceChoice(shards=str(tmp_path / "shards"))}}
    choice = packed.config.tokenizer.model_copy(update={"learn_from": ("colours",)})
    again = measure_sources(packed.config.model_copy(update=update | {"tokenizer": choice}))
    write_shards(tmp_path / "shards", [coloured(1)])
    with pytest.raises(UserError, match="written anew"):
        Packed(again.folder).shards("colours")


def test_an_unknown_source_and_an_unfinished_folder_are_clear_errors(packed, tmp_path):
    with pytest.raises(ConfigError, match="no source is called nothing"):
        packed.lengths("nothing")
    with pytest.raises(UserError, match="run `vlforge pack` first"):
        Packed(tmp_path)


def test_the_tokenizer_learns_the_same_from_the_same_text(packed, tmp_path):
    again = measure_sources(packed.config.model_copy(update={"output": tmp_path / "packs"}))
    files = [folder / "tokenizer" / "tokenizer.json" for folder in (packed.folder, again.folder)]
    assert files[0].read_bytes() == files[1].read_bytes()
    assert np.array_equal(packed.lengths("pages")["tokens"], again.lengths("pages")["tokens"])


def test_questions_taken_apart_share_one_look_at_the_picture(packed, tmp_path):
    document, contents = coloured(0)
    again = Turn("user", (Text("And again?"),))
    document = replace(document, turns=(*document.turns, again, document.turns[1]))
    found = measured(packed, tmp_path, [(document, contents)], apart=True)
    (row,) = found.lengths("long").to_pylist()
    images: Images = {}
    stored = found.shards("long").read(0)
    first, second = (found.processor.encode(each, images=images) for each in apart(stored))
    assert len(first.input_ids) + len(second.input_ids) == row["tokens"]
    assert first.media[0] is second.media[0]
    assert row["patches"] == len(first.media[0].rows)
    decode = found.processor.tokenizer.decode
    assert "what colour?" in decode(first.input_ids)
    assert "what colour?" not in decode(second.input_ids)
    assert "And again?" in decode(second.input_ids)


@pytest.mark.parametrize("name", ["lengths.json", "colours.parquet"])
def test_damaged_packs_are_named(packed, tmp_path, name):
    folder = tmp_path / "packs"
    shutil.copytree(packed.folder, folder)
    (folder / name).write_bytes((folder / name).read_bytes()[:20])
    with pytest.raises(UserError, match=rf"{name}: damaged: remove .* and run `vlforge pack` again"):
        Packed(folder).lengths("colours")


def test_a_source_without_documents_is_told_as_such(packed, tmp_path, capsys):
    write_shards(tmp_path / "none", [])
    sources = packed.config.sources | {"none": SourceChoice(shards=str(tmp_path / "none"))}
    measure_sources(packed.config.model_copy(update={"output": tmp_path / "packs", "sources": sources}))
    assert "pack: none: 0 documents; " in capsys.readouterr().out
