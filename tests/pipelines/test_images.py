"""The stage of images: each found, looked at or fetched once, cut or kept for a reason, and every one accounted for."""

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import apache_beam as beam
import PIL.Image
import pyarrow.parquet as pq
import pytest

from curation import media
from curation.document import Document, Image, Media, Source, Text, Turn
from curation.images.benchmarks import Benchmark
from curation.images.fetcher import FetchSettings
from curation.images.looker import ImageSettings
from curation.images.pictures import UnsafeRules
from curation.images.prints import SameRules
from pipelines import documents
from pipelines.documents import Ranges, WriteDocuments, read_range
from pipelines.images import ResolveImages
from pipelines.samepictures import _twins
from pipelines.stage import check_counts
from pipelines.steps import WriteCounts, WriteRejects
from pipelines.store import Archived, save
from tests.conftest import encode, png
from tests.curation import hostile
from tests.curation.test_pictures import COPIES, photograph
from tests.pipelines.conftest import rejects_in, run_beam
from tests.webserver import Served, serving

QUICK = FetchSettings(allow_private=True, backoff_seconds=0.01, read_seconds=0.3, max_bytes=500_000)
PLAIN = ImageSettings(fetch=QUICK, groups=3)


@dataclass
class Result:
    documents: dict[str, Document]  # by URI
    rejects: list[dict[str, object]]
    fetched: dict[str, dict[str, object]]  # by URL
    counts: dict

    def reasons(self, kind: str) -> Counter[str]:
        return Counter(row["reason"] for row in self.rejects if row["kind"] == kind)


Resolve = Callable[..., Result]


@pytest.fixture
def resolve(tmp_path: Path) -> Resolve:
    """Runs the stage over documents and checks that nothing was lost."""
    runs = iter(range(100))

    def run(
        pages: Sequence[Document],
        settings: ImageSettings = PLAIN,
        *arguments: str,
        archived: Sequence[Archived] = (),
        files: int = 1,
    ) -> Result:
        folder = tmp_path / f"run-{next(runs)}"
        (folder / "before").mkdir(parents=True)
        for number in range(files):
            lines = [page.to_json() + "\n" for page in pages[number::files]]
            (folder / "before" / f"documents-{number}.jsonl").write_text("".join(lines))

        def build(pipeline: beam.Pipeline) -> None:
            inputs = {"ranges": pipeline | Ranges(f"{folder}/before")}
            if archived:
                inputs["archived"] = pipeline | "Archived" >> beam.Create(list(archived))
            resolved = inputs | ResolveImages(f"{folder}/images", settings)
            resolved.documents | WriteDocuments(f"{folder}/images")
            resolved.rejects | WriteRejects(f"{folder}/images")
            resolved.tallies | WriteCounts(f"{folder}/counts.json")

        run_beam(build, *arguments)
        counts = json.loads((folder / "counts.json").read_text())
        check_counts("images", counts)
        assert counts["read"] == len(pages)
        ranges = list(documents.list_ranges(f"{folder}/images"))
        kept = {page.source.uri: page for place in ranges for _, page in read_range(place)}
        assert len(kept) == counts.get("kept", 0)
        rows = [row for file in (folder / "images/fetched").glob("*") for row in pq.read_table(file).to_pylist()]
        return Result(kept, rejects_in(folder / "images"), {row["url"]: row for row in rows}, counts)

    return run


def page(name: str, *images: str | Path, text: str = "", site: str = "") -> Document:
    """A page with images by their paths or URLs, and a text of its own."""
    unseen = tuple(Media.unseen("image", str(image).rpartition("/")[2], str(image)) for image in images)
    parts: list[Text | Image] = [Text(text or f"This is what the page {name} says.")]
    for index in range(len(images)):
        parts += [Text("\n\n"), Image(index)]
    return Document((Turn(None, tuple(parts)),), unseen, source=Source(f"{site}{name}.html", "CC0-1.0"))


@pytest.fixture
def picture(tmp_path: Path) -> Callable[..., Path]:
    """Writes bytes, or the photograph of a seed, to a file."""

    def write(name: str, content: int | bytes) -> Path:
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else encode(photograph(content)))
        return tmp_path / name

    return write


def test_one_bad_image_is_cut_and_its_document_kept(resolve, picture, tmp_path, monkeypatch):
    """Also one that kills or holds its decoder."""
    monkeypatch.setattr("curation.images.looker.look", hostile.look)
    images = [picture("good.png", 1), picture("broken.png", png(200, 200)[:3000]), tmp_path / "absent.png"]
    images += [picture("crash.png", hostile.CRASH), picture("hang.png", hostile.HANG)]
    pages = [page("a", *images), page("b", picture("icon.png", png(20, 20))), page("c", images[1])]
    result = resolve(pages, PLAIN.model_copy(update={"decode_seconds": 2.0}))
    [kept] = result.documents.values()
    [good] = kept.media
    assert good.seen
    assert media.read(good) == images[0].read_bytes()
    assert result.reasons("image") == {"truncated": 2, "missing": 1, "small": 1, "crashed": 1, "timed out": 1}
    assert result.reasons("document") == {"too few images": 2}
    assert result.counts["images"] == {"found": 7, "kept": 1, "cut": 6}
    assert all(row["stage"] == "images" for row in result.rejects)


# --- the web ---


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with serving() as served:
        yield served


def test_each_url_is_fetched_once_and_recorded(resolve, server):
    server.asked.clear()
    shared, own = server.url("seed/1"), server.url("seed/2")
    bad = [server.url(path) for path in ("status/404", "page", "forbidden/X-Robots-Tag=noai", "endless", "seed/3#top")]
    result = resolve([page("a", shared, own), page("b", shared, *bad), page("c", shared + "#again")], files=3)
    assert server.asked["seed/1"] == server.asked["seed/2"] == server.asked["seed/3"] == 1
    assert set(result.documents) == {"a.html", "b.html", "c.html"}
    for kept in result.documents.values():
        for image in kept.media:
            assert media.read(image) == png(100, 100, seed=int(image.origin[0]) if image.origin[0].isdigit() else 1)
    assert result.reasons("image") == {"http 404": 1, "format": 1, "opt-out": 1, "too large": 1}
    row = result.fetched[shared]
    assert (row["status"], row["reason"], row["width"], row["height"], row["attempts"]) == (200, "", 100, 100, 1)
    assert row["bytes"] == len(png(100, 100, seed=1))
    assert result.fetched[bad[0]]["reason"] == "http 404"
    assert result.counts["fetched"] == {"image": 3, "http 404": 1, "format": 1, "opt-out": 1, "too large": 1}


def test_what_a_crawl_archived_is_not_fetched(resolve, server, tmp_path):
    server.asked.clear()
    here, forbidden, unwanted = server.url("seed/1"), server.url("seed/2"), server.url("seed/9")
    places = save(str(tmp_path / "blobs"), [b"unrelated", png(100, 100, seed=1), png(100, 100, seed=2)])
    archived = [
        Archived(here, *places[1]),
        Archived(here, "zzz", 0, 10),  # a second capture
        Archived(forbidden, *places[2], (("x-robots-tag", "noai"),)),
        Archived(unwanted, *places[1]),
    ]
    result = resolve([page("a", here, forbidden, server.url("seed/3"))], archived=archived)
    assert dict(server.asked) == {"seed/3": 1}
    kept = result.documents["a.html"]
    assert [media.read(image) for image in kept.media] == [png(100, 100, seed=1), png(100, 100, seed=3)]
    assert result.reasons("image") == {"opt-out": 1}


# --- the same picture again ---


def test_the_same_pictures_are_dropped_where_they_come_again(resolve, picture):
    image = [picture(f"{number}.png", number) for number in range(20)]
    copy = [picture(f"{number}.jpg", encode(photograph(number), "JPEG")) for number in range(5)]
    small = picture("small.png", encode(COPIES["half"](photograph(2))))
    same = "The same words stand here."
    pages = [
        *(page(f"logo-{number}", (image, copy)[number % 2][0], image[15 + number]) for number in range(5)),
        *(page(f"limit-{number}", (image, copy)[number % 2][1]) for number in range(4)),
        page("twice", image[2], image[3], small, image[2]),
        page("twin-1", image[4], image[5], text=same),
        page("twin-2", copy[4], image[5], text=same.upper()),
        page("no-twin", image[4], text=same),
        page("set-1", *image[6:9], site="https://a.org/"),
        page("set-2", *reversed(image[6:9]), site="https://a.org/"),
        page("other-site", *image[6:9], site="https://b.org/"),
        page("other-set", *image[6:10], site="https://a.org/"),
        page("single-1", image[10], site="https://a.org/"),
        page("single-2", image[10], site="https://a.org/"),
    ]
    result = resolve(pages, PLAIN.model_copy(update={"same": SameRules(max_documents=4)}))
    by_image = {(str(row["uri"]).split("-")[0], row["reason"]) for row in result.rejects if row["kind"] == "image"}
    assert by_image == {("logo", "frequent image"), ("twice.html", "duplicate image")}
    assert result.reasons("image") == {"frequent image": 5, "duplicate image": 2}
    assert [image.origin for image in result.documents["twice.html"].media] == ["2.png", "3.png"]
    dropped = {row["key"]: row for row in result.rejects if row["kind"] == "document"}
    keys = {each.source.uri.removesuffix(".html"): each.key for each in pages}
    assert set(dropped) == {
        max(keys["twin-1"], keys["twin-2"]),
        max(keys["https://a.org/set-1"], keys["https://a.org/set-2"]),
    }
    assert {(row["reason"], row["images"]) for row in dropped.values()} == {
        ("duplicate document", 2),
        ("duplicate document", 3),
    }


def test_of_pages_with_nearly_the_same_set_none_that_stays_is_anothers_duplicate():
    place = ("documents", 0, 9)
    sets = {"k1": "abcd", "k2": "abce", "k3": "abcdef", "k4": "abcd", "k5": "xyz"}
    rows = [(key, (place, at), tuple(tokens)) for at, (key, tokens) in enumerate(sets.items())]
    expected = {2, 3}  # k3 shares 4 of 6 with k1; k4 has the same; k2 shares 3 of 5
    for order in (rows, rows[::-1]):
        assert {address[1] for address, _ in _twins(("set", order), 0.65)} == expected
        assert {address[1] for address, _ in _twins(("set", order), 0.6)} == expected | {1}
        assert {address[1] for address, _ in _twins(("set", order), 1.0)} == {3}
        assert {address[1] for address, _ in _twins(("text\0x", order), 0.6)} == {3}


class Reddish:
    """Stands in for a model: what is red is unsafe."""

    def __init__(self, path: str):
        self.path = path

    def score(self, images) -> list[float]:
        assert all(image.size == (256, 256) for image in images)
        return [float(image.getpixel((128, 128))[0] > 200) for image in images]


def test_pictures_that_are_unsafe_or_of_a_benchmark(resolve, picture, tmp_path, monkeypatch):
    monkeypatch.setattr("curation.safety.nsfw.Nsfw", Reddish)
    (tmp_path / "bench").mkdir()
    (tmp_path / "bench" / "question.png").write_bytes(encode(photograph(7)))
    settings = ImageSettings(
        nsfw=UnsafeRules(model="model.onnx"), benchmarks=(Benchmark(name="mmtest", path=tmp_path / "bench"),)
    )
    red, dark = picture("red.png", png_of("red")), picture("dark.png", png_of("navy"))
    leaked = picture("leaked.jpg", encode(photograph(7), "JPEG", quality=70))
    result = resolve([page("a", red, dark), page("b", dark), page("c", leaked, dark)], settings)
    assert result.reasons("image") == {"unsafe": 1, "benchmark image mmtest": 1}
    assert result.reasons("document") == {"benchmark image mmtest": 1}
    assert {uri: kept.scores for uri, kept in result.documents.items()} == {
        "a.html": {"nsfw.max": 1.0},
        "b.html": {"nsfw.max": 0.0},
    }
    assert result.counts["images"] == {"found": 5, "kept": 2, "cut": 3}


def png_of(colour: str) -> bytes:
    return encode(PIL.Image.new("RGB", (120, 120), colour))


# --- determinism ---


def _survivors(result: Result) -> dict[str, tuple]:
    return {uri: (kept.text, [image.sha256 for image in kept.media]) for uri, kept in result.documents.items()}


@pytest.fixture(scope="module")
def crossed(tmp_path_factory, server) -> list[Document]:
    """Pages that share pictures, copies of pictures, texts and URLs in every way."""
    folder = tmp_path_factory.mktemp("crossed")
    images = [folder / f"{number}.{ending}" for number in range(6) for ending in ("png", "jpeg")]
    for image in images:
        image.write_bytes(encode(photograph(int(image.stem)), image.suffix[1:]))
    rng = random.Random(0)
    return [
        page(
            f"p{number}",
            *rng.sample(images, 3),
            server.url(f"seed/{number % 7}"),
            text=f"Text {number % 9}",
            site="https://a.org/",
        )
        for number in range(40)
    ]


def _outcome(result: Result) -> tuple:
    survivors = {uri: (kept.text, [image.sha256 for image in kept.media]) for uri, kept in result.documents.items()}
    return survivors, [(row["uri"], row["reason"], row["detail"], row["images"]) for row in result.rejects]


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["--direct_runner_bundle_repeat=2"], id="repeated"),
        pytest.param(
            ["--direct_running_mode=multi_processing", "--direct_num_workers=2"],
            id="two-workers",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_the_same_survive_whatever_the_workers_and_the_order(arguments, resolve, crossed, monkeypatch):
    monkeypatch.setattr(documents, "RANGE", 2000)
    settings = PLAIN.model_copy(update={"same": SameRules(max_documents=16)})
    expected = resolve(crossed, settings)
    assert {"duplicate image", "frequent image"} <= set(expected.reasons("image"))
    assert expected.reasons("document")["duplicate document"]
    shuffled = random.Random(1).sample(crossed, len(crossed))
    assert _outcome(resolve(shuffled, settings, *arguments, files=3)) == _outcome(expected)
