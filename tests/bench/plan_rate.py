"""One million samples planned: CPU seconds, and fill of the packs, beside the algorithms that the peers use.

The peers pack tokens alone, the plan tokens and patches.

python -m tests.bench.plan_rate
"""

import time
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable

import numpy as np

from train.data.fit import Budget
from train.data.mixture import Samples, make_streams
from train.data.plan import Plan, summarise
from train.phase import Share

SAMPLES = 1_000_000
SOURCES = ("captions", "questions", "interleaved", "pages")


def workload(seed: int, longest: int) -> Samples:
    """Caption pairs, questions, interleaved pages and scanned pages, 1,369 tokens on average; images cost four patches
    a token."""
    rng = np.random.default_rng(seed)
    kind = rng.choice(4, SAMPLES, p=[0.45, 0.25, 0.15, 0.15])
    pictures = 1 + rng.poisson(2, SAMPLES)
    several = np.where(np.arange(12)[None] < pictures[:, None], rng.integers(64, 1024, (SAMPLES, 12)), 0).sum(1)
    seen = [
        rng.integers(64, 1280, SAMPLES),
        rng.integers(64, 1600, SAMPLES),
        several,
        rng.integers(1200, 2600, SAMPLES),
    ]
    wrap = np.array([60, 80, 0, 0])[kind]
    text = rng.lognormal(np.array([3.5, 4.5, 6.0, 6.5])[kind], np.array([0.7, 0.9, 0.8, 0.9])[kind]).astype(int)
    images = np.minimum(np.choose(kind, seen), longest - 256)
    tokens = np.clip(wrap + images + text, 16, longest)
    return Samples(tokens.astype(np.int32), (4 * images).astype(np.int32), kind, np.zeros(SAMPLES, int))


def planned(samples: Samples, sequence: int) -> float:
    """Ours: shuffled, mixed from four sources, fitted and cut into steps."""
    streams = make_streams({name: Share(epochs=1) for name in SOURCES}, 1, samples, SOURCES, ["any"])
    plan = Plan(samples, streams, Budget(sequence, 4 * sequence), 8, int(samples.tokens.sum()), seed=0)
    summary = summarise(plan, (step for step, _ in plan.steps()), SOURCES, ["any"])
    assert summary.samples == SAMPLES
    return summary.fill_tokens


def best_fit_per_1000(samples: Samples, sequence: int) -> float:
    """Best fit, longest first, over every 1,000 samples: TRL (`pack_dataset`, bfd)."""
    packs = 0
    lengths = samples.tokens.tolist()
    for start in range(0, SAMPLES, 1000):
        free: list[int] = []
        for size in sorted(lengths[start : start + 1000], reverse=True):
            slot = bisect_left(free, size)
            room = free.pop(slot) if slot < len(free) else sequence
            packs += room == sequence
            insort(free, room - size)
    return sum(lengths) / (packs * sequence)


def greedy_per_1000(samples: Samples, sequence: int) -> float:
    """Pack by pack, always the longest that still fits, over every 1,000 samples: LLaMA-Factory (`greedy_knapsack`)."""
    packs = 0
    lengths = samples.tokens.tolist()
    for start in range(0, SAMPLES, 1000):
        left = sorted(lengths[start : start + 1000])
        while left:
            room, packs = sequence, packs + 1
            while slot := bisect_right(left, room):
                room -= left.pop(slot - 1)
    return sum(lengths) / (packs * sequence)


def first_fit_8_bins(samples: Samples, sequence: int) -> float:
    """The first of eight open packs with room; where none has, the fullest is closed: torchtitan."""
    packs = 0
    used: list[int] = []
    for size in samples.tokens.tolist():
        slot = next((slot for slot, bin in enumerate(used) if bin + size <= sequence), None)
        if slot is not None:
            used[slot] += size
            continue
        if len(used) == 8:
            used.remove(max(used))
        used.append(size)
        packs += 1
    return int(samples.tokens.sum()) / (packs * sequence)


ALGORITHMS: dict[str, Callable[[Samples, int], float]] = {
    "vlforge: the whole plan, two budgets": planned,
    "best fit per 1,000 (TRL)": best_fit_per_1000,
    "greedy per 1,000 (LLaMA-Factory)": greedy_per_1000,
    "first fit, 8 bins (torchtitan)": first_fit_8_bins,
}


def main() -> None:
    print("| 1,000,000 samples | sequence | mean | fill | s (CPU) |\n|---|---|---|---|---|")
    for sequence in (8_192, 32_768):
        samples = workload(0, sequence)
        mean = samples.tokens.mean()
        for name, algorithm in ALGORITHMS.items():
            start = time.process_time()
            fill = algorithm(samples, sequence)
            seconds = time.process_time() - start
            print(f"| {name} | {sequence:,} | {mean:,.0f} | {fill:.2%} | {seconds:.1f} |", flush=True)


if __name__ == "__main__":
    main()
