"""Information complementarity: the third of the four scores for interleaved data."""

from collections.abc import Sequence

from curation.scoring.features import Features, Looks
from curation.scoring.smooth import fall, mean, rise
from curation.text.language import is_unspaced, words

_RUN = 3  # words (or six characters) in a row: single words are shared by texts on a topic, runs by copies
_FEWEST_RUNS = 8  # read in an image before it can be called a copy of the text
_ENOUGH_ADD = 0.8  # of the images: one poor picture in five leaves a document complete
_SAME_PICTURE = 4  # bits of 64 in which the difference hashes of near copies may differ


class Complementarity:
    """ "Each should provide unique details that together create a complete narrative" (paper section 2.2, interleaved
    data, score 3).

    Here: what an image adds is that it shows something (`informative`), that no image before it shows the same
    (`distinct`), and that it is not a picture of the document's own words (`novel`: of the runs of three words read
    in it, those that the text does not have). What the text adds is the share of its words that are not read in the
    images (`text_novel`). The score is the mean over the images, full
    where it is four in five, times the text's part.
    """

    name = "complementarity"

    def score(self, features: Features) -> dict[str, float]:
        """`complementarity` and its signals; nothing for a document without images."""
        if not features.places:
            return {}
        shown = [place.media for place in features.places]
        text_runs = _runs(features.words)
        informative = [informativeness(features.looks[number]) for number in shown]
        distinct = _distinct([features.looks[number] for number in shown])
        read = [_runs(words(features.ocr_text[number])) for number in shown]
        novel = [_novelty(runs, text_runs) for runs in read]
        everything_read = set().union(*read)
        text_novel = 1.0 - len(text_runs & everything_read) / max(len(text_runs), 1)
        adds = [a * b * c for a, b, c in zip(informative, distinct, novel, strict=True)]
        signals = {
            "informative": mean(informative),
            "distinct": mean(distinct),
            "novel": mean(novel),
            "text_novel": rise(text_novel, 0.2, 0.7),
        }
        score = rise(mean(adds), 0.0, _ENOUGH_ADD) * signals["text_novel"]
        return {self.name: score, **{f"{self.name}.{key}": value for key, value in signals.items()}}


def informativeness(looks: Looks) -> float:
    """0 for a blank image, a gradient, a few plain shapes or a repeated tile, 1 for a picture, a drawing or text."""
    shows = max(rise(looks.entropy, 0.2, 1.0), rise(looks.ink, 0.01, 0.1))
    return shows * rise(looks.edges, 0.005, 0.025) * fall(looks.tiled, 0.55, 0.75)


def _distinct(looks: Sequence[Looks]) -> list[float]:
    """1 for each image unless one before it is the same or nearly the same."""
    hashes = [item.hash for item in looks]
    return [
        0.0 if any((hashes[number] ^ earlier).bit_count() <= _SAME_PICTURE for earlier in hashes[:number]) else 1.0
        for number in range(len(hashes))
    ]


def _runs(found: Sequence[str]) -> set[tuple[str, ...]]:
    """Of words of at least three letters; of single characters in scripts that write no spaces, twice as many."""
    unspaced = is_unspaced(list(found))
    kept = [word.lower() for word in found if unspaced or (len(word) >= 3 and not word.isdigit())]
    size = 2 * _RUN if unspaced else _RUN
    return set(zip(*(kept[start:] for start in range(size)), strict=False))


def _novelty(read: set[tuple[str, ...]], text: set[tuple[str, ...]]) -> float:
    if len(read) < _FEWEST_RUNS:
        return 1.0
    return fall(len(read & text) / len(read), 0.35, 0.75)
