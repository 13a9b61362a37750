"""How films of scenes are spoken of, in plain English: statements, questions, requests. Pure functions."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from curation.document import Part, Text, joined
from synth.grounding.english import article, capital, spelt

# what happens: of each wording the form after "it" and the form after "does it"
DOES: dict[str, tuple[tuple[str, str], ...]] = {
    "appear": (("appears", "appear"), ("pops up", "pop up"), ("comes up out of nowhere", "come up out of nowhere")),
    "vanish": (("disappears", "disappear"), ("vanishes", "vanish"), ("is suddenly gone", "suddenly go away")),
    "enter": (
        ("enters from the {from}", "enter from the {from}"),
        ("comes into the picture from the {from}", "come into the picture from the {from}"),
        ("moves in from the {from}", "move in from the {from}"),
    ),
    "leave": (
        ("leaves at the {to}", "leave at the {to}"),
        ("moves out of the picture at the {to}", "move out of the picture at the {to}"),
        ("goes out of sight at the {to}", "go out of sight at the {to}"),
    ),
    "cross": (
        ("crosses the picture from the {from} to the {to}", "cross the picture from the {from} to the {to}"),
        ("comes in at the {from} and goes out at the {to}", "come in at the {from} and go out at the {to}"),
    ),
    "go": (("moves {towards}", "move {towards}"), ("travels {towards}", "travel {towards}")),
    "roam": (("moves to another place", "move to another place"), ("changes its place", "change its place")),
    "sway": (
        ("moves back and forth, turning back {times}", "move back and forth, turning back {times}"),
        ("goes to and fro and turns back {times}", "go to and fro and turn back {times}"),
    ),
    "recolour": (
        ("turns from {before} to {after}", "turn from {before} to {after}"),
        ("changes its colour from {before} to {after}", "change its colour from {before} to {after}"),
    ),
    "become": (
        ("turns into {a_after}", "turn into {a_after}"),
        ("becomes {a_after}", "become {a_after}"),
        ("is replaced by {a_after}", "give way to {a_after}"),
    ),
    "grow": (("grows", "grow"), ("gets larger", "get larger"), ("becomes bigger", "become bigger")),
    "shrink": (("shrinks", "shrink"), ("gets smaller", "get smaller")),
    "spin": (("turns {way}", "turn {way}"), ("rotates {way}", "rotate {way}")),
    "hit": (("bumps into the {other}", "bump into the {other}"), ("runs into the {other}", "run into the {other}")),
    "front": (
        ("passes in front of the {other}", "pass in front of the {other}"),
        ("moves past in front of the {other}", "move past in front of the {other}"),
    ),
    "behind": (
        ("passes behind the {other}", "pass behind the {other}"),
        ("moves past behind the {other}", "move past behind the {other}"),
    ),
}
CUT = ("the scene changes", "the picture cuts to another scene", "another scene begins")
TOWARDS = {
    **{"right": "to the right", "left": "to the left", "up": "upwards", "down": "downwards"},
    **{"upper left": "towards the upper left", "upper right": "towards the upper right"},
    **{"lower left": "towards the lower left", "lower right": "towards the lower right"},
}
ASKED: dict[str, tuple[str, ...]] = {
    "moment": (
        "When does {subject} {do}?",
        "At what time does {subject} {do}?",
        "Find the moment at which {statement}.",
        "{Statement}. When is that?",
    ),
    "span": (
        "From when to when does {subject} {do}?",
        "When does {subject} {do}? Give the start and the end.",
        "Find the span of time in which {statement}.",
        "{Statement}. Give the start and end time.",
    ),
    "cut": ("When does the scene change?", "At what time does the picture cut to another scene?"),
    "what": (
        "What happens between {t1} and {t2}?",
        "What can be seen to happen from {t1} to {t2}?",
        "Describe what changes between {t1} and {t2}.",
        "Look at the part from {t1} to {t2}. What happens there?",
    ),
    "dense": (
        "Describe every event in this video with its time.",
        "Write dense captions for this video: when and what, one event a line.",
        "List all that happens in the video in order, with start and end times.",
        "Go through the video and note each event with its timestamps.",
    ),
    "dense_json": (
        "List all events of the video in JSON with start, end and description.",
        "Caption the video densely. Answer in JSON: start, end, event.",
    ),
    "order": (
        "In which order do these things happen?\n{list}\nAnswer with the letters.",
        "Put these events in the order of the video (letters only):\n{list}",
    ),
    "first": (
        "Which of these happens first?\n{list}\nAnswer with the letter.",
        "Which of these events comes first (letter only)?\n{list}",
    ),
    "last": (
        "Which of these happens last?\n{list}\nAnswer with the letter.",
        "Which of these events comes last (letter only)?\n{list}",
    ),
    "count_at": (
        "How many {nouns} can be seen at {t1}?",
        "Count the {nouns} at {t1}.",
        "What is the number of {nouns} at {t1}?",
    ),
    "count_all": (
        "How many different {nouns} appear in the whole video?",
        "Over the whole video, how many {nouns} are seen in all?",
    ),
    "turns": (
        "How many times does the {noun} turn back on its way?",
        "How often does the {noun} reverse its direction?",
    ),
    "scenes": (
        "How many scenes does this video consist of?",
        "Count the scenes: how many different backgrounds follow each other?",
    ),
    "things": (
        "How many kinds of objects are shown in the video in all?",
        "Count the different kinds of objects that are laid over the backgrounds in the whole video.",
    ),
    "where": (
        "Where in the picture is the {noun} at {t1}?",
        "In which part of the picture is the {noun} at {t1}?",
        "At {t1}, where is the {noun}?",
    ),
    "present": (
        "Does a cut-out of {a_noun} come up anywhere in this video?",
        "Is {a_noun} laid over the background at any time in this video?",
    ),
    "who": (
        "Which object {does} at about {t1}?",
        "What is it that {does} at about {t1}?",
        "Name the object that {does} at about {t1}.",
    ),
    "frame": (
        "At which time of the video was this frame taken?",
        "The picture is a frame of the video. When is it shown?",
        "Find the moment of the video that this picture shows.",
    ),
    "box": (
        "Give the bounding box of the {noun} in the picture that was taken from the video.",
        "Where is the {noun} in that frame? Answer with a box.",
    ),
    "caption": (
        "Describe this video.",
        "What happens in this video? Tell it in order.",
        "Write a caption that tells the whole video.",
    ),
}
THEN = ("Then", "After that", "Next", "Later")


def does(event: Mapping[str, Any], names: Mapping[int, str], wording: int) -> tuple[str, str]:
    """What is done in an event: after a subject, and after "does" and a subject."""
    more, kind = event["more"], event["kind"]
    if kind == "pass":
        kind = "front" if more["front"] else "behind"
    if kind == "go" and "way" not in more:
        kind = "roam"
    turns = more.get("turns", 0)
    values = {
        **more,
        "towards": TOWARDS.get(more.get("way", ""), ""),
        "times": {1: "once", 2: "twice"}.get(turns, f"{spelt(turns)} times"),
        "a_after": article(more.get("after", "x")),
        "other": names.get(event["other"], ""),
    }
    third, infinitive = DOES[kind][wording % len(DOES[kind])]
    return third.format(**values), infinitive.format(**values)


def statement(event: Mapping[str, Any], names: Mapping[int, str], subject: str, wording: int) -> str:
    """A clause without a full stop."""
    if event["kind"] == "cut":
        return CUT[wording % len(CUT)]
    return f"{subject} {does(event, names, wording)[0]}"


def filled(template: str, **values: str | Part) -> list[Part]:
    """A template's parts; `{Name}` is `{name}` with a capital."""
    parts: list[Part] = []
    for piece in re.split(r"(\{\w+\})", template):
        name = piece[1:-1]
        if not piece.startswith("{"):
            parts.append(Text(piece))
        elif name in values:
            value = values[name]
            parts.append(Text(value) if isinstance(value, str) else value)
        else:
            parts.append(Text(capital(str(values[name.lower()]))))
    return list(joined(parts))


def enumeration(items: Sequence[str]) -> str:
    """`a, b and c`."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"
