"""The export opens in transformers and says there what it says here."""

import PIL.Image
import pytest
import torch

from curation.errors import UserError
from curation.media import decode
from curation.scoring.vision_ops import mend_torchvision
from model.checkpoint import load_model
from model.loss import logits
from model.pack import pack
from tests.train.conftest import STEP, coloured
from train.export import ExportConfig, export
from train.loop import train


@pytest.fixture
def exported(phase, packed, tmp_path):
    trained = phase(tokens=8 * STEP)
    train(trained)
    return export(ExportConfig(phase=trained.output, packs=packed.folder, output=tmp_path / "hf", dtype="float32"))


def test_transformers_opens_it_and_gives_the_same_logits(exported, packed):
    mend_torchvision()
    from transformers import AutoModelForImageTextToText, AutoProcessor

    theirs = AutoModelForImageTextToText.from_pretrained(exported, dtype=torch.float32).eval()
    processor = AutoProcessor.from_pretrained(exported, use_fast=False)
    document, contents = coloured(1)
    content = [{"type": "image"}, {"type": "text", "text": document.turns[0].text}]
    messages = [{"role": "user", "content": content}, {"role": "assistant", "content": document.turns[1].text}]
    picture: PIL.Image.Image = decode(contents[0])
    text = processor.apply_chat_template(messages, tokenize=False)
    inputs = processor(text=[text], images=[picture], return_tensors="pt")
    encoded = packed.processor.encode(document, lambda _: contents[0])
    assert inputs["input_ids"][0].tolist() == encoded.input_ids.tolist()
    ours = load_model(exported).eval()
    with torch.inference_mode():
        mine = logits(ours(pack([encoded], ours.config)), ours.output_weight)
        assert (theirs(**inputs).logits[0] - mine).abs().max() < 1e-4


def test_exporting_again_replaces_the_export_and_nothing_else(exported, phase, packed, tmp_path):
    config = ExportConfig(phase=tmp_path / "run", packs=packed.folder, output=exported)
    assert export(config) == exported
    (tmp_path / "letters").mkdir()
    with pytest.raises(UserError, match="holds no exported model"):
        export(config.model_copy(update={"output": tmp_path / "letters"}))


def test_the_phase_itself_is_not_exported_over(exported, packed, tmp_path):
    run = tmp_path / "run"
    with pytest.raises(UserError, match="lies in the phase"):
        export(ExportConfig(phase=run, packs=packed.folder, output=run / "model"))
    assert (run / "model" / "config.json").exists()


def test_nothing_trained_is_a_clear_error(packed, tmp_path):
    with pytest.raises(UserError, match="neither a trained model nor a checkpoint"):
        export(ExportConfig(phase=tmp_path / "run", packs=packed.folder, output=tmp_path / "hf"))
