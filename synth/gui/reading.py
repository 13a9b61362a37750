"""The claims of a screen, read from the live page: what look.py saw, with the texts that its picture bears out."""

import io
import math
from typing import Any

import numpy as np
import PIL.Image

from synth.gui import letters
from synth.gui.look import Look, Node, hits, look, sayable
from synth.gui.model import TOLD, USUAL, Screen, extent, squeezed
from synth.gui.painted import Buffer, reach
from synth.gui.view.facts import tone
from synth.ocr.fonts import named
from synth.ocr.languages import LANGUAGES
from synth.pages.model import Pixels
from synth.sample import Claims, Failure, Unproven

_WHOLE = 0.98  # of a word's place, that must be its element's
_BOLD = 600  # CSS weights from here on are set in the bold face
_AGREE = 2  # px between where layout has an element and where it is painted: round ends are mixtures
_CAPITALS = 0.72  # of a text's size, that capitals are tall
_QUALITY = 85  # of JPEG: a text must be sure even so
_MOVED = 6  # elements that may move when they are painted: nothing is said of them
_TEXTLESS = ("\ufffc", "\u200b")


def read(page: Any, cdp: Any, made: dict[str, Any]) -> tuple[PIL.Image.Image, np.ndarray, Claims]:
    """The picture, its buffer, and the claims without a view. Raises Unproven where page and pixels do not agree."""
    seen = look(page, cdp, made["language"], made["scale"])
    if seen.ids is None:
        raise AssertionError("a look with a buffer has one")
    if len(seen.moved) > _MOVED:
        raise Unproven([Failure("still", f"{len(seen.moved)} elements moved when they were painted")])
    nodes = [node for node in seen.nodes if node.shown]
    alive = {node.id for node in nodes}
    up = {node.id: node.up for node in seen.nodes}
    tree = [(node.id, _alive(node.up, up, alive)) for node in nodes]
    buffer = Buffer(seen.ids, tree)
    found = [_node(node, above, buffer, seen.size) for node, (_, above) in zip(nodes, tree, strict=True)]
    apart = {node["id"] for node in found if node.pop("apart") and node["role"]} | set(seen.moved)
    for node in found:
        node["blind"] = node["id"] in apart
    _points(page, [node for node in found if node["id"] not in apart], buffer, seen)
    claims: Claims = {
        **{"size": list(seen.size), "scale": made["scale"], "language": made["language"]},
        **{"direction": "rtl" if LANGUAGES[made["language"]].right_to_left else "ltr", "made": made, "nodes": found},
        **{"words": [], "gaps": [], "fonts": [], "cut": []},
    }
    _words(claims, seen, buffer, made["faces"], alive)
    _prove(claims, np.asarray(seen.image), buffer)
    claims["tone"] = tone(np.asarray(seen.image))
    screen = Screen({**claims, "nodes": found})
    for node in found:
        told = squeezed(node["name"])
        node["shows"] = bool(told) and told == squeezed(screen.text(screen.by_id[node["id"]]))
    claims["nodes"] = _spare(found, set(np.unique(buffer.ids).tolist()))
    return seen.image, seen.ids, claims


def _spare(nodes: list[dict[str, Any]], painted: set[int]) -> list[dict[str, Any]]:
    """Without what is not seen and cannot be asked about, nor what goes without saying."""
    up = {node["id"]: node["up"] for node in nodes}
    kept = [node for node in nodes if node["id"] in painted or (node["name"] and node["role"] in TOLD)]
    alive = {node["id"] for node in kept}
    for node in kept:
        node["up"] = _alive(node["up"], up, alive)
    return [{key: value for key, value in node.items() if key not in USUAL or value != USUAL[key]} for node in kept]


def _alive(number: int, up: dict[int, int], alive: set[int]) -> int:
    while number and number not in alive:
        number = up[number]
    return number


def _node(node: Node, above: int, buffer: Buffer, size: tuple[int, int]) -> dict[str, Any]:
    told: dict[str, Any] = {
        **{"id": node.id, "up": above, "role": node.role, "name": node.name, "states": node.states},
        **{"value": node.value, "hint": node.hint, "whole": node.whole, "clip": _within(node.clip, size)},
    }
    open_ = reach(told, size)
    painted = buffer.painted(node.id, node.whole, open_)
    box = painted.box
    apart = painted.seen == "visible" and len(node.rects) == 1 and not (box and open_ and _near(box, open_))
    return {
        **told,
        **{"seen": painted.seen, "box": box, "by": painted.by, "point": None, "inline": node.inline},
        **{"picture": node.picture, "drawn": node.drawn, "veil": node.veil, "blind": False, "apart": apart},
    }


def _near(one: Pixels, other: Pixels) -> bool:
    return max(abs(a - b) for a, b in zip(one, other, strict=True)) <= _AGREE


def _within(clip: Pixels, size: tuple[int, int]) -> Pixels:
    return [max(clip[0], 0), max(clip[1], 0), min(clip[2], size[0]), min(clip[3], size[1])]


def _points(page: Any, nodes: list[dict[str, Any]], buffer: Buffer, seen: Look) -> None:
    """Gives what can be clicked a point, where a hit test bears it out."""
    clickable = {node.id for node in seen.nodes if node.clickable}
    tried = []
    for node in nodes:
        if node["id"] not in clickable or node["seen"] not in ("visible", "partly") or not node["role"]:
            continue
        inner = [each for each in clickable if node["id"] < each <= buffer.last[node["id"]]]
        if spot := buffer.spot(node["id"], node["whole"], inner):
            tried.append((node, spot))
    heard = hits(page, [spot for _, spot in tried], seen.scale)
    for (node, spot), hit in zip(tried, heard, strict=True):
        if node["id"] <= hit <= buffer.last[node["id"]]:
            node["point"] = list(spot)


def _words(claims: Claims, seen: Look, buffer: Buffer, faces: list[str], alive: set[int]) -> None:
    """The words that are seen whole; where others stand is cut."""
    family = named(faces[0]).family
    known: dict[tuple[str, float], int] = {}
    by_id = {node["id"]: node for node in claims["nodes"]}
    for word, gap in zip(seen.words, seen.gaps, strict=True):
        names, size, weight, slant = seen.fonts[word[5]]
        if word[0] not in alive or not word[4].strip() or word[4][0] in _TEXTLESS:
            continue
        node = by_id[word[0]]
        place = extent([*word[:5], 0], [["", size]])
        # Lines may be set tighter than fonts: what capitals take tells whether a word is seen.
        x1, x2 = max(place[0] + 1, 0), max(place[2] - 1, place[0] + 2)
        y1, y2 = max(word[2] - math.ceil(_CAPITALS * size), 0), max(word[2], 0)
        crop = buffer.plain[y1:y2, x1:x2]
        if not (crop == word[0]).any():
            node["blind"] = node["blind"] or node["seen"] in ("visible", "partly")
            continue
        face = faces[1 if weight >= _BOLD else 0]
        plain = names.split(",")[0].strip("\"' ") == family and slant == "normal" and named(face).covers(word[4])
        if not sayable(word[4]).strip():  # a sign of an icon font: it is drawn, not read
            node["drawn"] = True
            _cut(claims, place, size)
            continue
        whole = crop.shape == (math.ceil(_CAPITALS * size), x2 - place[0] - 1)
        if not plain or not whole or np.isin(crop, (0, word[0])).mean() < _WHOLE:
            _cut(claims, place, size)
            node["blind"] = True
            continue
        number = known.setdefault((face, size), len(known))
        claims["words"].append([*word[:5], number])
        claims["gaps"].append(gap)
    claims["fonts"] = [[face, size] for face, size in known]


def _cut(claims: Claims, box: Pixels, size: float) -> None:
    pad = math.ceil(0.15 * size) + 2
    width, height = claims["size"]
    x1, y1, x2, y2 = box
    claims["cut"].append([max(x1 - 2, 0), max(y1 - pad, 0), min(x2 + 2, width), min(y2 + pad, height)])


def _prove(claims: Claims, picture: np.ndarray, buffer: Buffer) -> None:
    """Of elements whose texts the picture does not bear out (patterns behind them, drawn signs) nothing is said."""
    compressed = np.asarray(PIL.Image.open(_jpeg(picture)))  # as the picture may be stored
    doubtful = {leaf for each in (picture, compressed) for leaf in letters.unsound(each, buffer.plain, claims)}
    for leaf in sorted(doubtful):
        node = next(each for each in claims["nodes"] if each["id"] == leaf)
        node["blind"] = True
        for word in [word for word in claims["words"] if word[0] == leaf]:
            _cut(claims, extent(word, claims["fonts"]), claims["fonts"][word[5]][1])
        kept = [at for at, word in enumerate(claims["words"]) if word[0] != leaf]
        claims["words"] = [claims["words"][at] for at in kept]
        claims["gaps"] = [claims["gaps"][at] for at in kept]


def _jpeg(picture: np.ndarray) -> io.BytesIO:
    content = io.BytesIO()
    PIL.Image.fromarray(picture).save(content, "JPEG", quality=_QUALITY)
    content.seek(0)
    return content
