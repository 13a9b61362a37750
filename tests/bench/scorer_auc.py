"""How well each score tells real documents from the same documents corrupted: `vlforge calibrate` on a run's documents.

    python -m tests.bench.scorer_auc STAGE... --language-model lid.176.ftz [--sample 60]

STAGE is the folder of a stage of `curate` after which images have been looked at, e.g. runs/demo/curate/images.
"""

import argparse
import tempfile
from pathlib import Path

from curation.scoring.score import ScoreSettings
from pipelines.calibrate import CalibrateConfig, run
from pipelines.calibrate_report import failing, summary


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stages", nargs="+")
    parser.add_argument("--language-model", required=True)
    parser.add_argument("--ocr-languages", default="eng")
    parser.add_argument("--sample", type=int, default=60)
    given = parser.parse_args()
    score = ScoreSettings(language_model=given.language_model, ocr_languages=given.ocr_languages)
    with tempfile.TemporaryDirectory() as output:
        config = CalibrateConfig(
            documents=tuple(given.stages), output=Path(output), score=score, sample=given.sample, processes=2
        )
        report = run(config)
    print(summary(report))
    print("\n".join(failing(report)) or "every cell of the diagonal at 0.95 or more, and all others calm")


if __name__ == "__main__":
    main()
