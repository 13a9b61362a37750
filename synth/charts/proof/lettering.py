"""Is this text written here? Its letters are drawn anew at four times the size and laid over the picture."""

import functools
from collections.abc import Callable, Sequence

import cv2
import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont

FINER = 4  # sub-pixels of a pixel, in which letters are laid out without hinting
ALIKE = 0.87  # correlation of a text with its picture; honest texts reach 0.93 and more
LETTER = 0.85  # correlation of each stretch of about a letter's width
STRAY = 0.28  # share of a stretch's ink that may be painted otherwise than its letters say
AWAY = 2.0  # px between claimed and found place
DOUBT = 0.12  # share of ink astray from which on a text is held against those that look like it
CLEARLY = 0.35  # part of what a stretch's correlation lacks that another letter must make good to be likelier
ALIKES = (  # letters that small print hardly tells apart
    *("nhum", "gqy", "ceos", "ao", "ae", "bhk", "ft", "rt", "vyuw", "xk", "sz", "pq", "dq", "ad"),
    *("38", "689", "56", "0869", "17", "35", "27", "14", "49", "23", "CGOQ", "EFB", "PRB", "DO", "MNHW", "VYU", "KXH"),
    *("8B", "5S", "0O", "2Z", "TY", "PF", "DB", "AK", "ER", "TZ", "SG"),
)

Masks = Callable[[int, int], np.ndarray]  # of a text moved by sub-pixels to the right and down
Match = tuple[float, tuple[int, int], tuple[int, int]]  # correlation, column and row, sub-pixels to right and down


@functools.lru_cache(maxsize=256)
def _font(path: str, size: int) -> PIL.ImageFont.FreeTypeFont:
    return PIL.ImageFont.truetype(path, size)


@functools.lru_cache(maxsize=4096)
def _large(text: str, path: str, size: int) -> np.ndarray:
    """(height, width) uint8 of the ink at FINER times the size, a pixel and a half of room on every side."""
    font, room = _font(path, size * FINER), FINER * 3 // 2
    x1, y1, x2, y2 = (round(value) for value in font.getbbox(text))
    wide, high = -(-(x2 - x1 + 2 * room) // FINER), -(-(y2 - y1 + 2 * room) // FINER)
    image = PIL.Image.new("L", (wide * FINER, high * FINER))
    PIL.ImageDraw.Draw(image).text((room - x1, room - y1), text, 255, font)
    return np.asarray(image)


@functools.lru_cache(maxsize=16384)
def _mask(text: str, path: str, size: int, right: int, down: int) -> np.ndarray:
    """(height, width) float32 of the ink, moved by sub-pixels."""
    large = _large(text, path, size)
    if right or down:
        shift = np.array([[1, 0, right], [0, 1, down]], np.float32)
        large = cv2.warpAffine(large, shift, large.shape[::-1], flags=cv2.INTER_NEAREST)
    return cv2.resize(large, None, fx=1 / FINER, fy=1 / FINER, interpolation=cv2.INTER_AREA).astype(np.float32)


def fault(grey: np.ndarray, text: str, box: list[float], path: str, size: int, upright: bool) -> str | None:
    """What is wrong with a text claimed in a box of a picture (height, width) float32; None where it is there."""
    x1, y1, x2, y2 = box
    if upright:  # written from bottom to top: turned so that it runs to the right
        grey, (x1, y1, x2, y2) = np.rot90(grey, -1), (grey.shape[0] - y2, x1, grey.shape[0] - y1, x2)
    left, top = max(int(x1) - 5, 0), max(int(y1) - 5, 0)
    crop = np.ascontiguousarray(grey[top : int(y2) + 6, left : int(x2) + 6])
    mask_at = functools.partial(_mask, text, path, size)
    shape = mask_at(0, 0).shape
    if shape[0] > crop.shape[0] or shape[1] > crop.shape[1]:
        return f"{text!r} does not fit into its box"
    first = _first(crop, mask_at)
    (wrong, stray), match = _wrong(crop, mask_at, first, size, (0,)), first
    if wrong and first[0] > ALIKE - 0.15:
        match = _refined(crop, mask_at, first)
        wrong, stray = _wrong(crop, mask_at, match, size, (0, -1, 1))
    if not wrong and stray > DOUBT:
        other = _likelier(crop, text, path, size, match)
        wrong = f"looks more like {other!r}" if other else ""
    off = abs(left + match[1][0] + shape[1] / 2 - (x1 + x2) / 2)
    if not wrong and off > AWAY:
        wrong = f"is written {off:.1f} px beside its box"
    return f"{text!r} {wrong}" if wrong else None


def _likelier(crop: np.ndarray, text: str, path: str, size: int, match: Match) -> str | None:
    """A text with another letter that fits better, where some ink is astray; None where there is none."""
    if any("\u0590" <= letter <= "\u08ff" for letter in text):
        return None  # written from right to left: a letter's place does not follow from those before it
    best = _refined(crop, functools.partial(_mask, text, path, size), match)
    stray, start, end = _astray(crop, text, path, size, best)
    if stray < DOUBT:
        return None
    _, (column, row), shift = best
    mask = _mask(text, path, size, *shift)
    near = slice(max(start - 3, 0), end + 3)
    part = crop[row : row + mask.shape[0], column : column + mask.shape[1]][:, near]
    score = _correlation(part, mask[:, near])
    font = _font(path, size * FINER)
    for place, letter in enumerate(text):
        first, last = (font.getlength(text[:many]) / FINER + 1.5 for many in (place, place + 1))
        if last < start - 1 or first > end + 1:
            continue  # the ink that is astray lies elsewhere
        for other in sorted({other for alike in ALIKES if letter in alike for other in alike} - {letter}):
            changed = text[:place] + other + text[place + 1 :]
            ink, drawn = (
                np.zeros_like(part),
                _mask(changed, path, size, *shift)[:, near][: part.shape[0], : part.shape[1]],
            )
            ink[: drawn.shape[0], : drawn.shape[1]] = drawn  # one may have no descender
            if _correlation(part, ink) > score + CLEARLY * (1 - score):
                return changed
    return None


def _correlation(crop: np.ndarray, mask: np.ndarray) -> float:
    """Of either sign: letters may be darker or lighter than their ground."""
    one, two = (np.ascontiguousarray(each) for each in (crop, mask))
    return abs(float(cv2.matchTemplate(one, two, cv2.TM_CCOEFF_NORMED)[0, 0]))


def _astray(crop: np.ndarray, text: str, path: str, size: int, match: Match) -> tuple[float, int, int]:
    """The most of a stretch's ink that is painted otherwise; the stretch's first column, and that after its last."""
    _, (column, row), shift = match
    mask = _mask(text, path, size, *shift)
    return _stretches(crop[row : row + mask.shape[0], column : column + mask.shape[1]], [mask], size)[1:]


def _wrong(crop: np.ndarray, mask_at: Masks, match: Match, size: int, asides: Sequence[int]) -> tuple[str, float]:
    """What speaks against a match, and its share of stray ink.

    `asides` are sub-pixels by which single letters may be set aside.
    """
    score, (column, row), (right, down) = match
    if not score >= ALIKE:
        return f"is not written there (correlation {score:.2f})", 1.0
    height, width = mask_at(0, 0).shape
    masks = [mask_at(right + aside, down) for aside in asides]
    least, stray, *_ = _stretches(crop[row : row + height, column : column + width], masks, size)
    if least < LETTER or stray > STRAY:
        return f"has another letter (correlation {least:.2f}, {stray:.0%} of its ink astray)", stray
    return "", stray


def _first(crop: np.ndarray, mask_at: Masks) -> Match:
    """Where a text lies best: to whole pixels first, then to sub-pixels, by the shape of the peak."""
    scores = np.abs(cv2.matchTemplate(crop, mask_at(0, 0), cv2.TM_CCOEFF_NORMED))
    row, column = divmod(int(scores.argmax()), scores.shape[1])
    right, down = (round(FINER * _peak(*each)) for each in ((scores[row], column), (scores[:, column], row)))
    return _near(crop, mask_at, (column, row), (right, down))


def _refined(crop: np.ndarray, mask_at: Masks, best: Match) -> Match:
    """A better match among those next to it, as long as there is one."""
    start = best[1]
    for _ in range(3):
        right, down = best[2]
        beside = [(right + 1, down), (right - 1, down), (right, down + 1), (right, down - 1)]
        tried = [_near(crop, mask_at, start, each) for each in beside if max(map(abs, each)) <= FINER]
        better = max(tried, key=lambda match: match[0])
        if better[0] <= best[0]:
            break
        best = better
    return best


def _peak(scores: np.ndarray, place: int) -> float:
    """Offset of the peak of a parabola through three scores, within half a pixel."""
    if not 0 < place < len(scores) - 1:
        return 0.0
    before, top, after = (float(value) for value in scores[place - 1 : place + 2])
    bend = before - 2 * top + after
    return float(np.clip((before - after) / (2 * bend), -0.5, 0.5)) if bend < -1e-9 else 0.0


def _near(crop: np.ndarray, mask_at: Masks, spot: tuple[int, int], shift: tuple[int, int]) -> Match:
    """The best match within a pixel of a spot (column, row), with the text moved by sub-pixels."""
    mask = mask_at(*shift)
    left, top = (max(place - 1, 0) for place in spot)
    part = crop[top : spot[1] + mask.shape[0] + 1, left : spot[0] + mask.shape[1] + 1]
    scores = np.abs(cv2.matchTemplate(part, mask, cv2.TM_CCOEFF_NORMED))
    row, column = divmod(int(scores.argmax()), scores.shape[1])
    return float(scores[row, column]), (left + column, top + row), shift


def _stretches(crop: np.ndarray, masks: Sequence[np.ndarray], size: int) -> tuple[float, float, int, int]:
    """The least correlation over stretches of about a letter, the most ink that is painted otherwise, and where.

    Flat ground on which flat letters lie is a + b mask: what differs from that, over the ink of an average stretch.
    A renderer may set single letters a fraction of a pixel aside: each stretch takes the mask that fits it best.
    """
    wide = min(max(5, round(0.62 * size)), crop.shape[1])
    many = wide * crop.shape[0]
    one, one2 = _sums(crop, wide), _sums(crop * crop, wide)
    around = masks[0] - masks[0].mean()
    slope = float((crop * around).sum() / (around * around).sum())
    alike, astray = [], []
    for mask in masks:
        two, both, two2 = (_sums(each, wide) for each in (mask, crop * mask, mask * mask))
        top = np.abs(both - one * two / many)
        inked = two2 - two * two / many
        bottom = np.sqrt(np.maximum(one2 - one * one / many, 1e-6) * np.maximum(inked, 1e-6))
        alike.append(np.where(inked > 0.12 * inked.max(), top / bottom, 1.0))
        rest = (crop - crop.mean()) - slope * (mask - mask.mean())
        astray.append(_sums(rest * rest, wide) / max(slope * slope * float(np.median(inked)), 1e-6))
    rest = np.min(astray, 0)
    worst = int(rest.argmax())
    return float(np.max(alike, 0).min()), float(rest[worst]), worst, worst + wide


def _sums(values: np.ndarray, wide: int) -> np.ndarray:
    """Sums over columns and over every stretch of `wide` columns."""
    columns = np.concatenate([[0.0], np.cumsum(values.sum(0, dtype=np.float64))])
    return columns[wide:] - columns[:-wide]
