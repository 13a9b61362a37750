"""Plain English about scenes: plurals, articles, numbers, and the sentences that state or ask a fact.

A fact is a JSON object; `synth.grounding.witness` decides whether it is true. Nouns are names, or names with a colour.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

Fact = Mapping[str, Any]

NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
BESIDE = {"left": "to the left of", "right": "to the right of", "top": "above", "bottom": "below"}
# fact -> statements and yes-or-no questions, a pair each; the wording's number chooses one
SENTENCES: dict[str, tuple[tuple[str, str], ...]] = {
    "count": (
        ("There {are} {count} {nouns}.", "Is the number of {every} in the image {number}?"),
        ("The image shows {count} {nouns}.", "Does the image show exactly {count} {nouns}?"),
        ("In all there {are} {count} {nouns}.", "Is it true that {count} {nouns} {are} to be seen?"),
    ),
    "inventory": (
        ("Pasted onto the photograph {are} {list}.", "Are the pasted objects exactly {list}?"),
        ("The photograph has {list} pasted onto it.", "Does the photograph have exactly {list} pasted onto it?"),
        (
            "This is a collage: a photograph with {list} on it.",
            "Is this a photograph with exactly {list} pasted on it?",
        ),
    ),
    "place": (
        ("The {noun} is in the {at} of the image.", "Is the {noun} in the {at} of the image?"),
        ("The {noun} can be seen in the {at} of the picture.", "Does the {noun} lie in the {at} of the picture?"),
        ("The {noun} sits in the {at}.", "Would you say that the {noun} sits in the {at}?"),
    ),
    "relation": (
        ("The {noun} is {beside} the {other}.", "Is the {noun} {beside} the {other}?"),
        ("The {noun} lies {beside} the {other}.", "Does the {noun} lie {beside} the {other}?"),
        ("The {noun} can be seen {beside} the {other}.", "Can the {noun} be seen {beside} the {other}?"),
    ),
    "extreme": (
        ("{Phrase} is the {noun}.", "Is {phrase} the {noun}?"),
        ("The {noun} is {phrase}.", "Is the {noun} {phrase}?"),
        ("Of all that was pasted in, {phrase} is the {noun}.", "Of all that was pasted in, is {phrase} the {noun}?"),
    ),
    "colour": (
        ("The {noun} is {colour}.", "Is the {noun} {colour}?"),
        ("The colour of the {noun} is {colour}.", "Is {colour} the colour of the {noun}?"),
        ("The {noun} is {colour} in colour.", "Is the {noun} {colour} in colour?"),
    ),
    "larger": (
        ("The {noun} is larger than the {other}.", "Is the {noun} larger than the {other}?"),
        ("More is seen of the {noun} than of the {other}.", "Is more seen of the {noun} than of the {other}?"),
        ("The {noun} takes up more room than the {other}.", "Does the {noun} take up more room than the {other}?"),
    ),
    "more": (
        ("There are more {nouns} than {others}.", "Are there more {nouns} than {others}?"),
        ("The {nouns} outnumber the {others}.", "Do the {nouns} outnumber the {others}?"),
        ("{Nouns} are more numerous than {others}.", "Are {nouns} more numerous than {others}?"),
    ),
    "filed": (
        (
            "A collection of icons lists the {noun} under {tag}.",
            "Would a collection of icons list the {noun} under {tag}?",
        ),
        ("In clip art, the {noun} belongs to {tag}.", "In clip art, does the {noun} belong to {tag}?"),
        ("The {noun} is a picture for the heading {tag}.", "Is the {noun} a picture for the heading {tag}?"),
    ),
}
CHOICES = {  # fact -> how a question between several facts of that kind begins, and what is chosen
    "count": ("How many {every} are there", "{number}"),
    "place": ("In which part of the image is the {noun}", "{at}"),
    "relation": ("Where is the {noun} as seen from the {other}", "{beside} it"),
    "extreme": ("Which is {phrase}", "the {noun}"),
    "colour": ("What colour is the {noun}", "{colour}"),
    "larger": ("Which is the larger one", "the {noun}"),
    "more": ("Which are more numerous", "the {nouns}"),
    "filed": ("Under which heading would a collection of icons list the {noun}", "{tag}"),
}


def statement(fact: Fact, wording: int) -> str:
    return _filled(SENTENCES[fact["fact"]][wording][0], fact)


def polar(fact: Fact, wording: int) -> str:
    return _filled(SENTENCES[fact["fact"]][wording][1], fact)


def choice(facts: Sequence[Fact]) -> str:
    """A question to which one of the facts, all of a kind, is the answer."""
    start = _filled(CHOICES[facts[0]["fact"]][0], facts[0])
    options = [option(fact) for fact in facts]
    return f"{start}: {', '.join(options[:-1])} or {options[-1]}?"


def option(fact: Fact) -> str:
    return _filled(CHOICES[fact["fact"]][1], fact)


def _filled(template: str, fact: Fact) -> str:
    noun, other, phrase = fact.get("noun", ""), fact.get("other", ""), fact.get("phrase", "")
    counts = fact.get("counts", ())
    several = fact["count"] != 1 if "count" in fact else len(counts) > 1 or any(count > 1 for _, count in counts)
    nouns = plural(noun) if fact.get("count") != 1 else noun
    count = fact.get("count", 0)
    template = template.replace("exactly ", "") if "count" in fact and not count else template  # "exactly no dogs"
    return template.format(
        noun=noun,
        nouns=nouns,
        Nouns=capital(nouns),
        other=other,
        others=plural(other),
        phrase=phrase,
        Phrase=capital(phrase),
        are="are" if several else "is",
        every=plural(noun),
        number=count,
        count=spelt(count),
        list=inventory(counts),
        beside=BESIDE.get(fact.get("side", ""), ""),
        at=fact.get("at", "").replace("middle centre", "centre"),
        colour=fact.get("colour", ""),
        tag=fact.get("tag", ""),
    )


def inventory(counts: Sequence[Sequence[Any]]) -> str:
    """`two dogs, a cat and an apple`."""
    said = [f"{article(noun)} {noun}" if count == 1 else f"{spelt(count)} {plural(noun)}" for noun, count in counts]
    return said[-1] if len(said) == 1 else f"{', '.join(said[:-1])} and {said[-1]}" if said else "nothing"


def spelt(count: int) -> str:
    return NUMBERS[count] if 0 <= count < len(NUMBERS) else str(count)


def article(noun: str) -> str:
    return (
        "an"
        if re.match(r"[aeiou](?!ni[cq]|s[ae])|hour|heir|honest", noun)
        and not noun.startswith(("eu", "ewe", "uk", "one"))
        else "a"
    )


def capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


_IRREGULAR = {
    **{"child": "children", "foot": "feet", "goose": "geese", "man": "men", "mouse": "mice", "ox": "oxen"},
    **{"person": "people", "tooth": "teeth", "woman": "women", "fungus": "fungi", "die": "dice", "louse": "lice"},
    **{"leaf": "leaves", "wolf": "wolves", "knife": "knives", "loaf": "loaves", "elf": "elves", "shelf": "shelves"},
    **{"calf": "calves", "half": "halves", "scarf": "scarves", "dwarf": "dwarves", "thief": "thieves"},
    **{"potato": "potatoes", "tomato": "tomatoes", "volcano": "volcanoes", "mango": "mangoes", "hero": "heroes"},
    **{"mosquito": "mosquitoes", "torpedo": "torpedoes", "tornado": "tornadoes", "bacterium": "bacteria"},
    **{"bison": "bison", "deer": "deer", "dice": "dice", "fish": "fish", "moose": "moose", "salmon": "salmon"},
    **{"sheep": "sheep", "shrimp": "shrimp", "squid": "squid", "trout": "trout", "aircraft": "aircraft"},
}
_HEAD = re.compile(r" (?:at|behind|for|from|in|of|on|to|with|without)\b")


def plural(name: str) -> str:
    """English plural of a noun phrase: its head is the word before the first preposition ("slices of pizza").

    Other heads that end in s are taken to be plural already ("grapes").
    """
    found = _HEAD.search(name)
    head, rest = (name[: found.start()], name[found.start() :]) if found else (name, "")
    before, space, noun = head.rpartition(" ")
    if noun in _IRREGULAR:
        noun = _IRREGULAR[noun]
    elif noun.endswith("man") and noun not in ("human", "talisman", "caiman", "roman", "german", "shaman"):
        noun = f"{noun[:-3]}men"
    elif re.search(r"[aeiouyn]sis$", noun):
        noun = f"{noun[:-2]}es"
    elif re.search(r"(ch|sh|ss|us|is|x|z)$", noun):
        noun += "es"
    elif re.search(r"[^aeiou]y$", noun):
        noun = noun[:-1] + "ies"
    elif not noun.endswith("s"):
        noun += "s"
    return before + space + noun + rest


def is_plural(name: str) -> bool:
    """Whether a noun phrase names several things as it stands ("socks", "slices of pizza")."""
    return _HEAD.split(name)[0].endswith("s") and plural(name) == name
