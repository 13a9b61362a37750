"""Proves what is said of texts in a picture: each word is drawn again from its claims and compared with the pixels."""

import itertools
from collections.abc import Iterator
from typing import Any, ClassVar

import cv2
import numpy as np

from curation.document import Image, Part, Text, Turn
from synth.ocr import ink, lies, ocr_engine, outlines, straighten, wording
from synth.ocr.languages import LANGUAGES
from synth.sample import Checker, Claims, Evidence, Failure

READ = 0.5  # character error rate up to which an engine is held to have read a line: made-up words are hard for it
TELLING = 8  # characters that a line has at least, to be read by an engine


class TextChecker(Checker):
    """Checker of `text_lines` and `scene_text`. Media: the picture, then the numbers of words by pixel."""

    checks: ClassVar[tuple[str, ...]] = ("ink", "boxes", "order", "numbers", "view")
    audits: ClassVar[tuple[str, ...]] = ("engine",)

    def turns(self, claims: Claims) -> tuple[Turn, ...]:
        question, answer = wording.words_of(claims)
        shown: tuple[Part, ...] = (Image(0), Text("\n"))
        return Turn("user", (*shown, *question)), Turn("assistant", answer)

    def failures(self, claims: Claims, evidence: Evidence, audit: bool) -> Iterator[Failure]:
        picture, numbers = evidence.picture(0), evidence.buffer(1)
        if list(picture.shape[1::-1]) != claims["size"] or picture.shape[:2] != numbers.shape:
            yield Failure("boxes", f"the picture is {picture.shape[1]} x {picture.shape[0]}, not {claims['size']}")
            return
        grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
        for text in claims["texts"]:
            yield from ink.faults(text, grey, numbers, claims["blur"])
            yield from _line_order(text)
        yield from _numbers(claims, numbers)
        yield from _text_order(claims)
        yield from wording.faults(claims)
        if audit:
            yield from _read(claims, picture)

    def mutations(self, claims: Claims, rng: np.random.Generator) -> Iterator[tuple[str, Claims]]:
        yield from lies.mutations(claims, rng)


def _line_order(text: dict[str, Any]) -> Iterator[Failure]:
    """Lines follow each other downwards (columns leftwards), words as their script runs."""
    places = [line["words"][0]["at"] for line in text["lines"]]
    along = [-u if text["vertical"] else v for u, v in places]
    if any(one >= two for one, two in itertools.pairwise(along)):
        yield Failure("order", f"the lines of {wording.line_text(text, text['lines'][0])!r} are not told as they stand")
    for line in text["lines"]:
        words = [word["text"] for word in line["words"]]
        order = _bidi_order(words) if LANGUAGES[text["language"]].right_to_left else range(len(words))
        starts = [line["words"][place]["at"][0] for place in order]
        if any(one >= two for one, two in itertools.pairwise(starts)):
            yield Failure("order", f"the words of {' '.join(words)!r} do not stand in their order")


def _bidi_order(words: list[str]) -> list[int]:
    """The numbers of words from left to right, by the Unicode bidirectional algorithm over the whole line (rule L2)."""
    numbers: list[int] = []
    line = ""
    for number, word in enumerate(words):
        line += " " * bool(line) + word
        numbers += [-1] * (len(line) - len(numbers) - len(word)) + [number] * len(word)
    places = [(level, number) for (_, level), number in zip(outlines.levels(line), numbers, strict=True)]
    for least in range(max(level for level, _ in places), 0, -1):
        start = 0
        while start < len(places):
            end = start
            while end < len(places) and places[end][0] >= least:
                end += 1
            places[start:end] = places[start:end][::-1]
            start = end + 1
    return list(dict.fromkeys(number for _, number in places if number >= 0))


def _numbers(claims: Claims, numbers: np.ndarray) -> Iterator[Failure]:
    """The pixels of the n-th word are numbered n, and no others are: nothing was painted that is not claimed."""
    words = [word for text in claims["texts"] for line in text["lines"] for word in line["words"]]
    present = np.flatnonzero(np.bincount(numbers.ravel()))
    if [0, *range(1, len(words) + 1)] != present.tolist():
        yield Failure("numbers", f"{len(words)} words are claimed, {len(present) - 1} were painted")
        return
    for number, word in enumerate(words, 1):
        x1, y1, x2, y2 = word["box"]
        own = numbers[max(y1 - 1, 0) : y2 + 1, max(x1 - 1, 0) : x2 + 1] == number
        rows, columns = np.flatnonzero(own.any(axis=1)), np.flatnonzero(own.any(axis=0))
        bounds = []
        if len(rows):
            left, top = max(x1 - 1, 0), max(y1 - 1, 0)
            bounds = [columns[0] + left, rows[0] + top, columns[-1] + 1 + left, rows[-1] + 1 + top]
        if bounds != word["box"]:
            yield Failure("boxes", f"{word['text']!r} was not painted in {word['box']}")


def _text_order(claims: Claims) -> Iterator[Failure]:
    """Texts are told by their upper edges."""
    tops = [min(line["box"][1] for line in text["lines"]) for text in claims["texts"]]
    if any(one >= two for one, two in itertools.pairwise(tops)):
        yield Failure("order", f"the texts' upper edges are {tops}: they are not told from top to bottom")


def _read(claims: Claims, picture: np.ndarray) -> Iterator[Failure]:
    """An OCR engine reads the first line of each text, cut out and laid level."""
    for text in claims["texts"]:
        line = text["lines"][0]
        wanted = wording.line_text(text, line)
        if len(wanted) < TELLING:
            continue
        crop = straighten.level(picture, text, line)
        rate, found = ocr_engine.disagreement(crop, text["language"], wanted, READ)
        if rate > READ:
            yield Failure("engine", f"{wanted!r} was read as {found!r}: {rate:.0%} of its characters are wrong")
