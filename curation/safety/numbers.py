"""Numbers that name a person: bank cards, IBANs, national identity numbers and telephone numbers.

The first three are proved by their check digits (python-stdnum), telephone numbers by the numbering plans of all
countries (phonenumbers, the port of libphonenumber).
"""

import re
from collections.abc import Iterator
from typing import Literal

NumberKind = Literal["phone", "card", "iban", "id"]
SHORTEST = 7  # digits
FICTIONAL_PHONE = "555-0100"  # of the numbers that the North American plan reserves for fiction

_BYTE = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_ADDRESS = re.compile(rf"(?<![0-9.]){_BYTE}(?:\.{_BYTE}){{3}}(?!\.?[0-9])")  # IPv4: no part of any other number
_RUN = re.compile(r"(?:\+|\(\+?)?[0-9](?:[ .()/-]{0,3}[0-9]){6,}")


_PIECE = re.compile(r"(?<![^ ])[+(]{0,2}[0-9](?:[.()/-]{0,3}[0-9]){6,14}(?![^ ])")


def find(text: str, language: str) -> Iterator[tuple[NumberKind, int, int]]:
    """Kind, start and end of each; they may overlap, and those that need more proof come first.

    The text has ASCII digits and punctuation. `language` chooses the countries of national telephone numbers.
    """
    yield from _ibans(text)
    text = _ADDRESS.sub(lambda address: ";" * len(address[0]), text)
    runs = list(_RUN.finditer(text))
    for run in runs:
        if len(run[0]) >= 13:
            yield from _cards(text, run)
        yield from _ids(text, run)
    for run in runs:
        # Too long for one number (E.164), it may be several with spaces between them.
        pieces = [run] if sum(map(str.isdigit, run[0])) <= 15 else _PIECE.finditer(text, *run.span())
        for piece in pieces:
            yield from _phones(text, piece, language)


_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?(?![A-Za-z0-9])")


def _ibans(text: str) -> Iterator[tuple[NumberKind, int, int]]:
    from stdnum import iban

    for match in _IBAN.finditer(text):
        number = match[0]
        while " " in number and not iban.is_valid(number):  # a word in capitals may follow
            number = number.rpartition(" ")[0]
        if iban.is_valid(number):
            yield "iban", match.start(), match.start() + len(number)


_GROUPED_CARD = re.compile(
    r"(?<![0-9])(?:[0-9]{4}([ -])[0-9]{4}\1[0-9]{4}\1[0-9]{4}|3[47]\d\d([ -])\d{6}\2\d{5})(?![0-9])"
)
_BARE_CARD = re.compile(r"(?<![0-9])[0-9]{13,19}(?![0-9])")
_ISSUER = re.compile(  # ranges and lengths of ISO/IEC 7812 issuers
    r"4\d{12}(?:\d{3}){0,2}|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}|3[47]\d{13}"
    r"|3(?:0[0-5]|[68]\d)\d{11}|(?:6011|65\d\d|64[4-9]\d)\d{12}|35(?:2[89]|[3-8]\d)\d{12}|62\d{14,17}"
)
_IS_CARD = re.compile(
    r"\b(?:card|visa|mastercard|amex|karte|kreditkarte|carte|tarjeta|carta|cartão|карт[аы])\b|カード|卡|بطاقة", re.I
)


def _cards(text: str, run: re.Match[str]) -> Iterator[tuple[NumberKind, int, int]]:
    """Written in the groups that a card shows; a bare number passes Luhn once in ten, so that one needs the word."""
    from stdnum import luhn

    found = _GROUPED_CARD.search(text, *run.span())
    if found and _in_row(text, found):
        return
    if not found and _IS_CARD.search(text, max(run.start() - 40, 0), run.start()):
        found = _BARE_CARD.search(text, *run.span())
    if found and not _in_word(text, *found.span()):
        digits = re.sub(r"\D", "", found[0])
        if _ISSUER.fullmatch(digits) and luhn.is_valid(digits):
            yield "card", *found.span()


def _in_row(text: str, found: re.Match[str]) -> bool:
    """Whether other numbers stand beside it, as in a table; an expiry date (12/25) may."""
    before, after = text[max(found.start() - 2, 0) : found.start()], text[found.end() : found.end() + 8]
    return bool(re.search(r"[0-9][ -]\Z", before) or re.match(r"[ -][0-9]+(?![0-9/])", after))


_IDS = {  # how the number is written -> the module of stdnum that proves it
    re.compile(r"[0-9]{3}-[0-9]{2}-[0-9]{4}"): "us.ssn",
    re.compile(r"[0-9]{17}[0-9Xx]"): "cn.ric",
    re.compile(r"[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}"): "br.cpf",
    re.compile(r"[0-9]{6}-[0-9]{7}"): "kr.rrn",
    re.compile(r"[12] [0-9]{2} [0-9]{2} [0-9]{2} [0-9]{3} [0-9]{3} [0-9]{2}"): "fr.nir",
}


def _ids(text: str, run: re.Match[str]) -> Iterator[tuple[NumberKind, int, int]]:
    import importlib

    start, end = run.start(), run.end() + (text[run.end() : run.end() + 1] in ("X", "x"))
    for written, module in _IDS.items():
        if (
            written.fullmatch(text, start, end)
            and not _in_word(text, start, end)
            and importlib.import_module(f"stdnum.{module}").is_valid(text[start:end])
        ):
            yield "id", start, end


def _in_word(text: str, start: int, end: int) -> bool:
    """Whether the number is part of an identifier, an address or a longer number."""
    return bool(
        re.search(r"[A-Za-z0-9_/=#&?%@$€£¥+.,:-]\Z", text[max(start - 1, 0) : start])
        or re.match(r"[A-Za-z0-9_=%€$£¥@]|[-,:/.][A-Za-z0-9]", text[end : end + 2])
    )


# Countries where the language is most written. Three at most: each more makes more numbers look like telephones.
REGIONS = {
    "ar": ("EG", "SA", "AE"),
    "cs": ("CZ",),
    "da": ("DK",),
    "de": ("DE", "AT", "CH"),
    "el": ("GR",),
    "en": ("US", "GB", "AU"),
    "es": ("ES", "MX", "AR"),
    "fa": ("IR",),
    "fi": ("FI",),
    "fr": ("FR", "BE", "CH"),
    "he": ("IL",),
    "hi": ("IN",),
    "hu": ("HU",),
    "id": ("ID",),
    "it": ("IT",),
    "ja": ("JP",),
    "ko": ("KR",),
    "nl": ("NL", "BE"),
    "no": ("NO",),
    "pl": ("PL",),
    "pt": ("BR", "PT"),
    "ro": ("RO",),
    "ru": ("RU",),
    "sv": ("SE",),
    "th": ("TH",),
    "tr": ("TR",),
    "uk": ("UA",),
    "vi": ("VN",),
    "zh": ("CN", "TW", "HK"),
}
_SAID = re.compile(
    r"(?P<phone>\b(?:tel|tels|telephone|phone|fax|telefax|mobile?|cell|call|dial|sms|whatsapp|hotline|handy|ruf|telefone?|"
    r"telefono|teléfono|móvil|celular|téléphone|portable|appel\w*|telefoon|cellulare|тел|телефон|факс|моб)\b"
    r"|☎|☏|📞|📱|電話|电话|手机|手機|携帯|传真|傳真|ファックス|ファクス|热线|هاتف|تلفون|جوال|فاكس|تلفن|موبایل|전화|휴대폰|팩스|โทร|फ़ोन|फोन|טלפון)"
    r"|(?P<other>\b(?:isbn|issn|doi|pmid|arxiv|ean|gtin|upc|patent|version|serial|build|sku|order|id)\b[^@;\n]{0,12}\Z)",
    re.I,
)
_LETTER = re.compile(r"[^\W\d_]|[☎☏📞📱]")
_DATE = re.compile(
    r"(?<![0-9])(?:(?:19|20)\d\d[-./](?:0?[1-9]|1[0-2])[-./](?:0?[1-9]|[12]\d|3[01])"
    r"|(?:0?[1-9]|[12]\d|3[01])[-./](?:0?[1-9]|[12]\d|3[01])[-./](?:19|20)\d\d)(?![0-9])"
)
_NATIONAL = re.compile(  # written as nothing but a telephone number is, with no word that says so
    r"\(0?[0-9]{1,5}\)[ -]?[0-9].*|(?![0-9]{3}-[0-9]{2}-[0-9]{4}\Z)0[0-9]{1,5}[ /-]+[0-9].*|0[0-9](?:[ .][0-9]{2}){4}"
    r"|[78] ?\([0-9]{3,5}\) ?[0-9].*"
)
_NORTH_AMERICAN = re.compile(r"[2-9][0-9]{2}([-.])[2-9][0-9]{2}\1[0-9]{4}")
_CHINESE_MOBILE = re.compile(r"1[3-9][0-9]{9}|1[3-9][0-9]([ -])[0-9]{4}\1[0-9]{4}")


def _phones(text: str, run: re.Match[str], language: str) -> Iterator[tuple[NumberKind, int, int]]:
    """International numbers anywhere; national ones where a word announces them or their writing leaves no doubt."""
    regions = _candidate_regions(text, run, language)
    if not regions:
        return
    from phonenumbers import Leniency, PhoneNumberMatcher

    window = max(run.start() - 2, 0)
    for region in regions:
        matches = PhoneNumberMatcher(text[window : run.end() + 12], region, Leniency.VALID)
        found = [(window + match.start, window + match.end) for match in matches]
        found = [(start, end) for start, end in found if run.start() <= start < run.end()]
        yield from (("phone", start, end) for start, end in found)
        if found:
            return


def _candidate_regions(text: str, run: re.Match[str], language: str) -> tuple[str | None, ...]:
    """The countries to try (None: the number names its own); none where it is no telephone number."""
    number, start, end = run[0], *run.span()
    if FICTIONAL_PHONE in number or re.match(r"[A-Za-z_=%]", text[end : end + 1]):
        return ()
    digits = re.sub(r"\D", "", number)
    before = text[max(start - 40, 0) : start].rpartition("@")[2]  # what announces an e-mail address is not meant
    said = [match.lastgroup for match in _SAID.finditer(before)] if _LETTER.search(before) else []
    announced = bool(said) and said[-1] == "phone"
    if number.lstrip("(").startswith("+"):
        return () if re.search(r"[A-Za-z0-9_]\Z", text[max(start - 1, 0) : start]) else (None,)
    if said and not announced:
        return ()
    if announced:
        return () if re.search(r"[A-Za-z0-9_]\Z", text[max(start - 1, 0) : start]) else REGIONS.get(language, ())
    own = {"en": _NORTH_AMERICAN, "zh": _CHINESE_MOBILE}.get(language, _NATIONAL)
    if len(digits) > 13 or not (own.fullmatch(number) or _NATIONAL.fullmatch(number)):
        return ()
    if _DATE.search(number) or _in_word(text, start, end) or _is_book(number, digits):
        return ()
    return REGIONS.get(language, ())


def _is_book(number: str, digits: str) -> bool:
    """An ISBN or ISSN, in the groups they are printed in."""
    from stdnum import isbn, issn

    return (number.count("-") >= 3 and isbn.is_valid(digits)) or (len(number) == 9 and issn.is_valid(number))
