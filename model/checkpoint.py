"""Weights from and to the released Hugging Face layout: config.json, generation_config.json, model*.safetensors.

Names are written as released (`visual.*`, `model.*`, `lm_head`), and read in that form or as transformers 5 names them
(`model.visual.*`, `model.language_model.*`). So what is trained here opens in transformers, vLLM and SGLang.
Contrastive models are kept in the same way, under a `model_type` of their own. `model.parts` starts a model from parts
of others.
"""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar, overload

import torch
from pydantic import ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.distributed.tensor import DTensor

from curation.errors import ConfigError, UserError
from model.config import ModelConfig
from model.contrastive import START_SCALE, ContrastiveConfig, ContrastiveModel
from model.qwen import QwenVL

SHARD_BYTES = 5 * 10**9
WEIGHTS, INDEX = "model.safetensors", "model.safetensors.index.json"

AnyConfig = ModelConfig | ContrastiveConfig
AnyModel = QwenVL | ContrastiveModel
SomeConfig = TypeVar("SomeConfig", ModelConfig, ContrastiveConfig)


class CheckpointError(UserError):
    """A checkpoint is missing, already there, or not one of the model that its config describes."""


@overload
def new_model(config: ModelConfig, seed: int, dtype: torch.dtype = torch.float32) -> QwenVL: ...
@overload
def new_model(config: ContrastiveConfig, seed: int, dtype: torch.dtype = torch.float32) -> ContrastiveModel: ...
def new_model(config: AnyConfig, seed: int, dtype: torch.dtype = torch.float32) -> AnyModel:
    """A model on the CPU with fresh weights, a function of the seed alone: normal of `initializer_range`, biases zero,
    norms one."""
    model = empty_model(config, dtype)
    initialise(model, seed)
    return model


@overload
def meta_model(config: ModelConfig, dtype: torch.dtype = torch.float32) -> QwenVL: ...
@overload
def meta_model(config: ContrastiveConfig, dtype: torch.dtype = torch.float32) -> ContrastiveModel: ...
def meta_model(config: AnyConfig, dtype: torch.dtype = torch.float32) -> AnyModel:
    """A model on the meta device: shapes without memory, to be sharded before it is given any."""
    with torch.device("meta"):
        model = QwenVL(config) if isinstance(config, ModelConfig) else ContrastiveModel(config)
    return model.to(dtype)


@overload
def empty_model(config: ModelConfig, dtype: torch.dtype = torch.float32) -> QwenVL: ...
@overload
def empty_model(config: ContrastiveConfig, dtype: torch.dtype = torch.float32) -> ContrastiveModel: ...
def empty_model(config: AnyConfig, dtype: torch.dtype = torch.float32) -> AnyModel:
    """A model on the CPU whose weights are not set."""
    return meta_model(config, dtype).to_empty(device="cpu")


@torch.no_grad()
def initialise(model: AnyModel, seed: int, but: tuple[str, ...] = ()) -> None:
    """Set fresh weights, but for those whose names begin with one of `but`; the model may be sharded.

    Each is drawn whole on the CPU in float32, one at a time, from a generator seeded by `seed` and its name: so none
    depends on ranks, on the type of the model, or on what else is drawn.
    """
    for name, weight in model.state_dict().items():
        if name.startswith(but):
            continue
        module, _, kind = name.rpartition(".")
        fresh = torch.zeros(weight.shape)
        if kind == "logit_scale":
            fresh.fill_(START_SCALE)
        elif isinstance(model.get_submodule(module), nn.RMSNorm):
            fresh.fill_(1)
        elif kind == "weight":
            fresh.normal_(0, model.config.initializer_range, generator=_generator(seed, name))
        fill(weight, fresh)


def _generator(seed: int, name: str) -> torch.Generator:
    digest = hashlib.sha256(f"{seed} {name}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:8]))


@torch.no_grad()
def fill(weight: Tensor, rows: Tensor) -> None:
    """Sets the first rows of `weight` (n, ...) to `rows` (at most n, ...), cast to its type. Of a weight sharded over
    ranks by rows, as FSDP2 does it, every rank sets what it holds, without a word to the others."""
    first, held = 0, weight
    if isinstance(weight, DTensor):
        held = weight.to_local()
        # shards are cut as torch.chunk does; the last ones may be shorter, or empty
        first = weight.device_mesh.get_local_rank() * -(-len(weight) // weight.device_mesh.size())
    rows = rows[first : first + len(held)]
    held[: len(rows)].copy_(rows)


def load_model(folder: Path | str, dtype: torch.dtype = torch.float32) -> QwenVL:
    """The model in `folder`, on the CPU. Raises CheckpointError when its files and its config disagree."""
    model = empty_model(load_hf_config(folder), dtype)
    load_weights(model, folder)
    return model


def load_contrastive(folder: Path | str, dtype: torch.dtype = torch.float32) -> ContrastiveModel:
    """The contrastive model in `folder`, on the CPU. Raises CheckpointError as `load_model`."""
    model = empty_model(load_contrastive_config(folder), dtype)
    load_weights(model, folder)
    return model


def load_hf_config(folder: Path | str) -> ModelConfig:
    """The config of the checkpoint in `folder`."""
    return _load_config(folder, ModelConfig)


def load_contrastive_config(folder: Path | str) -> ContrastiveConfig:
    """The config of the contrastive model in `folder`."""
    return _load_config(folder, ContrastiveConfig)


def read_hf_config(folder: Path | str) -> dict[str, Any]:
    """The config.json in `folder`, unchecked, of whatever kind of model. Raises CheckpointError where there is none."""
    path = Path(folder) / "config.json"
    if not path.is_file():
        raise CheckpointError(f"{folder}: no config.json there")
    try:
        saved = json.loads(path.read_text())
    except ValueError as error:  # not UTF-8, or not JSON
        raise CheckpointError(f"{path}: {error}") from error
    if not isinstance(saved, dict):
        raise CheckpointError(f"{path}: expected an object, found a {type(saved).__name__}")
    return saved


def _load_config(folder: Path | str, schema: type[SomeConfig]) -> SomeConfig:
    saved, path = read_hf_config(folder), Path(folder) / "config.json"
    try:
        return schema.from_hf(saved)
    except ValidationError as error:
        raise CheckpointError(f"{path}: {'; '.join(fault['msg'] for fault in error.errors())}") from error
    except ConfigError as error:
        raise CheckpointError(f"{path}: {error}") from error


def load_weights(model: AnyModel, folder: Path | str) -> None:
    """Copy the checkpoint's weights into `model`, which may be sharded, one tensor at a time, cast to its type.

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
            fill(own[name], weight)
            missing.discard(name)
    for what, names in (("missing", missing), ("unexpected", unexpected)):
        if names:
            first = ", ".join(sorted(names)[:3]) + (", ..." if len(names) > 3 else "")
            raise CheckpointError(f"{folder}: {len(names)} {what} weights: {first}")


def read_weights(folder: Path | str, prefixes: tuple[str, ...] = ("",)) -> Iterator[tuple[str, Tensor]]:
    """(released name, weight) of each weight in `folder` whose name begins with one of `prefixes`, one at a time."""
    folder = Path(folder)
    index = folder / INDEX
    files = set(json.loads(index.read_text())["weight_map"].values()) if index.is_file() else {WEIGHTS}
    for file in sorted(files):
        if not (folder / file).is_file():
            raise CheckpointError(f"{folder}: no {file} there")
        try:
            with safe_open(folder / file, framework="pt") as weights:
                for name in weights.keys():  # noqa: SIM118 (not a dictionary)
                    if released_name(name).startswith(prefixes):
                        yield released_name(name), weights.get_tensor(name)
        except SafetensorError as error:
            raise CheckpointError(f"{folder / file}: damaged: {error}") from error


def released_name(name: str) -> str:
    """The released name of a weight that transformers 5 may have named."""
    for new, released in (("model.visual.", "visual."), ("model.language_model.", "model.")):
        if name.startswith(new):
            return released + name.removeprefix(new)
    return name


def save_model(model: AnyModel, folder: Path | str) -> None:
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


def write_model(folder: Path, config: AnyConfig, weights: Mapping[str, Tensor], shard_bytes: int = SHARD_BYTES) -> None:
    """Write config and weights (keys as in the state dict) into an existing folder, as `write_config` and
    `write_weights` do."""
    write_config(folder, config, next(iter(weights.values())).dtype)
    write_weights(folder, weights, shard_bytes=shard_bytes)


def write_config(folder: Path, config: AnyConfig, dtype: torch.dtype) -> None:
    """Write into an existing folder what it tells of a model beside its weights, which are of `dtype`."""
    _write_json(folder / "config.json", {**config.to_hf(), "torch_dtype": str(dtype).removeprefix("torch.")})
    if isinstance(config, ModelConfig):
        stops = [config.eos_token_id, config.pad_token_id]
        ids = {"bos_token_id": config.bos_token_id, "pad_token_id": config.pad_token_id, "eos_token_id": stops}
        _write_json(folder / "generation_config.json", {**ids, "do_sample": False})


def write_weights(
    folder: Path,
    weights: Mapping[str, Tensor],
    whole: Callable[[Tensor], Tensor] = Tensor.contiguous,
    shard_bytes: int = SHARD_BYTES,
) -> None:
    """Write weights into an existing folder, in shards of at most `shard_bytes` with an index when one file does not
    hold them. `whole` is called once for each weight, in their order, and gives what is written of it: so weights that
    lie elsewhere are fetched for one shard at a time."""
    shards = _split(weights, shard_bytes)
    if len(shards) == 1:
        files = [WEIGHTS]
    else:
        files = [f"model-{number:05}-of-{len(shards):05}.safetensors" for number in range(1, len(shards) + 1)]
    for file, names in zip(files, shards, strict=True):
        save_file({name: whole(weights[name]) for name in names}, folder / file, {"format": "pt"})
    if len(shards) > 1:
        weight_map = {name: file for file, names in zip(files, shards, strict=True) for name in names}
        total = sum(weight.nbytes for weight in weights.values())
        _write_json(folder / INDEX, {"metadata": {"total_size": total}, "weight_map": weight_map})


def _split(weights: Mapping[str, Tensor], shard_bytes: int) -> list[list[str]]:
    """The names in their order, cut where the next weight would take a shard above `shard_bytes`."""
    shards: list[list[str]] = [[]]
    size = 0
    for name, weight in weights.items():
        if shards[-1] and size + weight.nbytes > shard_bytes:
            shards.append([])
            size = 0
        shards[-1].append(name)
        size += weight.nbytes
    return shards


def _write_json(path: Path, values: Mapping[str, object]) -> None:
    path.write_text(json.dumps(values, indent=2) + "\n")
