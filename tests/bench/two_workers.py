"""How much faster two processes curate than one: the same texts, stage by stage, in seconds by the clock.

    python -m tests.bench.two_workers --language-model lid.176.ftz [--documents 10000] [--rounds 1]

Each stage starts its processes anew (they import Beam and load what the stage needs), which a run on 20 texts measures:
the ratio of the work is that of the rest. Nothing else should run on the machine: its load is printed with the result.
"""

import argparse
import os
import tempfile
from pathlib import Path

from pipelines import curate
from pipelines.log import log_to_stderr
from tests.bench.beam_share import BENCH, FEW, settings, texts

WORKERS = (1, 2)

Seconds = dict[str, float]  # by stage


def run(documents: int, workers: int, language_model: str) -> Seconds:
    options = ["--direct_running_mode=multi_processing", f"--direct_num_workers={workers}"]
    with tempfile.TemporaryDirectory() as folder:
        config = settings(texts(documents, BENCH), Path(folder), language_model)
        return {name: receipt.seconds for name, receipt in curate.run(config, options).items()}


def best(documents: int, workers: int, language_model: str, rounds: int) -> Seconds:
    """The shortest of each stage: what else runs on the machine only ever adds to it."""
    found = [run(documents, workers, language_model) for _ in range(rounds)]
    return {name: min(each[name] for each in found) for name in found[0]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--language-model", required=True)
    parser.add_argument("--documents", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=1)
    given = parser.parse_args()
    log_to_stderr()  # without the lines of Beam
    load = os.getloadavg()[0]
    start = {workers: best(FEW, workers, given.language_model, given.rounds) for workers in WORKERS}
    whole = {workers: best(given.documents, workers, given.language_model, given.rounds) for workers in WORKERS}
    print(f"{given.documents:,} texts, {os.cpu_count()} cores, load before {load:.1f}")
    print("stage          1 process   2 processes   ratio   of them start   ratio of the work")
    totals = [{**each, "all": sum(each.values())} for each in (whole[1], whole[2], start[1], start[2])]
    for name in totals[0]:
        one, two, first, second = (each[name] for each in totals)
        work = (one - first) / (two - second) if two > second else float("nan")
        print(f"{name:12} {one:10.1f} s {two:11.1f} s {one / two:7.2f} {first:7.1f} {second:4.1f} s {work:14.2f}")


if __name__ == "__main__":
    main()
