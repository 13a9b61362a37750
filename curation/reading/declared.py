"""What a page says of itself in its head: language, licence, the base of its links, and what may be done with it."""

import re
from dataclasses import dataclass
from typing import Any

# robots and the crawlers that are named alone (googlebot, ccbot, gptbot), and the TDM Reservation Protocol (W3C, 2024).
_RIGHTS = re.compile(r"robots|[a-z-]*bot|tdm-reservation|tdm-policy")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{1,8})*")


@dataclass(frozen=True, slots=True)
class Declared:
    """`language` is a BCP 47 tag in lower case; `rights` are meta elements (name, content), names in lower case."""

    language: str = ""
    licence: str = ""
    base: str = ""
    rights: tuple[tuple[str, str], ...] = ()


def find_declared(tree: Any) -> Declared:
    """From a page parsed by selectolax."""
    base = tree.css_first("base[href]")
    return Declared(_language(tree), _licence(tree), _attribute(base, "href") if base else "", _rights(tree))


def language_tag(declared: str) -> str:
    """`de_DE`, `DE-de` -> `de-de`; of a list the first; empty where it is no language tag."""
    tag = declared.split(",")[0].strip().lower().replace("_", "-")
    return tag if _LANGUAGE.fullmatch(tag) else ""


def _language(tree: Any) -> str:
    root = tree.root
    names = [_attribute(root, "lang"), _attribute(root, "xml:lang")] if root else []
    metas = tree.css('meta[http-equiv="content-language" i], meta[property="og:locale" i]')
    names += [_attribute(meta, "content") for meta in metas]
    return next((tag for tag in map(language_tag, names) if tag), "")


def _licence(tree: Any) -> str:
    """The address of the page's licence: `rel=license` is of the whole page (HTML 4.6.7.9), but for one link alone."""
    links = {_attribute(link, "href") for link in tree.css('link[rel~="license" i], a[rel~="license" i]')}
    links.discard("")
    return links.pop() if len(links) == 1 else ""


def _rights(tree: Any) -> tuple[tuple[str, str], ...]:
    found = []
    for meta in tree.css("meta[name]"):
        name = _attribute(meta, "name").lower()
        if _RIGHTS.fullmatch(name):
            found.append((name, _attribute(meta, "content")))
    return tuple(found)


def _attribute(node: Any, name: str) -> str:
    return " ".join((node.attributes.get(name) or "").split())
