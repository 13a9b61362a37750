"""Documents of recognised tables: QwenVL HTML and Markdown. They say what a model saw: nothing proves them."""

import html
from collections.abc import Iterator, Mapping

from curation.document import Box, Document, Image, Media, Source, Text, Turn
from synth.tables.candidate import Cell, TableCandidate

RECOGNISER = "table-recogniser/1"


def documents(
    candidate: TableCandidate, media: Media, scores: Mapping[str, float], source: Source, language: str = ""
) -> Iterator[Document]:
    """The table as HTML and, where no cell spans, as Markdown. `proof` says that there is none."""
    proof = {"unproved": "recognised by a model, filtered by confidence, overlap and density"}
    box = Box(0, *_extent(candidate, media), "html")
    rows = markup(candidate)
    answer = (Text('<html><body>\n<table data-bbox="'), box, Text(f'">{rows}</table>\n</body></html>'))
    for task, request, said in (
        ("html", "QwenVL HTML", answer),
        ("table", "Write the table as Markdown.", (Text(markdown(candidate)),)),
    ):
        if task == "table" and any(cell.rows * cell.columns > 1 for cell in candidate.cells):
            continue
        turns = (Turn("user", (Image(0), Text("\n" + request))), Turn("assistant", said))
        yield Document(turns, (media,), task=task, language=language, source=source, scores=dict(scores), proof=proof)


def markup(candidate: TableCandidate) -> str:
    """The rows of an HTML table, spans and headers included."""
    lines = []
    for row in range(candidate.rows):
        cells = sorted((cell for cell in candidate.cells if cell.row == row), key=lambda cell: cell.column)
        lines.append("<tr>" + "".join(_tag(cell) for cell in cells) + "</tr>")
    return "".join(lines)


def markdown(candidate: TableCandidate) -> str:
    """A pipe table; its first row is the head."""
    texts = {(cell.row, cell.column): " ".join(cell.text.replace("|", "\\|").split()) for cell in candidate.cells}
    rows = [[texts.get((row, column), "") for column in range(candidate.columns)] for row in range(candidate.rows)]
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + " --- |" * candidate.columns, *lines[1:]]) if lines else ""


def _tag(cell: Cell) -> str:
    name = "th" if cell.header else "td"
    spans = f' rowspan="{cell.rows}"' * (cell.rows > 1) + f' colspan="{cell.columns}"' * (cell.columns > 1)
    return f"<{name}{spans}>{html.escape(cell.text.strip(), quote=False)}</{name}>"


def _extent(candidate: TableCandidate, media: Media) -> tuple[float, float, float, float]:
    """The box of all cells inside the image; the whole image where no cell has one."""
    boxes = [cell.box for cell in candidate.cells if cell.box]
    if not boxes:
        return 0.0, 0.0, float(media.width), float(media.height)
    x1, y1 = (max(min(box[side] for box in boxes), 0.0) for side in (0, 1))
    return x1, y1, min(max(box[2] for box in boxes), media.width), min(max(box[3] for box in boxes), media.height)
