"""Who may use a document: its licence, and the opt-outs from text and data mining that its host declared."""

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase

from pydantic import Field

from curation.config import Config

Headers = Iterable[tuple[str, str]]


class LicenceRules(Config):
    """Patterns such as `CC-BY-*` for SPDX identifiers, whatever their case; what is refused is refused though allowed.

    `CC-BY-*` allows CC-BY-NC-4.0 as well: refuse `*-NC-*` to mean it.
    """

    allowed: tuple[str, ...] = Field(("*",), min_length=1)
    refused: tuple[str, ...] = ()
    unknown: bool = Field(True, description="whether documents that state no licence are kept")


def licence_fault(licence: str, rules: LicenceRules) -> str | None:
    """Why the licence is not admitted, or None.

    Of an SPDX expression `A OR B` one admitted licence is enough, of `A AND B` and in parentheses all must be. An
    address of Creative Commons counts as its SPDX identifier.
    """
    licence = spdx(licence)
    if not licence:
        return None if rules.unknown else "no licence is stated"
    choices = [licence] if "(" in licence else re.split(r"\s+OR\s+", licence, flags=re.I)
    faults = [_terms_fault(choice, rules) for choice in choices]
    return None if None in faults else faults[0]


def _terms_fault(terms: str, rules: LicenceRules) -> str | None:
    for name in re.split(r"\s+(?:AND|OR)\s+", terms.replace("(", " ").replace(")", " ").strip(), flags=re.I):
        if refusal := next((pattern for pattern in rules.refused if _matches(name, pattern)), None):
            return f"{name} is refused by {refusal}"
        if not any(_matches(name, pattern) for pattern in rules.allowed):
            return f"{name} is none of {', '.join(rules.allowed)}"
    return None


def _matches(name: str, pattern: str) -> bool:
    return fnmatchcase(name.casefold(), pattern.casefold())


_CREATIVE_COMMONS = re.compile(
    r"(?:https?:)?//(?:www\.)?creativecommons\.org/(?:licenses/([a-z-]+)|publicdomain/(zero|mark))(?:/([0-9.]+))?.*",
    re.I,
)


def spdx(licence: str) -> str:
    """The SPDX identifier of a licence given by its address at creativecommons.org; any other as it is."""
    licence = " ".join(licence.split())
    match = _CREATIVE_COMMONS.fullmatch(licence)
    if not match:
        return licence
    terms, domain, version = match.groups()
    name = f"CC-{terms.upper()}" if terms else {"zero": "CC0", "mark": "CC-PDM"}[domain.lower()]
    return f"{name}-{version}" if version else name


class OptOutRules(Config):
    """Which declarations are honoured. Directives for other agents than ours are not meant for us."""

    robots: tuple[str, ...] = Field(
        ("noai", "noimageai"),
        description="of X-Robots-Tag and <meta name=robots>; img2dataset adds noindex, noimageindex",
    )
    agents: tuple[str, ...] = Field(
        ("vlforge", "ccbot"), description="crawlers whose directives are ours: web archives'"
    )
    reservations: bool = Field(True, description="W3C's TDM Reservation Protocol and IETF's AI preferences")


def opt_out(headers: Headers, rules: OptOutRules, *, images: bool = True) -> str | None:
    """What the host said against the use of its page, or None.

    `headers` are the HTTP response's and the page's own `<meta>` declarations, names in lower case. Where both speak,
    one refusal is enough. `noimageai` is about images: a document without any (`images`) is not meant.
    """
    agents = {agent.casefold() for agent in rules.agents}
    refused = {directive.casefold() for directive in rules.robots} - (set() if images else _IMAGES_ONLY)
    for name, value in headers:
        if name in ("x-robots-tag", "robots") or name in agents:
            for agent, directive in _directives(value):
                if directive in refused and (not agent or agent in agents):
                    return f"{name}: {value.strip()[:200]}"
        elif rules.reservations and _reserves(name, value):
            return f"{name}: {value.strip()[:200]}"
    return None


_IMAGES_ONLY = {"noimageai", "noimageindex"}
_WITH_VALUE = {"max-snippet", "max-image-preview", "max-video-preview", "unavailable_after"}


def _directives(value: str) -> list[tuple[str, str]]:
    """Agent (empty: all) and directive of each rule: `noai`, `googlebot: noindex, nofollow`."""
    found, agent = [], ""
    for rule in value.casefold().split(","):
        name, colon, directive = (part.strip() for part in rule.partition(":"))
        if colon and name not in _WITH_VALUE:
            agent, name = name.replace("*", ""), directive
        found.append((agent, name))
    return found


_PREFERENCES = {"content-usage": ("train-ai=n", "bots=n", "all=n"), "content-signal": ("ai-train=no",)}


def _reserves(name: str, value: str) -> bool:
    """`tdm-reservation: 1` (W3C TDMRep), `content-usage: train-ai=n` (IETF AIPREF), `content-signal: ai-train=no`.

    A reservation that is neither 0 nor 1 is taken for what its author wanted. A `tdm-policy` alone reserves nothing,
    and one beside a reservation says how to buy a licence, which nobody here has done.
    """
    if name == "tdm-reservation":
        return value.strip() not in ("", "0")
    terms = {"".join(term.split()).casefold() for term in re.split("[,;]", value)}
    return any(term in terms for term in _PREFERENCES.get(name, ()))
