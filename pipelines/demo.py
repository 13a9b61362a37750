"""`vlforge demo`: the whole road, each step the very command that a user would type."""

import subprocess
import sys
import time
from pathlib import Path

from curation.errors import UserError

CONFIGS = "configs/demo"
TWO = ("--", "--direct_running_mode=multi_processing", "--direct_num_workers=2")
PAGE = "runs/demo/report/index.html"
STEPS = (
    ("fetch", "inputs", "real pages, photographs, sprites and a language identifier"),
    ("curate", "curate", "pages cleaned, deduplicated, scored, selected and written as shards"),
    ("calibrate", "calibrate", "the scorers measured on pages corrupted in sixteen known ways"),
    ("synth", "synth", "scenes, films, and some of each other kind, each with a proof"),
    ("pack", "pack", "a tokenizer, and every document measured"),
    ("pack", "pack-long", "whole pages, for the long-context phase"),
    ("train", "train", "eight phases, from a contrastive start to fine-tuning"),
    ("evaluate", "evaluate", "held-out scenes, against an untrained model and a blank picture"),
    ("export", "export", "a directory that transformers opens"),
    ("report", "report", "one page that shows it all"),
)


def run() -> None:
    """Runs the steps in processes of their own, so that each gives its memory back; what is done is not done again."""
    if not Path(CONFIGS).is_dir():
        raise UserError(f"no {CONFIGS} here: run it from the root of the repository")
    began = time.monotonic()
    for number, (command, config, what) in enumerate(STEPS, 1):
        arguments = [command, f"{CONFIGS}/{config}.yaml", *(TWO if command in ("curate", "synth") else ())]
        print(f"\n== {number}/{len(STEPS)} {what}\n   vlforge {' '.join(arguments)}", flush=True)
        start = time.monotonic()
        code = subprocess.run([sys.executable, "-m", "pipelines.cli", *arguments]).returncode
        if code:
            raise UserError(
                f"`vlforge {' '.join(arguments)}` failed; mend what it says above and run `make demo` again"
            )
        print(f"   {time.monotonic() - start:.0f} s", flush=True)
    minutes, seconds = divmod(round(time.monotonic() - began), 60)
    print(f"\n== done in {minutes} min {seconds} s. Open {PAGE}")
