"""The proof of a screen: what it says is found again in its picture and its instance-ID buffer.

ids     the buffer holds elements that are claimed, and no others
boxes   elements are painted where they are said to be, and as covered as they are said to be
points  a place to click shows the element that it is said to hit, and none inside of it that would take the click
text    every glyph that claims and fonts lead one to expect is seen, and no other (`synth.gui.letters`)
blank   where no words and no drawing are claimed, none are seen
names   what shows its own name shows just that; the tone is that of the picture
looks   what is on looks like others that are on, not like those that are off (`synth.gui.proof.looks`)
view    what is answered follows from the elements
again   (audit) made again in a fresh browser, elements, texts and pixels are the same
clicks  (audit) real clicks there are heard by the elements that are claimed
ocr     (audit) an OCR engine reads lines as they are claimed
"""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from curation.document import Turn
from synth.gui import letters
from synth.gui.model import Screen, squeezed
from synth.gui.painted import Buffer, reach
from synth.gui.proof import again, lies, looks
from synth.gui.stage import size_of
from synth.gui.view import answers, views
from synth.gui.view.facts import tone
from synth.gui.view.refer import Names
from synth.ocr.languages import LANGUAGES
from synth.pages.proof.ink import CONTRAST, ink
from synth.pages.proof.places import padded
from synth.sample import Checker, Claims, Evidence, Failure

TOLERANCE = 2  # px between a claimed box and what is painted
_BARE = frozenset({"slider", "progressbar", "scrollbar", "meter"})  # show a level, by a colour
_EDGE, _SPECKS = 2, 6  # px along an element's edge that are not looked at; of ink that is let pass
_LINES = 2  # that the audit reads
_READ_WRONG = 0.5  # share of a line's characters: more is another text
_SHORTEST = 6  # letters of a line that an engine is asked to read


class ScreenChecker(Checker):
    """Proves screens. `site`: the folder of real applications, where screens are of these."""

    checks = ("ids", "boxes", "points", "text", "names", "blank", "looks", "view")
    audits = ("again", "clicks", "ocr")

    def __init__(self, site: str = ""):
        self._site = Path(site) if site else None

    def turns(self, claims: Claims) -> tuple[Turn, ...]:
        return views.turns(claims)

    def failures(self, claims: Claims, evidence: Evidence, audit: bool) -> Iterator[Failure]:
        told = json.dumps({key: value for key, value in claims.items() if key != "view"}, sort_keys=True)
        yield from evidence.once(("screen", audit, told), lambda: list(self._screen(claims, evidence, audit)))
        screen = Screen(claims)
        truth = answers.answer(screen, Names(screen), claims["view"])
        if truth is None or truth != claims["view"]["said"]:
            said = str(claims["view"]["said"])
            yield Failure("view", f"{claims['view']['kind']}: {said[:80]!r} is said, {str(truth)[:80]!r} is there")

    def mutations(self, claims: Claims, rng: np.random.Generator) -> Iterator[tuple[str, Claims]]:
        yield from lies.tell(claims, rng)

    def _screen(self, claims: Claims, evidence: Evidence, audit: bool) -> Iterator[Failure]:
        picture, ids = evidence.picture(), evidence.buffer()
        size = [*picture.shape[1::-1]]
        if ids.shape != picture.shape[:2] or not size == claims["size"] == [*size_of(claims["made"])]:
            yield Failure("ids", f"a picture of {picture.shape}, a buffer of {ids.shape}, claimed {claims['size']}")
            return
        screen = Screen(claims)
        buffer = Buffer(ids, [(node["id"], node["up"]) for node in screen.nodes])
        for check, found in (
            ("ids", _ids(screen, buffer)),
            ("boxes", _boxes(screen, buffer)),
            ("points", _points(screen, buffer)),
            ("text", _text(claims, evidence, picture, buffer)),
            ("names", _names(screen, picture)),
            ("blank", _blank(screen, buffer, picture)),
            ("looks", looks.faults(screen, picture)),
        ):
            yield from (Failure(check, each) for each in found)
        if audit:
            made = json.dumps(claims["made"], sort_keys=True)
            shown = evidence.once(("again", made), lambda: again.show(claims["made"], self._site))
            other = evidence.once(("seen again", made), lambda: list(again.seen(picture, ids, shown)))
            yield from (Failure("again", each) for each in (*again.faults(claims, shown), *other))
            yield from (Failure("clicks", each) for each in shown.deaf)
            yield from (
                Failure("ocr", each)
                for each in evidence.once(("ocr", told_lines(screen)), lambda: list(_read(screen, picture)))
            )


def _text(claims: Claims, evidence: Evidence, picture: np.ndarray, buffer: Buffer) -> list[str]:
    told = json.dumps([claims[key] for key in ("words", "cut", "fonts", "language")])
    return evidence.once(("letters", told), lambda: list(letters.faults(picture, buffer.plain, claims)))


def _ids(screen: Screen, buffer: Buffer) -> Iterator[str]:
    painted = set(np.unique(buffer.ids).tolist()) - {0}
    numbers = [node["id"] for node in screen.nodes]
    if len(set(numbers)) != len(numbers) or numbers != sorted(numbers):
        yield "elements are claimed twice or out of their order"
    if unknown := sorted(painted - set(numbers)):
        yield f"painted, but not claimed: {unknown[:8]}"
    for node in screen.nodes:
        if node["up"] and node["up"] not in screen.by_id:
            yield f"element {node['id']} is inside of {node['up']}, which is not claimed"


def _boxes(screen: Screen, buffer: Buffer) -> Iterator[str]:
    for node in screen.nodes:
        found = buffer.painted(node["id"], node["whole"], reach(node, screen.claims["size"]))
        who = f"{node['role']} {node['id']}"
        if found.seen != node["seen"] or found.by != node["by"]:
            yield f"{who}: {found.seen}, covered by {found.by}, not {node['seen']} and by {node['by']}"
        elif (found.box is None) != (node["box"] is None):
            yield f"{who}: painted at {found.box}, claimed {node['box']}"
        elif found.box and node["box"] and _away(found.box, node["box"]) > TOLERANCE:
            yield f"{who}: painted at {found.box}, not at {node['box']}"


def _away(one: list[int], other: list[int]) -> int:
    return max(abs(a - b) for a, b in zip(one, other, strict=True))


def _points(screen: Screen, buffer: Buffer) -> Iterator[str]:
    height, width = buffer.ids.shape
    live = [node for node in screen.nodes if node["point"]]
    for node in live:
        x, y = node["point"] or (0, 0)
        if not (0 <= x < width and 0 <= y < height):
            yield f"{node['role']} {node['id']}: {x}, {y} is not on the screen"
            continue
        hit = int(buffer.ids[y, x])
        inner = [each["id"] for each in live if node["id"] < each["id"] <= buffer.last[node["id"]]]
        taken = any(each <= hit <= buffer.last[each] for each in inner)
        if not node["id"] <= hit <= buffer.last[node["id"]] or taken:
            yield f"{node['role']} {node['id']}: at {x}, {y} element {hit} is seen"


def _names(screen: Screen, picture: np.ndarray) -> Iterator[str]:
    for node in screen.nodes:
        if node["shows"] and squeezed(node["name"]) != squeezed(screen.text(node)):
            yield f"{node['role']} {node['id']} shows {screen.text(node)[:40]!r}, not {node['name'][:40]!r}"
    if screen.claims["tone"] != tone(picture):
        yield f"the picture is {tone(picture) or 'neither dark nor light'}, not {screen.claims['tone']!r}"


def _blank(screen: Screen, buffer: Buffer, picture: np.ndarray) -> Iterator[str]:
    import cv2

    with_words = {word[0] for word in screen.claims["words"]}
    for node in screen.nodes:
        bare = not (node["drawn"] or node["blind"] or node["id"] in with_words or screen.last[node["id"]] > node["id"])
        if not bare or node["seen"] != "visible" or not node["box"] or node["role"] in _BARE:
            continue
        x1, y1, x2, y2 = node["box"]
        own = (buffer.plain[y1:y2, x1:x2] == node["id"]).astype(np.uint8)
        own = cv2.erode(own, np.ones((2 * _EDGE + 1,) * 2, np.uint8), borderValue=0)
        if (ink(picture[y1:y2, x1:x2], own)[own > 0] > CONTRAST).sum() > _SPECKS:
            yield f"{node['role'] or 'element'} {node['id']}: something is written or drawn there"


def told_lines(screen: Screen) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """The lines that the audit reads: the longest, in a language that the engine is for."""
    latin = "Latn" in LANGUAGES[screen.claims["language"]].scripts
    lines = [(text, tuple(box)) for text, box, _ in screen.lines() if len(squeezed(text)) >= _SHORTEST]
    own = [line for line in lines if latin or not any(letter.isascii() and letter.isalpha() for letter in line[0])]
    return tuple(sorted(own, key=lambda line: (-len(line[0]), line[1]))[:_LINES])


def _read(screen: Screen, picture: np.ndarray) -> Iterator[str]:
    from synth.ocr.ocr_engine import disagreement

    for text, box in told_lines(screen):
        x1, y1, x2, y2 = padded([*box], 3, picture.shape)
        crop = np.ascontiguousarray(picture[y1:y2, x1:x2])
        wrong, seen = disagreement(crop, screen.claims["language"], text, _READ_WRONG)
        # An engine that sees no text at all says nothing about it.
        if seen and wrong > _READ_WRONG:
            yield f"an OCR engine reads {seen!r} where {text!r} is claimed"
