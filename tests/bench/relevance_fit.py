"""Fits the constants of `curation.scoring.relevance`: logistic regression of true against swapped images.

    python -m tests.bench.relevance_fit STAGE --language-model lid.176.ftz

STAGE is the folder of a stage of `curate` after which images have been looked at; its documents should not be those
that the scorer is judged on. The constants in the code were fitted on Debian's fontforge-doc (117 documents).
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from curation.document import Document
from curation.scoring.corrupt import Corpus, images_of_others
from curation.scoring.features import Features, Tools
from curation.scoring.ocr import Ocr
from curation.scoring.relevance import Relevance
from curation.text.language import LanguageModel
from pipelines.calibrate_draw import draw


def signals(documents: Sequence[Document], tools: Tools) -> np.ndarray:
    """(images that could be judged, 2): how much the passage and the document speak for each."""
    found = [reading for each in documents for reading in Relevance().readings(Features(each, tools)) if reading]
    return np.array([[reading.passage, reading.document] for reading in found])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stage")
    parser.add_argument("--language-model", required=True)
    parser.add_argument("--ocr-languages", default="eng")
    parser.add_argument("--documents", type=int, default=200)
    given = parser.parse_args()
    model = LanguageModel(given.language_model)
    drawn = draw([given.stage], given.documents, seed=0, identify=model.identify)
    documents = drawn.documents
    tools = Tools(model, Ocr(given.ocr_languages), background=drawn.background)
    corpus, rng = Corpus(documents, Path()), np.random.default_rng(0)
    swapped = [spoilt for each in documents if (spoilt := images_of_others(each, corpus, rng))]
    real, wrong = signals(documents, tools), signals(swapped, tools)
    values, truth = np.concatenate([real, wrong]), np.repeat([1, 0], [len(real), len(wrong)])
    model = LogisticRegression(class_weight="balanced").fit(values, truth)
    print(f"{len(real)} true and {len(wrong)} swapped images")
    print(f"bias {model.intercept_[0]:.2f}, passage {model.coef_[0][0]:.2f}, document {model.coef_[0][1]:.2f}")


if __name__ == "__main__":
    main()
