"""Trajectories of a gallery: a strip of screens, each with the action that was taken on it drawn where it was."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from curation.document import Document, Image, Part, Turn
from pipelines.report.pictures import LARGE, Mark, Picture, picture
from pipelines.report.samples import evenly, said, shorten

SHOWN = 10  # steps of a trajectory
SCREEN = 380  # longest side of a screen among several
THOUGHT = 260  # characters
RIGHT, WRONG = "#1d4ed8", "#dc2626"

_TAGS = re.compile(r"</?tool_response>")
_CALL = re.compile(r"<tool_call>\s*(.*?)\s*</tool_call>", re.DOTALL)


@dataclass(frozen=True)
class Call:
    """What an assistant did; `name` is the action's, `arguments` the others, `places` (x, y) in stored pixels."""

    name: str
    arguments: str
    places: tuple[tuple[int, int], ...]
    typed: str = ""


@dataclass(frozen=True)
class Step:
    """`screen` is the media index of what was acted on. A step that the assistant does not take itself is `told`: what
    somebody is said to have done, or (without calls) how it ended."""

    number: int
    screen: int | None
    thought: str
    calls: tuple[Call, ...]
    wrong: bool
    told: bool = False


@dataclass(frozen=True)
class ShownStep:
    number: int
    picture: Picture | None
    action: str
    thought: str
    wrong: bool
    told: bool


def shown_steps(document: Document) -> tuple[list[ShownStep], int]:
    """The steps that are shown, and how many more there are; none where the assistant calls no tool."""
    every = steps(document)
    if not any(step.calls and not step.told for step in every):
        return [], 0
    chosen = _chosen(every)
    longest, text = (LARGE, 1 / 30) if len(chosen) == 1 else (SCREEN, 1 / 20)
    return [
        ShownStep(
            step.number,
            picture(document.media[step.screen], longest, marks, text=text) if step.screen is not None else None,
            "\n".join(f"{call.name} {call.arguments}".strip() for call in step.calls),
            shorten(step.thought, THOUGHT),
            step.wrong,
            step.told,
        )
        for step, marks in _drawn(every, document)
        if step in chosen
    ], len(every) - len(chosen)


def steps(document: Document) -> list[Step]:
    """Each assistant's turn with the screen that it saw last, what others are told to have done, and screens on which
    nothing was done, the last one among them."""
    claimed = _Claimed(document)
    found: list[Step] = []
    screen: int | None = None
    waiting = False  # whether nothing was done on the screen yet

    def add(thought: str, calls: tuple[Call, ...], told: bool) -> None:
        wrong = claimed.wrong(screen, calls)
        found.append(Step(len(found) + 1, screen, thought, calls, wrong and bool(calls), told))

    for turn in document.turns:
        for image, text in _pieces(turn, document) if turn.role != "system" else ():
            if image is not None:
                if waiting:
                    add("", (), told=True)
                screen, waiting = image, True
            calls = tuple(_calls(text))
            if calls or turn.role == "assistant":
                add(_TAGS.sub("", _CALL.sub("", text)).strip(), calls, told=turn.role != "assistant")
                waiting = False
    if waiting:
        add("", (), told=True)
    return found


def _pieces(turn: Turn, document: Document) -> Iterator[tuple[int | None, str]]:
    """The pictures of a turn, each with what is said after it; first what is said before them."""
    image: int | None = None
    parts: list[Part] = []
    for part in turn.parts:
        if isinstance(part, Image):
            yield image, said(Turn(turn.role, tuple(parts)), document)
            image, parts = part.media, []
        else:
            parts.append(part)
    yield image, said(Turn(turn.role, tuple(parts)), document)


class _Claimed:
    """What the proof's claims say of the steps: {"action": a call, "wrong": whether it was one, ...} each. Where the
    document shows all screens, their steps are known by their places, else by their actions."""

    def __init__(self, document: Document):
        claimed = document.proof.get("claims", {}).get("steps", [])
        self._steps = [step for step in claimed if isinstance(step, dict)] if isinstance(claimed, list) else []
        self._shown = list(dict.fromkeys(document.images_shown()))
        self._whole = len(self._shown) - len(self._steps) in (0, 1)

    def wrong(self, screen: int | None, calls: Sequence[Call]) -> bool:
        place = self._shown.index(screen) if screen is not None else 0
        if self._whole and place < len(self._steps):
            return self._steps[place].get("wrong") is True
        wrong = [_call(step.get("action")) for step in self._steps if step.get("wrong") is True]
        return any(call in wrong for call in calls)


def _calls(text: str) -> Iterator[Call]:
    for written in _CALL.findall(text):
        try:
            value = json.loads(written)
        except ValueError:
            value = None
        yield _call(value) or Call("", written, ())


def _call(value: Any) -> Call | None:
    """`{"name": ..., "arguments": {"action": ..., ...}}`; None where it is something else."""
    try:
        arguments: dict[str, Any] = dict(value["arguments"])
        name = str(arguments.pop("action"))
        places = tuple(_pixel(arguments[key]) for key in _PLACES if key in arguments)
    except (ValueError, LookupError, TypeError):
        return None
    arguments |= {key: list(place) for key, place in zip(_PLACES, places, strict=False)}
    told = ", ".join(json.dumps(value, ensure_ascii=False) for value in arguments.values())
    return Call(name, told, places, _typed(name, arguments))


_PLACES = ("coordinate", "coordinate2")


def _pixel(place: Any) -> tuple[int, int]:
    x, y = place
    return int(x + 0.5), int(y + 0.5)


def _typed(name: str, arguments: dict[str, Any]) -> str:
    """What is written on the screen of it: text, keys, a button of the system, how far was scrolled."""
    for key in ("text", "keys", "button"):
        if key in arguments:
            value = arguments[key]
            return " + ".join(map(str, value)) if isinstance(value, list) else str(value)
    return f"{name} {arguments['pixels']}" if "pixels" in arguments else ""


def _chosen(every: Sequence[Step]) -> list[Step]:
    """The first, the last, wrong ones with what follows them, and others at equal distances."""
    wrong = {place + after for place, step in enumerate(every) if step.wrong for after in (0, 1)}
    needed = sorted({0, len(every) - 1} | {place for place in wrong if place < len(every)})[:SHOWN]
    others = [place for place in range(len(every)) if place not in needed]
    places = sorted({*needed, *evenly(others, max(SHOWN - len(needed), 0))})
    return [every[place] for place in places]


def _drawn(every: Sequence[Step], document: Document) -> Iterator[tuple[Step, tuple[Mark, ...]]]:
    """Each step with its marks. A drag without a start of its own begins where the pointer was left."""
    pointer: tuple[int, int] | None = None
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
