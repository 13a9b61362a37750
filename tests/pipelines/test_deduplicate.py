"""Deduplication as a pipeline: nothing is lost, and who survives depends on the documents alone."""

import json
import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import apache_beam as beam
import pytest

from curation.dedup.settings import DedupSettings
from curation.document import Document, Image, Media, Source, Text, Turn
from pipelines import deduplicate, documents, stage
from pipelines.deduplicate import Deduplicate
from pipelines.documents import Ranges, WriteDocuments
from pipelines.steps import WriteCounts, WriteRejects, tally_kept, tally_rejected
from tests.curation.test_dedup import edited, text
from tests.pipelines.conftest import rejects_in, run_beam

FOOTER = "Subscribe to our newsletter and never miss a thing that we write about."


def page(uri: str, content: str, *images: str) -> Document:
    media = tuple(Media.unseen("image", name, f"/somewhere/{name}") for name in images)
    parts = (Text(content), *(Image(index) for index in range(len(media))))
    return Document((Turn(None, parts),), media, source=Source(uri, dataset="site"))


class Outcome:
    """What a run left: documents by URI, rows of rejects, counts."""

    def __init__(self, folder: Path):
        lines = [line for file in folder.glob("documents-*") for line in file.read_text().splitlines()]
        self.kept = {each.source.uri: each for each in map(Document.from_json, lines)}
        self.rejects = rejects_in(folder)
        self.dropped = {row["uri"]: (row["reason"], row["detail"]) for row in self.rejects if row["kind"] == "document"}
        assert len(self.kept) == len(lines)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Outcome) and (self.kept, self.rejects) == (other.kept, other.rejects)


def run(folder: Path, pages: Sequence[Document], *arguments: str, files: int = 2, **settings) -> Outcome:
    """Writes the documents into some files, deduplicates them and checks that they add up."""
    (folder / "in").mkdir(parents=True)
    for number in range(files):
        lines = [each.to_json() + "\n" for each in pages[number::files]]
        (folder / f"in/documents-{number}.jsonl").write_text("".join(lines))
    out, counts = str(folder / "out"), f"{folder}/counts.json"
    (folder / "out").mkdir()

    def build(pipeline: beam.Pipeline) -> None:
        done = pipeline | Ranges(str(folder / "in")) | Deduplicate(DedupSettings.model_validate(settings))
        done.documents | WriteDocuments(out)
        done.rejects | WriteRejects(out)
        tallies = (
            pipeline | beam.Create([(("read",), len(pages))]),
            pipeline | "Images" >> beam.Create([(("images", "found"), sum(len(p.images_shown()) for p in pages))]),
            done.documents | beam.FlatMap(tally_kept),
            done.rejects | "Rejected" >> beam.FlatMap(tally_rejected),
        )
        tallies | beam.Flatten() | WriteCounts(counts)

    run_beam(build, *arguments)
    stage.check_counts("deduplicate", json.loads(Path(counts).read_text()))
    return Outcome(folder / "out")


def web(seed: int, count: int = 80) -> list[Document]:
    """Pages of three sites with footers, editions and copies among them."""
    rng = random.Random(seed)
    pages: list[Document] = []
    for number in range(count):
        drawn, site = rng.random(), rng.choice("abc")
        uri, old = f"https://{site}.org/{number:03}", rng.choice(pages) if pages else None
        if old and drawn < 0.2:
            pages.append(replace(old, source=Source(uri)))
            continue
        body = edited(old.text.partition("\n")[0], rng, 0.01) if old and drawn < 0.5 else text(rng, 120)
        footer = f"\n\n{site * 3} footer: {FOOTER}" if rng.random() < 0.5 else ""
        pages.append(page(uri, body + footer, *(f"{image}.png" for image in range(rng.randrange(3)))))
    return pages


# --- what is dropped ---


def test_of_copies_and_near_duplicates_the_best_is_kept_and_named(tmp_path):
    rng = random.Random(0)
    one, other = text(rng, 200), text(rng, 200)
    outcome = run(
        tmp_path,
        [
            page("b", one),
            page("a", one.upper() + "  "),
            page("c", edited(one, rng, 0.01), "picture.png"),
            page("alone", other),
            page("caption-1", "A cat on a mat.", "cat.png"),
            page("caption-2", "A cat on a mat.", "other-cat.png"),
            page("caption-3", "A cat  on a mat.", "cat.png"),
        ],
    )
    assert set(outcome.kept) == {"c", "alone", "caption-1", "caption-2"}
    assert outcome.dropped["b"] == ("exact duplicate", "of a")
    assert outcome.dropped["caption-3"] == ("exact duplicate", "of caption-1")
    reason, detail = outcome.dropped["a"]
    assert reason == "near duplicate"
    assert re.fullmatch(r"of c \(estimated Jaccard 0\.[89]\d\)", detail)


def test_whatever_is_dropped_resembles_what_is_kept_for_it(tmp_path):
    """Editions of editions: far ends of the chain are unlike and both stay."""
    rng = random.Random(1)
    chain = [text(rng, 300)]
    for _ in range(12):
        chain.append(edited(chain[-1], rng, 0.012))
    outcome = run(tmp_path, [page(f"{number:02}", each) for number, each in enumerate(chain)])
    assert len(outcome.kept) > 1
    assert len(outcome.kept) + len(outcome.dropped) == len(chain)
    for reason, detail in outcome.dropped.values():
        kept, share = re.match(r"of (\S+) \(estimated Jaccard (\S+)\)", detail).groups()
        assert reason == "near duplicate"
        assert kept in outcome.kept
        assert float(share) >= 0.8


def test_paragraphs_of_a_site_are_cut_and_copies_do_not_count(tmp_path):
    rng = random.Random(2)
    bodies = [text(rng, 100) for _ in range(4)]
    pages = [page(f"https://a.org/{n}", f"{body}\n\n{FOOTER}", "p.png") for n, body in enumerate(bodies)]
    pages += [page(f"https://b.org/{n}", f"{text(rng, 100)}\n\n{FOOTER}") for n in range(2)]
    copies = [page(f"https://c.org/{n}", f"{bodies[0][::-1]}\n\n{FOOTER}") for n in range(5)]
    outcome = run(tmp_path, pages + copies)
    assert {uri for uri, each in outcome.kept.items() if FOOTER in each.text} == {
        "https://b.org/0",
        "https://b.org/1",
        "https://c.org/0",
    }
    assert [each.text.rstrip() for uri, each in sorted(outcome.kept.items()) if "a.org" in uri] == bodies
    assert all(each.images_shown() for uri, each in outcome.kept.items() if "a.org" in uri)
    cut = [row for row in outcome.rejects if row["kind"] == "text"]
    assert {row["reason"] for row in cut} == {"repeated paragraph"}
    assert {row["detail"] for row in cut} == {f"in 4 documents of the site: {FOOTER}"}


def test_a_page_of_nothing_but_what_its_site_repeats_is_dropped(tmp_path):
    rng = random.Random(3)
    pages = [page(f"https://a.org/{n}", f"{text(rng, 100)}\n\n{FOOTER}") for n in range(3)]
    outcome = run(tmp_path, [*pages, page("https://a.org/index", f"{FOOTER}\n\nAnd little else.", "p.png")])
    assert outcome.dropped == {"https://a.org/index": ("only repeated paragraphs", "3 words are left, at least 50")}


def test_a_page_with_a_benchmarks_text_is_dropped_and_stands_for_no_other(tmp_path):
    rng = random.Random(4)
    question = text(rng, 30)
    (tmp_path / "questions.txt").write_text(question)
    clean = text(rng, 300)
    outcome = run(
        tmp_path / "job",
        [page("a", f"{clean} {question}", "p.png"), page("b", clean)],
        contamination={"benchmarks": [{"name": "Quiz", "path": str(tmp_path / "questions.txt")}]},
    )
    assert set(outcome.kept) == {"b"}
    reason, detail = outcome.dropped["a"]
    assert reason == "benchmark text"
    assert detail == f"Quiz, entry 1: {' '.join(question.split()[:13])}"


def test_switched_off_only_copies_are_dropped(tmp_path):
    pages = web(5)
    outcome = run(tmp_path, pages, near=None, paragraphs=None)
    assert {reason for reason, _ in outcome.dropped.values()} == {"exact duplicate"}
    assert {row["kind"] for row in outcome.rejects} == {"document"}


def test_a_fault_in_one_document_drops_it_alone(tmp_path, monkeypatch):
    real = deduplicate.profile

    def profile(document, settings):
        if document.source.uri == "b":
            raise ZeroDivisionError("a bug")
        return real(document, settings)

    monkeypatch.setattr(deduplicate, "profile", profile)
    rng = random.Random(6)
    outcome = run(tmp_path, [page(name, text(rng, 60)) for name in "abc"])
    assert set(outcome.kept) == {"a", "c"}
    assert outcome.dropped == {"b": ("error", "ZeroDivisionError: a bug")}


@pytest.mark.parametrize("pages", [[], [page("empty", ""), page("short", "Nothing much."), page("no words", "+++")]])
def test_little_input_is_no_trouble(tmp_path, pages):
    assert set(run(tmp_path, pages).kept) == {each.source.uri for each in pages}


# --- the same survivors ---


@pytest.fixture(scope="module")
def expected(tmp_path_factory) -> Outcome:
    outcome = run(tmp_path_factory.mktemp("web"), web(7))
    reasons = Counter(row["reason"] for row in outcome.rejects)
    assert min(reasons[name] for name in ("exact duplicate", "near duplicate", "repeated paragraph")) > 3
    return outcome


def test_order_files_and_ranges_do_not_show(tmp_path, expected, monkeypatch):
    monkeypatch.setattr(documents, "RANGE", 3000)
    pages = web(7)
    random.Random(8).shuffle(pages)
    assert run(tmp_path, pages, files=5) == expected


@pytest.mark.parametrize(
    "arguments",
    [
        ["--direct_runner_bundle_repeat=2"],
        pytest.param(["--direct_running_mode=multi_processing", "--direct_num_workers=2"], marks=pytest.mark.slow),
    ],
    ids=["replayed bundles", "two processes"],
)
def test_any_runner_keeps_the_same(tmp_path, expected, arguments):
    assert run(tmp_path, web(7)[::-1], *arguments) == expected
