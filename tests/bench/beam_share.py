"""Beam's share of the CPU of a local curation run: each stage by Beam, and by the same functions in plain loops.

    python -m tests.bench.beam_share PAGES --language-model lid.176.ftz [--documents 5000] [--ocr]

PAGES is a folder of HTML pages with their images; beside it a run on texts alone, where there is least work to hide
Beam behind. Both chains run in this process, stage by stage; CPU seconds are those of the process and its children.
A stage's fixed cost (its graph built, checked and started) is a run's on 20 texts, and does not grow with the input.
"""

import argparse
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipelines import curate
from pipelines.curate import CurateConfig
from tests.bench import peers
from tests.bench.plain_chain import STAGES

FEW = 20


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


def show(title: str, documents: str, config: CurateConfig, fixed: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        beam, loops = by_beam(config), by_loops(config, Path(folder))
    print(f"\n{title}: {documents}, {next(iter(beam.values()))[1]:,} extracted")
    print("stage          Beam CPU s   loops CPU s   Beam's share")
    for name, (seconds, kept) in beam.items():
        own, same = loops[name]
        if kept != same:
            raise SystemExit(f"{name}: Beam kept {kept} documents and the loops {same}")
        print(f"{name:12} {seconds:12.2f} {own:13.2f} {1 - own / seconds:14.1%}")
    seconds, own = (sum(cost for cost, _ in each.values()) for each in (beam, loops))
    print(f"{'all':12} {seconds:12.2f} {own:13.2f} {1 - own / seconds:14.1%}")
    print(f"without the fixed cost of five jobs ({fixed:.1f} s): {1 - own / max(seconds - fixed, own):.1%}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", type=Path)
    parser.add_argument("--language-model", required=True)
    parser.add_argument("--documents", type=int, default=5000, help="of the run on texts")
    parser.add_argument("--ocr", action="store_true")
    given = parser.parse_args()
    bench = Path("build/bench").absolute()
    with tempfile.TemporaryDirectory() as folder:
        few = texts(FEW, bench)
        by_beam(settings(few, Path(folder, "warm"), given.language_model))  # what it imports is no part of a run
        fixed = sum(
            seconds for seconds, _ in by_beam(settings(few, Path(folder, "few"), given.language_model)).values()
        )
        source = texts(given.documents, bench)
        config = settings(source, Path(folder, "texts"), given.language_model)
        show("texts alone", f"{given.documents:,} documents", config, fixed)
        source = {"layout": "html", "path": str(given.pages), "licence": "unknown", "name": "pages"}
        config = settings(source, Path(folder, "pages"), given.language_model, given.ocr)
        show("pages with images", str(given.pages), config, fixed)


if __name__ == "__main__":
    main()
