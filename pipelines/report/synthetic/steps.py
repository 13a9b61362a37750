"""Trajectories of a gallery: a strip of screens, each with the action that was taken on it drawn where it was."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from curation.document import Document, Image, Turn
from pipelines.report.pictures import LARGE, Mark, Picture, picture
from pipelines.report.samples import evenly, said, shorten

SHOWN = 10  # steps of a trajectory
SCREEN = 380  # longest side of a screen among several
THOUGHT = 260  # characters
RIGHT, WRONG = "#1d4ed8", "#dc2626"

_CALL = re.compile(r"<tool_call>\s*(.*?)\s*</tool_call>", re.DOTALL)


@dataclass(frozen=True)
class Call:
    """What an assistant did; `name` is the action's, `arguments` the others, `places` (x, y) in stored pixels."""

    name: str
    arguments: str
    places: tuple[tuple[float, float], ...]
    typed: str = ""


@dataclass(frozen=True)
class Step:
    """`screen` is the media index of what was acted on; the last step may be without a call: how it ended."""

    number: int
    screen: int | None
    thought: str
    calls: tuple[Call, ...]
    wrong: bool


@dataclass(frozen=True)
class ShownStep:
    number: int
    picture: Picture | None
    action: str
    thought: str
    wrong: bool


def shown_steps(document: Document) -> tuple[list[ShownStep], int]:
    """The steps that are shown, and how many more there are; none where the document calls no tool."""
    every = steps(document)
    if not any(step.calls for step in every):
        return [], 0
    chosen = _chosen(every)
    longest = LARGE if len(chosen) == 1 else SCREEN
    return [
        ShownStep(
            step.number,
            picture(document.media[step.screen], longest, marks, text=1 / 20) if step.screen is not None else None,
            "\n".join(f"{call.name} {call.arguments}".strip() for call in step.calls),
            shorten(step.thought, THOUGHT),
            step.wrong,
        )
        for step, marks in _drawn(every, document)
        if step in chosen
    ], len(every) - len(chosen)


def steps(document: Document) -> list[Step]:
    """Each assistant's turn with the screen that it saw last; then the screen that is left, if it was shown."""
    found: list[Step] = []
    screen: int | None = None
    unused = False
    for turn in document.turns:
        images = [part.media for part in turn.parts if isinstance(part, Image)]
        if images:
            screen, unused = images[-1], True
        if turn.role == "assistant":
            calls = tuple(_calls(turn, document))
            thought = _CALL.sub("", said(turn, document)).strip()
            found.append(Step(len(found) + 1, screen, thought, calls, False))
            unused = False
    if unused:
        found.append(Step(len(found) + 1, screen, "", (), False))
    wrong = _wrong(document, sum(bool(step.calls) for step in found))
    return [Step(*(step.number, step.screen, step.thought, step.calls), step.number in wrong) for step in found]


def _wrong(document: Document, acted: int) -> set[int]:
    """Numbers of steps that the claims mark as wrong: of the last `acted`, which are those that the document shows."""
    claimed = document.proof.get("claims", {}).get("steps", [])
    if not isinstance(claimed, list):
        return set()
    last = claimed[max(len(claimed) - acted, 0) :]
    return {place for place, step in enumerate(last, 1) if isinstance(step, dict) and step.get("wrong") is True}


def _calls(turn: Turn, document: Document) -> Iterator[Call]:
    for written in _CALL.findall(said(turn, document)):
        try:
            arguments: dict[str, Any] = json.loads(written)["arguments"]
            name = str(arguments.pop("action"))
            places = tuple((float(x), float(y)) for x, y in (arguments[key] for key in _PLACES if key in arguments))
        except (ValueError, LookupError, TypeError, AttributeError):
            yield Call("", written, ())
            continue
        told = ", ".join(json.dumps(value, ensure_ascii=False) for value in arguments.values())
        yield Call(name, told, places, _typed(name, arguments))


_PLACES = ("coordinate", "coordinate2")


def _typed(name: str, arguments: dict[str, Any]) -> str:
    """What is written on the screen of it: text, keys, a button of the system."""
    for key in ("text", "keys", "button"):
        if key in arguments:
            value = arguments[key]
            return " + ".join(map(str, value)) if isinstance(value, list) else str(value)
    if "pixels" in arguments:
        return f"{name} {arguments['pixels']}"
    return "" if "coordinate" in arguments else name


def _chosen(every: Sequence[Step]) -> list[Step]:
    """The first, the last, wrong ones with what follows them, and others at equal distances."""
    wrong = {place + after for place, step in enumerate(every) if step.wrong for after in (0, 1)}
    needed = sorted({0, len(every) - 1} | {place for place in wrong if place < len(every)})[:SHOWN]
    others = [place for place in range(len(every)) if place not in needed]
    places = sorted({*needed, *evenly(others, max(SHOWN - len(needed), 0))})
    return [every[place] for place in places]


def _drawn(every: Sequence[Step], document: Document) -> Iterator[tuple[Step, tuple[Mark, ...]]]:
    """Each step with its marks. A drag without a start of its own begins where the pointer was left."""
    pointer: tuple[float, float] | None = None
    for step in every:
        marks: list[Mark] = []
        colour = WRONG if step.wrong else RIGHT
        for call in step.calls:
            where = call.places or ((pointer,) if pointer and call.typed else ())
            typed = f"“{shorten(call.typed, 36)}”" if call.typed else call.name
            if len(call.places) == 2:
                marks.append(Mark((*call.places[0], *call.places[1]), typed, colour, 3, arrow=True))
            elif "drag" in call.name and pointer and call.places:
                marks.append(Mark((*pointer, *call.places[0]), typed, colour, 3, arrow=True))
            elif where:
                marks.append(Mark(where[0], typed, colour))
            elif call.typed and step.screen is not None:
                item = document.media[step.screen]
                marks.append(Mark((item.width / 2, item.height * 0.94), typed, colour))
            pointer = call.places[-1] if call.places else pointer
        yield step, tuple(marks)
