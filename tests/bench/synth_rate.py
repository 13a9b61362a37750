"""Verified samples a second a core, of every recipe of a mixture: drawing, encoding and proof included.

python -m tests.bench.synth_rate [CONFIG] [--recipes NAME ...] [--seconds 20]

The CPU time of browsers and other processes that a generator starts counts too.
"""

import argparse
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from curation.config import load
from curation.errors import UserError
from pipelines.mixture import SynthConfig
from synth import generate
from synth.sample import Generator, Sample, Unproven

CONFIG = "configs/synth/mixture.yaml"
GOALS = {"page": 10, "chart": 20, "grounding": 40, "text_lines": 100}  # samples a second a core, by generator
WARM = 20.0  # seconds of CPU time in which texts, fonts, sprites and browsers are loaded, and nothing is counted
_MODULE: Any = generate
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Rate:
    """CPU seconds in all, in browsers and in proofs; `samples` were verified, of `seeds`."""

    seeds: int = 0
    samples: int = 0
    cpu: float = 0.0
    browsing: float = 0.0
    proving: float = 0.0
    rejected: Counter[str] = field(default_factory=Counter)

    @property
    def refused(self) -> str:
        return ", ".join(f"{check} {number}" for check, number in self.rejected.most_common()) or "none"


def cpu_seconds() -> float:
    """Of this process and of all that it started, running or ended."""
    return sum(os.times()[:4]) + sum(_of(process)[1] for process in _below(os.getpid()))


def browser_seconds() -> float:
    """Of Chromium's processes below this one."""
    return sum(seconds for name, seconds in map(_of, _below(os.getpid())) if name.startswith("chrom"))


def _of(process: str) -> tuple[str, float]:
    """The name of a process, and its CPU time with that of its children that have ended; fields 14 to 17 of proc(5)."""
    try:
        head, _, rest = Path(f"/proc/{process}/stat").read_text().rpartition(")")
    except OSError:  # it has ended
        return "", 0.0
    return head.partition("(")[2], sum(map(int, rest.split()[11:15])) / _TICKS


def _below(process: int | str) -> Iterator[str]:
    for task in Path(f"/proc/{process}/task").glob("*/children"):
        try:
            children = task.read_text().split()
        except OSError:
            continue
        for child in children:
            yield child
            yield from _below(child)


def measure(
    generator: Generator,
    recipe: str,
    audit: float,
    seconds: float,
    keep: Callable[[Sample], None] = lambda _: None,
    warm: float = WARM,
) -> Rate:
    """Runs seeds until so much CPU time is spent; `keep` is given each sample that was counted."""
    rate, seeds = Rate(), count()
    proving = _timed(rate)
    try:
        start = cpu_seconds()
        while cpu_seconds() - start < warm:
            _run(generator, recipe, next(seeds), audit, Rate(), lambda _: None)
        rate.proving, start, browsing = 0.0, cpu_seconds(), browser_seconds()
        while (spent := cpu_seconds() - start) < seconds:
            _run(generator, recipe, next(seeds), audit, rate, keep)
        rate.cpu, rate.browsing = spent, browser_seconds() - browsing
    finally:
        _MODULE.prove_by = proving
    return rate


def _timed(rate: Rate) -> Callable[..., Any]:
    """Has the time of every proof added up; gives back what is to be put in place again."""
    prove = generate.prove_by

    def timed(*arguments: Any) -> Any:
        clock = cpu_seconds if any(_below(os.getpid())) else time.process_time
        start = clock()
        try:
            return prove(*arguments)
        finally:
            rate.proving += clock() - start

    _MODULE.prove_by = timed
    return prove


def _run(
    generator: Generator, recipe: str, seed: int, audit: float, rate: Rate, keep: Callable[[Sample], None]
) -> None:
    rate.seeds += 1
    try:
        for sample in generate.samples(generator, recipe, seed, audit):
            if isinstance(sample, Unproven):
                rate.rejected[sample.failures[0].check] += 1
            else:
                rate.samples += 1
                keep(sample)
    except Exception as error:
        rate.rejected[type(error).__name__] += 1


def opened(config: SynthConfig, names: Sequence[str]) -> Iterator[tuple[str, Generator]]:
    """The generators of these recipes, one after another, each closed when the next is wanted; what cannot be made is
    told of."""
    for name in names:
        try:
            generator = config.generator(name)(config.settings(name))
        except UserError as error:
            print(f"{name:16} {error}", flush=True)
            continue
        try:
            yield name, generator
        finally:
            generator.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("config", nargs="?", default=CONFIG)
    parser.add_argument("--recipes", nargs="+", default=[], help="else all")
    parser.add_argument("--seconds", type=float, default=20.0, help="of CPU time a recipe")
    options = parser.parse_args()
    config = load(options.config, SynthConfig)
    print(
        f"{'recipe':16}{'seeds/s':>9}{'samples/s':>11}{'goal':>6}{'proving':>9}  rejected   (a core; {options.config})"
    )
    for name, generator in opened(config, options.recipes or list(config.recipes)):
        rate = measure(generator, name, config.audit, options.seconds)
        goal = GOALS.get(generator.name, "")
        speeds = f"{rate.seeds / rate.cpu:9.1f}{rate.samples / rate.cpu:11.1f}"
        print(f"{name:16}{speeds}{goal:>6}{rate.proving / rate.cpu:9.0%}  {rate.refused}", flush=True)


if __name__ == "__main__":
    main()
