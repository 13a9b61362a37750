"""Every published layout that is converted, and what converts it."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from synth.convert import documents, settings
from synth.convert.converted import Converter
from synth.convert.moments import documents as moments
from synth.convert.moments.settings import (
    ActivityNet,
    CharadesSta,
    MomentQuestions,
    QvHighlights,
    VideoCaptions,
    Videos,
)
from synth.convert.rows import Tables
from synth.convert.trajectories import documents as trajectories
from synth.convert.trajectories.settings import Aitw, AndroidControl, GuiOdyssey, Mind2Web, Trajectories, Views

Layout = Annotated[
    settings.Coco
    | settings.Objects365
    | settings.RefCoco
    | settings.Lvis
    | settings.OpenImages
    | settings.PixmoPoints
    | settings.PixmoCount
    | AndroidControl
    | Aitw
    | Mind2Web
    | GuiOdyssey
    | CharadesSta
    | ActivityNet
    | QvHighlights
    | VideoCaptions,
    Field(discriminator="layout"),
]


@dataclass(frozen=True)
class How:
    """What is made of annotated images, trajectories and videos."""

    questions: settings.Questions
    rules: settings.Rules
    trajectories: Views
    moments: MomentQuestions
    seed: int


def converter(layout: Layout, tables: Tables, how: How) -> Converter:
    """What converts a data set. Raises UserError where a place of its media cannot be read."""
    if isinstance(layout, Trajectories):
        return trajectories.Converter(layout, how.trajectories, how.seed)
    if isinstance(layout, Videos):
        return moments.Converter(layout, how.moments, how.seed)
    return documents.Converter(layout, tables, how.questions, how.rules, how.seed)
