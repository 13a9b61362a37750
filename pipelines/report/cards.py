"""Documents of a curation for people: excerpts with their pictures in place, kept and rejected."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems

from curation.document import Document, Image, Media, Text
from pipelines import files
from pipelines.report.curation import STAGES, Curation, Row
from pipelines.report.pictures import SMALL, Picture, picture
from pipelines.report.samples import evenly, in_turn, shorten

KEPT_SHOWN, REJECTED_SHOWN, CUT_SHOWN = 6, 12, 12


@dataclass(frozen=True)
class Size:
    """The most that is shown of a document: characters of one text, of all texts, and pictures."""

    text: int
    texts: int
    pictures: int


LONG, BRIEF = Size(320, 800, 3), Size(160, 260, 1)


@dataclass(frozen=True)
class Card:
    """A document. Pieces are texts and pictures in reading order."""

    title: str
    pieces: list[str | Picture]
    language: str
    scores: dict[str, float]
    reason: str = ""
    detail: str = ""


def kept_cards(curation: Curation) -> list[Card]:
    if curation.shards is None:
        return []
    rows = evenly(range(len(curation.shards)), KEPT_SHOWN)
    return [card(curation, document) for document in map(curation.shards.read, rows)]


def rejected_cards(curation: Curation) -> list[Card]:
    """Some of every reason; those whose document a stage wrote before it was rejected show what it was."""
    dropped = [row for row in curation.rejects if row["kind"] == "document"]
    chosen = in_turn(dropped, lambda row: (row["stage"], row["reason"]), REJECTED_SHOWN)
    keys = {row["key"] for row in chosen if row["key"]}
    known: dict[str, Document] = {}
    for stage in reversed(STAGES):  # the last that wrote it knows the most of it
        known |= {each.key: each for each in find_documents(curation, stage, keys - set(known))}
    cards = []
    for row in chosen:
        reason, detail = f"{row['stage']}: {row['reason']}", short(curation, row["detail"])
        if document := known.get(row["key"]):
            found = card(curation, document, reason, detail)
            cards.append(replace(found, title=short(curation, row["uri"])))  # a copy has the key of what was kept
        else:
            scores = dict(row["scores"] or ())
            cards.append(Card(short(curation, row["uri"]), [], "", scores, reason, detail))
    return cards


def find_documents(
    curation: Curation, stage: str, keys: Collection[str], uris: Collection[str] = ()
) -> Iterator[Document]:
    """Those that a stage wrote, with one of these keys or addresses; lines begin with a key, so few are parsed."""
    if not keys and not uris:
        return
    addresses = {uri: f'"uri":"{uri}"'.encode() for uri in uris}
    for file in files.listing(f"{curation.folder}/{stage}"):
        name = file.path.rpartition("/")[2]
        if not (name.startswith("documents-") and name.endswith(".jsonl")):
            continue
        with FileSystems.open(file.path, compression_type=CompressionTypes.UNCOMPRESSED) as lines:
            for line in lines:
                key = line[len(b'{"key":"') :][:32].decode("ascii", "replace")
                if key in keys or any(address in line for address in addresses.values()):
                    document = Document.from_json(line)
                    if key in keys or document.source.uri in addresses:
                        yield document


def card(curation: Curation, document: Document, reason: str = "", detail: str = "", size: Size = LONG) -> Card:
    title, scores = short(curation, document.source.uri), dict(document.scores)
    return Card(title, list(_excerpt(document, size)), document.language, scores, reason, detail)


def short(curation: Curation, text: str) -> str:
    """The text with addresses from what all have in common on."""
    return text.replace(curation.root, "") if curation.root else text


def _excerpt(document: Document, size: Size) -> Iterator[str | Picture]:
    """Texts cut short, so that the pictures between them are reached too."""
    room, pictures = size.texts, size.pictures
    for part in document.parts():
        if isinstance(part, Text):
            text = "\n".join(line for line in part.text.splitlines() if line.strip())
            if room > 0:
                yield shorten(text, min(size.text, room))
            room -= min(len(text), size.text)
        elif isinstance(part, Image):
            yield shown(document.media[part.media]) or _missing(document.media[part.media])
            pictures -= 1
        if pictures <= 0 or (room <= 0 and pictures < size.pictures):
            return


def shown(item: Media) -> Picture | None:
    """None for what would have to be asked of the network, and for what is gone or damaged."""
    return None if item.uri.startswith(("http:", "https:")) else picture(item, SMALL)


def _missing(item: Media) -> str:
    return f"[{item.origin}: its bytes are not there]"


@dataclass(frozen=True)
class Cut:
    reason: str
    detail: str
    page: str
    picture: Picture | None


def cut_images(curation: Curation) -> list[Cut]:
    """Some of every reason, with the picture where its document still tells where it lies."""
    images = [row for row in curation.rejects if row["kind"] == "image"]
    chosen = in_turn(images, lambda row: row["reason"], CUT_SHOWN)
    documents: dict[str, Document] = {}
    for stage in ("extract", "deduplicate"):
        found = find_documents(curation, stage, (), {row["uri"] for row in chosen if row["stage"] == "images"})
        documents |= {each.source.uri: each for each in found}
    return [_cut(curation, row, documents.get(row["uri"])) for row in chosen]


def _cut(curation: Curation, row: Row, document: Document | None) -> Cut:
    detail, page = (short(curation, row[name]) for name in ("detail", "uri"))
    media = document.media if document else ()
    named = [item for item in media if row["detail"].startswith(f"{item.origin}: ")]
    whole = named and row["reason"] in ("small", "large side", "aspect")
    return Cut(row["reason"], detail, page, shown(named[0]) if whole else None)
