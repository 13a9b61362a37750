"""A screen of a trajectory as its claims have it: the elements that are spoken of, where they are painted, their words.

elements  {id, up, key, name, value, box, read}: `id` and those of what is inside of it are its pixels in the buffer,
          `up` is the id of the element around it that is spoken of (0 for none), `box` is around its pixels; `read`
          says which of it ("name", "value") is what its words on the screen say, "" where none is
leaves    {id, up}: what bears the words of an element
words     [leaf, x, baseline, advance, text, font], as `synth.gui.model` has them; gaps: 1 where a space goes before
fonts     [name of the face, size in px]
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from synth.agent.play.sight import Element, Sight
from synth.gui import letters
from synth.gui.look import Look
from synth.gui.model import extent, squeezed
from synth.ocr.fonts import named
from synth.sample import Claims

_WHOLE = 0.98  # of a word's place, that must be its leaf's
_BOLD = 600  # CSS weights from here on are set in the bold face


def screen(
    sight: Sight, stored: np.ndarray, keys: list[str], faces: tuple[str, str], setting: Mapping[str, Any]
) -> tuple[Claims, np.ndarray]:
    """The claims of a screen about the elements of these keys, and its buffer (height, width).

    `stored` (height, width, 3) is the picture as it is stored; `setting` has its language, direction and scale.
    """
    told = [sight.elements[key] for key in sight.elements if key in set(keys) and sight.elements[key].seen]
    numbers = {element.key: number for number, element in enumerate(told, 1)}
    ids = np.zeros(sight.ids.shape, np.uint16)
    elements = []
    for element in told:  # in document order: what is inside of another is painted over it
        ids[sight.mask(element.own)] = numbers[element.key]
        up = element.up
        while up and up not in numbers:
            up = sight.elements[up].up
        elements.append(
            {
                **{"id": numbers[element.key], "up": numbers.get(up, 0), "key": element.key},
                **{"name": element.called, "value": element.value, "box": sight.box(element), "read": ""},
            }
        )
    claims: Claims = {"elements": elements, "leaves": [], "words": [], "gaps": [], "fonts": []}
    _write(claims, ids, sight, told, faces)
    _prove(claims, ids, stored, setting)
    for element, entry in zip(told, elements, strict=True):
        entry["read"] = _read(claims, entry, element)
    return claims, ids


def spelt(claims: Claims, number: int) -> str:
    """What the words of an element say, and of those in it that are not spoken of for themselves."""
    leaves = {leaf["id"] for leaf in claims["leaves"] if leaf["up"] == number}
    words = zip(claims["words"], claims["gaps"], strict=True)
    return "".join(" " * gap + word[4] for word, gap in words if word[0] in leaves).strip()


def covers(said: str, name: str) -> bool:
    """Whether what is read says a name: all of it, or the words of the name and at most as much again."""
    if squeezed(said) == squeezed(name):
        return True
    words = {squeezed(word) for word in said.split()}
    return bool(name) and all(squeezed(word) in words for word in name.split()) and 2 * len(name) >= len(said)


def _read(claims: Claims, entry: dict[str, Any], element: Element) -> str:
    said = spelt(claims, entry["id"])
    if not said:
        return ""
    if covers(said, entry["name"]):
        return "name"
    return "value" if element.value and squeezed(said) == squeezed(element.value) else ""


def _write(claims: Claims, ids: np.ndarray, sight: Sight, told: list[Element], faces: tuple[str, str]) -> None:
    """Gives every node that bears words of a spoken element an id of its own, and notes its words, if all are seen."""
    look = sight.look
    assert look.ids is not None
    owner: dict[int, int] = {}
    for number, element in enumerate(told, 1):
        owner.update(dict.fromkeys(element.own, number))
    by_node: dict[int, list[int]] = {}
    for at, word in enumerate(look.words):
        if word[0] in owner and word[4].strip():
            by_node.setdefault(word[0], []).append(at)
    fonts: dict[tuple[str, float], int] = {}
    last = len(told)
    for node, places in sorted(by_node.items()):
        mine = look.ids == node  # without its border, which has BORDER added
        if not all(_whole(look, look.words[at], mine, faces) for at in places):
            continue
        last += 1
        ids[mine] = last
        claims["leaves"].append({"id": last, "up": owner[node]})
        for at in places:
            word, (_, size, weight, _) = look.words[at], look.fonts[look.words[at][5]]
            number = fonts.setdefault((faces[int(weight >= _BOLD)], size), len(fonts))
            claims["words"].append([last, *word[1:5], number])
            claims["gaps"].append(int(look.gaps[at]))
    claims["fonts"] = [[face, size] for face, size in fonts]


def _whole(look: Look, word: list[Any], mine: np.ndarray, faces: tuple[str, str]) -> bool:
    """Whether a word is seen whole, in a face that is known."""
    names, size, weight, slant = look.fonts[word[5]]
    face = named(faces[int(weight >= _BOLD)])
    if names.split(",")[0].strip("\"' ") != face.family or slant != "normal" or not face.covers(word[4]):
        return False
    x1, y1, x2, y2 = extent([*word[:5], 0], [["", size]])
    if x1 < 0 or y1 < 0 or y2 > mine.shape[0] or x2 > mine.shape[1]:
        return False
    crop = mine[y1:y2, min(x1 + 1, x2 - 1) : max(x2 - 1, x1 + 1)]
    return bool(crop.size) and float(crop.mean()) >= _WHOLE


def _prove(claims: Claims, ids: np.ndarray, picture: np.ndarray, setting: Mapping[str, Any]) -> None:
    """Leaves whose words the picture does not bear out are no leaves."""
    unsound = set(letters.unsound(picture, ids, proof_of(claims, setting))) if claims["words"] else set()
    if not unsound:
        return
    for leaf in claims["leaves"]:
        if leaf["id"] in unsound:
            ids[ids == leaf["id"]] = leaf["up"]
    claims["leaves"] = [leaf for leaf in claims["leaves"] if leaf["id"] not in unsound]
    kept = [at for at, word in enumerate(claims["words"]) if word[0] not in unsound]
    claims["words"] = [claims["words"][at] for at in kept]
    claims["gaps"] = [claims["gaps"][at] for at in kept]


def proof_of(claims: Claims, setting: Mapping[str, Any]) -> Claims:
    """What `synth.gui.letters` reads; `setting` has the language, direction and scale of the screen."""
    return {**claims, **{name: setting[name] for name in ("language", "direction", "scale")}, "cut": []}


def changed(before: np.ndarray, after: np.ndarray) -> list[list[int]]:
    """Boxes [x1, y1, x2, y2, clear] around all that differs between two pictures (height, width, 3) uint8; `clear` is 1
    where it differs so much that it does after compression, too."""
    import cv2

    apart = np.abs(before.astype(np.int16) - after).max(2).astype(np.uint8)
    if not apart.any():
        return []
    joined = cv2.dilate((apart > 0).view(np.uint8), np.ones((17, 17), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    blurred = cv2.blur(apart, (3, 3))
    boxes = []
    for number in range(1, len(stats)):
        x, y, width, height, _ = (int(edge) for edge in stats[number])
        inside = (labels[y : y + height, x : x + width] == number) & (apart[y : y + height, x : x + width] > 0)
        rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
        box = [x + int(columns[0]), y + int(rows[0]), x + int(columns[-1]) + 1, y + int(rows[-1]) + 1]
        clear = int(blurred[box[1] : box[3], box[0] : box[2]].max()) >= CLEAR
        boxes.append([*box, int(clear)])
    return sorted(boxes, key=lambda box: (box[1], box[0]))


CLEAR = 48  # levels, as a mean over 3 x 3 px
