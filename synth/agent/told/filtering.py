"""Rules that a thought must keep: it names what it is about and only what is seen, is neither too short nor too long,
does not repeat itself, and the next screen does not contradict it."""

import re
from collections.abc import Iterator
from typing import Any

from synth.agent.told.facts import GONE
from synth.agent.told.wording import QUOTES, onward, outcome, quoted, sentences, short, thought
from synth.sample import Claims

_LENGTHS = (8, 700)  # letters of a thought
_NAMED = ("click", "double_click", "right_click", "long_press", "focus", "type", "grab", "drag", "slide")


def of(claims: Claims) -> Iterator[str]:
    """What is wrong with the thoughts that a document's view tells."""
    view = claims["view"]
    if view["kind"] == "chat":
        yield from (text for at in range(len(claims["steps"])) for text in faults(claims, at, view["wording"] + 5 * at))
    elif view["kind"] == "step":
        yield from faults(claims, view["at"], view["wording"])


def faults(claims: Claims, at: int, wording: int) -> Iterator[str]:
    """What is wrong with the thought before step `at`."""
    steps, step = claims["steps"], claims["steps"][at]
    said = thought(claims, at, wording)
    if not _LENGTHS[0] <= len(said) <= _LENGTHS[1]:
        yield f"step {at}: a thought of {len(said)} letters"
    parts = sentences(claims, at, wording)
    if len(set(parts)) < len(parts):
        yield f"step {at}: a thought that repeats itself"
    if at and said == thought(claims, at - 1, wording - 5):
        yield f"step {at}: the same thought as before the last step"
    if step["do"] in _NAMED and (not step["name"] or short(step["name"]) not in said):
        yield f"step {at}: a thought that does not name its target"
    yield from (f"step {at}: it speaks of {name!r}, which is not seen" for name in _unseen(claims, at, said))
    yield from (f"step {at}: {text}" for text in _contradicted(step))
    slipped = at and step["task"] == steps[at - 1]["task"] and steps[at - 1]["wrong"] and not step["wrong"]
    if slipped and not outcome(claims, steps[at - 1], wording) and not steps[at - 1]["name"]:
        yield f"step {at}: it does not say what went wrong"


def _unseen(claims: Claims, at: int, said: str) -> Iterator[str]:
    """Quoted names and texts that neither the screen nor the step tells of."""
    language, steps = claims["language"], claims["steps"]
    known: set[str] = set()
    for step in (steps[at - 1] if at else None, *steps[at:]):
        if step:
            known |= {step["name"], step["to_name"], str(step["text"]).replace("\n", " "), short(step["had"])}
    for fact in steps[at - 1]["facts"] if at else ():
        known |= {fact["name"], short(fact["text"])}
    allowed = {quoted(language, short(each)) for each in known if each} | {quoted(language, each) for each in known}
    first, last = tuple(QUOTES[language])
    for name in sorted(allowed, key=len, reverse=True):
        said = said.replace(name, "")
    yield from re.findall(f"{re.escape(first)}[^{re.escape(last)}]*{re.escape(last)}", said)


def _contradicted(step: dict[str, Any]) -> Iterator[str]:
    """What the next screen shows to be otherwise than the step means it."""
    if step["wrong"] or step["do"] in ("done", "wait", "grab"):
        return
    if not step["change"] and not step["boxes"]:
        yield "it changes nothing"
    for fact in step["facts"]:
        typed, found = ("".join(text.split()) for text in (str(step["text"]), fact["text"]))
        told = fact["on"] == step["on"] and step["do"] == "type" and fact["what"] == "value"
        if told and typed not in found and "•" not in found:
            yield f"{fact['text']!r} stands there, not {step['text']!r}"
        if fact["on"] == step["on"] and step["do"] in ("focus", "type") and fact["what"] == GONE:
            yield "its field is gone"
    if step["do"] == "scroll":
        yield from _scrolled(step)


def _scrolled(step: dict[str, Any]) -> Iterator[str]:
    """Whether what scrolls moved to the side that is said."""
    moved = [0.0, 0.0]
    for path, was, now in step["change"]:
        if path[:2] == ["shell", "scroll"] and len(path) == 4:
            moved[int(path[3])] += float(now or 0) - float(was or 0)
    ways = {"down": moved[1], "up": -moved[1], "right": moved[0], "left": -moved[0]}
    if not ways[onward(step)] > 0:
        yield f"it does not scroll {onward(step)}"
