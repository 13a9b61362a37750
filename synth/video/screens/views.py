"""What documents say of a recording, and which questions have one answer. Pure functions of claims."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from curation.document import Part, Text, Time, Turn, Video, joined
from synth.agent.told.wording import instruction
from synth.sample import Claims, Failure

QUESTIONS: dict[str, tuple[str, ...]] = {
    "steps": (
        "List every action in this screen recording with its start and end.",
        "What is done step by step in this recording? Give the times.",
        "Write the steps that are carried out here, each with its span of time.",
    ),
    "story": (
        "Describe in order what is done in this screen recording.",
        "Write instructions from this recording, one step a line.",
    ),
    "when": (
        "From when to when is this done: {step}?",
        "Find the span of time of this action: {step}.",
    ),
    "press": (
        'At what time is "{name}" clicked?',
        'When does the click on "{name}" happen?',
    ),
    "what": ("What is done from {t1} to {t2}?", "Which action takes place between {t1} and {t2}?"),
    "next": ("What is done right after this: {step}?", "Which action follows this one: {step}?"),
    "typed": ("What is typed from {t1} to {t2}?", "Which text is entered between {t1} and {t2}?"),
    "clicks": (
        "How many clicks, taps or drags are shown in this recording?",
        "Count the times that the pointer is pressed.",
    ),
    "actions": ("How many actions are carried out in this recording?",),
    "task": (
        "What is the user of this screen recording trying to get done?",
        "Which task is carried out in this recording?",
    ),
    "mistake": ("When is a mistake made in this recording?", "Give the span of each action that was a mistake."),
}
KINDS = tuple(QUESTIONS)


def turns(claims: Claims) -> tuple[Turn, ...]:
    """A question and its answer."""
    view, events = claims["view"], claims["events"]
    values: dict[str, Part] = {}
    if "event" in view:
        event = events[view["event"]]
        values = {"t1": Time(0, event["start"], view["form"]), "t2": Time(0, event["end"], view["form"])}
        values["step"], values["name"] = Text(done(claims, event)), Text(_step(claims, event)["name"])
    wordings = QUESTIONS[view["kind"]]
    pieces = re.split(r"\{(\w+)\}", wordings[view["wording"] % len(wordings)])
    asked = [values[piece] if number % 2 else Text(piece) for number, piece in enumerate(pieces)]
    question = Turn("user", joined((Video(0), Text("\n"), *asked)))
    return question, Turn("assistant", joined(_answer(claims, view)))


def done(claims: Claims, event: dict[str, Any]) -> str:
    """What is done in an event, in words."""
    return instruction(claims["trajectory"], _step(claims, event))


def _step(claims: Claims, event: dict[str, Any]) -> dict[str, Any]:
    step: dict[str, Any] = claims["trajectory"]["steps"][event["step"]]
    return step


def _span(event: dict[str, Any], form: Any) -> tuple[Part, ...]:
    if event["start"] == event["end"]:
        return (Time(0, event["start"], form),)
    return Time(0, event["start"], form), Text(" - "), Time(0, event["end"], form)


def _answer(claims: Claims, view: dict[str, Any]) -> Sequence[Part]:
    form, events = view["form"], claims["events"]
    event = events[view["event"]] if "event" in view else {}
    match view["kind"]:
        case "steps":
            rows = [
                (Text("\n" * (n > 0)), *_span(each, form), Text(f": {done(claims, each)}"))
                for n, each in enumerate(events)
            ]
            return [part for row in rows for part in row]
        case "story":
            return (Text("\n".join(f"{number}. {done(claims, each)}" for number, each in enumerate(events, 1))),)
        case "when":
            return _span(event, form)
        case "press":
            return (Time(0, event["press"], form),)
        case "what":
            return (Text(done(claims, event)),)
        case "next":
            return (Text(done(claims, events[view["event"] + 1])),)
        case "typed":
            return (Text(_step(claims, event)["action"]["arguments"]["text"]),)
        case "clicks":
            return (Text(str(sum(each["press"] is not None for each in events))),)
        case "actions":
            return (Text(str(len(events))),)
        case "task":
            return (Text("\n".join(task["goal"] for task in claims["trajectory"]["tasks"])),)
        case "mistake":
            rows = [_span(each, form) for each in events if _step(claims, each)["wrong"]]
            return [part for n, row in enumerate(rows) for part in (Text(", " * (n > 0)), *row)]
    raise ValueError(f"{view['kind']!r} is no kind of question")


def drawn(rng: np.random.Generator, claims: Claims, count: int) -> list[dict[str, Any]]:
    """`count` different questions, or fewer where no more can be asked."""
    found: list[dict[str, Any]] = []
    for kind in map(str, rng.permutation(KINDS)):
        fitting = [number for number in range(len(claims["events"])) if _fits(claims, kind, number)]
        view: dict[str, Any] = {"kind": kind, "form": str(rng.choice(["seconds", "hmsf"]))}
        view["wording"] = int(rng.integers(1 << 16))
        if kind in _OF_ONE:
            if not fitting:
                continue
            view["event"] = int(rng.choice(fitting))
        if kind == "mistake" and not any(_step(claims, each)["wrong"] for each in claims["events"]):
            continue
        if len(found) < count:
            found.append(view)
    return found


_OF_ONE = ("when", "press", "what", "next", "typed")


def _fits(claims: Claims, kind: str, number: int) -> bool:
    """Whether an event can be asked about in that way."""
    events = claims["events"]
    event, step = events[number], _step(claims, events[number])
    said = Counter(done(claims, each) for each in events)
    match kind:
        case "when":
            return said[done(claims, event)] == 1
        case "next":
            return said[done(claims, event)] == 1 and number + 1 < len(events)
        case "press":
            names = [_step(claims, each)["name"] for each in events if each["press"] is not None]
            return (
                event["press"] is not None
                and step["do"] == "click"
                and bool(step["name"])
                and names.count(step["name"]) == 1
            )
        case "what":
            return event["start"] < event["end"]
        case "typed":
            return step["action"]["arguments"]["action"] == "type" and event["start"] < event["end"]
    return True


def faults(claims: Claims) -> Iterator[Failure]:
    """What is wrong with a question: it does not speak of one event."""
    view = claims["view"]
    if view["kind"] not in KINDS or (view["kind"] in _OF_ONE) != ("event" in view):
        yield Failure("view", f"{view['kind']} is no question about these events")
    elif "event" in view and not _fits(claims, view["kind"], view["event"]):
        yield Failure("view", f"{view['kind']} is not a question about event {view['event']}")
