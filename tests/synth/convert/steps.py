"""What becomes of recorded trajectories: helpers of their tests."""

from typing import Any

from pydantic import TypeAdapter

from curation.document import Document, Text, Turn
from synth.agent.actions import wire
from synth.agent.actions.action import Action
from synth.convert.converted import Converted
from synth.convert.layouts import How, Layout, converter
from synth.convert.moments.settings import MomentQuestions
from synth.convert.rows import Row, Tables
from synth.convert.settings import Questions, Rules
from synth.convert.sources import annotation_files
from synth.convert.trajectories.settings import Views


def rows_of(settings: dict[str, Any]) -> list[Row]:
    return [row for file in annotation_files(TypeAdapter(Layout).validate_python(settings)) for row in file.rows()]


def convert(settings: dict[str, Any], seed: int = 0, **views: Any) -> Converted:
    """Of the one episode that there is."""
    rows = rows_of(settings)
    [name] = {row.image for row in rows}
    return converted(settings, name, rows, seed, **views)


def converted(settings: dict[str, Any], name: str, rows: list[Row], seed: int = 0, **views: Any) -> Converted:
    layout = TypeAdapter(Layout).validate_python(settings)
    how = How(Questions(), Rules(), Views(**views), MomentQuestions(), seed)
    return converter(layout, Tables(), how).convert(name, rows)


def views_of(made: Converted, view: str) -> list[Document]:
    return [document for document, _ in made.samples if f"/{view}/" in document.source.uri]


def actions_of(turn: Turn) -> tuple[str, list[Action]]:
    """What an assistant says and does, places in pixels of the stored screenshot."""
    texts = [part.text if isinstance(part, Text) else f"[{part.x!r}, {part.y!r}]" for part in turn.parts]
    said, actions = wire.read_all("".join(texts))
    return said, list(actions)


def done(made: Converted) -> list[list[dict[str, Any]]]:
    """The calls of each step."""
    return [[item.arguments() for item in actions_of(document.turns[-1])[1]] for document in views_of(made, "step")]
