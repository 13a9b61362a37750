"""Which near duplicates are found, by how alike they are: pairs planted at known Jaccard similarity, as a curve.

    python -m tests.bench.dedup_curve [--pairs 100] [--output runs/bench]

Each pair is a text of real sentences and an edition of it, edited until it shares just so many of its word 5-grams; all
are among unlike texts. A pair is compared with probability 1 - (1 - s ** rows) ** bands, and dropped where the estimate
of s, which has an error of its own, reaches the threshold: the recall to expect is the product's. Precision is the
share of the documents dropped whose true similarity to the one kept for them reaches the threshold, less a margin.
"""

import argparse
import json
import random
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from math import comb
from pathlib import Path

import pyarrow.parquet as pq

from curation.dedup.minhash import NearSettings
from curation.dedup.settings import DedupSettings
from curation.dedup.words import grams, word_hashes
from curation.document import Document, Source, Text, Turn
from pipelines.deduplicate import Deduplicate
from pipelines.documents import Ranges
from pipelines.runner import beam_options, new_pipeline
from pipelines.steps import WriteRejects
from tests.bench import peers

SIMILARITIES = tuple(round(0.40 + 0.05 * step, 2) for step in range(12))  # 0.40 to 0.95
WORDS = 200  # of the shortest text
MARGINS = (0.0, 0.05, 0.1)
FOLDER = Path("build/bench")


@dataclass(frozen=True)
class Pair:
    name: str
    similarity: float  # true
    texts: tuple[str, str]


def shingles(text: str, ngram: int) -> frozenset[int]:
    return frozenset(grams(word_hashes(text), ngram).tolist())


def jaccard(one: frozenset[int], other: frozenset[int]) -> float:
    return len(one & other) / len(one | other)


def plant(count: int, near: NearSettings, seed: int) -> Iterator[Pair]:
    """`count` pairs just under each similarity: words of a text are replaced, one by one, until it is that unlike."""
    rng = random.Random(seed)
    rows = peers.documents(3 * len(SIMILARITIES) * count, FOLDER, seed).read_text(encoding="utf-8").splitlines()
    texts = [row["text"].split() for row in map(json.loads, rows) if row["kind"] == "clean"]
    spare = [word for words in texts for word in words]
    originals = (words for words in texts if len(words) >= WORDS)
    for wanted in SIMILARITIES:
        for number, words in enumerate(islice(originals, count)):
            original = shingles(" ".join(words), near.ngram)
            edited, share = list(words), 1.0
            while share > wanted:
                edited[rng.randrange(len(edited))] = rng.choice(spare)
                share = jaccard(original, shingles(" ".join(edited), near.ngram))
            yield Pair(f"{wanted:.2f}-{number}", share, (" ".join(words), " ".join(edited)))


def deduplicate(texts: dict[str, str], near: NearSettings) -> dict[str, str]:
    """Which documents were dropped, and the one kept for each, by the pipeline itself."""
    settings = DedupSettings(near=near, paragraphs=None)
    with tempfile.TemporaryDirectory() as folder:
        with Path(folder, "documents-0.jsonl").open("w", encoding="utf-8") as file:
            for name, text in texts.items():
                document = Document((Turn(None, (Text(text),)),), task="text", source=Source(name))
                file.write(document.to_json() + "\n")
        with new_pipeline(beam_options([])) as pipeline:
            done = pipeline | Ranges(folder) | Deduplicate(settings)
            done.rejects | WriteRejects(folder)
        rows = [row for path in Path(folder, "rejects").glob("*") for row in pq.read_table(path).to_pylist()]
    return {row["uri"]: row["detail"].split()[1] for row in rows}


def compared(similarity: float, near: NearSettings) -> float:
    bands, rows = near.banding
    return 1 - (1 - similarity**rows) ** bands


def reaches(similarity: float, near: NearSettings) -> float:
    """The probability that the estimate reaches the threshold: of pairs of two bits, a binomial number differ."""
    bands, rows = near.banding
    size, differs = bands * rows, 0.75 * (1 - similarity)
    most = int(0.75 * size * (1 - near.threshold) + 1e-9)
    return sum(comb(size, k) * differs**k * (1 - differs) ** (size - k) for k in range(most + 1))


def measure(count: int, near: NearSettings, seed: int) -> tuple[list[tuple[float, float]], list[float]]:
    """((true similarity, share found) by planted similarity), and how like what was kept each dropped one truly is."""
    pairs = list(plant(count, near, seed))
    texts = {f"{pair.name}-{side}": text for pair in pairs for side, text in enumerate(pair.texts)}
    dropped = deduplicate(texts, near)
    curve = []
    for start in range(0, len(pairs), count):
        group = pairs[start : start + count]
        caught = sum(any(f"{pair.name}-{side}" in dropped for side in (0, 1)) for pair in group)
        curve.append((sum(pair.similarity for pair in group) / count, caught / count))
    true = [jaccard(*(shingles(texts[name], near.ngram) for name in names)) for names in dropped.items()]
    return curve, true


def draw(path: Path, curve: list[tuple[float, float]], near: NearSettings) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    line = [step / 200 for step in range(60, 200)]
    figure, axes = pyplot.subplots(figsize=(7, 4.5))
    bands, rows = near.banding
    label = f"compared: 1 - (1 - s^{rows})^{bands}"
    axes.plot(line, [compared(s, near) for s in line], "--", color="grey", label=label)
    expected = [compared(s, near) * reaches(s, near) for s in line]
    axes.plot(line, expected, color="tab:blue", label="expected, with the estimate's error")
    axes.plot(*zip(*curve, strict=True), "o", color="tab:orange", label="found by the pipeline")
    axes.axvline(near.threshold, color="black", linewidth=0.8, label=f"threshold {near.threshold:g}")
    axes.set(xlabel="true Jaccard similarity of word 5-grams", ylabel="share of pairs found", ylim=(-0.02, 1.02))
    axes.legend(loc="upper left")
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)
    pyplot.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=100, help="at each similarity")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, default=Path("runs/bench"))
    given = parser.parse_args()
    near = NearSettings()
    curve, dropped = measure(given.pairs, near, given.seed)
    bands, rows = near.banding
    print(f"{given.pairs} pairs at each similarity, {bands} bands of {rows}, threshold {near.threshold:g}")
    print("similarity   found   expected   compared: 1 - (1 - s^r)^b")
    for similarity, share in curve:
        first = compared(similarity, near)
        print(f"   {similarity:.3f}    {share:6.1%}   {first * reaches(similarity, near):6.1%}     {first:6.1%}")
    for margin in MARGINS:
        least = near.threshold - margin
        precision = sum(similarity >= least for similarity in dropped) / max(len(dropped), 1)
        print(f"precision: {precision:6.1%} of {len(dropped):,} dropped are at least {least:.2f} like what is kept")
    draw(given.output / "dedup_curve.png", curve, near)
    print(f"plot: {given.output / 'dedup_curve.png'}")


if __name__ == "__main__":
    main()
