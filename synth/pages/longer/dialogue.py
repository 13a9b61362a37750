"""What a document of many pages says: page after page, each with its number, and the answers to questions."""

from collections.abc import Sequence
from typing import Any

from curation.document import Image, Part, Text, Turn
from synth.pages import model
from synth.pages.longer import questions
from synth.pages.view import texts
from synth.sample import Claims

View = dict[str, Any]

WORDINGS: dict[str, tuple[str, ...]] = {
    "html": ("QwenVL HTML", "Convert all pages to QwenVL HTML, page by page."),
    "markdown": (
        "Convert the whole document to Markdown. Begin each page with its number.",
        "Transcribe all pages as Markdown, page by page.",
    ),
    "pages": ("How many pages does the document have?", "Count the pages."),
    "page_of_heading": ('On which page is the heading "{heading}"?', 'Find the heading "{heading}". Which page?'),
    "headings_of_page": ("Which headings are on page {page}?", "List the headings of page {page}."),
    "page_of_text": ('On which page stands "{text}"?', 'Search the document for "{text}". Give the page number.'),
    "paragraph": (
        'Read the paragraph on page {page} that begins with "{beginning}".',
        'Page {page}: transcribe the paragraph that starts "{beginning}".',
    ),
}


def dialogue(pages: Sequence[Claims], view: View) -> tuple[Turn, ...]:
    """All pictures, each after its page's number; then one question or several, with their answers."""
    shown: list[Part] = []
    for number in range(len(pages)):
        shown += [Text(f"Page {number + 1}\n" if number == 0 else f"\nPage {number + 1}\n"), Image(number)]
    if view["kind"] != "questions":
        asked = _worded(view["kind"], view["wording"], {})
        told = _html(pages) if view["kind"] == "html" else (Text(view["said"]),)
        return Turn("user", (*shown, Text(f"\n{asked}"))), Turn("assistant", told)
    turns: list[Turn] = []
    for number, (question, said) in enumerate(zip(view["asked"], view["said"], strict=True)):
        asked = _worded(question["kind"], view["wording"] + number, question)
        before = (*shown, Text(f"\n{asked}")) if number == 0 else (Text(asked),)
        turns += [Turn("user", before), Turn("assistant", (Text(said),))]
    return tuple(turns)


def answer(pages: Sequence[Claims], view: View) -> Any:
    """What the pages answer to a view; None for HTML, which is written from them as they are."""
    match view["kind"]:
        case "markdown":
            told = (f"<!-- page {number} -->\n\n{texts.markdown(page['elements'])}" for number, page in _counted(pages))
            return "\n\n".join(told)
        case "questions":
            return [questions.answer(pages, question) for question in view["asked"]]
    return None


def _html(pages: Sequence[Claims]) -> tuple[Part, ...]:
    parts: list[Part] = []
    for number, page in _counted(pages):
        parts += [
            Text(f"{'' if number == 1 else chr(10)}Page {number}\n"),
            *model.document(page["elements"], number - 1),
        ]
    return tuple(parts)


def _counted(pages: Sequence[Claims]) -> list[tuple[int, Claims]]:
    return list(enumerate(pages, 1))


def _worded(kind: str, wording: int, fields: Any) -> str:
    choices = WORDINGS[kind]
    return choices[wording % len(choices)].format_map(fields)
