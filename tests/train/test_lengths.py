"""Lengths: excerpts cover a document once, keep images whole, and encode to just the tokens that were planned."""

import numpy as np
import pytest

from curation.document import Document, Image, Text, Turn
from curation.errors import ConfigError, UserError
from tests.conftest import write_shards
from tests.train.conftest import coloured, page
from train.lengths import Packed, SourceChoice, excerpt, excerpts, measure_sources, pieces
from train.loader import Sources


def test_every_sample_encodes_to_its_measured_length(packed):
    sources = Sources.open(packed, ["colours", "pages"])
    for number in range(len(sources.samples)):
        (encoded,) = sources.encode(number)
        assert len(encoded.input_ids) == sources.samples.tokens[number] <= packed.config.sequence
        assert sum(len(media.rows) for media in encoded.media) == sources.samples.patches[number]


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


def test_what_is_too_long_is_listed(packed, tmp_path):
    endless = Document((Turn(None, (Text("word " * 2000),)),))
    write_shards(tmp_path / "shards", [(endless, [])])
    config = packed.config.model_copy(
        update={
            "output": tmp_path / "packs",
            "sources": {"long": SourceChoice(shards=str(tmp_path / "shards"))},
            "tokenizer": packed.config.tokenizer.model_copy(update={"learn_from": ("long",)}),
        }
    )
    (missing,) = measure_sources(config).receipt["sources"]["long"]["too_long"]
    assert missing["key"] == endless.key
    assert missing["tokens"] > 128


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
    from dataclasses import replace

    document, contents = coloured(0)
    again = Turn("user", (Text("And again?"),))
    document = replace(document, turns=(*document.turns, again, document.turns[1]))
    write_shards(tmp_path / "shards", [(document, contents)])
    choice = SourceChoice(shards=str(tmp_path / "shards"), apart=True)
    tokenizer = packed.config.tokenizer.model_copy(update={"learn_from": ("chats",)})
    update = {"output": tmp_path / "packs", "sources": {"chats": choice}, "tokenizer": tokenizer}
    measured = measure_sources(packed.config.model_copy(update=update))
    sources = Sources.open(measured, ["chats"])
    first, second = sources.encode(0)
    assert len(first.input_ids) + len(second.input_ids) == sources.samples.tokens[0]
    assert first.media[0] is second.media[0]
    assert sources.samples.patches[0] == len(first.media[0].rows)
    decode = measured.processor.tokenizer.decode
    assert "what colour?" in decode(first.input_ids)
    assert "what colour?" not in decode(second.input_ids)
    assert "And again?" in decode(second.input_ids)
