"""Screens and trajectories a minute a core: rendered, acted on in Chromium, proved; and trajectories played again.

python -m tests.bench.gui_rate [CONFIG] [--recipes NAME ...] [--seconds 60] [--replays 10]

CPU time is that of this process and of all that it started, by their process ids: Chromium's and its driver's too. A
replay is a trajectory's whole proof with its costly checks: executed again in a fresh browser from its own record.
"""

import argparse
from dataclasses import dataclass, field

from curation.config import load
from curation.document import Document
from pipelines.mixture import SynthConfig
from synth.prove import prove
from synth.sample import Generator, Sample
from tests.bench.synth_rate import CONFIG, browser_seconds, cpu_seconds, measure, opened

GENERATORS = ("screen", "real_screen", "trajectory")


@dataclass
class Kept:
    """What was proved: documents, the different screens that they show, and a document of each trajectory by its
    seed."""

    documents: int = 0
    screens: set[str] = field(default_factory=set)
    walks: dict[int, Sample] = field(default_factory=dict)

    def add(self, sample: Sample) -> None:
        document = sample.document
        self.documents += 1
        self.screens |= {document.media[number].sha256 for number in document.images_shown()}
        if steps(document):
            self.walks.setdefault(document.source.seed or 0, sample)


def steps(document: Document) -> int:
    """Actions of its trajectory, whatever part of it the document shows."""
    return len(document.proof["claims"].get("steps", ()))


def replays(generator: Generator, kept: Kept, count: int) -> tuple[int, int, float, float]:
    """Trajectories played again, those that failed, and CPU seconds in all and in Chromium."""
    chosen = [sample for _, sample in sorted(kept.walks.items())][:count]
    start, browsing = cpu_seconds(), browser_seconds()
    failed = sum(bool(prove(one.document, one.contents, generator.checker, audit=True)) for one in chosen)
    return len(chosen), failed, cpu_seconds() - start, browser_seconds() - browsing


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("config", nargs="?", default=CONFIG)
    parser.add_argument("--recipes", nargs="+", default=[], help="else all of screens and trajectories")
    parser.add_argument("--seconds", type=float, default=60.0, help="of CPU time a recipe")
    parser.add_argument("--warm", type=float, default=20.0, help="of CPU time before anything is counted")
    parser.add_argument("--replays", type=int, default=10)
    options = parser.parse_args()
    config = load(options.config, SynthConfig)
    own = [name for name in config.recipes if config.generator(name).name in GENERATORS]
    print(f"{'recipe':16}{'a minute a core':>28}{'documents':>11}{'proving':>9}{'Chromium':>10}  rejected")
    for name, generator in opened(config, options.recipes or own):
        show(generator, name, config.audit, options)


def show(generator: Generator, name: str, audit: float, options: argparse.Namespace) -> None:
    kept = Kept()
    rate = measure(generator, name, audit, options.seconds, kept.add, options.warm)
    minutes = rate.cpu / 60
    walks = [steps(sample.document) for sample in kept.walks.values()]
    if walks:
        speed = f"{len(walks) / minutes:.1f} walks of {sum(walks) / len(walks):.1f} steps"
    else:
        speed = f"{len(kept.screens) / minutes:.1f} screens"
    shares = f"{rate.proving / rate.cpu:9.0%}{rate.browsing / rate.cpu:10.0%}"
    print(f"{name:16}{speed:>28}{kept.documents / minutes:11.1f}{shares}  {rate.refused}", flush=True)
    if walks:
        count, failed, cpu, browsing = replays(generator, kept, options.replays)
        told = f"{60 * count / cpu:.1f} replays"
        print(f"{'':16}{told:>28}{'':20}{browsing / cpu:10.0%}  {failed} of {count} ended otherwise", flush=True)


if __name__ == "__main__":
    main()
