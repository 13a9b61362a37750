"""The terms that Beam counts are those of the documents in one loop, in any order, and a broken table is one line."""

from pathlib import Path

import apache_beam as beam
import pytest

from curation.document import Document, Text, Turn
from curation.errors import ConfigError
from curation.scoring.background import Background, read_background, terms
from pipelines.terms import TERMS, WriteTerms
from tests.pipelines.conftest import run_beam


def texts() -> list[Document]:
    found = [("en", "The gearboxes of a lathe, and a gearbox"), ("de", "Das Getriebe der Drehbank"), ("zh", "文字写在")]
    return [Document((Turn(None, (Text(text),)),), language=language) for language, text in found]


def written(folder: Path, documents: list[Document], **options: int) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    run_beam(lambda pipeline: pipeline | beam.Create(documents) | WriteTerms(str(folder), **options))
    return folder / TERMS


def test_terms_are_counted_by_language(tmp_path: Path):
    found = read_background(str(written(tmp_path, texts())))
    assert found.counts == Background.count((each.language, each.text) for each in texts()).counts
    assert found.counts["en"] == {"gearbo": 2, "lathe": 1}
    assert found.counts["zh"] == {"文字": 1, "字写": 1, "写在": 1}
    assert found.totals["en"] == 3


def test_equal_documents_in_another_order_give_equal_bytes(tmp_path: Path):
    one, other = written(tmp_path / "a", texts()), written(tmp_path / "b", texts()[::-1])
    assert one.read_bytes() == other.read_bytes()


def test_only_the_commonest_are_kept(tmp_path: Path):
    found = read_background(str(written(tmp_path, texts(), most=1)))
    assert found.counts["en"] == {"gearbo": 2}


def test_terms_are_stems_without_function_words_and_numbers():
    assert terms("The 2024 Gearboxes in it, of OK", "en") == ["gearbo"]


def test_a_rare_term_is_rarer_than_a_common_one_and_its_own_document_does_not_count():
    background = Background.count([("en", "lever " * 900 + "spindle"), ("en", "lever clutch")])
    assert background.rate("spindl", "en", 0, 0) < background.rate("lever", "en", 0, 0)
    assert background.rate("spindl", "en", 1, 1) < background.rate("spindl", "en", 0, 0)
    assert 0 < background.rate("unseen", "xx", 0, 0) < 1


def test_a_table_that_is_none_is_one_clear_line(tmp_path: Path):
    (tmp_path / TERMS).write_text("nothing")
    for path in (tmp_path / TERMS, tmp_path / "gone"):
        with pytest.raises(ConfigError, match="no counts of terms"):
            read_background(str(path))
