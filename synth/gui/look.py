"""What a live page shows, read from outside: elements with role, name and state, and where each is painted.

Two truths are read and must agree. Chromium's own accessibility tree and layout say which elements there are, what they
are called and where they lie; a second screenshot, in which every element has a flat colour of its own and all else is
transparent, says which pixels are whose: the instance-ID buffer. `clicked` adds a third: real clicks, and which element
heard them. No knowledge of any application goes in.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image

from synth.ocr.languages import LANGUAGES
from synth.pages.browser import screenshot

EASTERN = ("zh", "ja", "ko")  # Latin words stand among theirs, often without a space
# Chromium's names of roles that ARIA calls otherwise.
_ROLES = {
    **{"image": "img", "LabelText": "label", "Legend": "label", "Figcaption": "caption", "figcaption": "caption"},
    **{"PopUpButton": "button", "ComboBoxSelect": "combobox", "ComboBoxMenuButton": "combobox", "TextField": "textbox"},
    **{"ToggleButton": "button", "DisclosureTriangle": "button", "DescriptionList": "list", "Date": "textbox"},
    **{"LayoutTableCell": "cell", "LayoutTableRow": "row", "LayoutTable": "table", "Canvas": "img", "Pre": "text"},
    **{"Time": "time", "InputTime": "textbox", "DateTime": "textbox", "ColorWell": "button"},
    **{"sectionheader": "generic", "Abbr": "generic", "EmbeddedObject": "img", "SvgRoot": "img"},
    **{"graphics-document": "img", "graphics-symbol": "img", "DisclosureTriangleGrouped": "button"},
    **{"Details": "group", "Audio": "group", "Video": "img", "Iframe": "document"},
}
_NOTHING = {"generic", "none", "presentation", "InlineTextBox", "StaticText", "RootWebArea", "LineBreak", "ListMarker"}
_NOTHING |= {"strong", "emphasis", "subscript", "superscript", "mark", "code", "insertion", "deletion", "MenuListPopup"}
_NOTHING |= {
    "rowgroup",
    "LayoutTableColumn",
    "sectionfooter",
    "Section",
    "Ruby",
    "blockquote",
    "abbr",
    "unknown",
    "time",
}
CONTAINERS = frozenset(
    (
        "alert", "alertdialog", "application", "article", "banner", "complementary", "contentinfo", "definition",
        "dialog", "document", "feed", "figure", "form", "grid", "group", "list", "listbox", "listitem", "log",
        "main", "menu", "menubar", "navigation", "radiogroup", "region", "row", "search", "status", "table",
        "tablist", "tabpanel", "toolbar", "tree", "treegrid", "term",
    )
)  # fmt: skip
CLICKABLE = frozenset(
    (
        "button", "link", "textbox", "searchbox", "checkbox", "radio", "switch", "combobox", "slider",
        "spinbutton", "tab", "menuitem", "menuitemcheckbox", "menuitemradio", "option", "treeitem",
    )
)  # fmt: skip
BORDER = 1 << 15  # is added to the number of an element where its border is painted
_STATES = (
    "checked",
    "selected",
    "expanded",
    "disabled",
    "focused",
    "required",
    "pressed",
    "readonly",
    "invalid",
    "level",
)
_NUMBERS = ("valuemin", "valuemax", "valuetext")
# Signs of icon fonts (Unicode's private use) and marks without a form: nobody can say them.
_UNSAID = re.compile("[\ue000-\uf8ff\U000f0000-\U0010fffd\ufffc\u200b\ufeff]")


@dataclass
class Node:
    """An element of the page that shows something or means something. Lengths in px of the screenshot."""

    id: int  # its number in the buffer
    up: int  # the id of the nearest node around it, 0 for none
    role: str  # of ARIA; "" for what is only painted
    name: str
    states: dict[str, Any]
    value: str
    hint: str  # what stands in it while it is empty
    key: str  # its `data-e`
    whole: list[int]  # where layout has it, whether or not it is seen there
    rects: list[list[int]]  # the same by its pieces: an inline element has one a line
    clip: list[int]  # what scrollers and the screen let be seen of it
    clickable: bool
    picture: bool  # an image, a drawing or an icon
    drawn: bool  # it shows more than a flat colour and its words
    inline: bool  # it stands in a line of what is around it
    veil: bool  # what is below it shines through
    shown: bool


@dataclass
class Look:
    """A page as it is now.

    `words` and `fonts` are as `synth.pages.model` has them, but that a font is [family list, px, weight, slant]; `gaps`
    says for each word whether white space goes before it. `scrollers` are {id, left, top, right, bottom}: how far they
    are scrolled, and how far they can be; id 0 is the page itself.
    """

    size: tuple[int, int]
    scale: float
    title: str
    language: str
    rtl: bool
    nodes: list[Node]
    words: list[list[Any]]
    gaps: list[int]
    fonts: list[list[Any]]
    scrollers: list[dict[str, Any]]
    image: PIL.Image.Image = field(repr=False)
    ids: np.ndarray | None = field(default=None, repr=False)  # (height, width) uint16
    moved: list[int] = field(default_factory=list)  # nodes that did not hold still for their second picture

    def by_id(self) -> dict[int, Node]:
        return {node.id: node for node in self.nodes}

    def by_key(self) -> dict[str, Node]:
        """By `data-e`; of several with one key the first."""
        return {node.key: node for node in reversed(self.nodes) if node.key}


@cache
def _script() -> str:
    return (Path(__file__).parent / "look.js").read_text("utf-8")


def call(page: Any, name: str, given: Any = None) -> Any:
    """One of the functions of look.js."""
    return page.evaluate(f"given => {_script().strip()}.{name}(given)", given)


def look(page: Any, cdp: Any, language: str = "en", scale: float = 1.0, buffer: bool = True) -> Look:
    """Reads the page of a tab, which is left as it was. Without `buffer` only layout and accessibility are read."""
    marked = call(page, "mark")
    try:
        return _look(page, cdp, language, scale, buffer, marked)
    finally:
        if buffer:
            call(page, "restore")
        call(page, "forget")


def _look(page: Any, cdp: Any, language: str, scale: float, buffer: bool, marked: dict[str, Any]) -> Look:
    accessible, inner = _accessible(page, cdp)
    given = {"rtl": LANGUAGES[language].right_to_left, "mixed": language in EASTERN, "inner": inner}
    told = call(page, "words", given)
    image = screenshot(cdp)
    nodes = _nodes(marked["nodes"], accessible, told, scale)
    kept = {node.id for node in nodes}
    words, gaps = [], []
    for (number, x, top, width, text, font), gap in zip(told["words"], told["gaps"], strict=True):
        if number in kept:
            baseline = math.floor(math.floor(top + told["fonts"][font][4] + 0.5) * scale + 0.5)
            words.append([number, round(x * scale, 4), baseline, round(width * scale, 4), text, font])
            gaps.append(gap)
    fonts = [[family, px * scale, weight, slant] for family, px, weight, slant, _ in told["fonts"]]
    scrollers = [
        {"id": each.pop("n"), **{side: round(length * scale) for side, length in each.items()}}
        for each in marked["scrollers"]
    ]
    found = Look(
        image.size,
        scale,
        marked["title"],
        marked["language"],
        marked["rtl"],
        nodes,
        words,
        gaps,
        fonts,
        scrollers,
        image,
    )
    if buffer:
        colours = [[node.id, _css(code(node.id)), _css(code(node.id | BORDER))] for node in nodes if node.shown]
        found.moved = [number for number in call(page, "paint", {"colours": colours, "scale": scale}) if number in kept]
        found.ids = decoded(
            np.asarray(screenshot(cdp)), [each for node in nodes for each in (node.id, node.id | BORDER)]
        )
    return found


def _accessible(page: Any, cdp: Any) -> tuple[dict[int, dict[str, Any]], list[list[int]]]:
    """What Chromium tells screen readers of each numbered element; and its text nodes inside of controls, which are
    put into `window.lookInner`: for each its control's number and its place there."""
    numbers, texts = {}, []
    stack: list[tuple[dict[str, Any], int, bool]] = [
        (cdp.send("DOM.getDocument", {"depth": -1, "pierce": True})["root"], 0, False)
    ]
    while stack:
        node, host, shadow = stack.pop()
        attributes = node.get("attributes", [])
        for name, value in zip(attributes[::2], attributes[1::2], strict=True):
            if name == "data-look":
                numbers[node["backendNodeId"]] = host = int(value)
        if shadow and node["nodeType"] == 3 and host and node.get("nodeValue", "").strip():
            texts.append((host, node["backendNodeId"]))
        inside = node["nodeName"] in ("INPUT", "TEXTAREA", "SELECT")
        for root in node.get("shadowRoots", []) if inside else []:
            stack.append((root, host, True))
        stack += [(child, host, shadow) for child in reversed(node.get("children", []))]
    inner = _inner(page, cdp, texts)
    found = {}
    for each in cdp.send("Accessibility.getFullAXTree")["nodes"]:
        number = numbers.get(each.get("backendDOMNodeId", -1))
        if number is not None and not each.get("ignored"):
            found[number] = each
    return found, inner


def _inner(page: Any, cdp: Any, texts: Sequence[tuple[int, int]]) -> list[list[int]]:
    if not texts:
        page.evaluate("() => { window.lookInner = []; }")
        return []
    handles = [cdp.send("DOM.resolveNode", {"backendNodeId": node})["object"]["objectId"] for _, node in texts]
    cdp.send(
        "Runtime.callFunctionOn",
        {
            "functionDeclaration": "function(...nodes) { window.lookInner = nodes; }",
            "objectId": handles[0],
            "arguments": [{"objectId": handle} for handle in handles],
        },
    )
    return [[host, at] for at, (host, _) in enumerate(texts)]


def _nodes(
    marked: list[dict[str, Any]], accessible: dict[int, dict[str, Any]], told: dict[str, Any], scale: float
) -> list[Node]:
    """The elements that have a role, paint something or hold text; the others' children move up to what is around."""
    above = {each["n"]: each["up"] for each in marked}
    shown = {each["n"]: each["shown"] for each in marked}
    texts = {word[0] for word in told["words"]}
    roles = {number: _role(each) for number, each in accessible.items()}
    # A box that is drawn by its label's style, itself unseen: the label is what people see and click.
    stands = {each["n"]: each["stands"] for each in marked if each["stands"] and not shown[each["stands"]]}
    gone = set(stands.values())
    kept: dict[int, Node] = {}
    for each in marked:
        number = each["n"]
        source = stands.get(number, number)
        role = roles.get(source, "")
        up = above[number]
        while up and up not in kept:
            up = above[up]
        if number in gone or not (role or each["paints"] or number in texts):
            continue
        if role == "label" or (not role and each["text"] and not each["inline"] and not _inside(up, kept)):
            role = "text"
        heard = accessible.get(source, {})
        states, value = _states(heard)
        if each["opens"] is not None and states.get("expanded") not in (None, each["opens"]):
            del states["expanded"]
        said: dict[str, Any] = {"name": _name(heard), "value": sayable(value), "hint": sayable(each["hint"])}
        kept[number] = Node(
            **{"id": number, "up": up, "role": role, "states": states, **said},
            key=each["key"],
            rects=[pixels(rect, scale) for rect in each["rects"]],
            whole=pixels(_around(each["rects"]), scale),
            clip=pixels(each["clip"], scale),
            clickable=(role in CLICKABLE and not each["loose"])
            or (each["pointer"] and not each["dead"] and bool(each["key"])),
            picture=each["picture"] or each["art"] or (each["adorn"] and not each["text"]),
            drawn=each["drawn"] or each["art"],
            **{"inline": each["inline"], "veil": each["veil"], "shown": each["shown"]},
        )
    return _holding(list(kept.values()), texts | {each["n"] for each in marked if each["paints"]})


def _holding(nodes: list[Node], full: set[int]) -> list[Node]:
    """Without groups that neither paint nor hold anything: places for messages to come, which what is below shines
    through. `full`: those that do themselves."""
    found: list[Node] = []
    for node in reversed(nodes):
        if node.role not in CONTAINERS or node.id in full:
            found.append(node)
            full.add(node.up)
    return found[::-1]


def sayable(text: str) -> str:
    """A text without the signs of icon fonts; white space around them goes too."""
    return " ".join(_UNSAID.sub(" ", text).split()) if _UNSAID.search(text) else text


def _name(heard: dict[str, Any]) -> str:
    """The accessible name; where that is an icon alone, what describes it (its title)."""
    name, told = (sayable(str(heard.get(key, {}).get("value", ""))) for key in ("name", "description"))
    return " ".join((name or (told if heard.get("name", {}).get("value") else "")).split())


def _inside(up: int, kept: dict[int, Node]) -> bool:
    """Whether the nearest element with a role takes its text for its own."""
    while up and not kept[up].role:
        up = kept[up].up
    return bool(up) and kept[up].role not in CONTAINERS


def _role(told: dict[str, Any]) -> str:
    role = str(told.get("role", {}).get("value", ""))
    role = _ROLES.get(role, role)
    return "" if role in _NOTHING else role


def _states(told: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """States that are so or could be (a box that is not checked says so), and the value as text."""
    found: dict[str, Any] = {}
    for each in told.get("properties", []):
        name, value = each["name"], each["value"].get("value")
        if name in ("checked", "pressed"):
            found[name] = {"true": True, "false": False, True: True, False: False}.get(value, "mixed")
        elif name in ("selected", "expanded"):
            found[name] = bool(value)
        elif (name in _STATES and value not in (False, "false", None, "")) or name in _NUMBERS:
            found[name] = True if value == "true" else value
    value = told.get("value", {}).get("value", "")
    return found, str(value) if value is not None else ""


def pixels(rect: Sequence[float], scale: float) -> list[int]:
    """Chromium fills whole CSS pixels, to the nearest, and scales them."""
    return [math.floor(math.floor(edge + 0.5) * scale + 0.5) for edge in rect]


def _around(rects: Sequence[Sequence[float]]) -> list[float]:
    x1, y1, x2, y2 = zip(*rects, strict=True)
    return [min(x1), min(y1), max(x2), max(y2)]


def code(number: int) -> int:
    """A colour of 24 bits for a number from 1: any two are far from each other, and from their mixtures."""
    return (number * 0x9E3779 + 0x123457) & 0xFFFFFF  # an odd factor: no two are equal


def _css(colour: int) -> str:
    return f"#{colour:06x}"


def decoded(picture: np.ndarray, numbers: Sequence[int]) -> np.ndarray:
    """(height, width) uint16: the numbers whose colours a picture (height, width, 3) has; 0 for any other colour, as
    along rounded corners, where Chromium mixes two."""
    red, green, blue = np.moveaxis(picture.astype(np.uint32), 2, 0)
    packed = (red << 16) | (green << 8) | blue
    codes = np.array([code(number) for number in numbers], np.uint32)
    order = np.argsort(codes)
    codes, names = codes[order], np.array(numbers, np.uint16)[order]
    place = np.minimum(np.searchsorted(codes, packed), max(len(codes) - 1, 0))
    ids = (
        np.where(codes[place] == packed, names[place], 0).astype(np.uint16)
        if len(codes)
        else np.zeros(packed.shape, np.uint16)
    )
    # A mixture that happens to be another's colour stands alone.
    same = np.zeros(ids.shape, bool)
    for axis in (0, 1):
        alike = np.equal(np.take(ids, range(1, ids.shape[axis]), axis), np.take(ids, range(ids.shape[axis] - 1), axis))
        low = [slice(None), slice(None)]
        high = [slice(None), slice(None)]
        low[axis], high[axis] = slice(None, -1), slice(1, None)
        same[tuple(low)] |= alike
        same[tuple(high)] |= alike
    ids[~same] = 0
    return ids


def clicked(page: Any, points: Sequence[tuple[float, float]], scale: float = 1.0) -> list[int]:
    """The number of the element that hears a real click at each point (px of the screenshot), 0 for none.

    The page itself hears of no click; but it has been walked over by a mouse, so it is not to be used afterwards.
    """
    call(page, "mark")
    call(page, "listen")
    for x, y in points:
        page.mouse.click((x + 0.5) / scale, (y + 0.5) / scale)
    return list(call(page, "heard"))


def hits(page: Any, points: Sequence[tuple[float, float]], scale: float = 1.0) -> list[int]:
    """The number of the element at each point (px of the screenshot), as the browser's hit test has it."""
    call(page, "mark")
    try:
        return list(call(page, "hits", {"points": [[(x + 0.5) / scale, (y + 0.5) / scale] for x, y in points]}))
    finally:
        call(page, "forget")
