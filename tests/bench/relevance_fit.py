"""Fits the constants of `curation.scoring.relevance`: logistic regression of true against swapped images.

    python -m tests.bench.relevance_fit FOLDER --language-model lid.176.ftz

FOLDER holds HTML pages with their images, and should not be the one that the scorer is judged on. The constants in the
code were fitted on the 40 first documents of Debian's fontforge-doc.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from curation.document import Document
from curation.scoring.features import Features
from curation.scoring.relevance import Relevance, content_words
from curation.scoring.score import Scorer, ScoreSettings
from tests.bench.scorer_auc import Corruptor, read_documents

SIGNALS = ("cosine", "in_passage", "in_document")


def signals(documents: Sequence[Document], scorer: Scorer) -> np.ndarray:
    """(images that could be judged, 3): the signals of `SIGNALS`."""
    rows = []
    for document in documents:
        features = Features(document, scorer.tools)
        everything = content_words([features.text])
        for place, cosine in zip(features.places, features.ocr_passage_cosines, strict=True):
            found = Relevance()._read(features, place, cosine, everything)
            if len(found) == len(SIGNALS):
                rows.append([found[name] for name in SIGNALS])
    return np.array(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--language-model", required=True)
    parser.add_argument("--documents", type=int, default=40)
    given = parser.parse_args()
    documents = read_documents(given.folder, given.documents)
    corruptor = Corruptor(documents)
    rng = np.random.default_rng(0)
    swapped = [corruptor.swapped_images(document, rng) for document in documents]
    scorer = Scorer(ScoreSettings(language_model=given.language_model))
    real, wrong = signals(documents, scorer), signals([item for item in swapped if item], scorer)
    values, truth = np.concatenate([real, wrong]), np.repeat([1, 0], [len(real), len(wrong)])
    print(f"{len(real)} true and {len(wrong)} swapped images")
    for columns in ([0, 1, 2], [1, 2]):
        model = LogisticRegression(class_weight="balanced").fit(values[:, columns], truth)
        names = ", ".join(f"{SIGNALS[c]} {weight:.2f}" for c, weight in zip(columns, model.coef_[0], strict=True))
        print(f"bias {model.intercept_[0]:.2f}, {names}")


if __name__ == "__main__":
    main()
