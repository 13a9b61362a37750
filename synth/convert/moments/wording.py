"""How moments of a video are asked about and told. `{text}` is a sentence, `{start}` and `{end}` are moments."""

import json
import re
from collections.abc import Mapping, Sequence

import numpy as np

from curation.document import Part, Text, Time, TimeForm, joined
from synth.convert.moments.gather import Moment, Span

QUESTIONS: dict[str, tuple[str, ...]] = {
    "ground": (
        'When does this happen in the video: "{text}"?',
        'Find the part of the video that shows this: "{text}".',
        "Locate the moment that this sentence describes: {text}.",
        'From when to when is it true that "{text}"?',
        'Give the start and the end of the event "{text}".',
        "Which part of the video fits this description? {text}.",
        'Localise "{text}" in time.',
    ),
    "what": (
        "What happens from {start} to {end}?",
        "Describe what is seen between {start} and {end}.",
        "Write a sentence about the part of the video from {start} to {end}.",
        "Caption the span {start} - {end}.",
        "What is going on in the video between {start} and {end}?",
    ),
    "order": (
        'Which comes first: "{one}" or "{other}"?',
        'Two things happen in the video: "{one}" and "{other}". Which of them is first?',
        'What is seen earlier, "{one}" or "{other}"?',
    ),
    "highlights": (
        'Which moments show "{text}" best?',
        'Pick the highlights of the video for "{text}".',
        'Find the most salient clips for the query "{text}".',
        "Where are the best shots for this query? {text}.",
    ),
    "story": (
        "Describe what happens in the video from beginning to end.",
        "Tell in order what is seen in this video.",
        "Summarise the course of events.",
        "Write a paragraph about the video.",
    ),
    "dense": (
        "List the events of the video in order, each with its start and end.",
        "Describe every event in the video and say from when to when it lasts.",
        "Caption the video densely: all events with their times.",
        "Divide the video into events and describe each of them, with timestamps.",
    ),
    "caption": (
        "Describe the video in one sentence.",
        "Write a short caption for this video.",
        "What does the video show?",
        "Give a brief description of the clip.",
    ),
}
FORMS: dict[TimeForm, tuple[str, ...]] = {
    "seconds": ("", " Give times in seconds.", " Answer with times in seconds."),
    "hmsf": (" Write times as hours:minutes:seconds:frame.", " Give timestamps in the form HH:MM:SS:FF."),
}
JSON = (" Answer in JSON.", " Output JSON.", " Give the answer as a JSON list.")
SPANS = ("{spans}", "{spans}", "It happens at {spans}.", "That is seen at {spans}.", "{spans}.")


def pick(rng: np.random.Generator, options: Sequence[str]) -> str:
    return options[int(rng.integers(len(options)))]


def bare(sentence: str) -> str:
    """Without the stop at its end, as it stands within another sentence."""
    return sentence.rstrip(". ") or sentence


def filled(template: str, values: Mapping[str, Part]) -> tuple[Part, ...]:
    """A template's text with parts for what stands in braces."""
    pieces = re.split(r"\{(\w+)\}", template)
    return joined(values[piece] if number % 2 else Text(piece) for number, piece in enumerate(pieces))


def spans_of(spans: Sequence[Span], form: TimeForm) -> tuple[Part, ...]:
    """`1.0s - 2.5s, 8.0s - 9.5s`"""
    parts: list[Part] = []
    for number, (start, end) in enumerate(spans):
        parts += [Text(", " * (number > 0)), Time(0, start, form), Text(" - "), Time(0, end, form)]
    return joined(parts)


def spans_json(told: Sequence[tuple[Span, str]], form: TimeForm) -> tuple[Part, ...]:
    """`[{"start": "1.0s", "end": "2.5s", "caption": "..."}]`, without a caption where there is none."""
    parts: list[Part] = [Text("[")]
    for number, ((start, end), caption) in enumerate(told):
        parts += [Text(", " * (number > 0) + '{"start": "'), Time(0, start, form), Text('", "end": "')]
        said = f', "caption": {json.dumps(caption, ensure_ascii=False)}' if caption else ""
        parts += [Time(0, end, form), Text(f'"{said}}}')]
    return joined((*parts, Text("]")))


def events(moments: Sequence[Moment], form: TimeForm) -> tuple[Part, ...]:
    """`1.0s - 2.5s: caption`, a line an event."""
    parts: list[Part] = []
    for number, moment in enumerate(moments):
        parts += [Text("\n" * (number > 0)), *spans_of(moment.spans, form), Text(f": {moment.text}")]
    return joined(parts)
