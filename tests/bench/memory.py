"""How much memory a curation run takes as its input grows tenfold: each run in a process of its own (Linux).

    python -m tests.bench.memory --language-model lid.176.ftz [--planted 1000 10000] [--texts 10000 100000]

Planted inputs (`tests.planted`) are of five layouts, with images in three documents of five; a text is some 2 kB. Shown
is the highest resident memory of each stage in MB; `before` is Python itself with all imported, `child` the largest of
the processes that decode images.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from pipelines import curate, stage
from pipelines.curate import CurateConfig
from pipelines.runner import beam_options
from pipelines.sources import find
from tests.bench.beam_share import BENCH, settings, texts
from tests.planted import LAYOUTS, plant

MEGABYTE = 1 << 20
COLUMNS = ("before", *curate.STAGES, "child")


def planted(count: int, folder: Path, language_model: str) -> CurateConfig:
    plant(folder / "in", count)
    layouts = {name: "webdataset" if name == "tar" else name for name in LAYOUTS}
    sources = [
        {"layout": layout, "path": f"{folder}/in/{name}", "licence": "CC0-1.0"} for name, layout in layouts.items()
    ]
    score = {"language_model": language_model, "ocr": False}
    return CurateConfig.model_validate({"sources": sources, "output": f"{folder}/out", "score": score})


def peak() -> float:
    """MB: the highest since the last call, which this one forgets."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    Path("/proc/self/clear_refs").write_text("5")
    return int(status["VmHWM"].split()[0]) * 1024 / MEGABYTE


def run_here(kind: str, count: int, language_model: str) -> None:
    """Prints what a run takes, as JSON."""
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if kind == "planted":
            config = planted(count, folder, language_model)
        else:
            config = settings(texts(count, BENCH), folder / "out", language_model)
        peak()
        found["before"] = peak()
        for step in curate.stages(config, find(config.sources).digest):
            receipt = stage.run(step, config.output, beam_options([]))
            found[step.name] = peak()
            found["seconds"] = found.get("seconds", 0) + receipt.seconds
    found["child"] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 / MEGABYTE
    print(json.dumps(found))


def run_there(kind: str, count: int, language_model: str) -> dict[str, float]:
    arguments = ["--language-model", language_model, "--run", kind, str(count)]
    command = [sys.executable, "-m", "tests.bench.memory", *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--language-model", required=True)
    parser.add_argument("--planted", type=int, nargs="*", default=[1000, 10_000])
    parser.add_argument("--texts", type=int, nargs="*", default=[10_000, 100_000])
    parser.add_argument("--run", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.run:
        run_here(given.run[0], int(given.run[1]), given.language_model)
        return
    print(f"{'':20}" + "".join(f"{name:>13}" for name in COLUMNS) + "      seconds")
    for kind, counts in (("planted", given.planted), ("texts", given.texts)):
        for count in counts:
            found = run_there(kind, count, given.language_model)
            row = "".join(f"{found[name]:10,.0f} MB" for name in COLUMNS)
            print(f"{count:>9,} {kind:10}{row} {found['seconds']:12,.0f}", flush=True)


if __name__ == "__main__":
    main()
