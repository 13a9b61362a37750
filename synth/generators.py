"""Every generator, by the name that a recipe gives: a row each. A room is imported when a recipe asks for it."""

import importlib

from curation.errors import UserError
from synth.sample import Generator

GENERATORS = {
    "grounding": "synth.grounding.generator:Grounding",
    "text_lines": "synth.ocr.lines:TextLines",
    "scene_text": "synth.ocr.scenes:SceneText",
    "page": "synth.pages.generator:Pages",
    "real_page": "synth.pages.real:RealPages",
    "long_document": "synth.pages.long:LongDocuments",
    "pdf_page": "synth.pages.pdf:PdfPages",
    "chart": "synth.charts.generator:Charts",
    "diagram": "synth.diagrams.generator:Diagrams",
    "formula": "synth.notation.formulas.generator:Formulas",
    "music": "synth.notation.music.generator:Music",
    "chemistry": "synth.notation.chemistry.generator:Chemistry",
    "screen": "synth.gui.generator:Screens",
    "real_screen": "synth.gui.real:RealScreens",
    "trajectory": "synth.agent.generator:Trajectories",
    "video_scene": "synth.video.scenes.generator:VideoScenes",
    "video_text": "synth.video.texts.generator:ScrollingTexts",
    "screen_video": "synth.video.screens.generator:ScreenVideos",
    "long_video": "synth.video.long.generator:LongVideos",
    "real_video": "synth.video.real.generator:RealVideos",
}


def find(name: str) -> type[Generator]:
    """The class of a generator. Raises UserError where there is none of that name."""
    if name not in GENERATORS:
        raise UserError(f"{name!r} is no generator: one of {', '.join(GENERATORS)} is wanted")
    module, _, attribute = GENERATORS[name].partition(":")
    try:
        return getattr(importlib.import_module(module), attribute)
    except ModuleNotFoundError as error:
        if not error.name or error.name.partition(".")[0] in ("synth", "curation"):
            raise  # our own fault
        raise UserError(f"{name}: needs the package {error.name}: pip install 'vlforge[synth]'") from error
