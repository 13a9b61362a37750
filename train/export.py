"""Export: a trained phase as a directory that transformers, vLLM and SGLang open."""

import shutil
from pathlib import Path
from typing import Literal

import torch

from curation.config import Config
from curation.errors import UserError
from model.checkpoint import empty_model, load_hf_config, load_model, write_model, written_aside
from model.qwen import QwenVL
from train.checkpoints import load_model_weights, newest
from train.data.lengths import Packed


class ExportConfig(Config):
    """`vlforge export`: the output folder of a phase (finished or not), and where the model goes."""

    phase: Path
    packs: Path
    output: Path
    dtype: Literal["float32", "bfloat16"] = "bfloat16"


def export(config: ExportConfig) -> Path:
    """Writes weights, config, generation config, tokenizer and processor in the released Hugging Face layout.

    Of an unfinished phase it takes the newest checkpoint. Raises UserError where there is neither.
    """
    if config.output.resolve().is_relative_to(config.phase.resolve()):
        raise UserError(f"{config.output}: lies in the phase, whose files it would replace; name another output")
    model, weights = _trained(config.phase, getattr(torch, config.dtype))
    if config.output.exists():
        if not (config.output / "config.json").exists():
            raise UserError(f"{config.output}: exists and holds no exported model; name another output")
        shutil.rmtree(config.output)
    with written_aside(config.output) as aside:
        write_model(aside, model.config, model.state_dict())
        Packed(config.packs).processor.save(aside)
    size = sum(weight.numel() for weight in model.parameters())
    print(f"export: {config.output}: {size:,} parameters in {config.dtype}, from {weights}")
    return config.output


def _trained(phase: Path, dtype: torch.dtype) -> tuple[QwenVL, Path]:
    """The model of a phase, finished or not, and the folder that it is from."""
    if (phase / "model").exists():
        return load_model(phase / "model", dtype), phase / "model"
    checkpoint = newest(phase / "checkpoints")
    if checkpoint is None:
        raise UserError(f"{phase}: neither a trained model nor a checkpoint is there; run `vlforge train` first")
    model = empty_model(load_hf_config(checkpoint), dtype)
    load_model_weights(checkpoint, model)
    return model, checkpoint
