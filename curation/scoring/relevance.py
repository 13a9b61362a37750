"""Image-text relevance: the second of the four scores for interleaved data."""

from collections.abc import Iterable

from curation.scoring.clip import Clip
from curation.scoring.features import Features, Place
from curation.scoring.smooth import mean, rise, sigmoid
from curation.text.language import words
from curation.text.lexicon import LEXICONS

FEWEST_WORDS = 3  # read in an image before it is judged: with fewer, the score is near chance
_COMMON = frozenset(word for lexicon in LEXICONS.values() for word in lexicon.stop_words)
# Logistic regression of true against swapped images, fitted on fontforge-doc alone: tests/bench/relevance_fit.py.
_BIAS, _COSINE, _PASSAGE, _DOCUMENT = -1.05, 2.15, 1.70, 1.76
_CLIP_RANGE = (0.1, 0.28)  # CoMM removes below 0.1, LAION below 0.28
_WORDS_ONLY = (-0.76, 2.15, 2.19)


class Relevance:
    """ "A stronger connection … where the image meaningfully supplements, explains, or expands on the text rather than
    just decorating it" (paper section 2.2, interleaved data, score 2).

    Here: the words that can be read in an image against its heading and nearest paragraphs (cosine of embeddings, and
    the share of the words that stand there), and against the rest of the document; where a CLIP model is configured,
    also the picture against the sentence it is assigned. An image is judged by what there is: fewer than three words
    read, and no CLIP, is no evidence. The document's score is the mean of the images judged.
    """

    name = "relevance"

    def __init__(self, clip: Clip | None = None):
        self.clip = clip

    def score(self, features: Features) -> dict[str, float]:
        """`relevance` unless no image could be judged, means of the signals, and how many images were judged."""
        document = content_words([features.text])
        signals = [
            self._read(features, place, cosine, document)
            for place, cosine in zip(features.places, features.ocr_passage_cosines, strict=True)
        ]
        if self.clip:
            for image, match in zip(signals, self.clip.match(features), strict=True):
                image |= {"clip": match.cosine} if match else {}
        judged = [judgement for judgement in map(_judge, signals) if judgement is not None]
        scores = {"images": float(len(signals)), "images_judged": float(len(judged))}
        for key in ("cosine", "in_passage", "in_document", "clip"):
            found = [image[key] for image in signals if key in image]
            scores |= {key: mean(found)} if found else {}
        scores = {f"{self.name}.{key}": value for key, value in scores.items()}
        return {self.name: mean(judged), **scores} if judged else scores

    def _read(self, features: Features, place: Place, cosine: float | None, document: set[str]) -> dict[str, float]:
        """Signals of the words read in one image; none where there are too few."""
        read = content_words(features.ocr_words[place.media])
        if len(features.ocr_words[place.media]) < FEWEST_WORDS or not read:
            return {}
        passage = content_words([place.passage])
        signals = {"in_passage": len(read & passage) / len(read), "in_document": len(read & document) / len(read)}
        return signals | ({"cosine": cosine} if cosine is not None else {})


def _judge(signals: dict[str, float]) -> float | None:
    """One image's relevance in [0, 1]: the mean of what its words and what CLIP say; None without either."""
    opinions = []
    if "in_passage" in signals:
        opinions.append(probability(signals.get("cosine"), signals["in_passage"], signals["in_document"]))
    if "clip" in signals:
        opinions.append(rise(signals["clip"], *_CLIP_RANGE))
    return mean(opinions) if opinions else None


def probability(cosine: float | None, in_passage: float, in_document: float) -> float:
    """That an image belongs to its place, from the cosine of embeddings (None without them) and shares of its words."""
    if cosine is None:
        bias, passage, document = _WORDS_ONLY
        return sigmoid(bias + passage * in_passage + document * in_document)
    return sigmoid(_BIAS + _COSINE * cosine + _PASSAGE * in_passage + _DOCUMENT * in_document)


def content_words(texts: Iterable[str]) -> set[str]:
    """Distinct words of at least three letters that say what a text is about."""
    found = {word.lower() for text in texts for word in words(text)}
    return {word for word in found if len(word) >= 3 and word not in _COMMON and not word.isdigit()}
