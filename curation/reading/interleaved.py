"""Rows of the published interleaved datasets: OBELICS, OmniCorpus, MMC4 -> Record.

OBELICS (Laurencon et al. 2023, the dataset card): `texts` and `images` are parallel lists, in each place one of them
null; `metadata` is a parallel list as JSON, with each image's `alt_text`; `general_metadata` is JSON with the page's
`url`. OmniCorpus (Li et al. 2024, the card of OmniCorpus-CC): the same lists; `metadata` and `general_metadata` (with
`url`, `id`) are structures. MMC4 (Zhu et al. 2023, the README): `text_list` are sentences, `image_info` images with
`raw_url` and the index of the sentence that each was assigned to, `url` is the page's.
"""

from collections.abc import Mapping
from typing import Any

from curation.reading.declared import language_tag
from curation.reading.record import COLUMNS, Block, Inline, MalformedError, Picture, Record
from curation.reading.rows import Row, licence_of, text_of, unpacked

Files = Mapping[str, Picture]  # pictures that lie beside the row, by their names


def read_obelics(row: Row, place: str, files: Files | None = None) -> Record:
    """A row of OBELICS or OmniCorpus; `place` names it where it has no address. Raises MalformedError."""
    texts, images = _list(row, "texts"), _list(row, "images")
    if len(texts) != len(images):
        raise MalformedError("malformed", f"{len(texts)} texts beside {len(images)} images: the lists are not parallel")
    known = unpacked(row.get("metadata"))
    known = known if isinstance(known, list) and len(known) == len(images) else [None] * len(images)
    pieces: list[Inline] = []
    for text, image, details in zip(texts, images, known, strict=True):
        if image is not None:
            pieces.append(_picture(image, details if isinstance(details, dict) else {}, files or {}))
        if text is not None:
            pieces.append(_string(text, "texts"))
    return _record(row, place, [block for piece in pieces for block in blocks_of(piece)])


read_omnicorpus = read_obelics


def read_mmc4(row: Row, place: str, files: Files | None = None) -> Record:
    """A row of MMC4: its sentences are one paragraph, broken where an image stands before the sentence it was assigned
    to (as OpenFlamingo trains on them). Raises MalformedError."""
    sentences, pictures = _list(row, "text_list"), _list(row, "image_info")
    before: dict[int, list[Picture]] = {}
    for info in pictures:
        index = info.get("matched_text_index") if isinstance(info, dict) else None
        if not isinstance(index, int) or not 0 <= index < len(sentences):
            raise MalformedError(
                "malformed", f"image_info: matched_text_index {index!r} is no sentence of {len(sentences)}"
            )
        before.setdefault(index, []).append(_picture(info, {}, files or {}))
    blocks: list[Block] = []
    open_sentences: list[str] = []
    for number, sentence in enumerate(sentences):
        if number in before:
            blocks += blocks_of(" ".join(open_sentences))
            open_sentences = []
            blocks += [block for picture in before[number] for block in blocks_of(picture)]
        open_sentences.append(_string(sentence, "text_list").strip())
    blocks += blocks_of(" ".join(open_sentences))
    return _record(row, place, blocks)


def blocks_of(piece: Inline) -> list[Block]:
    """A picture, or text whose paragraphs are set apart by empty lines."""
    if isinstance(piece, Picture):
        return [Block("figure", (piece,))]
    paragraphs = (paragraph.strip() for paragraph in piece.replace("\r\n", "\n").split("\n\n"))
    return [Block("paragraph", (paragraph,)) for paragraph in paragraphs if paragraph]


def _record(row: Row, place: str, blocks: list[Block]) -> Record:
    url = text_of(row, "url", "document_url")
    return Record(
        uri=url or place,
        blocks=tuple(blocks),
        licence=licence_of(row),
        base=url,
        language=language_tag(text_of(row, "language", "lang")),
        title=text_of(row, "title"),
    )


def _picture(image: Any, details: dict[str, Any], files: Files) -> Picture:
    """From an address, or from what is known of an image: its address (or its name beside the row) or its bytes."""
    known = {**details, **image} if isinstance(image, dict) else {**details, "src": image}
    alt = text_of(known, "alt_text", "alt")
    beside = [files[name] for name in (text_of(known, "image_name"), text_of(known, "src")) if name in files]
    if beside:
        return Picture(beside[0].src, alt, "", "", beside[0].offset, beside[0].length, beside[0].data, beside[0].origin)
    src = text_of(known, "raw_url", "url", "src", "path")
    data = known.get("bytes")
    if isinstance(data, bytes):
        return Picture(src, alt, data=data)
    if not src:
        raise MalformedError("malformed", f"an image without an address: {str(image)[:100]}")
    return Picture(src, alt)


def _list(row: Row, name: str) -> list[Any]:
    if name not in row:
        raise MalformedError(COLUMNS, f"there is no column {name} (there are: {', '.join(row)})")
    value = unpacked(row.get(name))
    if not isinstance(value, list):
        raise MalformedError("malformed", f"{name} is a {type(value).__name__}, not a list")
    return value


def _string(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise MalformedError("malformed", f"{name} holds a {type(value).__name__}, not text")
    return value
