"""Pairs of an image and its caption -> Record: rows of LAION and DataComp, of Hugging Face's image datasets."""

from typing import Any

from curation.reading.declared import language_tag
from curation.reading.record import COLUMNS, Block, Inline, MalformedError, Picture, Record
from curation.reading.rows import Row, licence_of, text_of

# The names in use: LAION `URL`, `TEXT`; DataComp and COYO `url`, `text`; Re-LAION and CC12M `url`, `caption`.
URL = ("url", "image_url", "img_url")
TEXT = ("text", "caption", "alt_text")
IMAGE = ("image", "jpg", "png", "webp", "images")


def read_caption(row: Row, place: str, url: str = "", text: str = "", image: str = "") -> Record:
    """A row with a caption and either an image's address or the image itself, as bytes or as Hugging Face's `datasets`
    store it ({bytes, path}). Columns are found by their usual names where they are not named. Raises MalformedError."""
    texts, addresses, images = ((text,) if text else TEXT), ((url,) if url else URL), ((image,) if image else IMAGE)
    _check(row, texts)
    _check(row, addresses + images)
    caption = text_of(row, *texts).strip()
    data, path = _embedded(row, images)
    src = text_of(row, *addresses).strip() or path
    if not caption:
        raise MalformedError("no text", f"no text in {' or '.join(texts)}")
    if not src and data is None:
        raise MalformedError("no image", f"neither an address in {' or '.join(addresses)} nor an image")
    return caption_record(row, place, caption, (Picture(src, data=data),))


def _check(row: Row, names: tuple[str, ...]) -> None:
    if not {name.lower() for name in names} & {name.lower() for name in row}:
        raise MalformedError(COLUMNS, f"there is no column {' or '.join(names)} (there are: {', '.join(row)})")


def caption_record(row: Row, place: str, caption: str, pictures: tuple[Picture, ...]) -> Record:
    """Pictures above their caption; of what is known, licence and language are taken."""
    content: tuple[Inline, ...] = (*pictures, "\n", caption)
    return Record(
        uri=place,
        blocks=(Block("figure", content),),
        licence=licence_of(row),
        task="caption",
        language=language_tag(text_of(row, "language", "lang")),
    )


def _embedded(row: Row, names: tuple[str, ...]) -> tuple[bytes | None, str]:
    """The bytes of an image that the row holds, and the path that it came from."""
    found: dict[str, Any] = {name.lower(): value for name, value in row.items()}
    for name in names:
        value = found.get(name.lower())
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        if isinstance(value, bytes):
            return value, ""
        if isinstance(value, dict) and isinstance(value.get("bytes"), bytes):
            return value["bytes"], str(value.get("path") or "")
    return None, ""
