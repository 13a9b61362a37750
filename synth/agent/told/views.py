"""What documents say of a trajectory. Pure functions of claims: `claims["view"]` says which document it is.

    kind "chat"     the whole trajectory: the goal, then thoughts, calls and screenshots in turn. What was done wrong is
                    told as done, so that no answer teaches it, unless `said` is true
    kind "step"     one step `at`: goal, what was done before in words, one screenshot; the thought and the call
    kind "low"      an instruction and a screenshot; the call
    kind "call"     the screenshots before and after a step; the call that leads from one to the other
    kind "between"  the same; what was done and what it changed, in words
    kind "success"  the same and an instruction, that of step `of`; whether it was carried out (`worked`)
    kind "goal"     goal, what was done, and a screenshot; whether the goal is reached there (`reached`)

`wording` chooses among ways to say it. `screens` of the claims are those that the document shows, in order.
"""

from collections.abc import Iterator
from typing import Any

from curation.document import Image, Part, Text, Turn, joined
from synth.agent.actions import tools, wire
from synth.agent.actions.action import Action
from synth.agent.told.wording import instruction, missed, outcome, quoted, say, short, thought
from synth.sample import Claims

KINDS = ("chat", "step", "low", "call", "between", "success", "goal")
TASKS = {"between": "vqa", "success": "vqa", "goal": "vqa"}  # of documents; others are "agent"


def shown_at(claims: Claims, at: int) -> int:
    """The screen that is seen after `at` steps: nothing happens on the one where a task is finished."""
    while at and claims["steps"][at - 1]["do"] == "done":
        at -= 1
    return at


def screens_of(claims: Claims, view: dict[str, Any]) -> list[int]:
    """The screens that a view shows."""
    if view["kind"] == "chat":
        return sorted({shown_at(claims, at) for at in range(len(claims["steps"]))})
    before = shown_at(claims, view["at"])
    return [before] if view["kind"] in ("step", "low", "goal") else [before, view["at"] + 1]


def turns(claims: Claims) -> tuple[Turn, ...]:
    """The whole document of a view."""
    kind = claims["view"]["kind"]
    if kind == "chat":
        return tuple(_merged(_chat(claims)))
    return tuple(_VIEWS[kind](claims, claims["view"]))


def _system(claims: Claims) -> Turn:
    return Turn("system", tools.system(claims["tool"], 0))


def _user(*parts: Part) -> Turn:
    return Turn("user", joined(parts))


def _assistant(*parts: Part) -> Turn:
    return Turn("assistant", joined(parts))


def _call(claims: Claims, at: int, image: int, said: str = "") -> tuple[Part, ...]:
    return wire.call(Action.from_json(claims["steps"][at]["action"]), image, said)


def _places(claims: Claims) -> dict[int, int]:
    """Number of the medium by the screen's `at`."""
    return {screen["at"]: number for number, screen in enumerate(claims["screens"])}


def _goal(claims: Claims, at: int, wording: int) -> str:
    return say(claims["language"], "q.goal", wording, goal=claims["tasks"][claims["steps"][at]["task"]]["goal"])


def _chat(claims: Claims) -> Iterator[Turn]:
    view, steps, places = claims["view"], claims["steps"], _places(claims)
    wording = view["wording"]
    yield _system(claims)
    for at, step in enumerate(steps):
        image = places[shown_at(claims, at)]
        first = not at or steps[at - 1]["task"] != step["task"]
        if first:
            yield _user(Text(_goal(claims, at, wording)), *((Text("\n"), Image(image)) if not at else ()))
        call = _call(claims, at, image, thought(claims, at, wording + 5 * at))
        if step["wrong"] and not view["said"]:
            yield _user(Text(f"\n{say(claims['language'], 'q.done')}\n"), *_call(claims, at, image))
        else:
            yield _assistant(*call)
        if step["do"] != "done":
            yield _user(*(Text("\n"),) * bool(step["wrong"] and not view["said"]), *wire.outcome(places[at + 1]))


def _merged(turns: Iterator[Turn]) -> Iterator[Turn]:
    """Neighbouring turns of one role as one."""
    last: Turn | None = None
    for turn in turns:
        if last and last.role == turn.role:
            last = Turn(turn.role, joined((*last.parts, *turn.parts)))
            continue
        if last:
            yield last
        last = turn
    if last:
        yield last


def history(claims: Claims, at: int) -> str:
    """What was done for the task before step `at`, in words."""
    language, steps = claims["language"], claims["steps"]
    done = [instruction(claims, each) for each in steps[:at] if each["task"] == steps[at]["task"]]
    lines = [f"{number}. {each}" for number, each in enumerate(done, 1)] or [say(language, "q.nothing")]
    return "\n".join([say(language, "q.so_far"), *lines])


def _step(claims: Claims, view: dict[str, Any]) -> Iterator[Turn]:
    at, wording = view["at"], view["wording"]
    yield _system(claims)
    yield _user(Text(f"{_goal(claims, at, wording)}\n{history(claims, at)}\n"), Image(0))
    yield _assistant(*_call(claims, at, 0, thought(claims, at, wording)))


def _low(claims: Claims, view: dict[str, Any]) -> Iterator[Turn]:
    step = claims["steps"][view["at"]]
    yield _system(claims)
    asked = say(claims["language"], "q.low", view["wording"], do=instruction(claims, step))
    yield _user(Image(0), Text(f"\n{asked}"))
    yield _assistant(*_call(claims, view["at"], 0))


def _pair(claims: Claims, asked: str) -> Turn:
    return _user(Image(0), Text("\n"), Image(1), Text(f"\n{asked}"))


def _which(claims: Claims, view: dict[str, Any]) -> Iterator[Turn]:
    yield _system(claims)
    yield _pair(claims, say(claims["language"], "q.call", view["wording"]))
    yield _assistant(*_call(claims, view["at"], 0))


def _between(claims: Claims, view: dict[str, Any]) -> Iterator[Turn]:
    yield _pair(claims, say(claims["language"], "q.between", view["wording"]))
    yield _assistant(Text(_told(claims, view, "a.did")))


def _told(claims: Claims, view: dict[str, Any], key: str) -> str:
    """What was done, and what came of it."""
    language, step = claims["language"], claims["steps"][view["at"]]
    did = say(language, key, view["wording"], do=instruction(claims, step))
    return _joined(language, did, outcome(claims, step, view["wording"]))


def _joined(language: str, *sentences: str) -> str:
    return ("" if language in ("zh", "ja") else " ").join(filter(None, sentences))


def _success(claims: Claims, view: dict[str, Any]) -> Iterator[Turn]:
    language, wording = claims["language"], view["wording"]
    step, meant = (claims["steps"][view[name]] for name in ("at", "of"))
    yield _pair(claims, say(language, "q.success", wording, do=instruction(claims, meant)))
    led = outcome(claims, step, wording)
    if view["worked"]:
        yield _assistant(Text(_joined(language, say(language, "a.yes"), led)))
    elif missed(step):
        name = quoted(language, short(step["name"]))
        yield _assistant(Text(_joined(language, say(language, "a.no"), led, say(language, "n.missed", name=name))))
    else:
        yield _assistant(Text(_joined(language, say(language, "a.no"), _told(claims, view, "a.instead"))))


def _reached(claims: Claims, view: dict[str, Any]) -> Iterator[Turn]:
    language, at, wording = claims["language"], view["at"], view["wording"]
    asked = say(language, "q.reached", wording)
    yield _user(Text(f"{_goal(claims, at, wording)}\n{history(claims, at)}\n"), Image(0), Text(f"\n{asked}"))
    if view["reached"]:
        said = _joined(language, say(language, "a.yes"), say(language, "a.reached"))
    else:
        missing = say(language, "a.missing", do=instruction(claims, claims["steps"][at]))
        said = _joined(language, say(language, "a.no"), missing)
    yield _assistant(Text(said))


_VIEWS = {
    **{"step": _step, "low": _low, "call": _which, "between": _between, "success": _success, "goal": _reached},
}
