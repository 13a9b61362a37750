"""What documents say of a long film: a pure function of claims."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from curation.document import Part, Text, Time, Turn, Video, joined
from synth.sample import Claims
from synth.video.long.wording import KINDS as CALLED
from synth.video.long.wording import NUMBERS, QUESTIONS

KINDS = tuple(QUESTIONS)
LETTERS = "ABCDEFGH"


def turns(claims: Claims) -> tuple[Turn, ...]:
    """A question and its answer."""
    view, parts = claims["view"], claims["parts"]
    wordings = QUESTIONS[view["kind"]]
    values: dict[str, Part] = {"thing": Text(view.get("thing", "")), "kind": Text(CALLED[view.get("of", "slide")][0])}
    if "target" in view:
        values["title"] = Text(parts[view["target"]]["title"])
        values["line"] = Text(parts[view["target"]]["items"][view.get("item", 0)]["text"])
    if "at" in view:
        values["t1"] = Time(0, view["at"], view["form"])
    listed = [f"{LETTERS[place]}. {parts[number]['title']}" for place, number in enumerate(view.get("shuffled", ()))]
    values["list"] = Text("\n".join(listed))
    pieces = re.split(r"\{(\w+)\}", wordings[view["wording"] % len(wordings)])
    asked = [values[piece] if number % 2 else Text(piece) for number, piece in enumerate(pieces)]
    question = Turn("user", joined((Video(0), Text("\n"), *asked)))
    return question, Turn("assistant", joined(_answer(claims, view)))


def _answer(claims: Claims, view: Mapping[str, Any]) -> Sequence[Part]:
    parts, form = claims["parts"], view["form"]
    target = parts[view["target"]] if "target" in view else None
    match view["kind"], target:
        case "caption", _:
            return [each for number, part in enumerate(parts) for each in _timed(part, form, number > 0)]
        case "story", _:
            return (Text(" ".join(_ordered(parts))),)
        case "chapters", _:
            rows = [
                (Text("\n" * (number > 0)), *_span(part, form), Text(f": {part['title']}"))
                for number, part in enumerate(parts)
            ]
            return [each for row in rows for each in row]
        case "when_title", dict(part):
            return _span(part, form)
        case "when_line", dict(part):
            return (Time(0, part["items"][view["item"]]["read"][0], form),)
        case "when_thing", _:
            [part] = [part for part in parts if holds(part, view["thing"])]
            return _span(part, form)
        case (("at" | "title_at"), _):
            [part] = [part for part in parts if part["start"] <= view["at"] < part["end"]]
            return (Text(part["title"] if view["kind"] == "title_at" else told(part, view["at"])),)
        case "count_kind", _:
            return (Text(str(sum(part["kind"] == view["of"] for part in parts))),)
        case "count_thing", _:
            return (Text(str(sum(holds(part, view["thing"]) for part in parts))),)
        case "next", dict(part):
            return (Text(parts[parts.index(part) + 1]["title"]),)
        case "order", _:
            ranked = sorted(range(len(view["shuffled"])), key=lambda place: parts[view["shuffled"][place]]["start"])
            return (Text(", ".join(LETTERS[place] for place in ranked)),)
        case "longest", _:
            return (Text(max(parts, key=lambda part: part["end"] - part["start"])["title"]),)
    raise ValueError(f"{view['kind']!r} is no kind of question")


def holds(part: Mapping[str, Any], thing: str) -> bool:
    return any(each["name"] == thing for each in part["things"])


def _span(part: Mapping[str, Any], form: Any) -> tuple[Part, ...]:
    return Time(0, part["start"], form), Text(" - "), Time(0, part["end"], form)


def _timed(part: Mapping[str, Any], form: Any, further: bool) -> Iterator[Part]:
    """A part as a dense caption tells it, with the moments at which its points come."""
    yield Text("\n" * further)
    yield from _span(part, form)
    yield Text(f": {_head(part)}")
    later = [item for item in part["items"][1:] if item["read"]]
    for number, item in enumerate(later):
        yield Text(" At " if number == 0 else "; at ")
        yield Time(0, item["read"][0], form)
        yield Text(f' comes "{item["text"]}"')
    yield Text("." if later else "")


def told(part: Mapping[str, Any], at: float | None = None) -> str:
    """A part in words; at a moment, only what has come until then."""
    points = [item["text"] for item in part["items"][1:] if item["read"] and (at is None or item["read"][0] <= at)]
    return _head(part) + (" It says: " + "; ".join(f'"{point}"' for point in points) + "." if points else "")


def _head(part: Mapping[str, Any]) -> str:
    match part["kind"]:
        case "things":
            counts = Counter(thing["name"] for thing in part["things"])
            said = [f"{name} ({NUMBERS[count] if count < len(NUMBERS) else count})" for name, count in counts.items()]
            return f'Under the heading "{part["title"]}" there are pictures of {_and(said)}.'
        case "diagram":
            return f'A diagram headed "{part["title"]}" joins {_and(part["spec"]["names"])}.'
        case "photo":
            return f'A photograph is shown under the heading "{part["title"]}".'
        case _:
            return f'A slide is headed "{part["title"]}".'


def _and(names: Sequence[str]) -> str:
    return ", ".join(names[:-1]) + (" and " if len(names) > 1 else "") + names[-1]


def _ordered(parts: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for number, part in enumerate(parts):
        lead = "First:" if number == 0 else "Last:" if number == len(parts) - 1 else "Then:"
        yield f"{lead} {told(part)}"
