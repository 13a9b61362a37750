"""Personal data and secrets in text: found by shape, proved by check digits, registries and ranges, then masked.

What replaces them is a value of the same kind that a standard reserves for documentation, as FineWeb does for e-mail
addresses (Penedo et al. 2024), and zeros where no standard reserves one. Unlike tags such as `<EMAIL>` they leave a
sentence natural, are ordinary tokens of every vocabulary, and when a model repeats them nobody is reached. None of
them is found again, so masking twice is masking once.

Only what its own form proves is masked: a number that might be a date, a version, an ISBN or a price is left alone.
"""

import bisect
import ipaddress
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from string import ascii_letters, digits
from typing import Literal, get_args

from curation.document import Document, Part, Text, Turn
from curation.safety import numbers
from curation.safety.domains import has_public_suffix

Kind = Literal["email", "phone", "ip", "mac", "card", "iban", "id", "secret"]
KINDS: tuple[Kind, ...] = get_args(Kind)

PLACEHOLDERS: dict[Kind, str] = {
    "email": "email@example.com",  # RFC 2606
    "phone": numbers.FICTIONAL_PHONE,
    "ip": "192.0.2.1",  # RFC 5737
    "mac": "00-00-5E-00-53-00",  # RFC 7042
    "card": "0000 0000 0000 0000",
    "iban": "XX00 0000 0000 0000 0000",  # no country has this code
    "id": "000-00-0000",
    "secret": "SECRET_KEY",
}
_IPV6_PLACEHOLDER = "2001:db8::1"  # RFC 3849


@dataclass(frozen=True, slots=True)
class Finding:
    """text[start:end] is of this kind."""

    kind: Kind
    start: int
    end: int


def mask(text: str, language: str = "", kinds: tuple[Kind, ...] = KINDS) -> tuple[str, dict[Kind, int]]:
    """The text with what was found replaced, and how often each kind was.

    `language` (ISO 639-1) hints at the countries whose way of writing telephone numbers to expect; without it only
    international ones are known.
    """
    findings = find(text, language, kinds)
    if not findings:
        return text, {}
    pieces, end = [], 0
    for finding in findings:
        pieces += [text[end : finding.start], _placeholder(finding, text)]
        end = finding.end
    return "".join(pieces) + text[end:], dict(Counter(finding.kind for finding in findings))


def mask_document(document: Document, kinds: tuple[Kind, ...] = KINDS) -> Document:
    """Every text masked, the rejected turn's too; the scores say how often, as `pii.<kind>`."""
    counts: Counter[Kind] = Counter()

    def masked(part: Part) -> Part:
        if not isinstance(part, Text):
            return part
        text, found = mask(part.text, document.language, kinds)
        counts.update(found)
        return Text(text) if found else part

    def turn(old: Turn) -> Turn:
        return replace(old, parts=tuple(masked(part) for part in old.parts))

    turns = tuple(turn(old) for old in document.turns)
    rejected = turn(document.rejected) if document.rejected else None
    if not counts:
        return document
    scores = {**document.scores, **{f"pii.{kind}": float(counts[kind]) for kind in KINDS if kind in counts}}
    return replace(document, turns=turns, rejected=rejected, scores=scores)


def find(text: str, language: str = "", kinds: tuple[Kind, ...] = KINDS) -> list[Finding]:
    """What is there, in order and without overlap; where two kinds overlap, the one that needs more proof stands."""
    kept: list[Finding] = []
    for finding in _findings(text, language):
        place = bisect.bisect(kept, finding.start, key=lambda other: other.start)
        if finding.kind in kinds and not any(_overlap(finding, other) for other in kept[max(place - 1, 0) : place + 1]):
            kept.insert(place, finding)
    return kept


def _overlap(one: Finding, other: Finding) -> bool:
    return one.start < other.end and other.start < one.end


def _findings(text: str, language: str) -> Iterator[Finding]:
    """Each kind is looked for only where a scan of about a microsecond saw what it cannot be written without."""
    if not text.isascii() and _FOREIGN.search(text):
        text = _fold(text)
    data = text.encode("utf-8", "surrogatepass")
    if _LONG_TOKEN in data.translate(_TOKENS) and any(head in text for head in _SECRET_HEADS):
        yield from _secrets(text)
    if "@" in text:
        yield from _emails(text)
    if numbers.SHORTEST * b"0" in data.translate(_DIGITS, _SEPARATORS):
        for kind, start, end in numbers.find(_fold(text), language):
            yield Finding(kind, start, end)
    if data.translate(_DIGITS).count(b"0.0") >= 2:
        yield from _ipv4(text)
    colons = text.count(":")
    if colons >= 7 or (colons >= 2 and "::" in text):
        yield from _ipv6(text)
    if colons >= 5 or text.count("-") >= 5:
        yield from _macs(text)


# UTF-8 to `0` where a byte is part of a key, or a digit; with what may stand between two digits of one number deleted
# (some of it are the bytes of full-width punctuation and of typographic dashes and spaces), they stand side by side.
_TOKENS = bytes(ord("0") if (chr(byte).isalnum() and byte < 128) or byte in b"_-" else 0 for byte in range(256))
_DIGITS = bytes(ord("0") if byte in b"0123456789" else byte if byte == ord(".") else 0 for byte in range(256))
_SEPARATORS = (
    b" .-()/+" + "（）＋－．／\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u00a0\u2007\u2009\u202f\u3000ー".encode()
)
_LONG_TOKEN = 20 * b"0"

_FOREIGN = re.compile("[\u0660-\u0669\u06f0-\u06f9\u0966-\u096f\u09e6-\u09ef\uff10-\uff19\uff20]")  # digits and @
_FOLDED = {
    **{zero + digit: str(digit) for zero in (0x0660, 0x06F0, 0x0966, 0x09E6) for digit in range(10)},
    **{0xFF00 + ord(form) - 0x20: form for form in ascii_letters + digits + "@+-()./"},
    **dict.fromkeys((*range(0x2010, 0x2016), 0x2212), "-"),
    **dict.fromkeys((0x00A0, 0x2007, 0x2009, 0x202F, 0x3000), " "),
}
_FOLDABLE = re.compile(f"[{''.join(map(chr, sorted(_FOLDED)))}]")  # ten times as fast as str.translate
_LONG_VOWEL = re.compile("(?<=[0-9])\u30fc(?=[0-9])")  # what Japanese keyboards type for a hyphen


def _fold(text: str) -> str:
    """Digits, letters and punctuation in ASCII, character for character, so that places stay what they are."""
    if text.isascii():
        return text
    return _LONG_VOWEL.sub("-", _FOLDABLE.sub(lambda match: _FOLDED[ord(match[0])], text))


def _placeholder(finding: Finding, text: str) -> str:
    if finding.kind == "ip" and ":" in _fold(text[finding.start : finding.end]):
        return _IPV6_PLACEHOLDER
    return PLACEHOLDERS[finding.kind]


_LETTERS = r"A-Za-z\u00c0-\u024f\u0370-\u052f"  # Latin, Greek, Cyrillic: not scripts whose words have no spaces
_LOCAL = re.compile(rf"[{_LETTERS}0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}\Z")
_HOST = re.compile(rf"(?:[{_LETTERS}0-9](?:[{_LETTERS}0-9-]{{0,61}}[{_LETTERS}0-9])?\.)+[{_LETTERS}]{{2,24}}")
_RESERVED = re.compile(r"(?:.*\.)?(?:example(?:\.(?:com|net|org))?|test|invalid|localhost)\Z", re.I)  # RFC 2606


def _emails(text: str) -> Iterator[Finding]:
    """Addresses on hosts whose last label is registered: not `icon@2x.png`, `git@host:path` or an example."""
    at = text.find("@")
    while at >= 0:
        # A local part of more than 64 characters (RFC 5321) is none, so looking back is bounded.
        local, host = _LOCAL.search(text, max(at - 64, 0), at), _HOST.match(text, at + 1)
        if local and host and not _RESERVED.match(host[0]) and has_public_suffix(host[0]):
            name = local[0].lstrip(".!#$%&'*+/=?^_`{|}~-")
            is_repository = name == "git" and text[host.end() : host.end() + 1] == ":"
            if name and not is_repository:
                yield Finding("email", at - len(name), host.end())
        at = text.find("@", at + 1)


_IPV4 = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}")
_IS_ADDRESS = re.compile(
    r"\b(?:ips?|ipv4|address|adresse|host|server|ping|dns|from|client)\b|地址|アドレス|عنوان", re.I
)
_IS_VERSION = re.compile(
    r"(?:\b(?:v|ver|version|release|build|firmware|driver|section|chapter)[ .:]*|[\w)]/|[\w-])\Z", re.I
)


def _ipv4(text: str) -> Iterator[Finding]:
    """Public addresses.

    Four small numbers are a version or a section unless the text says otherwise: of all addresses only one in
    27,000 has four bytes under 20.
    """
    for match in _IPV4.finditer(text):
        start, end = match.span()
        if text[start - 1 : start] == "." or re.match(r"[\w-]|\.[0-9]", text[end : end + 2]):
            continue  # part of a longer number: an object identifier, a version of five parts
        before = text[max(start - 24, 0) : start].rpartition("\n")[2]
        small = all(int(byte) < 20 for byte in match[0].split("."))
        if _IS_VERSION.search(before) or (small and not _IS_ADDRESS.search(before)):
            continue
        if _is_public(match[0]):
            yield Finding("ip", start, end)


# Both are found by their first separator, which is rarer in text than a digit. IPv6 addresses in use begin with 2 or 3
# (RFC 4291, 2000::/3), which C++'s `std::` and times of day do not.
_IPV6 = re.compile(r":(?<=(?<![\w:.])[23][0-9A-Fa-f]{3}:)(?:[0-9A-Fa-f]{0,4}:){1,6}[0-9A-Fa-f]{0,4}(?![\w:])")
_MAC = re.compile(r"([:-])(?<=(?<![\w:-])[0-9A-Fa-f]{2}[:-])(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}(?![\w:-])")


def _ipv6(text: str) -> Iterator[Finding]:
    for match in _IPV6.finditer(text):
        start, end = match.start() - 4, match.end()
        if _is_public(text[start:end]):
            yield Finding("ip", start, end)


def _macs(text: str) -> Iterator[Finding]:
    for match in _MAC.finditer(text):
        start, end = match.start() - 2, match.end()
        address = text[start:end].replace("-", ":").upper()
        numeric = not re.search("[A-F]", address)  # without a letter it is as likely a row of dates or pages
        if not numeric and not address.startswith("00:00:5E:00:53:") and len(set(address)) > 2:
            yield Finding("mac", start, end)


def _is_public(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_global
    except ValueError:
        return False


# Keys that their makers gave a form of their own, as their documentation and secret scanners have it.
_SECRET_HEADS = (
    *("AKIA", "ASIA", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "xoxb-", "xoxp-", "AIza"),
    *("sk_live_", "rk_live_", "sk-proj-", "sk-ant-", "T3BlbkFJ", "hf_", "npm_", "eyJ", "PRIVATE KEY-----"),
)
_SECRET = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]{16,8192}?-----END [A-Z ]*PRIVATE KEY-----"
    r"|(?<![A-Za-z0-9_])(?:"
    r"(?:AKIA|ASIA)[A-Z2-7]{16}|gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{60,}|glpat-[\w-]{20,}"
    r"|xox[bp]-[0-9]+-[A-Za-z0-9-]{20,}|AIza[\w-]{35}|[sr]k_live_[A-Za-z0-9]{24,}|sk-(?:proj|ant)-[\w-]{40,}"
    r"|sk-[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}|(?:hf|npm)_[A-Za-z0-9]{34,}"
    r"|eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,})(?![A-Za-z0-9_])"
)


def _secrets(text: str) -> Iterator[Finding]:
    for match in _SECRET.finditer(text):
        if len(set(match[0])) >= 12 and "EXAMPLE" not in match[0]:  # not `ghp_xxxx…` of a manual
            yield Finding("secret", *match.span())
