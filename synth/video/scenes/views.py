"""What documents say of a film: a pure function of claims.

Claims: `spec` (see `tracks`), `grounds` (their places among the media), `view`, `form` of times, `items` (what is
asked, see `synth.video.scenes.asked`), and of a frame shown beside the film `frame` {media, at}.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from curation.document import Box, Image, Part, Role, Text, Time, TimeForm, Turn, Video, joined
from synth.grounding.english import article, capital, inventory, plural
from synth.listing import listing
from synth.sample import Claims
from synth.video.scenes import wording
from synth.video.scenes.tracks import Spec

TASKS = {
    **{"when": "video_grounding", "what": "video_caption", "dense": "video_caption", "caption": "video_caption"},
    **{"order": "video_qa", "count": "video_qa", "where": "video_qa", "present": "video_qa", "who": "video_qa"},
    "frame": "video_grounding",
}
_ROLES: tuple[Role, Role] = ("user", "assistant")


def turns(claims: Claims) -> tuple[Turn, ...]:
    """The whole document of a view."""
    told = [exchange(claims, item) for item in claims["items"]]
    shown: list[Part] = [Video(0), *([Image(claims["frame"]["media"])] if claims.get("frame") else [])]
    return tuple(
        Turn(role, joined([*(shown if not number and role == "user" else []), *_after(parts, number, role)]))
        for number, pair in enumerate(told)
        for role, parts in zip(_ROLES, pair, strict=True)
    )


def _after(parts: Sequence[Part], number: int, role: Role) -> list[Part]:
    return [*([Text("\n")] if not number and role == "user" else []), *parts]


def exchange(claims: Claims, item: Mapping[str, Any]) -> tuple[list[Part], list[Part]]:
    """A question and its answer."""
    spec, kind, form = claims["spec"], item["kind"], claims["form"]
    events, word = spec["events"], item.get("w", 0)
    values: dict[str, Any] = {name: moment(item[name], form) for name in ("t1", "t2") if name in item}
    if "noun" in item:
        noun = item["noun"]
        values |= {"noun": noun, "nouns": plural(noun), "a_noun": f"{article(noun)} {noun}"}
    if kind == "when":
        return _when(spec, events[item["event"]], item, form)
    if kind in ("order", "first", "last"):
        return _order(spec, item, word)
    if kind == "who":
        done = wording.does(events[item["event"]], names_at(spec, item["t1"]), item["v"])[0]
        answer: list[Part] = [Text(capital(f"the {name_at(spec, events[item['event']]['object'], item['t1'])}."))]
        return wording.filled(_asked("who", word), does=done, **values), answer
    question = wording.filled(_asked(kind, word), **values)
    match kind:
        case "what":
            within = [event for event in events if item["t1"] <= event["start"] <= item["t2"]]
            return question, [Text(" ".join(f"{capital(said(spec, event, item['v']))}." for event in within))]
        case "dense" | "dense_json":
            return question, _dense(spec, item, form)
        case "caption":
            return question, [Text(story(spec, item["v"]))]
        case "frame":
            return question, [moment(claims["frame"]["at"], form)]
        case "box":
            x1, y1, x2, y2 = item["box"]
            box = Box(claims["frame"]["media"], x1, y1, x2, y2, item["form"])
            return question, list(listing([(item["noun"], box)], item["form"]))
        case "where":
            return question, [Text(capital(f"{_spot(item['answer'])}."))]
        case "present":
            return question, [Text(capital(f"{item['answer']}."))]
    return question, [Text(str(item["answer"]))]


def _asked(kind: str, word: int) -> str:
    return wording.ASKED[kind][word % len(wording.ASKED[kind])]


def moment(seconds: float, form: TimeForm) -> Time:
    return Time(0, seconds, form)


def _spot(answer: str) -> str:
    row, column = answer.split()
    if row == "middle":
        return "in the centre" if column == "centre" else f"at the {column}, halfway up"
    return f"at the {row}, in the middle" if column == "centre" else f"at the {row} {column}"


def name_at(spec: Spec, thing: int, at: float) -> str:
    """What an object is just before a moment: it may become another one."""
    [looks] = [each["looks"] for each in spec["objects"] if each["id"] == thing]
    return next((look[1] for look in reversed(looks) if look[0] < at - 1e-6), looks[0][1])


def names_at(spec: Spec, at: float) -> dict[int, str]:
    return {thing["id"]: name_at(spec, thing["id"], at) for thing in spec["objects"]}


def subject(spec: Spec, event: Mapping[str, Any]) -> str:
    """`the dog`; of several of a kind, `one of the dogs`."""
    if event["object"] is None:
        return ""
    name = name_at(spec, event["object"], event["start"])
    [group] = [thing["group"] for thing in spec["objects"] if thing["id"] == event["object"]]
    return f"one of the {plural(name)}" if group else f"the {name}"


def said(spec: Spec, event: Mapping[str, Any], variant: int) -> str:
    """A clause about an event."""
    number = spec["events"].index(event)
    return wording.statement(event, names_at(spec, event["start"]), subject(spec, event), variant + number)


def _when(spec: Spec, event: Spec, item: Mapping[str, Any], form: TimeForm) -> tuple[list[Part], list[Part]]:
    at_once = event["start"] == event["end"]
    kind = "cut" if event["kind"] == "cut" else "moment" if at_once else "span"
    values = {"statement": said(spec, event, item["v"]), "subject": subject(spec, event), "do": ""}
    if kind != "cut":
        variant = item["v"] + spec["events"].index(event)
        values["do"] = wording.does(event, names_at(spec, event["start"]), variant)[1]
    question = wording.filled(_asked(kind, item["w"]), **values)
    start, end = moment(event["start"], form), moment(event["end"], form)
    style = item["style"]
    if style == "json":
        ends: list[Part] = [Text('{"time": "'), start, Text('"}')]
        if not at_once:
            ends = [Text('{"start": "'), start, Text('", "end": "'), end, Text('"}')]
        return question, ends
    if style == "plain":
        return question, [start] if at_once else [start, Text(" - "), end]
    return question, [Text("At "), start, Text(".")] if at_once else [
        Text("From "), start, Text(" to "), end, Text("."),
    ]  # fmt: skip


def _dense(spec: Spec, item: Mapping[str, Any], form: TimeForm) -> list[Part]:
    parts: list[Part] = []
    for number, event in enumerate(spec["events"]):
        text = capital(said(spec, event, item["v"]))
        start, end = moment(event["start"], form), moment(event["end"], form)
        if item["kind"] == "dense_json":
            gap = ",\n" if number else "[\n"
            parts += [Text(f'{gap}{{"start": "'), start, Text('", "end": "'), end]
            parts += [Text(f'", "event": {json.dumps(text + ".", ensure_ascii=False)}}}')]
        else:
            span = [start] if event["start"] == event["end"] else [start, Text(" - "), end]
            parts += [Text("\n" * (number > 0)), *span, Text(f": {text}.")]
    return [*parts, Text("\n]")] if item["kind"] == "dense_json" else parts


def _order(spec: Spec, item: Mapping[str, Any], word: int) -> tuple[list[Part], list[Part]]:
    """Events lettered in the item's order; the answer goes by when they begin."""
    events = [spec["events"][number] for number in item["events"]]
    letters = "ABCDEFGH"[: len(events)]
    told = zip(letters, events, strict=True)
    listed = "\n".join(f"{letter}. {capital(said(spec, event, item['v']))}." for letter, event in told)
    by_time = sorted(zip([event["start"] for event in events], letters, strict=True))
    order = [letter for _, letter in by_time]
    answer = {"order": ", ".join(order), "first": order[0], "last": order[-1]}[item["kind"]]
    return wording.filled(_asked(item["kind"], word), list=listed), [Text(answer)]


def story(spec: Spec, variant: int) -> str:
    """A film told in order: what is there as each scene begins, then what happens."""
    sentences = []
    for number, shot in enumerate(spec["shots"]):
        there = [looked[1] for looked in at_first(spec, number)]
        counts = [[name, there.count(name)] for name in dict.fromkeys(there)]
        opening = ("At first, the picture shows", "The video begins with", "In the beginning one sees")[variant % 3]
        if number:
            opening = ("Then another scene begins, with", "The scene changes to one with")[(variant + number) % 2]
        sentences.append(f"{opening} {inventory(counts) if counts else 'an empty background'}.")
        events = [
            event
            for event in spec["events"]
            if event["kind"] != "cut" and shot["start"] <= event["start"] < shot["end"]
        ]
        for place, event in enumerate(events):
            clause = said(spec, event, variant)
            then = place and (variant + place) % 3 == 0
            sentences.append(
                f"{wording.THEN[(variant + place) % len(wording.THEN)]} {clause}." if then else f"{capital(clause)}."
            )
    return " ".join(sentences)


def at_first(spec: Spec, number: int) -> list[Sequence[Any]]:
    """The looks of what is in the picture as a shot begins: what neither appears nor comes in later."""
    later = {event["object"] for event in spec["events"] if event["kind"] in ("appear", "enter", "cross")}
    return [thing["looks"][0] for thing in spec["objects"] if thing["shot"] == number and thing["id"] not in later]
