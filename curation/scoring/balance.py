"""Balance of information density: the last of the four scores for interleaved data."""

import math

from curation.scoring.features import Features
from curation.scoring.smooth import fall, mean, rise

_PATCH = 28  # pixels a side of one visual token: 14-pixel patches merged two by two (paper section 2.1)
_MOST_TOKENS = 1280  # an image counts at most so much: larger ones are made smaller when they are read
_TOKENS_A_WORD = 1.4


class Balance:
    """ "A more balanced distribution … avoiding excessive text or image information" (paper section 2.2, interleaved
    data, score 4).

    Here: words to an image (OmniCorpus asks 50 of documents with more than two), the share of the document's tokens
    that are its images', and how the images stand along the text: with text between them (`spaced`) and not all in
    one place (`spread`). Lines that are there twice count once. Extremes are penalised smoothly; the score is the
    product.
    """

    name = "balance"

    def score(self, features: Features) -> dict[str, float]:
        """`balance` and its signals; nothing for a document without images or without words."""
        count, total = len(features.places), features.distinct_words
        if not count or not total:
            return {}
        media = features.document.media
        visual = sum(visual_tokens(media[place.media].width, media[place.media].height) for place in features.places)
        share = visual / (visual + _TOKENS_A_WORD * total)
        starts = [place.words_before for place in features.places]
        signals = {
            "words_an_image": rise(math.log(total / count), math.log(5), math.log(50))
            * fall(math.log(total / count), math.log(1500), math.log(12000)),
            "visual_share": rise(share, 0.0, 0.1) * fall(share, 0.95, 1.0),
            "spaced": _spaced(starts, total),
            "spread": _spread(starts, total),
        }
        score = math.prod(signals.values())
        return {self.name: score, **{f"{self.name}.{key}": value for key, value in signals.items()}}


def visual_tokens(width: int, height: int) -> int:
    """Tokens of an image in the language model: its patches after merging."""
    return min(max(round(width / _PATCH), 1) * max(round(height / _PATCH), 1), _MOST_TOKENS)


def _spaced(starts: list[int], total: int) -> float:
    """Mean over the images of whether some words follow them before the next; words before them alone count by half."""
    enough = min(15, total / (4 * len(starts)))
    before = [later - earlier for earlier, later in zip([0, *starts], starts, strict=False)]
    after = [later - earlier for earlier, later in zip(starts, [*starts[1:], total], strict=True)]
    pairs = zip(before, after, strict=True)
    return mean(max(rise(behind, 0, enough), 0.5 * rise(ahead, 0, enough)) for ahead, behind in pairs)


def _spread(starts: list[int], total: int) -> float:
    """Share of the words that are near an image: within 150 words, or within one image's part of the text."""
    reach = max(150.0, total / len(starts))
    covered = end = 0.0
    for start in starts:
        low, high = max(start - reach, end), min(start + reach, total)
        covered += max(high - low, 0.0)
        end = max(end, high)
    return rise(covered / total, 0.1, 0.6)
