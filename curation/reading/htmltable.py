"""HTML tables as GitHub Markdown, with their header row, spans and the pictures inside their cells."""

from typing import Any

_MOST_COLUMNS = 64  # a colspan of 1,000 is a slip of the page's author, not a table


def is_data_table(table: Any) -> bool:
    """Whether a table holds data rather than the page's layout.

    A grid of two by two or more, with no table, heading or code inside its cells; `role=presentation` says layout
    itself.
    """
    if table.attributes.get("role") in ("presentation", "none") or table.any_css_matches(
        ("table table", "table h1", "table h2", "table h3", "table pre", "table figure")
    ):
        return False
    rows = [len(row.css("td, th")) for row in table.css("tr")]
    return len(rows) >= 2 and max(rows) >= 2


class TableBuilder:
    """Collects cells row by row. A cell's content is text and pictures; a spanned place is an empty cell."""

    def __init__(self, mem_id: int):
        self.mem_id = mem_id
        self.rows: list[dict[int, tuple[Any, ...]]] = []
        self.spanned: dict[int, int] = {}  # column -> rows still covered by a cell above
        self.header = False

    def start_row(self) -> None:
        self.rows.append(dict.fromkeys(self.spanned, ()))
        self.spanned = {column: left - 1 for column, left in self.spanned.items() if left > 1}

    def add_cell(self, content: tuple[Any, ...], is_header: bool, columns: int = 1, rows: int = 1) -> None:
        if not self.rows:
            self.start_row()
        row = self.rows[-1]
        column = next(number for number in range(len(row) + 1) if number not in row)
        if column >= _MOST_COLUMNS:
            return
        if len(self.rows) == 1:
            self.header = is_header if column == 0 else self.header and is_header
        row[column] = content
        for place in range(column, min(column + max(columns, 1), _MOST_COLUMNS)):
            row.setdefault(place, ())
            if rows > 1:
                self.spanned[place] = rows - 1

    def markdown(self) -> tuple[Any, ...]:
        """Pieces of Markdown text with pictures between them; a table without a header row gets an empty one."""
        rows = [row for row in self.rows if any(row.values())]
        if not rows:
            return ()
        width = max(max(row) for row in rows) + 1
        if not self.header:
            rows.insert(0, {})
        pieces: list[Any] = []
        for number, row in enumerate(rows):
            for column in range(width):
                pieces.append("| " if column == 0 else " | ")
                pieces += [_escape(piece) for piece in row.get(column, ())]
            pieces.append(" |")
            pieces.append("\n|" + " --- |" * width if number == 0 else "")
            pieces.append("\n" if number + 1 < len(rows) else "")
        return _join(pieces)


def _escape(piece: Any) -> Any:
    return piece.replace("|", "\\|") if isinstance(piece, str) else piece


def _join(pieces: list[Any]) -> tuple[Any, ...]:
    joined: list[Any] = []
    for piece in pieces:
        if isinstance(piece, str) and joined and isinstance(joined[-1], str):
            joined[-1] += piece
        else:
            joined.append(piece)
    return tuple(joined)
