"""What sprites are called: names cleaned until they can be spoken, and those left out that name no thing.

Colour emoji bear Unicode's names. Icon sets name files (`camera-retro-outline`), clip art has titles that people typed.
"""

import re
import unicodedata
from collections.abc import Iterable

from synth.grounding.library.vocabulary import GENERIC, SMALL_WORDS, SYNONYMS, UNCOUNTED
from synth.grounding.library.wordnet import Words

EVERYTHING = "object"  # the word for a thing of any name in a referring expression, so no sprite may bear it
COLOURS = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black", "white", "grey")

# What a colour emoji font holds that is not a picture of a thing, or cannot be told from its neighbours when small.
NOT_THINGS = (
    (0x0000, 0x25FF, "letters, arrows, clocks' and players' buttons, plain shapes"),
    (0x2622, 0x2653, "signs of danger, religion, sexes and the zodiac, smileys"),
    (0x265F, 0x267F, "suits of cards, signs of recycling and access"),
    (0x26CE, 0x26CE, "a sign of the zodiac"),
    (0x2714, 0x2721, "ticks and crosses"),
    (0x2733, 0x2734, "asterisks"),
    (0x2747, 0x2757, "question and exclamation marks"),
    (0x2795, 0x2BFF, "signs of arithmetic, loops, arrows and squares"),
    (0x3000, 0x1F2FF, "ideographs, tiles, cards, squared letters and the letters that flags are made of"),
    (0x1F446, 0x1F44F, "pointing hands of one look"),
    (0x1F4F2, 0x1F4F6, "signs about mobile telephones"),
    (0x1F51F, 0x1F524, "signs about keyboards"),
    (0x1F550, 0x1F567, "clock faces: 24 of one look"),
    (0x1F600, 0x1F64F, "smileys and gestures: they differ in a few pixels"),
    (0x1F6B9, 0x1F6BC, "signs on doors"),
    (0x1F6C2, 0x1F6C5, "signs at airports"),
    (0x1F6D0, 0x1F6D0, "a sign"),
    (0x1F6D7, 0x1F6DC, "signs"),
    (0x1F910, 0x1F92F, "smileys and gestures"),
    (0x1F970, 0x1F97A, "smileys"),
    (0x1F9B0, 0x1F9B3, "hair, parts of other emoji"),
    (0x1F9D0, 0x1F9D0, "a smiley"),
    (0x1FAE0, 0x1FAEF, "smileys"),
)
NOT_THINGS_WORDS = re.compile(
    r"\b(ARROW ABOVE|ARROWS|BUTTON|CANCELLATION|CINEMA|CIRCLE|COMPRESSION|DIAMOND|EMOJI MODIFIER|INDEX|INPUT|MARK|NO|"
    r"NON-POTABLE|SIGN|SIX POINTED STAR|SQUARE|SYMBOL|SYMBOLS|TRIANGLE|WATER CLOSET)\b"
)
# "BLACK TELEPHONE" is a filled drawing of a telephone, here a red one: below U+1F000 those words say how ink was used.
INK = re.compile(r"^(black|white|heavy|medium|large) (?!flag|heart)")
PLACE = re.compile(r"^(lower left|left|right) ")

# Categories of icon sets that show no things; of people, who come in every skin, only those known by their trade stay.
NOT_THINGS_CATEGORIES = re.compile(
    r"alert|alpha|arrange|arrow|battery|brand|cloud|color|contraceptives|currency|database|developer|diagnostics|edit|"
    r"emoji|emotion|extras unicode|flag|form|graphs|home automation|lock|math|notification|people / family|^places$|"
    r"settings|shape|social|specialties|symbols|text|tooltip|typography|user|vector|view"
)
# Groups of emoji: icons bear Unicode's short names, plain English but for signs, gestures and people in every skin.
EMOJI_GROUPS = frozenset(
    [
        *("Activities", "Animals & Nature", "Food & Drink", "Objects", "People & Body", "Travel & Places"),
        *("Animals Nature", "Food Drink", "People Body", "Smileys & Emotion", "Smileys Emotion", "Travel Places"),
    ]
)
NOT_THINGS_EMOJI = re.compile(
    r"(^|-)(24px|adult|alt|arrow|arrows|button|child|clockwise|couple|facing|family|female|finger|fingers|fist|hand|hands|"
    r"head|index|keycap|kiss|leg|male|man|mans|mark|men|moon-face|no|oclock|on|outline|people|person|sign|skin|thirty|thumbs|"
    r"tilted|tone|woman|womans|women|\d+)(?=-|$)|^oncoming-"
)
NOT_THINGS_SMILEYS = re.compile(r"(^|-)(bubble|cat|exclamation|face|mark|monkey|points)(?=-|$)")
# Words of icon names that tell variants, states, signs and interface parts rather than things.
NOT_THINGS_ICONS = re.compile(
    r"(^|-)(\d+|\w*\d\w*|abstract|account|add|alert|all|alpha|alt|amber|arrow|arrows|auto|badge|bold|bookmark|border|"
    r"box|button|cancel|check|circle|circled|cog|couple|dark|data|down|edit|emoticon|empty|export|eye-|face-with|"
    r"facing|family|female|filled|fist|format|gesture|hand|hands|heart-with|holding|import|inactive|index|kiss|left|"
    r"letter|light|link|location|lock|low|male|man|mark|marker|medium|men|mens|minus|multiple|negative|network|none|"
    r"number|off|ok|on|open|outline|outlined|pause|people|person|persons|play|plus|pointing|points|pound|refresh|"
    r"remove|right|search|settings|sign|simple|sketch|skin|slash|small|square|star-of|stop|sync|symbol|text|thumbs|"
    r"tone|triangle|up|upward|variant|vertical|horizontal|woman|women|womens|with|24px|x\d+)(?=-|$)"
)
# The same, where another word follows: a folder is a thing, `folder-information` is a sign.
NOT_THINGS_HEADS = re.compile(
    r"(archive|calendar|camera|car|cards|cellphone|chart|clipboard|clock|cloud|content|cube|database|divided|ethernet|eye|"
    r"file|filter|flow|folder|gate|grid|head|kid|keyboard|layers|logic|login|logout|message|monitor|movie|notebook|"
    r"notification|page|phone|playlist|printer|progress|radio|robot|sail|scatter|select|send|server|shield|signal|size|"
    r"sort|star|table|tag|telescope|television|timeline|timer|transit|trophy|usb|vector|video|view|wave|weather|white|zodiac|"
    r"wifi|window)-"
)
# Titles of clip art that say how, by whom or in which series it was drawn.
NOT_TITLES = re.compile(
    r"\banother\b|etiquette|"
    r"clipart|clip art|icon|theme|collection|symbol|logo|flag|map\b|pattern|gradient|sign\b|button|template|banner|"
    r"frame|border|silhouette|\bby\b|\d|svg|http|\bset\b|cartoon|simple|drawing|colou?r|outline|contour|version"
)
NOT_ART = (  # folders of clip art without cut-outs of things
    "computer/icons", "shapes", "special", "signs_and_symbols", "logos", "geography", "buttons", "people",
    "recreation/games/cards", "recreation/religion", "transportation/aiga-symbols",
    "transportation/boating", "office/mimetypes",
)  # fmt: skip


def spoken_name(code: int) -> str | None:
    """Unicode's name of an emoji in small letters, or None where it is not a picture of a thing."""
    name = unicodedata.name(chr(code), "")
    if unicodedata.category(chr(code)) != "So" or any(first <= code <= last for first, last, _ in NOT_THINGS):
        return None  # keycaps, modifiers of skin tone and the private-use flags are of other categories
    if not name or NOT_THINGS_WORDS.search(name):
        return None
    spoken = name.lower()
    spoken = INK.sub("", spoken) if code < 0x1F000 or spoken.startswith("white sun") else spoken
    return PLACE.sub("", spoken)


def icon_name(slug: str, categories: Iterable[str]) -> str | None:
    """What an icon of an icon set shows, from its name in the set, or None where that is not a thing."""
    groups = EMOJI_GROUPS.intersection(categories)
    if groups:
        smiley = any(group.startswith("Smileys") for group in groups) and NOT_THINGS_SMILEYS.search(slug)
        return None if smiley or NOT_THINGS_EMOJI.search(slug) else _short(slug.replace("-", " "), 4)
    if (
        NOT_THINGS_ICONS.search(slug)
        or NOT_THINGS_HEADS.match(slug)
        or any(NOT_THINGS_CATEGORIES.search(name.lower()) for name in categories)
    ):
        return None
    return _short(re.sub(r"^(animal|ppe|fruit) ", "", slug.replace("-", " ")), 3)


def _short(name: str, most: int) -> str | None:
    """A name of at most so many words that stands for one thing: "the bullet impacts is" is of a drawing of several."""
    several = singular(name.split()[-1]) != name.split()[-1]
    if several or name.split()[-1] in {*COLOURS, *SMALL_WORDS} or not len(name) > 2 or len(name.split()) > most:
        return None
    return name if sayable(name) else None


def art_name(title: str, words: Words) -> str | None:
    """What clip art shows, from its title, or None where that is not plain English for a thing."""
    name = re.sub(r" ?\(.*?\)", "", re.sub(r"[_\s]+", " ", title)).strip().lower()
    plain = name.isascii() and not NOT_TITLES.search(name) and re.fullmatch(r"[a-z]{2,}( [a-z]{2,}){0,3}", name)
    return _short(name, 4) if plain and words.thing(name) and words.english(name) else None


def sayable(name: str) -> bool:
    """Whether a name stands for things of one kind that can be counted: not for many kinds, and not for everything."""
    return name not in GENERIC and name != EVERYTHING and name not in COLOURS and name.split()[-1] not in UNCOUNTED


def concept(name: str) -> frozenset[str]:
    """The words by which two names are held to be of related things: without small words, plurals and synonyms."""
    words = {singular(word) for word in re.split(r"[\s-]+", name.lower())} - SMALL_WORDS
    return frozenset(SYNONYMS.get(word, word) for word in words)


def singular(word: str) -> str:
    """A word without the s of a plural: enough to see that `cherries` and `cherry` are of one kind."""
    if re.search(r"[^aeiou]ies$", word):
        return word[:-3] + "y"
    return word[:-1] if re.search(r"[^su]s$", word) and len(word) > 3 else word
