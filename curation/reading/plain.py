"""Pure text -> Record: text files, and rows with a column of text (FineWeb, Dolma, the Common Pile)."""

from curation.reading.declared import language_tag
from curation.reading.interleaved import blocks_of
from curation.reading.record import COLUMNS, MalformedError, Record
from curation.reading.rows import Row, licence_of, text_of

MAX_TEXT = 64 << 20  # bytes


def read_text(content: bytes, place: str, language: str = "") -> Record:
    """A file of text, paragraphs set apart by empty lines. Raises MalformedError."""
    if len(content) > MAX_TEXT:
        raise MalformedError("too large", f"a text of over {MAX_TEXT:,} bytes")
    try:
        text = content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise MalformedError("encoding", f"not UTF-8: {error}") from error
    return Record(place, tuple(blocks_of(text)), task="text", language=language_tag(language))


def read_text_row(row: Row, place: str, column: str = "text") -> Record:
    """A row of a pure-text dataset. Raises MalformedError."""
    if column not in row:
        raise MalformedError(COLUMNS, f"there is no column {column} (there are: {', '.join(row)})")
    text = row[column]
    if not isinstance(text, str) or not text.strip():
        raise MalformedError("no text", f"{column} is empty" if not text else f"{column} is a {type(text).__name__}")
    return Record(
        uri=text_of(row, "url") or place,
        blocks=tuple(blocks_of(text)),
        licence=licence_of(row),
        task="text",
        language=language_tag(text_of(row, "language", "lang")),
        title=text_of(row, "title"),
    )
