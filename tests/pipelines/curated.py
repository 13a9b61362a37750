"""A finished curation of five stages, laid out as its pipelines do, but small and made by hand."""

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from curation import media
from curation.document import Document, Image, Media, Source, Text, Turn
from curation.reject import Reject
from curation.select import Plan, decide
from curation.select_settings import SelectSettings
from pipelines import score_table
from pipelines.sink import write_manifest, write_shard
from pipelines.stage import RECEIPT, Receipt
from pipelines.steps import REJECT_SCHEMA, Tally, nested, reject_row, rejected, tally_kept, tally_read, tally_rejected
from tests.conftest import png

HOSTILE = '<script>document.title = "owned"</script><img src="https://example.com/x.png" onerror="alert(1)">'
WORDS = [
    "river",
    "stone",
    "lamp",
    "table",
    "bridge",
    "cloud",
    "paper",
    "garden",
    "window",
    "letter",
    "copper",
    "meadow",
]
SELECT = SelectSettings.model_validate({"scores": {"quality": {"minimum": 0.5}, "pii.email": {"maximum": 3}}})


def prose(number: int, count: int = 60) -> str:
    rng = np.random.default_rng(number)
    return " ".join(f"{WORDS[rng.integers(len(WORDS))]}{rng.integers(1000)}" for _ in range(count)) + "."


def page(root: Path, name: str, text: str, *pictures: str, dataset: str = "manual") -> Document:
    """As stage `extract` leaves it: nobody has looked at its images."""
    items = tuple(Media.unseen("image", name, name if "//" in name else str(root / name)) for name in pictures)
    parts = (Text(f"{text} "), *(Image(number) for number in range(len(items))))
    return Document((Turn(None, parts),), items, language="en", source=Source(str(root / name), "CC0-1.0", dataset))


@dataclass
class Ended:
    """A stage: the documents that came, those that it left, and what it dropped of which document."""

    came: Sequence[Document]
    left: list[Document] = field(default_factory=list)
    drops: list[tuple[Reject, Document]] = field(default_factory=list)

    def drop(self, document: Document, kind: str, stage: str, reason: str, detail: str = "") -> None:
        source = document.source
        reject = Reject(kind, source.uri, stage, reason, detail, document.key, document.scores)  # type: ignore[arg-type]
        self.drops.append((reject, document))

    def write(self, folder: Path, depends: dict[str, object]) -> None:
        rejects = [rejected(*drop) for drop in self.drops]
        tallies: list[Tally] = [tally for document in self.came for tally in tally_read(document)]
        tallies += [tally for document in self.left for tally in tally_kept(document)]
        tallies += [tally for item in rejects for tally in tally_rejected(item)]
        (folder / "rejects").mkdir(parents=True)
        (folder / "documents-00000.jsonl").write_text("".join(f"{each.to_json()}\n" for each in self.left))
        rows = pa.Table.from_pylist([reject_row(item) for item in rejects], REJECT_SCHEMA)
        pq.write_table(rows, folder / "rejects/rejects-00000.parquet")
        cost = {"seconds": 1.5, "cpu_seconds": 1.0}
        receipt = Receipt(folder.name, "0" * 16, depends, nested(tallies), **cost, files={}, digest="")
        (folder / RECEIPT).write_text(json.dumps(dataclasses.asdict(receipt)))


def curation(root: Path) -> Path:
    """10 pages: 5 are kept, one of them hostile; of 8 images 5. Returns the folder of the job's output."""
    pages, out = root / "pages", root / "curate"
    pages.mkdir(parents=True)
    for number in range(4):
        (pages / f"{number}.png").write_bytes(png(96, 80, number))
    (pages / "icon.png").write_bytes(png(16, 16))
    good = [page(pages, f"page{number}.html", prose(number), f"{number}.png") for number in range(4)]
    hostile = page(pages, "hostile.html", f"{HOSTILE} {prose(8)}", "icon.png", "https://x.org/far.png", "1.png")
    near = page(pages, "near.html", prose(2).replace(" ", " changed ", 1), dataset="web")
    same = replace(good[0], source=replace(good[0].source, uri=str(pages / "same.html"), dataset="web"))
    poor, short = page(pages, "poor.html", prose(9), "3.png"), page(pages, "short.html", "Short.", dataset="web")
    barred = page(pages, "barred.html", prose(10), dataset="web")

    extract = Ended([*good, hostile, near, same, poor, short, barred], [*good, hostile, near, same, poor])
    extract.drop(short, "document", "clean", "too few words", "1 word, at least 10")
    extract.drop(barred, "document", "safety", "opt-out", "x-robots-tag: noai")
    extract.drop(good[0], "text", "clean", "navigation")
    extract.write(out / "extract", {})

    deduplicate = Ended(extract.left, [*good, hostile, poor])
    deduplicate.drop(same, "document", "deduplicate", "exact duplicate", f"of {good[0].source.uri}")
    detail = f"of {good[2].source.uri} (estimated Jaccard 0.93)"
    deduplicate.drop(near, "document", "deduplicate", "near duplicate", detail)
    deduplicate.write(out / "deduplicate", {})

    images = Ended(deduplicate.left, [seen(each) for each in (*good, poor)])
    images.left.append(seen(replace(hostile, media=hostile.media[2:], turns=(last_image(hostile),))))
    images.drop(hostile, "image", "images", "small", "icon.png: 16 x 16: a side is under 64 pixels")
    images.drop(hostile, "image", "fetch", "http 404", "https://x.org/far.png: Not Found")
    images.write(out / "images", {})

    (out / "images/fetched").mkdir()
    answers = [("http 404", 0, 0.1), ("", 1000, 0.2), ("", 2000, 0.3), ("", 5000, 0.4)]
    reasons, sizes, seconds = zip(*answers, strict=True)
    fetched = {"reason": reasons, "bytes": sizes, "seconds": pa.array(seconds, pa.float32())}
    pq.write_table(pa.table(fetched), out / "images/fetched/fetched-00000.parquet")

    score = Ended(images.left, [scored(each, number) for number, each in enumerate(images.left)])
    score.write(out / "score", {})
    table = score_table.Columns((out / "score/scores-00000.parquet").open("wb"))
    for each in score.left:
        table.add(score_table.row(each))
    table.close()

    shards = Ended(score.left)
    for document in score.left:
        if reject := decide(document, SELECT, Plan()):
            shards.drops.append((reject, document))
        else:
            shards.left.append(document)
    shards.write(out / "shards", {"select": SELECT.model_dump(mode="json")})
    kept = sorted(shards.left, key=lambda document: document.key)
    contents = [(document, [media.read(item) for item in document.media]) for document in kept]
    entry = write_shard(str(out / "shards"), "shard-00000", contents)
    assert entry
    write_manifest([entry], str(out / "shards"))
    return out


def last_image(document: Document) -> Turn:
    return Turn(None, (document.turns[0].parts[0], Image(0)))


def seen(document: Document) -> Document:
    looked = (media.probe(media.read_bytes(item.uri), item.origin, item.uri) for item in document.media)
    return replace(document, media=tuple(looked))


def scored(document: Document, number: int) -> Document:
    poor = document.source.uri.endswith("poor.html")
    scores = {"quality": 0.1 if poor else 0.9, "relevance": 0.7, "balance": 0.6, "quality.order": number / 10}
    if number == 1:
        scores["pii.email"] = 2.0
    language, dataset = ("de", "web") if number == 2 else ("en", document.source.dataset)
    return replace(document, scores=scores, language=language, source=replace(document.source, dataset=dataset))
