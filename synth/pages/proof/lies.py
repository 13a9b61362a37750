"""Untrue versions of a page's claims, one for each kind of lie; texts are changed wherever the claims repeat them."""

import copy
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from synth.mutation import shift
from synth.pages.figures import proof as figures
from synth.pages.model import LIST_KINDS, leaves
from synth.pages.proof.forms import FONTS
from synth.sample import Claims

_LETTERS = "abdeghkmnpqstuwxz"  # letters that no other looks like


def tell(claims: Claims, rng: np.random.Generator) -> Iterator[tuple[str, Claims]]:
    """(kind of lie, claims) for every lie that can be told of this page."""
    for name, lie in LIES.items():
        told = copy.deepcopy(claims)
        if lie(told, rng):
            yield name, told
    yield from figures.lies(claims, rng)


def _pick(rng: np.random.Generator, found: list[Any]) -> Any:
    return found[rng.integers(len(found))] if found else None


def _box_shifted(claims: Claims, rng: np.random.Generator) -> bool:
    element = _pick(rng, claims["elements"])
    leaf = _pick(rng, _places(element))
    side, sign = int(rng.integers(2)), int(rng.choice((-1, 1)))
    by = sign * round(shift(leaf["box"][side + 2] - leaf["box"][side]))
    for box in _same(element, leaf):
        box[side] += by
        box[side + 2] += by
    return True


def _box_grown(claims: Claims, rng: np.random.Generator) -> bool:
    element = _pick(rng, claims["elements"])
    leaf = _pick(rng, _places(element))
    side = int(rng.integers(4))
    by = round(shift(leaf["box"][side % 2 + 2] - leaf["box"][side % 2]))
    for box in _same(element, leaf):
        box[side] += by if side > 1 else -by
    return True


def _boxes_swapped(claims: Claims, rng: np.random.Generator) -> bool:
    elements = claims["elements"]
    if len(elements) < 2:
        return False
    one, other = (elements[place] for place in rng.permutation(len(elements))[:2])
    one["box"], other["box"] = other["box"], one["box"]
    return True


def _places(element: Any) -> list[Any]:
    """What has a box, as the claims hold it."""
    return [element, *(leaf for leaf in leaves(element) if leaf["id"] != element["id"])]


def _same(element: Any, leaf: Any) -> list[Any]:
    """The box of a part, and that of its element where this is the same box."""
    return [leaf["box"], *([element["box"]] if leaf is not element and leaf["box"] == element["box"] else [])]


def _digit(claims: Claims, rng: np.random.Generator) -> bool:
    found = [(word, at) for word in claims["words"] for at, letter in enumerate(word[4]) if letter in "0123456789"]
    if not found:
        return False
    word, at = _pick(rng, found)
    return _rewrite(claims, word, at, str((int(word[4][at]) + int(rng.integers(1, 10))) % 10))


def _letter(claims: Claims, rng: np.random.Generator) -> bool:
    """A letter becomes another of the page, or of the alphabet."""
    found = [(word, at) for word in claims["words"] for at, letter in enumerate(word[4]) if letter.isalpha()]
    if not found:
        return False
    word, at = _pick(rng, found)
    if word[4][at].lower() in _LETTERS:
        new = _pick(rng, [letter for letter in _LETTERS if letter != word[4][at].lower()])
    else:
        others = sorted({letter for each, _ in found for letter in each[4]} - {word[4][at]})
        new = _pick(rng, [each for each in others if each.isalpha() and each.lower() != word[4][at].lower()])
    return new is not None and _rewrite(claims, word, at, new)


def _rewrite(claims: Claims, word: Any, at: int, letter: str) -> bool:
    """Changes a letter of a word, and of the leaf that it belongs to."""
    before = sum(len(each[4]) for each in claims["words"][: _number(claims, word)] if each[0] == word[0])
    word[4] = word[4][:at] + letter + word[4][at + 1 :]
    return _respell(claims, word[0], before + at, letter)


def _number(claims: Claims, word: Any) -> int:
    return next(number for number, each in enumerate(claims["words"]) if each is word)


def _respell(claims: Claims, leaf: int, at: int, letter: str) -> bool:
    """Puts a letter at place `at` of a leaf's text, white space not counted."""
    for element in claims["elements"]:
        for each in _places(element):
            if each["id"] != leaf or "text" not in each:
                continue
            told = each.get("marker", "") + "\0" + each["text"]
            places = [place for place, sign in enumerate(told) if not sign.isspace() and sign != "\0"]
            told = told[: places[at]] + letter + told[places[at] + 1 :]
            marker, _, each["text"] = told.partition("\0")
            if "marker" in each:
                each["marker"] = marker
            if each is element.get("caption"):
                element["text"] = each["text"]
            return True
    return False


def _words_swapped(claims: Claims, rng: np.random.Generator) -> bool:
    """Two words of a paragraph change places."""
    texts = {element["id"]: element for element in claims["elements"] if element.get("kind") in FONTS}
    pairs = zip(claims["words"], claims["words"][1:], strict=False)
    near = ((one, other) for one, other in pairs if one[0] == other[0] in texts and one[4] != other[4])
    found = [(one, other) for one, other in near if texts[one[0]]["text"].count(f"{one[4]} {other[4]}") == 1]
    if not found:
        return False
    one, other = _pick(rng, found)
    old, new = f"{one[4]} {other[4]}", f"{other[4]} {one[4]}"
    texts[one[0]]["text"] = texts[one[0]]["text"].replace(old, new, 1)
    one[4], other[4] = other[4], one[4]
    return True


def _cells_swapped(claims: Claims, rng: np.random.Generator) -> bool:
    table = _pick(rng, [element for element in claims["elements"] if element["kind"] == "table"])
    if table is None:
        return False
    cells = [cell for row in table["rows"] for cell in row]
    one, other = (cells[place] for place in rng.permutation(len(cells))[:2])
    if one["text"] == other["text"]:
        return False
    one["text"], other["text"] = other["text"], one["text"]
    for word in claims["words"]:  # as if they had been taken for each other from the start
        word[0] = {one["id"]: other["id"], other["id"]: one["id"]}.get(word[0], word[0])
    claims["words"].sort(key=lambda word: word[0])
    return True


def _order(claims: Claims, rng: np.random.Generator) -> bool:
    elements = claims["elements"]
    if len(elements) < 2:
        return False
    at = int(rng.integers(len(elements) - 1))
    elements[at], elements[at + 1] = elements[at + 1], elements[at]
    return True


def _kind(claims: Claims, rng: np.random.Generator) -> bool:
    """A paragraph is called a heading, a heading one of another level."""
    element = _pick(rng, [each for each in claims["elements"] if each["kind"] in ("p", "h1", "h2", "h3", "h4")])
    if element is None:
        return False
    element["kind"] = _pick(rng, [kind for kind in ("p", "h1", "h2", "h3", "h4") if kind != element["kind"]])
    return True


def _list_kind(claims: Claims, rng: np.random.Generator) -> bool:
    element = _pick(rng, [each for each in claims["elements"] if each["kind"] in LIST_KINDS])
    if element is None:
        return False
    element["kind"] = "ul" if element["kind"] == "ol" else "ol"
    return True


def _depth(claims: Claims, rng: np.random.Generator) -> bool:
    items = [item for each in claims["elements"] if each["kind"] in LIST_KINDS for item in each["items"][1:]]
    item = _pick(rng, items)
    if item is None:
        return False
    item["depth"] = 1 - item["depth"]
    return True


def _span(claims: Claims, rng: np.random.Generator) -> bool:
    cell = _pick(rng, _cells(claims))
    if cell is None:
        return False
    cell["columns" if rng.random() < 0.5 else "rows"] += 1
    return True


def _head(claims: Claims, rng: np.random.Generator) -> bool:
    cell = _pick(rng, _cells(claims))
    if cell is None:
        return False
    cell["head"] = not cell["head"]
    return True


def _cells(claims: Claims) -> list[Any]:
    return [cell for each in claims["elements"] if each["kind"] == "table" for row in each["rows"] for cell in row]


def _rules(claims: Claims, rng: np.random.Generator) -> bool:
    table = _pick(rng, [element for element in claims["elements"] if element["kind"] == "table"])
    if table is None:
        return False
    table["rules"] = _pick(rng, [rules for rules in ("grid", "rows", "none") if rules != table["rules"]])
    return True


def _element_dropped(claims: Claims, rng: np.random.Generator) -> bool:
    elements = claims["elements"]
    gone = elements.pop(rng.integers(len(elements)))
    lost = {leaf["id"] for leaf in leaves(gone)}
    claims["words"] = [word for word in claims["words"] if word[0] not in lost]
    return bool(elements)


def _word_dropped(claims: Claims, rng: np.random.Generator) -> bool:
    """The last word of a text is left out."""
    texts = [each for each in claims["elements"] if each["kind"] in FONTS and " " in each["text"]]
    texts = [each for each in texts if "image" not in each]
    element = _pick(rng, texts)
    if element is None:
        return False
    element["text"], _, last = element["text"].rpartition(" ")
    mine = [word for word in claims["words"] if word[0] == element["id"]]
    while last:
        word = mine.pop()
        if not last.endswith(word[4]):
            return False
        last = last.removesuffix(word[4])
        claims["words"].remove(word)
    return True


LIES: dict[str, Callable[[Claims, np.random.Generator], bool]] = {
    **{"box_shifted": _box_shifted, "box_grown": _box_grown, "boxes_swapped": _boxes_swapped},
    **{"digit_changed": _digit, "letter_changed": _letter, "words_swapped": _words_swapped},
    **{"cells_swapped": _cells_swapped, "order_permuted": _order, "kind_changed": _kind},
    **{"list_kind_changed": _list_kind, "depth_changed": _depth, "span_changed": _span, "head_changed": _head},
    **{"rules_changed": _rules, "element_dropped": _element_dropped, "word_dropped": _word_dropped},
}
