"""Weights from and to the released Hugging Face layout: config.json, generation_config.json, model*.safetensors.

Names are written as released (`visual.*`, `model.*`, `lm_head`), and read in that form or as transformers 5 names them
(`model.visual.*`, `model.language_model.*`). So what is trained here opens in transformers, vLLM and SGLang.
"""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import torch
from pydantic import ValidationError
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from curation.errors import ConfigError, UserError
from model.config import ModelConfig
from model.qwen import QwenVL

SHARD_BYTES = 5 * 10**9
WEIGHTS, INDEX = "model.safetensors", "model.safetensors.index.json"


class CheckpointError(UserError):
    """A checkpoint is missing, already there, or not one of the model that its config describes."""


def new_model(config: ModelConfig, seed: int, dtype: torch.dtype = torch.float32) -> QwenVL:
    """A model on the CPU with fresh weights, a function of the seed alone: normal of `initializer_range`, biases zero,
    norms one."""
    model = empty_model(config, dtype)
    initialise(model, seed)
    return model


def empty_model(config: ModelConfig, dtype: torch.dtype = torch.float32) -> QwenVL:
    """A model on the CPU whose weights are not set."""
    with torch.device("meta"):
        model = QwenVL(config).to(dtype)
    return model.to_empty(device="cpu")


@torch.no_grad()
def initialise(model: QwenVL, seed: int) -> None:
    """Set fresh weights, drawn on the CPU in the order of the modules."""
    rng = torch.Generator().manual_seed(seed)
    for module in model.modules():
        if isinstance(module, nn.RMSNorm):
            module.weight.fill_(1)
        elif isinstance(module, nn.Linear | nn.Embedding | nn.Conv3d):
            module.weight.normal_(0, model.config.initializer_range, generator=rng)
            if isinstance(module, nn.Linear) and module.bias is not None:
                module.bias.zero_()


def load_model(folder: Path | str, dtype: torch.dtype = torch.float32) -> QwenVL:
    """The model in `folder`, on the CPU. Raises CheckpointError when its files and its config disagree."""
    model = empty_model(load_hf_config(folder), dtype)
    load_weights(model, folder)
    return model


def load_hf_config(folder: Path | str) -> ModelConfig:
    """The config of the checkpoint in `folder`."""
    path = Path(folder) / "config.json"
    if not path.is_file():
        raise CheckpointError(f"{folder}: no config.json there")
    try:
        return ModelConfig.from_hf(json.loads(path.read_text()))
    except ValidationError as error:
        raise CheckpointError(f"{path}: {'; '.join(fault['msg'] for fault in error.errors())}") from error
    except (json.JSONDecodeError, ConfigError) as error:
        raise CheckpointError(f"{path}: {error}") from error


@torch.no_grad()
def load_weights(model: QwenVL, folder: Path | str) -> None:
    """Copy the checkpoint's weights into `model`, one tensor at a time, cast to the model's type.

    Raises CheckpointError, naming the first few, when weights are missing, unexpected or of another shape.
    """
    own = model.state_dict()
    missing, unexpected = set(own), []
    for name, weight in read_weights(folder):
        if name == "lm_head.weight" and model.config.text.tie_word_embeddings:
            continue  # some writers store the tied embeddings twice
        if name not in own:
            unexpected.append(name)
        elif weight.shape != own[name].shape:
            raise CheckpointError(f"{folder}: {name} has shape {list(weight.shape)}, not {list(own[name].shape)}")
        else:
            own[name].copy_(weight)
            missing.discard(name)
    for what, names in (("missing", missing), ("unexpected", unexpected)):
        if names:
            first = ", ".join(sorted(names)[:3]) + (", ..." if len(names) > 3 else "")
            raise CheckpointError(f"{folder}: {len(names)} {what} weights: {first}")


def read_weights(folder: Path | str) -> Iterator[tuple[str, Tensor]]:
    """(released name, weight) of every weight in `folder`, read one at a time."""
    folder = Path(folder)
    index = folder / INDEX
    files = set(json.loads(index.read_text())["weight_map"].values()) if index.is_file() else {WEIGHTS}
    for file in sorted(files):
        if not (folder / file).is_file():
            raise CheckpointError(f"{folder}: no {file} there")
        with safe_open(folder / file, framework="pt") as weights:
            for name in weights.keys():  # noqa: SIM118 (not a dictionary)
                yield released_name(name), weights.get_tensor(name)


def released_name(name: str) -> str:
    """The released name of a weight that transformers 5 may have named."""
    for new, released in (("model.visual.", "visual."), ("model.language_model.", "model.")):
        if name.startswith(new):
            return released + name.removeprefix(new)
    return name


def save_model(model: QwenVL, folder: Path | str) -> None:
    """Save `model` as `folder`, which must not exist yet and appears only when whole."""
    with written_aside(folder) as partial:
        write_model(partial, model.config, model.state_dict())


@contextmanager
def written_aside(folder: Path | str) -> Iterator[Path]:
    """A folder to write in that is renamed to `folder` when the block ends well, and removed when it does not."""
    folder = Path(folder)
    if folder.exists():
        raise CheckpointError(f"{folder}: already exists; remove it or save elsewhere")
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        yield partial
        partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def write_model(
    folder: Path, config: ModelConfig, weights: Mapping[str, Tensor], shard_bytes: int = SHARD_BYTES
) -> None:
    """Write config and weights (keys as in `QwenVL.state_dict()`) into an existing folder, in shards of at most
    `shard_bytes` with an index when one file does not hold them."""
    dtype = str(next(iter(weights.values())).dtype).removeprefix("torch.")
    _write_json(folder / "config.json", {**config.to_hf(), "torch_dtype": dtype})
    stops = [config.eos_token_id, config.pad_token_id]
    ids = {"bos_token_id": config.bos_token_id, "pad_token_id": config.pad_token_id, "eos_token_id": stops}
    _write_json(folder / "generation_config.json", {**ids, "do_sample": False})
    shards = _split(weights, shard_bytes)
    if len(shards) == 1:
        save_file(shards[0], folder / WEIGHTS, {"format": "pt"})
        return
    weight_map = {}
    for number, shard in enumerate(shards, start=1):
        file = f"model-{number:05}-of-{len(shards):05}.safetensors"
        save_file(shard, folder / file, {"format": "pt"})
        weight_map.update(dict.fromkeys(shard, file))
    total = sum(weight.nbytes for weight in weights.values())
    _write_json(folder / INDEX, {"metadata": {"total_size": total}, "weight_map": weight_map})


def _split(weights: Mapping[str, Tensor], shard_bytes: int) -> list[dict[str, Tensor]]:
    """Weights in their order, cut where the next would take a shard above `shard_bytes`."""
    shards: list[dict[str, Tensor]] = [{}]
    size = 0
    for name, weight in weights.items():
        if shards[-1] and size + weight.nbytes > shard_bytes:
            shards.append({})
            size = 0
        shards[-1][name] = weight.contiguous()
        size += weight.nbytes
    return shards


def _write_json(path: Path, values: Mapping[str, object]) -> None:
    path.write_text(json.dumps(values, indent=2) + "\n")
