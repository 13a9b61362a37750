"""How a call travels: as the parts of an assistant's turn, and back from them or from a model's text.

    <tool_call>
    {"name": "mobile_use", "arguments": {"action": "click", "coordinate": [639, 1095]}}
    </tool_call>

Places are Points bound to the screenshot, so the numbers that the model reads are right at every pixel budget.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from curation.document import Image, Part, Point, Text, joined
from synth.agent.actions.action import Action, ActionError

OPEN, CLOSE = "<tool_call>", "</tool_call>"


@dataclass(frozen=True, slots=True)
class Call:
    """An action, what was said before it, and the screenshot (its number in the document) that its places are on."""

    action: Action
    said: str = ""
    image: int | None = None


def call(action: Action, image: int, said: str = "") -> tuple[Part, ...]:
    """An assistant's turn: what it says, if anything, then the action on the screenshot `media[image]`."""
    return calls((action,), image, said)


def calls(actions: Sequence[Action], image: int, said: str = "") -> tuple[Part, ...]:
    """An assistant's turn of several actions on one screenshot, done in order, a call each."""
    parts: list[Part] = [Text(f"{said}\n")] if said else []
    for number, action in enumerate(actions):
        parts += [Text("\n" * (number > 0)), *_call(action, image)]
    return joined(parts)


def _call(action: Action, image: int) -> list[Part]:
    parts: list[Part] = [Text(f'{OPEN}\n{{"name": "{action.tool}", "arguments": {{')]
    for number, (name, value) in enumerate(action.arguments().items()):
        parts.append(Text(f'{", " * (number > 0)}"{name}": '))
        is_place = name.startswith("coordinate")
        parts.append(Point(image, float(value[0]), float(value[1])) if is_place else Text(_json(value)))
    return [*parts, Text(f"}}}}\n{CLOSE}")]


def written(action: Action, said: str = "") -> str:
    """The text of a turn, the action's places as they stand."""
    return f"{said}\n" * bool(said) + f"{OPEN}\n{_json(action.to_json())}\n{CLOSE}"


def outcome(image: int) -> tuple[Part, ...]:
    """A user's turn that answers a call by the next screenshot, as the released chat template writes tools' answers."""
    return Text("<tool_response>\n"), Image(image), Text("\n</tool_response>")


def read(text: str) -> Call:
    """The one call of a model's answer; its places are in the pixels that the model saw (see `Action.scaled`).

    Something may be said before it, nothing after it. Raises ActionError, in one line, where the text is anything else.
    """
    said, actions = read_all(text)
    if len(actions) > 1:
        raise ActionError(f"{len(actions)} calls, where one is wanted")
    return Call(actions[0], said)


def read_all(text: str) -> tuple[str, tuple[Action, ...]]:
    """What is said before the calls of an answer, and their actions, one or more. Raises ActionError as `read` does."""
    said, opened, rest = text.partition(OPEN)
    if not opened:
        raise ActionError(f"no {OPEN} in the answer")
    actions: list[Action] = []
    while opened:
        action, rest = _first(rest)
        actions.append(action)
        after, opened, rest = rest.partition(OPEN)
        if after.strip():
            raise ActionError(f"text after the call: {after.strip()[:40]!r}")
    return said.strip(), tuple(actions)


def _first(text: str) -> tuple[Action, str]:
    """The action of a call that is open, and what follows it."""
    start = len(text) - len(text.lstrip())
    try:
        value, end = _DECODER.raw_decode(text, start)
    except ActionError:
        raise
    except (ValueError, RecursionError) as error:
        raise ActionError(f"the call is not JSON: {error}") from error
    closed = text[end:].lstrip()
    if not closed.startswith(CLOSE):
        raise ActionError(f"no {CLOSE} after the call's JSON, but {closed[:40]!r}")
    return Action.from_json(value), closed.removeprefix(CLOSE)


def read_parts(parts: Sequence[Part]) -> Call:
    """The inverse of `call`, its places in pixels of the stored screenshot. Raises ActionError as `read` does."""
    images = {part.image for part in parts if isinstance(part, Point)}
    if len(images) > 1:
        raise ActionError(f"places on {len(images)} screenshots in one turn")
    found = read("".join(map(_as_text, parts)))
    return Call(found.action, found.said, next(iter(images), None))


def _as_text(part: Part) -> str:
    match part:
        case Text(text):
            return text
        case Point():
            return f"[{part.x!r}, {part.y!r}]"
    raise ActionError(f"a {type(part).__name__} in a call")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ActionError(f"a name is there twice in the call: {', '.join(name for name, _ in pairs)[:80]}")
    return value


def _no_constant(name: str) -> NoReturn:
    raise ActionError(f"{name} is not a number of JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_constant)
