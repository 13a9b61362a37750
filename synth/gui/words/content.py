"""Content of applications that cannot be guessed: people, mails, goods, songs, places, files, in twelve languages."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from synth.gui.words.tables import words
from synth.ocr.unguessable import CODE_DIGITS, CODE_LETTERS

# Of each language: how a price is written, and what stands before its cents (none: whole sums).
PRICES = {
    **{"en": ("${}", "."), "zh": ("¥{}", "."), "pt": ("R$ {}", ","), "ru": ("{} руб.", ","), "ar": ("{} د.م.", ".")},
    **{
        "ja": ("{}円", ""),
        "ko": ("{}원", ""),
        "vi": ("{} đ", ""),
        **dict.fromkeys(("fr", "de", "it", "es"), ("{} €", ",")),
    },
}
DATES = {
    **{"zh": "{y}-{m:02d}-{d:02d}", "ja": "{y}/{m:02d}/{d:02d}", "ko": "{y}.{m:02d}.{d:02d}", "en": "{m}/{d}/{y}"},
    **dict.fromkeys(("de", "ru"), "{d:02d}.{m:02d}.{y}"),
}
FAMILY_FIRST = frozenset({"zh", "ja", "ko", "vi"})


@cache
def some(language: str, key: str) -> tuple[str, ...]:
    """All entries of a list of `lists.tsv`: "given", "city", "product", "song", "event", "color", ..."""
    return tuple(entry for cell in words("lists", language)[key] for entry in cell.split(";"))


def pick(rng: np.random.Generator, options: Sequence[Any]) -> Any:
    """One of them."""
    return options[int(rng.integers(len(options)))]


def several(rng: np.random.Generator, options: Sequence[Any], count: int) -> list[Any]:
    """So many different ones, at most all, in an order of their own."""
    return [options[place] for place in rng.permutation(len(options))[:count]]


def code(rng: np.random.Generator) -> str:
    """Letters and digits that no two fonts draw alike: `KX-4827`."""
    head = "".join(pick(rng, CODE_LETTERS) for _ in range(int(rng.integers(1, 4))))
    return f"{head}-{''.join(pick(rng, CODE_DIGITS) for _ in range(int(rng.integers(2, 5))))}"


def number(rng: np.random.Generator, low: int = 2, high: int = 99) -> int:
    """A number from `low` to `high`."""
    return int(rng.integers(low, high + 1))


def phone(rng: np.random.Generator) -> str:
    """A telephone number: `0412 555 738`."""
    return f"0{number(rng, 100, 999)} {number(rng, 100, 999)} {number(rng, 100, 999)}"


def clock(rng: np.random.Generator, low: int = 7, high: int = 20) -> str:
    """A time of the day in full five minutes: `09:35`."""
    return f"{number(rng, low, high):02d}:{5 * number(rng, 0, 11):02d}"


def day(rng: np.random.Generator, year: int = 0, month: int = 0) -> str:
    """A date as `2024-05-31`; of that month or year, if it is told."""
    return f"{year or number(rng, 2019, 2029)}-{month or number(rng, 1, 12):02d}-{number(rng, 1, 28):02d}"


def date(language: str, iso: str) -> str:
    """How a language writes a date in figures."""
    year, month, of_month = (int(part) for part in iso.split("-"))
    return DATES.get(language, "{d:02d}/{m:02d}/{y}").format(y=year, m=month, d=of_month)


def price(language: str, cents: int) -> str:
    """How a language writes a sum of money; ja, ko and vi have no cents (and larger sums)."""
    form, mark = PRICES[language]
    if mark:
        return form.format(f"{cents // 100}{mark}{cents % 100:02d}")
    return form.format(f"{cents * 100:,}".replace(",", ".") if language == "vi" else f"{cents:,}")


def person(rng: np.random.Generator, language: str) -> str:
    """A full name, the family's first where that is the custom."""
    return people(rng, language, 1)[0]


def people(rng: np.random.Generator, language: str, count: int) -> list[str]:
    """Full names of which no two share a given or a family name (at most 7)."""
    given = several(rng, some(language, "given"), count)
    family = several(rng, some(language, "family"), len(some(language, "family")))
    if language == "ru":  # names of women and of men take turns in both lists
        places = [some("ru", "given").index(name) % 2 for name in given]
        of = {sex: [name for name in family if some("ru", "family").index(name) % 2 == sex] for sex in (0, 1)}
        family = [of[sex].pop() for sex in places]
    return [_joined(language, *both) for both in zip(given, family[:count], strict=True)]


def _joined(language: str, given: str, family: str) -> str:
    if language in FAMILY_FIRST:
        return f"{family} {given}" if language in ("vi", "ja") else f"{family}{given}"
    return f"{given} {family}"


def address(rng: np.random.Generator) -> str:
    """An e-mail address: `baneko48@post.example`; the same letters in all languages."""
    word = "".join(pick(rng, ("ba", "ne", "ko", "ri", "ta", "lu", "mo", "fe", "si", "du")) for _ in range(3))
    return f"{word}{number(rng, 2, 99)}@{pick(rng, ('post', 'mail', 'office', 'team'))}.example"


def street(rng: np.random.Generator, language: str) -> str:
    """A street with a house number, as the language writes it."""
    name, house = pick(rng, some(language, "street")), number(rng, 1, 198)
    if language in ("en", "fr", "vi"):
        return f"{house} {name}"
    if language in ("zh", "ja", "ko"):
        return f"{name}{house}{ {'zh': '号', 'ja': '番地', 'ko': '번지'}[language] }"
    return f"{name}, {house}" if language in ("it", "es", "pt", "ru") else f"{name} {house}"


def subject(rng: np.random.Generator, language: str) -> str:
    """What a mail is about: a topic with a code, number or date."""
    topic = pick(rng, some(language, "topic"))
    tail = pick(rng, (code(rng), str(number(rng, 10, 999)), date(language, day(rng))))
    return pick(rng, ("{} {}", "{}: {}", "{} ({})", "{} – {}")).format(topic, tail)


def sentence(rng: np.random.Generator, language: str) -> str:
    """One sentence with something in it that must be read."""
    return body(rng, language, 1)[0]


def body(rng: np.random.Generator, language: str, count: int) -> list[str]:
    """So many different sentences (at most 10), as the paragraphs of a mail or a document."""
    forms = several(rng, some(language, "sentence"), count)
    return [
        form.format(
            code=code(rng),
            number=number(rng),
            time=clock(rng),
            date=date(language, day(rng)),
            phone=phone(rng),
            person=person(rng, language),
        )
        for form in forms
    ]


def products(rng: np.random.Generator, language: str, count: int) -> list[str]:
    """Different goods, each of a kind of its own (at most 16), some with the name of a model."""
    goods = several(rng, some(language, "product"), count)
    return [f"{name} {code(rng)}" if rng.random() < 0.6 else name for name in goods]


def songs(rng: np.random.Generator, language: str, count: int) -> list[str]:
    """Different titles (at most 14), some with a number."""
    titles = several(rng, some(language, "song"), count)
    return [pick(rng, ("{}", "{}", "{} {}", "{} ({})")).format(title, number(rng, 2, 99)) for title in titles]


def places(rng: np.random.Generator, language: str, count: int) -> list[str]:
    """Different named places (at most 14): `Café Bennett`."""
    kinds, names = several(rng, some(language, "place"), count), several(rng, some(language, "family"), count)
    if language in ("zh", "ja", "ko"):
        return [f"{name.split()[0]}{' ' * (language == 'ko')}{kind}" for kind, name in zip(kinds, names, strict=True)]
    if language == "en":
        return [f"{name} {kind}" for kind, name in zip(kinds, names, strict=True)]
    return [f"{kind} {name.split()[0]}" for kind, name in zip(kinds, names, strict=True)]


def file_names(rng: np.random.Generator, language: str, count: int) -> list[str]:
    """Different names of files (at most 12): `budget-48.xlsx`."""
    stems = several(rng, some(language, "file"), count)
    ends = ("txt", "pdf", "docx", "xlsx", "png", "jpg", "csv", "zip", "mp3")
    return [
        f"{stem}{pick(rng, ('-', '_'))}{number(rng, 2, 99) if rng.random() < 0.7 else code(rng)}.{pick(rng, ends)}"
        for stem in stems
    ]
