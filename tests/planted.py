"""A job's worth of input with known faults: what is planted in each document, and where it must end.

`plant` lays out sources of five layouts. Every broken document is known with the stage that must reject it, every group
of copies of which one must be left, and every hurt image with the reason that it must be cut out with; all others must
come out.
"""

import io
import json
import random
import shutil
import struct
import tarfile
import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pyarrow as pa
import pyarrow.parquet as pq
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from tests.bench.peers import sentences

SITE = "https://site.example"
LAYOUTS = {"text": 0.4, "html": 0.15, "warc": 0.15, "obelics": 0.15, "tar": 0.15}  # shares of the documents
BROKEN = 0.06  # share of each layout's documents that has a fault


@dataclass
class Planted:
    """What was laid out, and what has to become of it.

    `faults` are the rejecting stages of broken documents, `copies` the documents (by URI) that are the same as one
    before, `cut` the reasons of hurt images by number.
    """

    folder: Path
    rng: random.Random
    documents: int = 0
    faults: dict[str, str] = field(default_factory=dict)
    copies: dict[str, str] = field(default_factory=dict)
    cut: Counter[str] = field(default_factory=Counter)
    sentences: tuple[str, ...] = field(default_factory=sentences)

    def text(self, paragraphs: int = 4) -> str:
        return "\n\n".join(" ".join(self.rng.sample(self.sentences, 5)) for _ in range(paragraphs))

    def picture(self) -> bytes:
        """A small JPEG of coloured patches, like no other."""
        patches = np.random.default_rng(self.rng.getrandbits(64)).integers(0, 256, (9, 9, 3), dtype=np.uint8)
        return jpeg(PIL.Image.fromarray(patches).resize((99, 90), PIL.Image.Resampling.BILINEAR))

    def is_broken(self) -> bool:
        self.documents += 1
        return self.rng.random() < BROKEN


def jpeg(image: PIL.Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=80)
    return file.getvalue()


# --- broken texts, and broken images ---


def garbled(planted: Planted) -> str:
    letters = "".join(chr(code) for code in range(33, 127)) + "§¤¶¬±÷"
    return " ".join("".join(planted.rng.choices(letters, k=planted.rng.randint(14, 30))) for _ in range(200))


BENCHMARK = "Which of the seven lamps in the north tower was lit by the blind keeper on the night of the great flood?"
TEXT_FAULTS: dict[str, tuple[str, Callable[[Planted], str]]] = {
    "few words": ("clean", lambda planted: planted.rng.choice(planted.sentences)),
    "repeated": ("clean", lambda planted: "\n\n".join([planted.text(1)] * 12)),
    "garbled": ("clean", garbled),
    "menu": ("clean", lambda planted: "\n".join(f"- {planted.rng.choice(planted.sentences)[:12]}" for _ in range(90))),
    "spam": (
        "safety",
        lambda planted: (
            planted.text() + "\n\nBuy cheap viagra online, no prescription needed, best casino bonus, act now."
        ),
    ),
    "benchmark": ("deduplicate", lambda planted: f"{planted.text(2)}\n\n{BENCHMARK}\n\n{planted.text(2)}"),
}


def bomb() -> bytes:
    """A PNG of 60,000 x 60,000 pixels, as far as its header says."""
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"\0")), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )


def animation() -> bytes:
    frames = [PIL.Image.new("RGB", (80, 80), colour) for colour in ("red", "blue")]
    file = io.BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
    return file.getvalue()


IMAGE_FAULTS: dict[str, Callable[[Planted], bytes]] = {
    "truncated": lambda planted: planted.picture()[:900],
    "corrupt": lambda planted: b"\x89PNG\r\n\x1a\n" + b"no picture" * 30,
    "too large": lambda planted: bomb(),
    "animated": lambda planted: animation(),
    "svg": lambda planted: b'<svg xmlns="http://www.w3.org/2000/svg" width="90" height="90"><circle r="9"/></svg>',
    "small": lambda planted: jpeg(PIL.Image.open(io.BytesIO(planted.picture())).resize((16, 16))),
    "aspect": lambda planted: jpeg(PIL.Image.open(io.BytesIO(planted.picture())).resize((900, 70))),
    "missing": lambda planted: b"",
}


# --- the layouts ---


def plant(folder: Path, count: int, seed: int = 0) -> Planted:
    """`count` documents in `<folder>/{text,html,warc,obelics,tar}`, a benchmark and a list of blocked domains."""
    shutil.rmtree(folder, ignore_errors=True)
    planted = Planted(folder, random.Random(seed))
    folder.mkdir(parents=True)
    (folder / "benchmark.txt").write_text(BENCHMARK + "\n")
    (folder / "blocked.txt").write_text("blocked.example\n")
    places = {layout: (folder / layout, round(share * count)) for layout, share in LAYOUTS.items()}
    for place, _ in places.values():
        place.mkdir()
    texts(planted, *places["text"])
    pages(planted, *places["html"])
    pairs(planted, *places["tar"])
    archive(planted, *places["warc"], rows(planted, *places["obelics"]))
    return planted


def texts(planted: Planted, folder: Path, count: int) -> None:
    """Two files of JSON lines; and, beside rows that no text can be read from, copies and near copies."""
    files = [(folder / f"{number}.jsonl").open("w") for number in range(2)]
    whole: list[tuple[str, str]] = []
    for number in range(count):
        file, uri = files[number % 2], f"{SITE}/text/{number}"
        kind, text = _text(planted, uri, whole)
        line = json.dumps({"url": uri, "text": text})
        if kind == "malformed":
            planted.faults[f"{folder}/{number % 2}.jsonl#{file.tell()}"] = "read"
            line = line[: len(line) // 2]
        file.write(line + "\n")
    for file in files:
        file.close()


def _text(planted: Planted, uri: str, whole: list[tuple[str, str]]) -> tuple[str, str]:
    """What is wrong with it, and the text; `whole` are the sound ones so far."""
    sound = planted.text()
    kind = planted.rng.choice([*TEXT_FAULTS, "malformed", "copy", "near copy"]) if planted.is_broken() else ""
    if kind in TEXT_FAULTS:
        planted.faults[uri], make = TEXT_FAULTS[kind]
        return kind, make(planted)
    if kind.endswith("copy") and whole:
        planted.copies[uri], text = planted.rng.choice(whole)
        return kind, text if kind == "copy" else text.rsplit(" ", 2)[0]
    if not kind:
        whole.append((uri, sound))
    return kind, sound


def pages(planted: Planted, folder: Path, count: int) -> None:
    """Pages with two pictures of their own, in folders of a hundred."""
    for number in range(count):
        place = folder / f"{number // 100:03d}"
        place.mkdir(exist_ok=True)
        uri = f"{place.name}/{number:06d}.html"
        kind = planted.rng.choice([*TEXT_FAULTS, "empty", *IMAGE_FAULTS]) if planted.is_broken() else ""
        text = planted.text()
        if kind in TEXT_FAULTS or kind == "empty":
            planted.faults[uri], make = TEXT_FAULTS.get(kind, ("clean", lambda planted: ""))
            text = make(planted)
        elif kind:  # one picture of two is hurt, and the page goes on
            planted.cut[kind] += 1
        images = [IMAGE_FAULTS[kind](planted) if kind in IMAGE_FAULTS else planted.picture(), planted.picture()]
        for which, data in enumerate(images):
            if data:
                (place / f"{number:06d}-{which}.jpg").write_bytes(data)
        (place / f"{number:06d}.html").write_text(_page(text, [f"{number:06d}-0.jpg", f"{number:06d}-1.jpg"]))


def _page(body: str, images: list[str]) -> str:
    blocks = "".join(f"<p>{block}</p>" for block in body.replace("<", "&lt;").split("\n\n")) if body else ""
    shown = "".join(f'<img src="{image}">' for image in images)
    return f"<html><body><main><h1>A page</h1>{blocks}{shown}</main></body></html>"


def archive(planted: Planted, folder: Path, count: int, images: dict[str, bytes]) -> None:
    """A WARC of pages with their pictures, and `images` besides; some pages may not be used, and its end is lost."""
    path = folder / "crawl.warc.gz"
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=True)
        for number in range(count):
            headers, host = [("Content-Type", "text/html; charset=utf-8")], f"https://host{number % 500}.example"
            kind = planted.rng.choice(["opt-out", "blocked domain"]) if planted.is_broken() else ""
            headers += [("X-Robots-Tag", "noai")] if kind == "opt-out" else []
            host = "https://www.blocked.example" if kind == "blocked domain" else host
            if kind:
                planted.faults[f"{host}/{number}.html"] = "safety"
            _respond(writer, f"{host}/{number}.html", headers, _page(planted.text(), [f"/{number}.jpg"]).encode())
            _respond(writer, f"{host}/{number}.jpg", [("Content-Type", "image/jpeg")], planted.picture())
            _respond(writer, f"{host}/{number}.css", [("Content-Type", "text/css")], b"p {}")
        for url, data in images.items():
            _respond(writer, url, [("Content-Type", "image/jpeg")], data)
        _respond(writer, f"{SITE}/lost.html", [("Content-Type", "text/html")], b"<p>" + b"x" * 5000)
    path.write_bytes(path.read_bytes()[:-20])


def _respond(writer: WARCWriter, url: str, headers: list[tuple[str, str]], body: bytes) -> None:
    http = StatusAndHeaders("200 OK", headers, protocol="HTTP/1.1")
    record = writer.create_warc_record(url, "response", payload=io.BytesIO(body), http_headers=http)
    writer.write_record(record)


def rows(planted: Planted, folder: Path, count: int) -> dict[str, bytes]:
    """OBELICS rows in Parquet of several row groups; the images, by URL, that the archive has to hold for them."""
    made, images = [], {}
    for number in range(count):
        uri, image = f"{SITE}/obelics/{number}", f"https://images.example/{number}.jpg"
        images[image] = planted.picture()
        row: dict[str, Any] = {"texts": [None, planted.text()], "images": [image, None]}
        row["general_metadata"] = json.dumps({"url": uri})
        kind = planted.rng.choice([*TEXT_FAULTS, "not parallel"]) if planted.is_broken() else ""
        if kind in TEXT_FAULTS:
            planted.faults[uri], make = TEXT_FAULTS[kind]
            row["texts"][1] = make(planted)
        elif kind:
            planted.faults[f"{folder}/rows.parquet#{number}"] = "read"
            row["images"].append(None)
        made.append(row)
    pq.write_table(pa.Table.from_pylist(made), folder / "rows.parquet", row_group_size=200)
    return images


def pairs(planted: Planted, folder: Path, count: int) -> None:
    """A tar of images with their captions."""
    with tarfile.open(folder / "pairs.tar", "w") as tar:
        for number in range(count):
            key, uri = f"{number:06d}", f"pairs.tar#{number:06d}"
            caption = f"{planted.rng.choice(planted.sentences)} {planted.rng.choice(planted.sentences)}"
            image = planted.picture()
            kinds = [kind for kind in IMAGE_FAULTS if kind != "missing"]
            kind = planted.rng.choice(["short caption", *kinds]) if planted.is_broken() else ""
            if kind == "short caption":
                planted.faults[uri], caption = "clean", "IMG 1"
            elif kind:  # a pair without its picture is nothing
                planted.faults[uri], image = "images", IMAGE_FAULTS[kind](planted)
                planted.cut[kind] += 1
            for ending, data in (("jpg", image), ("txt", caption.encode())):
                member = tarfile.TarInfo(f"{key}.{ending}")
                member.size = len(data)
                tar.addfile(member, io.BytesIO(data))
