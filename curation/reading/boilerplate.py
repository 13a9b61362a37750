"""What of an HTML tree is not the page's content: menus, hidden elements, link lists, whatever surrounds the main text.

General principles only, no rules for one site: semantic tags and roles, words of class and id, link density
(Kohlschuetter et al. 2010, jusText 2011), and the deepest container that still holds nearly all of the content (as in
Readability).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from curation.reading.record import Dropped

Node = Any  # selectolax.lexbor.LexborNode, which has no type stubs


def _set(names: str) -> frozenset[str]:
    return frozenset(names.split())


NOT_TEXT = _set(
    "script style noscript template head title iframe frame frameset object embed applet canvas svg audio video map "
    "button input select option textarea datalist dialog meter progress"
)
INLINE = _set(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark nobr output q rp rt ruby s samp "
    "small span strike strong sub sup time tt u var wbr img br picture source"
)
_NAVIGATION_TAGS = frozenset(("nav", "aside", "menu"))
_NAVIGATION_ROLES = _set("navigation banner contentinfo complementary search menu menubar toolbar dialog")
# Words that name page furniture beyond doubt, and words that do so only where most of the text is links.
_FURNITURE = _set(
    "nav navi navbar navigation navigationbar sidebar toc breadcrumb breadcrumbs pagination pager footer masthead "
    "cookie cookies skiplink advert advertisement ads sponsored social share sharing newsletter noprint docnav"
)
_FURNITURE_IF_LINKS = _set("menu header head related search links index prev previous next tags")
_FOR_SCREEN_READERS = re.compile(r"\b(sr-only|visually-?hidden|screen-reader-text)\b")
_UNSEEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
_HEADING = re.compile(r"h[1-6]")
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_LINK_GROUPS = frozenset(("ul", "ol", "dl", "p", "div", "table", "center"))
_LINK_DENSITY = 0.75
_CONTAINERS = frozenset(("body", "div", "center", "form", "main", "article", "td", "tr", "tbody", "table"))
_MAIN_SHARE = 0.95
_IMAGE_WEIGHT = 200  # an image counts as much as a short paragraph when content is weighed, in characters


@dataclass
class Weight:
    """What an element holds: characters of text, those of them inside links, links, images, first-level headings."""

    text: int = 0
    link_text: int = 0
    links: int = 0
    images: int = 0
    titles: int = 0

    def add(self, other: "Weight") -> None:
        self.text += other.text
        self.link_text += other.link_text
        self.links += other.links
        self.images += other.images
        self.titles += other.titles

    @property
    def content(self) -> int:
        return self.text + _IMAGE_WEIGHT * self.images


@dataclass
class Content:
    """The element that holds the page's content, and the elements in it to pass over, by `mem_id`."""

    root: Node
    skip: set[int]
    dropped: list[Dropped] = field(default_factory=list)


def find_content(body: Node) -> Content:
    """Marks hidden elements, page furniture and lists of links, then looks for the main container in what is left."""
    skip: set[int] = set()
    weights = weigh(body, skip)
    dropped = []
    for node, entering in walk(body, skip):
        reason = _reason(node, weights, weights[body.mem_id]) if entering and _is_element(node) else ""
        if reason:
            skip.add(node.mem_id)
            held = weights[node.mem_id]
            if held.text > 1 or held.images:  # not for each permalink's one mark
                dropped.append(Dropped(reason, _name(node), held.text, held.images))
    weights = weigh(body, skip)
    root = _main(body, weights, skip)
    outside = weights[body.mem_id].text - weights[root.mem_id].text
    if outside > 0:
        images = weights[body.mem_id].images - weights[root.mem_id].images
        dropped.append(Dropped("outside main content", _name(root), outside, images))
    return Content(root, skip, dropped)


def walk(root: Node, skip: set[int]) -> Iterator[tuple[Node, bool]]:
    """Every node below and including `root`, in document order, on entering and on leaving it.

    Without recursion, so that no depth of nesting can overflow. Elements of `skip`, which may grow during the walk, are
    left again at once.
    """
    node, last = root, root.mem_id
    while True:
        yield node, True
        passed_over = node.mem_id in skip or node.tag in NOT_TEXT
        child = None if passed_over else node.child
        if child is not None:
            node = child
            continue
        while True:
            yield node, False
            if node.mem_id == last:
                return
            if node.next is not None:
                node = node.next
                break
            node = node.parent


def weigh(root: Node, skip: set[int]) -> dict[int, Weight]:
    """The weight of every element below and including `root`, without what `skip` names."""
    weights: dict[int, Weight] = {}
    open_elements: list[Weight] = []
    links_open = 0
    for node, entering in walk(root, skip):
        tag = node.tag
        if tag == "-text":
            if entering:
                size = len("".join(node.text_content.split()))
                open_elements[-1].add(Weight(text=size, link_text=size if links_open else 0))
        elif _is_element(node) and node.mem_id not in skip and tag not in NOT_TEXT:
            links_open += (1 if entering else -1) if tag == "a" else 0
            if entering:
                open_elements.append(Weight(links=tag == "a", images=tag == "img", titles=tag == "h1"))
                weights[node.mem_id] = open_elements[-1]
            else:
                held = open_elements.pop()
                if open_elements:
                    open_elements[-1].add(held)
    return weights


def _is_element(node: Node) -> bool:
    return node.is_element_node


def _reason(node: Node, weights: dict[int, Weight], page: Weight) -> str:
    """Why an element is not content; empty where it may be."""
    tag, held = node.tag, weights.get(node.mem_id)
    if tag == "body" or held is None:
        return ""
    attributes = node.attributes
    names = attributes.get("class") or ""
    if _hidden(attributes, names):
        return "hidden"
    if tag in INLINE:
        # Permalinks: the pilcrow after a heading.
        mark = tag == "a" and (attributes.get("href") or "").startswith("#") and held.text == 1 and not held.images
        return "permalink" if mark else ""
    if held.content * 3 > page.content * 2:
        return ""  # most of the page is no furniture, whatever its name says (unclosed headers, `has-sidebar`)
    if tag in _NAVIGATION_TAGS or attributes.get("role") in _NAVIGATION_ROLES:
        return "navigation"
    if tag in ("header", "footer") and not _inside(node, ("article", "main", "section")):
        return "navigation"
    if not _has_heading(node):  # there an id is the heading's slug and says nothing
        names += f" {attributes.get('id') or ''}"
    words = {word.lower() for word in _WORD.findall(names)} if not _HEADING.fullmatch(tag) else set()
    density = held.link_text / held.text if held.text else 0.0
    if words & _FURNITURE or (words & _FURNITURE_IF_LINKS and density > _LINK_DENSITY / 2):
        return "navigation"
    if tag in _LINK_GROUPS and held.links >= 3 and density > _LINK_DENSITY:
        return "links"
    return ""


def _hidden(attributes: dict[str, str | None], names: str) -> bool:
    return (
        "hidden" in attributes
        or attributes.get("aria-hidden") == "true"
        or bool(_UNSEEN_STYLE.search(attributes.get("style") or ""))
        or bool(_FOR_SCREEN_READERS.search(names))
    )


def _inside(node: Node, tags: tuple[str, ...]) -> bool:
    node = node.parent
    while node is not None:
        if node.tag in tags:
            return True
        node = node.parent
    return False


def _has_heading(node: Node) -> bool:
    """Whether one of the element's own children is a heading."""
    child = node.child
    while child is not None:
        if _HEADING.fullmatch(child.tag or ""):
            return True
        child = child.next
    return False


def _main(body: Node, weights: dict[int, Weight], skip: set[int]) -> Node:
    """The element marked as main if it holds half of the content, else the deepest that holds nearly all of it."""
    page = weights[body.mem_id]
    marked = body.css("main, [role=main], article")
    marked = [node for node in marked if node.mem_id in weights and weights[node.mem_id].content * 2 > page.content]
    if marked:
        return marked[0]
    node = body
    while True:
        child = node.child
        heavy = None
        while child is not None:
            held = weights.get(child.mem_id)
            if child.tag in _CONTAINERS and held is not None and held.titles == page.titles:
                heavy = child if held.content >= _MAIN_SHARE * page.content > 0 else heavy
            child = child.next
        if heavy is None:
            return _with_table(node)
        node = heavy


def _with_table(node: Node) -> Node:
    """A row or a table body alone is no place to start from: its table is."""
    while node.tag in ("tr", "tbody"):
        node = node.parent
    return node


def _name(node: Node) -> str:
    name = node.attributes.get("class") or ""
    mark = node.attributes.get("id") or ""
    return node.tag + "".join(f".{word}" for word in name.split()[:3]) + (f"#{mark}" if mark else "")
