"""A call as the model reads it: its places and the screen's resolution are those of the image that it sees."""

import re

import numpy as np
import PIL.Image
import pytest

from curation.document import Document, Image, Text, Turn
from model.config import VisionConfig
from model.processor import Processor
from model.tokenizer import train_tokenizer
from synth.agent.actions import tools, wire
from synth.agent.actions.action import Action
from tests.conftest import encode, media_of
from tests.train.conftest import MODEL

SIZE = (1080, 2400)
ACTIONS = (
    Action("mobile_use", "click", coordinate=(639, 1095)),
    Action("mobile_use", "swipe", coordinate=(540.5, 2000.25), coordinate2=(540, 300)),
    Action("mobile_use", "type", text='He said: "够了"\n'),
)


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    return train_tokenizer([wire.written(ACTIONS[0])] * 9, 400, tmp_path_factory.mktemp("t") / "bpe")


@pytest.fixture(scope="module")
def screen() -> bytes:
    return encode(
        PIL.Image.fromarray(np.random.default_rng(0).integers(0, 256, (60, 27, 3), np.uint8)).resize(SIZE), "PNG"
    )


@pytest.mark.parametrize("budget", [28 * 28 * 64, 28 * 28 * 700, 1 << 24])
@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
def test_what_the_model_reads_fits_what_it_sees(tokenizer, screen, budget, action):
    turns = (
        Turn("system", tools.system("mobile_use", 0)),
        Turn("user", (Text("Go on.\n"), Image(0))),
        Turn("assistant", wire.call(action, 0, "So be it.")),
    )
    processor = Processor(tokenizer, VisionConfig.model_validate(MODEL["vision"]), 56 * 56, budget)
    encoded = processor.encode(Document(turns, (media_of(screen),)), lambda _: screen)
    text = tokenizer.decode(encoded.input_ids.tolist())
    width, height = processor.seen_size(media_of(screen))
    assert re.findall(r"The screen's resolution is (\d+)x(\d+)\.", text) == [(str(width), str(height))]
    found = wire.read(tokenizer.decode(encoded.labels[encoded.labels >= 0].tolist()))
    assert found.said == "So be it."
    assert (found.action.name, found.action.text) == (action.name, action.text)
    found.action.check_inside(width, height)
    back = found.action.scaled(SIZE[0] / width, SIZE[1] / height)
    for name in ("coordinate", "coordinate2"):
        seen, true = getattr(back, name), getattr(action, name)
        if true is not None:
            assert abs(seen[0] - true[0]) <= 0.51 * SIZE[0] / width
            assert abs(seen[1] - true[1]) <= 0.51 * SIZE[1] / height
