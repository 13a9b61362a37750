"""Documents of many pages: every page is proved, and questions are answered by the only page that can."""

import json

import matplotlib
import numpy as np
import pytest
from matplotlib.backends.backend_pdf import PdfPages as PdfWriter
from matplotlib.figure import Figure
from pydantic import ValidationError

from curation.document import Document, Image
from synth.generate import samples
from synth.mutation import judge
from synth.pages.long import LongChecker, LongDocuments, LongSettings, tokens
from synth.pages.longer import questions
from synth.pages.longer.dialogue import dialogue
from synth.pages.pdfium import proof
from synth.sample import Sample, Unproven


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """Four pages, each with a heading and numbers of its own."""
    path = tmp_path_factory.mktemp("long") / "report.pdf"
    with matplotlib.rc_context({"pdf.fonttype": 42}), PdfWriter(path, metadata={"CreationDate": None}) as writer:
        for number, name in enumerate(("Harbours", "Railways", "Canals", "Bridges"), 1):
            page = Figure(figsize=(4, 3))
            page.text(0.1, 0.85, name, fontsize=18)
            page.text(0.1, 0.7, f"In the year {1890 + 7 * number} there were {number * 613} of them, and", fontsize=10)
            page.text(0.1, 0.63, "most were made of wood, stone or brick.", fontsize=10)
            writer.savefig(page)
    return path


@pytest.fixture(scope="module", autouse=True)
def no_engine():
    """OCR engines are slow, and tested elsewhere."""
    patch = pytest.MonkeyPatch()
    patch.setattr(proof, "_reading", lambda *page: iter(()))
    yield
    patch.undo()


@pytest.fixture(scope="module")
def made(report) -> list[Sample]:
    settings = {
        "files": {"en": [str(report)]},
        "licence": "CC0-1.0",
        "pages": [2, 4],
        "canvas": {"pixels": [200_000, 200_704]},
    }
    generator = LongDocuments(LongSettings.model_validate(settings))
    found = [sample for seed in range(3) for sample in samples(generator, "long", seed)]
    assert all(isinstance(sample, Sample) for sample in found), found
    return found  # type: ignore[return-value]


def test_all_pages_are_shown_in_order_before_the_question(made):
    for sample in made:
        count = len(sample.document.proof["claims"]["pages"])
        assert [part for part in sample.document.turns[0].parts if isinstance(part, Image)] == [
            Image(number) for number in range(count)
        ]
        assert len(sample.contents) == 3 * count


def test_lies_about_any_page_or_answer_are_found(made):
    rng = np.random.default_rng(2)
    views = {sample.document.proof["view"]: sample for sample in made}
    assert "questions" in views
    verdicts = [
        verdict
        for sample in views.values()
        for verdict in judge(sample.document, sample.contents, LongChecker(), rng)
        if verdict.lie != "claimed page_letters_renamed"  # for the engine that is not there
    ]
    assert [verdict.lie for verdict in verdicts if not verdict.found_by] == []
    assert "claimed pages_swapped" in {verdict.lie for verdict in verdicts}


def test_a_document_survives_json(made):
    for sample in made:
        assert Document.from_json(sample.document.to_json()).turns == sample.document.turns


def page(*elements):
    told = [{"id": n, "kind": kind, "box": [0, 0, 9, 9], "text": text} for n, (kind, text) in enumerate(elements, 1)]
    return {"size": [280, 280], "language": "en", "elements": told}


PAGES = [
    page(("h1", "Start"), ("p", "The first paragraph tells that there were 26 boats in the harbour, and no more.")),
    page(("h2", "Middle"), ("p", "Reference: KX29-PD64"), ("h2", "Notes")),
    page(("h2", "End"), ("p", "Short."), ("h2", "Notes")),
]


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ({"kind": "pages"}, "3"),
        ({"kind": "page_of_heading", "heading": "End"}, "3"),
        ({"kind": "headings_of_page", "page": 2}, "Middle\nNotes"),
        ({"kind": "page_of_text", "text": "KX29-PD64"}, "2"),
        ({"kind": "paragraph", "page": 1, "beginning": "The first para"}, PAGES[0]["elements"][1]["text"]),
    ],
)
def test_questions_have_the_answer_of_one_page(question, wanted):
    assert questions.answer(PAGES, question) == wanted


def test_what_stands_on_two_pages_is_not_asked():
    for seed in range(20):
        asked = questions.draw(np.random.default_rng(seed), PAGES)
        assert asked
        assert not any(question.get("heading") == "Notes" for question in asked)
        view = {"kind": "questions", "wording": seed, "asked": asked}
        said = [questions.answer(PAGES, question) for question in asked]
        assert len(dialogue(PAGES, json.loads(json.dumps({**view, "said": said})))) == 2 * len(asked)
    with pytest.raises(ValueError, match="unpack"):
        questions.answer(PAGES, {"kind": "page_of_heading", "heading": "Notes"})


def test_tokens_bound_a_document(report):
    settings = LongSettings.model_validate(
        {"files": {"en": [str(report)]}, "licence": "CC0-1.0", "pages": [4, 4], "tokens": 2_000}
    )
    (reject,) = samples(LongDocuments(settings), "long", 1)
    assert isinstance(reject, Unproven)
    assert "4 or more are wanted" in str(reject)
    assert tokens(PAGES) > 3 * 280 * 280 // 784


def test_settings_want_a_source_and_a_licence():
    with pytest.raises(ValidationError, match="documents are wanted"):
        LongSettings()
    with pytest.raises(ValidationError, match="licence"):
        LongSettings(files={"en": ["a.pdf"]})
