"""PDF pages: what is said of them is what their pictures show, and lies are found out."""

import io
from pathlib import Path

import matplotlib
import numpy as np
import PIL.Image
import pytest
from matplotlib.backends.backend_pdf import PdfPages as PdfWriter
from matplotlib.figure import Figure

from curation.errors import UserError
from synth.generate import samples
from synth.mutation import judge
from synth.ocr import ocr_engine
from synth.pages.pdf import PdfChecker, PdfPages, PdfSettings
from synth.pages.pdfium import proof
from synth.pages.pdfium.elements import joined, ordered
from synth.pages.pdfium.proof import misread, precedes
from synth.sample import Sample, Unproven

LINES = [
    "The harbour office counted 4817 boats in March, and",
    "319 more came in April. Nobody had expected so many",
    "visitors: the pier was closed for 26 days.",
]


def write_pdf(path: Path, kind: str = "pdf", lines: list[str] = LINES, **figure) -> Path:
    """A page with a heading, a paragraph, a picture, another paragraph and a footer."""
    with matplotlib.rc_context({"pdf.fonttype": 42}), PdfWriter(path, metadata={"CreationDate": None}) as writer:
        page = Figure(figsize=(5, 6))
        page.text(0.1, 0.92, "Boats of the year", fontsize=20)
        for number, line in enumerate(lines):
            page.text(0.1, 0.84 - 0.03 * number, line, fontsize=11)
        rng = np.random.default_rng(3)
        photograph = PIL.Image.fromarray(rng.integers(0, 255, (8, 10, 3), np.uint8)).resize((200, 160))
        page.figimage(np.asarray(photograph), 80, 200)
        page.text(0.1, 0.22, "A second text stands below the picture, 7 lines", fontsize=11)
        page.text(0.1, 0.19, "from the end: code KX-2094-PD is on the door.", fontsize=11)
        page.text(0.45, 0.04, "page 12 of 40", fontsize=8)
        writer.savefig(page, **figure)
    return path


@pytest.fixture(scope="module")
def settings(tmp_path_factory) -> PdfSettings:
    path = write_pdf(tmp_path_factory.mktemp("pdf") / "boats.pdf")
    views = {"more": 3}
    return PdfSettings.model_validate(
        {"files": {"en": [str(path)]}, "licence": "CC0-1.0", "views": views, "spotting": 1.0}
    )


@pytest.fixture(scope="module")
def made(settings) -> list[Sample]:
    """The samples of some seeds, read by a stand-in for the OCR engine where none is installed."""
    found = [sample for seed in range(2) for sample in samples(PdfPages(settings), "pdf", seed)]
    assert all(isinstance(sample, Sample) for sample in found), found
    return found  # type: ignore[return-value]


@pytest.fixture(scope="module", autouse=True)
def perfect_reader():
    """Engines are slow, and tested elsewhere: this one is silent, so that the other checks are what is tested."""
    patch = pytest.MonkeyPatch()
    patch.setattr(proof, "misread", lambda pairs: iter(()))
    patch.setattr(ocr_engine, "recognise", lambda crop, language: "")
    yield
    patch.undo()


def test_a_page_is_told_in_reading_order_with_kinds_by_size(made):
    elements = made[0].document.proof["claims"]["elements"]
    assert [each["kind"] for each in elements] == ["h1", "p", "image", "p", "footer"]
    assert elements[1]["text"] == " ".join(LINES)
    assert elements[4]["text"] == "page 12 of 40"


def test_sides_are_multiples_of_28_and_the_page_is_not_distorted(made):
    width, height = made[0].document.media[0].width, made[0].document.media[0].height
    assert width % 28 == height % 28 == 0
    assert 0 <= height - width * 6 / 5 < 29  # paper is added below


def test_boxes_hold_the_ink_and_no_more(made):
    """An oracle of its own: dark pixels in and around the box of the heading."""
    sample = made[0]
    box = sample.document.proof["claims"]["elements"][0]["box"]
    shown = np.asarray(PIL.Image.open(io.BytesIO(sample.contents[0])).convert("L"))
    rows, columns = np.nonzero(shown[: box[3] + 12] < 128)
    assert np.abs(np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]) - box).max() <= 2


def test_every_view_says_what_the_page_says(made):
    views = {sample.document.proof["view"]: sample.document for sample in made}
    assert "<h1 data-bbox=" in views["html"].text
    assert {"html", "text", "markdown"} & set(views)
    assert {"lines", "words"} & set(views)
    for name in {"lines", "words"} & set(views):
        assert "4817" in views[name].text


def test_lies_are_found_out_of_every_kind(made):
    rng = np.random.default_rng(5)
    few = {
        sample.document.proof["view"]: sample for sample in made if sample.document.proof["view"] in ("html", "lines")
    }
    verdicts = [
        verdict
        for sample in few.values()
        for verdict in judge(sample.document, sample.contents, PdfChecker(), rng)
        if verdict.lie != "claimed letters_renamed"  # for the engine, see below
    ]
    assert [verdict.lie for verdict in verdicts if not verdict.found_by] == []
    assert {"claimed digit_changed", "claimed word_dropped", "claimed order_permuted"} <= {v.lie for v in verdicts}


def test_equal_seeds_give_equal_bytes(settings, made):
    again = list(samples(PdfPages(settings), "pdf", 0))
    assert [each.contents for each in again] == [each.contents for each in made[: len(again)]]
    assert [each.document.to_json() for each in again] == [each.document.to_json() for each in made[: len(again)]]


def test_an_engine_that_reads_other_letters_is_believed():
    honest = [("the north wind met the tenth tent", "the north wind met the tenth tent")] * 3
    assert list(misread(honest)) == []
    renamed = [(told.replace("t", "m"), read) for told, read in honest]
    assert "'m' is claimed" in " ".join(failure.evidence for failure in misread(renamed))
    assert "read as" in next(misread([("a wholly different line", "0 1 2 3")])).evidence


@pytest.mark.parametrize("damage", ["not a pdf", "truncated", "empty"])
def test_a_damaged_file_is_a_reject_that_names_it(tmp_path, damage):
    whole = write_pdf(tmp_path / "whole.pdf").read_bytes()
    content = {"not a pdf": b"GIF89a" * 40, "truncated": whole[: len(whole) // 3], "empty": b""}[damage]
    path = tmp_path / "bad.pdf"
    path.write_bytes(content)
    generator = PdfPages(PdfSettings(files={"en": [str(path)]}, licence="CC0-1.0"))
    (reject,) = samples(generator, "pdf", 0)
    assert isinstance(reject, Unproven)
    assert "bad.pdf" in str(reject)


def test_a_scan_is_a_reject(tmp_path):
    path = tmp_path / "scan.pdf"
    PIL.Image.effect_noise((400, 500), 80).save(path)
    (reject,) = samples(PdfPages(PdfSettings(files={"en": [str(path)]}, licence="CC0-1.0")), "pdf", 0)
    assert isinstance(reject, Unproven)
    assert "scan" in str(reject)


def test_hidden_text_is_a_reject(tmp_path):
    path = write_pdf(tmp_path / "hidden.pdf", lines=[*LINES[:2], "unseen"])
    content = path.read_bytes()
    assert b"stream" in content
    with matplotlib.rc_context({"pdf.fonttype": 42, "pdf.compression": 0}), PdfWriter(path) as writer:
        page = Figure(figsize=(5, 6))
        for number, line in enumerate(LINES):
            page.text(0.1, 0.84 - 0.03 * number, line, fontsize=11)
        page.text(0.1, 0.5, "white on white", fontsize=11, color="white")
        writer.savefig(page)
    (reject, *_) = samples(PdfPages(PdfSettings(files={"en": [str(path)]}, licence="CC0-1.0")), "pdf", 0)
    assert isinstance(reject, Unproven)
    assert "nothing is written" in str(reject)


def test_settings_name_what_is_missing(tmp_path):
    with pytest.raises(UserError, match="no PDF file"):
        PdfPages(PdfSettings(files={"en": [str(tmp_path / "none")]}, licence="CC0-1.0"))


def test_lines_join_by_script_and_columns_are_read_one_after_the_other():
    assert joined(["one", "two-", "three"]) == "one two-three"
    assert joined(["漢字", "仮名"]) == "漢字仮名"
    left, right, title = (0, 50, 40, 200), (60, 50, 100, 200), (0, 0, 100, 30)
    assert ordered([right, left, title]) == [2, 1, 0]
    assert precedes(title, left)
    assert precedes(left, right)
    assert not precedes(right, left)
