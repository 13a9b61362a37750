"""Beam's share of the CPU of a local curation run: each stage by Beam, and by the same functions in plain loops.

    python -m tests.bench.beam_share PAGES --language-model lid.176.ftz [--documents 10000] [--ocr]

PAGES is a folder of HTML pages with their images; beside it a run on texts alone, where there is least work to hide
Beam behind. Both chains run in this process, stage by stage; CPU seconds are those of the process and its children.
What Beam costs on 20 texts (five graphs built, checked and started) does not grow with the input, and is shown apart.
"""

import argparse
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipelines import curate
from pipelines.curate import CurateConfig
from pipelines.log import log_to_stderr
from tests.bench import peers
from tests.bench.plain_chain import STAGES

BENCH = Path("build/bench").absolute()
FEW = 20

Compared = dict[str, tuple[float, float, int]]  # by stage: CPU seconds by Beam and by loops, documents kept


def settings(source: Mapping[str, Any], output: Path, language_model: str, ocr: bool = False) -> CurateConfig:
    """Of a run on one source."""
    score = {"language_model": language_model, "ocr": ocr}
    return CurateConfig.model_validate({"sources": [source], "output": str(output), "score": score})


def texts(documents: int, folder: Path) -> dict[str, Any]:
    """A source of that many texts (`tests.bench.peers`)."""
    return {"layout": "text", "path": str(peers.documents(documents, folder)), "licence": "PSF-2.0", "name": "texts"}


def cpu_seconds() -> float:
    return sum(os.times()[:4])


def by_beam(config: CurateConfig) -> dict[str, tuple[float, int]]:
    """(CPU seconds, documents kept) of each stage."""
    return {name: (receipt.cpu_seconds, receipt.counts["kept"]) for name, receipt in curate.run(config).items()}


def by_loops(config: CurateConfig, folder: Path) -> dict[str, tuple[float, int]]:
    """The same; each stage reads what Beam's run left of the one before."""
    found = {}
    before = Path(config.output)
    for name, work in STAGES.items():
        start = cpu_seconds()
        kept = work(config, before, folder / name)
        found[name] = (cpu_seconds() - start, kept)
        before = Path(config.output) / name
    return found


def compare(config: CurateConfig) -> Compared:
    with tempfile.TemporaryDirectory() as folder:
        beam, loops = by_beam(config), by_loops(config, Path(folder))
    for name, (_, kept) in beam.items():
        if kept != loops[name][1]:
            raise SystemExit(f"{name}: Beam kept {kept} documents and the loops {loops[name][1]}")
    return {name: (seconds, loops[name][0], kept) for name, (seconds, kept) in beam.items()}


def show(title: str, found: Compared, fixed: float) -> None:
    kept = [f"{count:,} after {name}" for name, (*_, count) in found.items()]
    print(f"\n{title}: {', '.join(kept)}")
    print("stage          Beam CPU s   loops CPU s   Beam's share")
    whole = [sum(column) for column in zip(*found.values(), strict=True)]
    for name, (beam, loops, *_) in [*found.items(), ("all", whole)]:
        print(f"{name:12} {beam:12.2f} {loops:13.2f} {1 - loops / beam:14.1%}")
    print(f"all, without what five jobs cost on {FEW} texts ({fixed:.1f} s): {1 - whole[1] / (whole[0] - fixed):.1%}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", type=Path)
    parser.add_argument("--language-model", required=True)
    parser.add_argument("--documents", type=int, default=10_000, help="of the run on texts")
    parser.add_argument("--ocr", action="store_true")
    given = parser.parse_args()
    log_to_stderr()  # without the lines of Beam
    with tempfile.TemporaryDirectory() as folder:
        few = [settings(texts(FEW, BENCH), Path(folder, name), given.language_model) for name in ("warm", "few")]
        by_beam(few[0])  # what it imports is no part of a run
        fixed = sum(beam - loops for beam, loops, _ in compare(few[1]).values())
        source = texts(given.documents, BENCH)
        found = compare(settings(source, Path(folder, "texts"), given.language_model))
        show(f"{given.documents:,} texts", found, fixed)
        source = {"layout": "html", "path": str(given.pages), "licence": "unknown", "name": "pages"}
        found = compare(settings(source, Path(folder, "pages"), given.language_model, given.ocr))
        show(f"pages with images of {given.pages}", found, fixed)


if __name__ == "__main__":
    main()
