"""Export: a trained phase as a directory that transformers, vLLM and SGLang open."""

import shutil
from pathlib import Path
from typing import Literal

import torch

from curation.config import Config
from curation.errors import UserError
from model.checkpoint import load_model, write_model, written_aside
from train.lengths import Packed
from train.state import newest


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
    weights = config.phase / "model" if (config.phase / "model").exists() else newest(config.phase / "checkpoints")
    if weights is None:
        raise UserError(f"{config.phase}: neither a trained model nor a checkpoint is there; run `vlforge train` first")
    model = load_model(weights, getattr(torch, config.dtype))
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
