"""What is said of steps, in the language of the application: instructions, outcomes, and the thought before an action.

Pure functions of claims. Names and texts stand in the quotation marks of the language.
"""

from collections import defaultdict
from functools import cache
from importlib.resources import files
from typing import Any

from synth.agent.told.facts import LONGEST
from synth.sample import Claims

Step = dict[str, Any]
QUOTES = {
    **{"en": "“”", "zh": "“”", "fr": "«»", "de": "„“", "it": "«»", "es": "«»", "pt": "“”", "ar": "«»", "ru": "«»"},
    **{"ja": "「」", "ko": "‘’", "vi": "“”"},
}
_TAPPED = {"click": "tap", "focus": "focus_tap"}
_KEYS = {"ctrl": "Ctrl", "esc": "Esc", "enter": "Enter", "delete": "Delete", "up": "↑", "down": "↓"}


@cache
def _words(language: str) -> dict[str, tuple[str, ...]]:
    lines = (files("synth.agent.told") / "words" / "words.tsv").read_text("utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    found: dict[str, list[str]] = defaultdict(list)
    at = rows[0].index(language)
    for row in rows[1:]:
        if row[at]:
            found[row[0]].append(row[at])
    return {key: tuple(wordings) for key, wordings in found.items()}


def say(language: str, key: str, wording: int = 0, /, **given: str) -> str:
    """One of the wordings of a key."""
    choices = _words(language)[key]
    return choices[wording % len(choices)].format(**given)


def knows(language: str, key: str) -> bool:
    return key in _words(language)


def quoted(language: str, text: str) -> str:
    first, last = tuple(QUOTES[language])
    gap = "\u00a0" if language == "fr" else ""
    return f"{first}{gap}{text}{gap}{last}"


def short(name: str) -> str:
    """A name as it is told: of a long one the beginning."""
    if len(name) <= LONGEST:
        return name
    cut = name[:LONGEST]
    return f"{cut[: cut.rfind(' ')] if ' ' in cut[20:] else cut}…"


def _given(language: str, step: Step) -> dict[str, str]:
    text = str(step["text"]).replace("\n", " ")
    return {
        "name": quoted(language, short(step["name"])),
        "to": quoted(language, short(step["to_name"])),
        "text": quoted(language, text),
        "key": "+".join(_KEYS.get(name, name) for name in step["action"]["arguments"].get("keys", ())),
    }


def instruction(claims: Claims, step: Step) -> str:
    """What is done in a step, as one would tell somebody to do it, without a full stop."""
    return say(claims["language"], f"i.{_how(claims, step)}", **_given(claims["language"], step))


def _how(claims: Claims, step: Step) -> str:
    """The key of the wording for what is done."""
    do, arguments = step["do"], step["action"]["arguments"]
    name = arguments["action"]
    if do == "scroll":
        return f"scroll_{onward(step)}"
    if do == "clear" and arguments.get("keys") == ["ctrl", "a"]:
        return "select"
    if do == "dismiss" and "coordinate" in arguments:
        do = "click"
    if do == "press" and name == "system_button":
        return "enter"
    return _TAPPED.get(do, str(do)) if claims["tool"] == "mobile_use" else str(do)


def onward(step: Step) -> str:
    """To which side a scroll or swipe shows more."""
    arguments = step["action"]["arguments"]
    if "pixels" in arguments:
        return "up" if arguments["pixels"] > 0 else "down"
    (x1, y1), (x2, y2) = arguments["coordinate"], arguments["coordinate2"]
    if abs(x2 - x1) > abs(y2 - y1):
        return "right" if x2 < x1 else "left"
    return "down" if y2 < y1 else "up"


def outcome(claims: Claims, step: Step, wording: int) -> str:
    """What a step led to; empty where nothing is known that can be told."""
    language, said = claims["language"], []
    for number, fact in enumerate(step["facts"]):
        given = {"name": quoted(language, short(fact["name"])), "text": quoted(language, short(fact["text"]))}
        said.append(say(language, f"o.{fact['what']}", wording + number, **given))
    return _joined(language, said)


def where(claims: Claims, step: Step) -> str:
    """The key of the part of the screen where an action takes place: `middle`, `top_left`."""
    x, y = step["action"]["arguments"]["coordinate"]
    width, height = claims["size"]
    across = ("left", "", "right")[min(int(3 * x / width), 2)]
    down = ("top", "", "bottom")[min(int(3 * y / height), 2)]
    return "_".join(filter(None, (down, across))) or "middle"


def thought(claims: Claims, at: int, wording: int) -> str:
    """What is thought before step `at`: what the last action led to, why the next one follows, and what it is."""
    return _joined(claims["language"], sentences(claims, at, wording))


def sentences(claims: Claims, at: int, wording: int) -> list[str]:
    """A thought, sentence by sentence; what the last action led to counts as one."""
    language, steps = claims["language"], claims["steps"]
    step, given = steps[at], _given(claims["language"], steps[at])
    last = steps[at - 1] if at and steps[at - 1]["task"] == step["task"] else None
    said = _looking_back(claims, step, last, wording)
    if step["do"] == "done":
        return [*said, say(language, "w.done", wording)]
    said += _reason(claims, at, wording)
    if _told_place(step) and (wording // 3) % 3:
        said.append(
            say(language, "j.where", wording, name=given["name"], where=say(language, f"at.{where(claims, step)}"))
        )
    own = f"t.{_how(claims, step)}"
    if knows(language, own) and wording % 4:
        said.append(say(language, own, wording, **given))
    else:
        joint = "j.next" if last else "j.first"
        said.append(say(language, joint, wording, do=instruction(claims, step)))
    return said


def _told_place(step: Step) -> bool:
    return bool(step["name"]) and "coordinate" in step["action"]["arguments"] and step["do"] not in ("scroll", "drag")


def _looking_back(claims: Claims, step: Step, last: Step | None, wording: int) -> list[str]:
    language = claims["language"]
    if last is None:
        return []
    led = outcome(claims, last, wording)
    if not last["wrong"] or step["wrong"]:
        return [led] if led else []
    if missed(last):
        name = quoted(language, short(last["name"]))
        return [*filter(None, [led]), say(language, "n.missed", wording, name=name), say(language, "n.again", wording)]
    said = [led, say(language, "n.wrong", wording), say(language, "n.mend", wording) if step["mends"] else ""]
    return [each for each in said if each]


def missed(step: Step) -> bool:
    """Whether a click went beside what was meant."""
    return bool(step["wrong"] and step["do"] == "click" and step["on"] and step["hit"] != step["on"])


def _reason(claims: Claims, at: int, wording: int) -> list[str]:
    language, steps, step = claims["language"], claims["steps"], claims["steps"][at]
    match step["do"]:
        case "scroll":
            return [say(language, "w.scroll", wording)]
        case "focus":
            typed = next((each for each in steps[at + 1 :] if each["do"] == "type" and each["on"] == step["on"]), None)
            if typed and wording % 2:
                return [say(language, "w.focus", wording, **_given(language, {**step, "text": typed["text"]}))]
        case "clear" if step["had"] and not _just_said(steps, at):
            return [say(language, "w.clear", wording, **_given(language, {**step, "text": short(step["had"])}))]
        case "dismiss":
            covered = next((each for each in steps[at + 1 :] if each["do"] != "dismiss"), None)
            if covered and covered["name"]:
                return [say(language, "w.cover", wording, name=quoted(language, short(covered["name"])))]
    return []


def _just_said(steps: list[Step], at: int) -> bool:
    """Whether what stands in a field was told as what the last action led to."""
    return bool(at) and any(fact["text"] == steps[at]["had"] for fact in steps[at - 1]["facts"])


def _joined(language: str, sentences: list[str]) -> str:
    return ("" if language in ("zh", "ja") else " ").join(filter(None, sentences))
