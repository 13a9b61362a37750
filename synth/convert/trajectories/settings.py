"""Settings of trajectories: data sets in their published layouts, and which documents an episode becomes."""

from typing import Literal

from pydantic import Field

from curation.config import Config
from synth.convert.settings import DataSet

View = Literal["trajectory", "step", "instruction", "element"]


class Trajectories(DataSet):
    """`images` hold the screenshots."""

    images: tuple[str, ...] = Field(min_length=1)

    @property
    def places(self) -> tuple[str, ...]:
        return self.images


class AndroidControl(Trajectories):
    """Episodes of Android Control as JSON, a record each (see `android_control`)."""

    layout: Literal["android_control"]
    episodes: str = Field(description="a .json or .jsonl file, or a folder of them")
    scroll: Literal["view", "finger"] = Field(
        "view", description="what a scroll's direction names: where the view goes (the finger goes the other way)"
    )
    ends: bool = Field(True, description="the screenshot after the last action is answered by `terminate`: success")


class Aitw(Trajectories):
    """Steps of Android in the Wild as JSON, a record each (see `aitw`)."""

    layout: Literal["aitw"]
    steps: str = Field(description="a .json or .jsonl file, or a folder of them")


class Mind2Web(Trajectories):
    """Tasks of Mind2Web, or actions of Multimodal-Mind2Web, as JSON (see `mind2web`)."""

    layout: Literal["mind2web"]
    tasks: str = Field(description="a .json or .jsonl file, or a folder of them")


class GuiOdyssey(Trajectories):
    """Episodes of GUI-Odyssey: annotations/*.json (see `odyssey`)."""

    layout: Literal["gui_odyssey"]
    annotations: str = Field(description="a .json or .jsonl file, or a folder of them")


class Views(Config):
    """Which documents an episode becomes: whole, a step with what was done before, a step by its own instruction, or
    an element of the accessibility tree by its name."""

    kinds: tuple[View, ...] = Field(("trajectory", "step", "instruction", "element"), min_length=1)
    screens: int = Field(12, ge=2, le=128, description="screenshots of one `trajectory`; a longer one is cut")
    past: int = Field(
        8, ge=0, description="how many of the actions before are told in words; those before them are not"
    )
    said: float = Field(0.5, ge=0, le=1, description="share of answers that say what is done before they do it")
