"""How views ask, and how boxes are listed in answers."""

import html
import json
from collections.abc import Mapping, Sequence
from typing import Any

from curation.document import Box, Form, Part, Text

# {box} is where the box of the question stands; other names are fields of the view.
WORDINGS: dict[str, tuple[str, ...]] = {
    "html": (
        "QwenVL HTML",
        "Parse this page. QwenVL HTML.",
        "Convert this document to QwenVL HTML with the box of every element.",
    ),
    "text": (
        "Read all the text in the image.",
        "What does this page say? Plain text, in reading order.",
        "OCR this page.",
        "Transcribe the page, a blank line between elements.",
    ),
    "markdown": (
        "Convert this page to Markdown.",
        "Write the document in the image as Markdown.",
        "Transcribe the page in reading order. Use Markdown.",
    ),
    "layout": (
        "Locate all {what} of this page in reading order, as {form} with box and label.",
        "Where are the {what}? Answer in {form}, in reading order.",
        "Detect the {what} on the page. Give their boxes as {form}.",
    ),
    "table": (
        "Write the table at {box} as {format}.",
        "Extract the table in the box {box}. Format: {format}.",
        "Convert the table at {box} to {format}.",
    ),
    "lines": (
        "Spot all text lines of the page. Answer in {form}, in reading order.",
        "Detect and read every line of text; give boxes as {form}.",
    ),
    "words": (
        "Spot all words of the page. Answer in {form}, in reading order.",
        "Detect and read every word; give boxes as {form}.",
    ),
    "read": (
        "What is written in the box {box}?",
        "Read the text at {box}.",
        "Transcribe what stands at {box}.",
    ),
    "find": (
        'Where does it say "{text}"? Answer in {form}.',
        'Locate the text "{text}" and give its box as {form}.',
        'Which box holds "{text}"? Format: {form}.',
    ),
    "cell": (
        'In the table, what is the "{column}" of "{row}"?',
        'What does the table give for "{row}" under "{column}"?',
        'Look up "{row}", column "{column}".',
    ),
    "row_of": (
        'Which row has "{cell}" under "{column}"?',
        'For which entry of the first column is "{column}" equal to "{cell}"?',
    ),
    "sum": ('What is the sum of the column "{column}"?', 'Add up all numbers under "{column}".'),
    "largest": ('Which row has the largest "{column}"?', 'Where is "{column}" highest? Name the row.'),
    "smallest": ('Which row has the smallest "{column}"?', 'Where is "{column}" lowest? Name the row.'),
    "above": ('In how many rows is "{column}" above {limit}?', 'Count the rows whose "{column}" exceeds {limit}.'),
    "rows": ("How many rows does the table have, without its header?", "Count the rows below the table's header."),
    "headings": ("List the headings of this page in reading order.", "Which headings does the page have, in order?"),
    "count_headings": ("How many headings are on this page?", "Count the headings."),
    "after": (
        'Which text comes right after the heading "{heading}"?',
        'Read the paragraph that follows the heading "{heading}".',
    ),
    "footer": ("What does the footer say?", "Read the page's footer."),
    "header": ("What does the running header say?", "Read the header at the top of the page."),
}


_FORMS = {"json": "JSON", "xml": "XML", "plain": "plain text"}


def ask(kind: str, wording: int, fields: Mapping[str, Any]) -> tuple[Part, ...]:
    """The question, in one of the wordings of its kind; a box among the fields stays a number."""
    choices = WORDINGS[kind]
    said = choices[wording % len(choices)]
    if "form" in fields:
        fields = {**fields, "form": _FORMS[fields["form"]]}
    if "{box}" in said:
        before, after = said.split("{box}")
        box = fields["box"]
        opening, closing = ("<box ", "/>") if box.form == "xml" else ("", "")
        return Text(before.format_map(fields) + opening), box, Text(closing + after.format_map(fields))
    return (Text(said.format_map(fields)),)


def placed(image: int, box: Sequence[float], form: Form) -> Box:
    """A box of four numbers on media `image`."""
    x1, y1, x2, y2 = box
    return Box(image, x1, y1, x2, y2, form)


def listed(found: Sequence[tuple[str, Box]], form: Form, key: str = "label") -> tuple[Part, ...]:
    """Labelled boxes as JSON, XML or plain lines; without label where it is empty. `key` is its name in JSON."""
    parts: list[Part] = []
    for number, (label, box) in enumerate(found):
        match form:
            case "json":
                opening = "[\n" if number == 0 else ",\n"
                parts.append(Text(f'{opening}\t{{"bbox_2d": '))
                parts += [box, Text(f', "{key}": {json.dumps(label, ensure_ascii=False)}}}' if label else "}")]
            case "xml":
                parts.append(Text(("\n" if number else "") + "<object "))
                parts += [box, Text(f">{html.escape(label, quote=False)}</object>" if label else "/>")]
            case _:
                parts.append(Text(("\n" if number else "") + (f"{label} " if label else "")))
                parts.append(box)
    if form == "json":
        parts.append(Text("\n]" if found else "[]"))
    return tuple(part for part in parts if part != Text(""))
