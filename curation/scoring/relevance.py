"""Image-text relevance: the second of the four scores for interleaved data."""

import math
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from curation.scoring.background import Background, terms
from curation.scoring.clip import Clip
from curation.scoring.features import Features
from curation.scoring.smooth import mean, rise, sigmoid

FEWEST_TERMS = 3  # read in an image and known to its document's language: with fewer, the score is near chance
# Share of an image's terms that stand in its passage, and in its document, because they are about the same thing.
_ABOUT_PASSAGE, _ABOUT_DOCUMENT = 0.3, 0.5
_SHORTEST_PASSAGE = 5  # terms: so few tell nothing by missing a term
# A logistic regression of true against swapped images of fontforge-doc; what it is worth, `vlforge calibrate` says.
_BIAS, _PASSAGE, _DOCUMENT = 0.82, 3.04, 4.17
_CLIP_RANGE = (0.1, 0.28)  # CoMM removes below 0.1, LAION below 0.28


@dataclass(frozen=True, slots=True)
class Reading:
    """What an image's terms say for it being where it is: log-likelihood ratios, means over its `terms` in nats.

    Above 0, the passage (the document) has more of them than text of the corpus as long as it has.
    """

    passage: float
    document: float
    terms: int

    @property
    def probability(self) -> float:
        return sigmoid(_BIAS + _PASSAGE * self.passage + _DOCUMENT * self.document)


class Relevance:
    """ "A stronger connection … where the image meaningfully supplements, explains, or expands on the text rather than
    just decorating it" (paper section 2.2, interleaved data, score 2).

    Here: do the words that can be read in an image stand in its heading and nearest paragraphs, and in its document,
    more than in any text of the corpus? Shared rare words count much, shared common ones little (the likelihood ratio
    of a mixture of the text's topic with the corpus, as in Hiemstra's language model for retrieval). Where a CLIP model
    is configured, also the picture against the sentence it is assigned. An image is judged by what there is: without
    CLIP and with fewer than three words that texts of the document's language use, or with words that those of another
    language know better, there is no evidence. The document's score is the mean of the images judged.
    """

    name = "relevance"

    def __init__(self, clip: Clip | None = None):
        self.clip = clip

    def score(self, features: Features) -> dict[str, float]:
        """`relevance` unless no image could be judged, means of the signals, and how many images were judged."""
        readings = self.readings(features)
        cosines = [match.cosine if match else None for match in self.clip.match(features)] if self.clip else []
        cosines = cosines or [None] * len(readings)
        judged = [
            judgement
            for reading, cosine in zip(readings, cosines, strict=True)
            if (judgement := _judge(reading, cosine)) is not None
        ]
        scores = {"images": float(len(readings)), "images_judged": float(len(judged))}
        if read := [reading for reading in readings if reading]:
            scores["passage"] = mean(reading.passage for reading in read)
            scores["document"] = mean(reading.document for reading in read)
        if seen := [cosine for cosine in cosines if cosine is not None]:
            scores["clip"] = mean(seen)
        scores = {f"{self.name}.{key}": value for key, value in scores.items()}
        return {self.name: mean(judged), **scores} if judged else scores

    def readings(self, features: Features) -> list[Reading | None]:
        """Of each image in reading order; None where too little can be read, or in another language than the text's."""
        language = features.language.code
        document = Counter(terms(features.text, language))
        return [
            _reading(
                set(terms(features.ocr_text[place.media], language)),
                set(terms(place.passage, language)),
                document,
                language,
                features.tools.background,
            )
            for place in features.places
        ]


def _reading(
    read: set[str], near: set[str], document: Counter[str], language: str, corpus: Background
) -> Reading | None:
    """Of the terms that are read in an image, and those of its passage and of its document."""
    known = sorted(term for term in read if term in document or corpus.knows(term, language))
    others = [other for other in corpus.counts if other != language]
    if len(known) < FEWEST_TERMS or any(sum(corpus.knows(term, each) for term in read) > len(known) for each in others):
        return None
    length = document.total()
    rates = {term: corpus.rate(term, language, document[term], length) for term in known}
    return Reading(
        _likelihood(rates, near, max(len(near), _SHORTEST_PASSAGE), _ABOUT_PASSAGE),
        _likelihood(rates, document, length, _ABOUT_DOCUMENT),
        len(known),
    )


def _likelihood(rates: dict[str, float], text: Collection[str], length: int, about: float) -> float:
    """Mean over the terms of log P(in, or not in, a text of `length` terms | on the same thing) / P(... | on any)."""
    total = 0.0
    for term, rate in rates.items():
        chance = min(1.0 - (1.0 - rate) ** length, 0.98)
        total += math.log((about + (1.0 - about) * chance) / chance) if term in text else math.log(1.0 - about)
    return total / len(rates)


def _judge(reading: Reading | None, cosine: float | None) -> float | None:
    """One image's relevance in [0, 1]: the mean of what its words and what CLIP say; None without either."""
    opinions = [reading.probability] if reading else []
    opinions += [rise(cosine, *_CLIP_RANGE)] if cosine is not None else []
    return mean(opinions) if opinions else None
