"""A model from parts of others: the ViT of a contrastive or vision-language model, the decoder of a Qwen2.5 language
model or of a vision-language one, as the report starts its training (paper section 2.2)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from model.checkpoint import (
    AnyConfig,
    AnyModel,
    CheckpointError,
    fill,
    initialise,
    load_contrastive_config,
    load_hf_config,
    load_weights,
    read_hf_config,
    read_weights,
)
from model.config import TextConfig, VisionConfig
from model.contrastive import ContrastiveConfig, ContrastiveModel

# What makes weights of one model wrong for another though their shapes may agree. Not `tokens_per_second`, which is for
# the decoder's positions; nor `rms_norm_eps`, in which Qwen2.5 and Qwen2.5-VL differ at equal size.
SAME_VISION = tuple(name for name in VisionConfig.model_fields if name != "tokens_per_second")
SAME_TEXT = (
    *("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads"),
    "rope_theta",
)
VISION = ("visual.patch_embed.", "visual.blocks.")
DECODER = ("model.layers.", "model.norm.")
EMBEDDINGS, SCORES = "model.embed_tokens.weight", "lm_head.weight"


def start_weights(
    model: AnyModel, seed: int, whole: Path | None = None, vision: Path | None = None, language: Path | None = None
) -> list[str]:
    """Sets every weight of `model`, which may be sharded: by `load_parts`, and what is left by `initialise`, alike
    whatever else is loaded. Returns what is fresh. At no time a rank holds more than one whole weight.

    Raises CheckpointError as `load_parts`.
    """
    loaded = {("",): whole, VISION: vision, DECODER: language}  # not the vocabulary: it may have more rows here
    initialise(model, seed, but=tuple(name for names, folder in loaded.items() if folder for name in names))
    return load_parts(model, whole, vision, language)


def load_parts(
    model: AnyModel, whole: Path | None = None, vision: Path | None = None, language: Path | None = None
) -> list[str]:
    """Copies weights from checkpoint folders into `model`, which may be sharded; returns what is left as it was, by
    part ("merger", ...).

    `whole` gives everything; `vision` the ViT without its merger, which speaks to another decoder; `language` the
    decoder. Token ids are taken to mean the same in both: of vocabularies that differ in length (checkpoints pad them),
    the rows that both have are copied, further ones of `model` stay as they are and are returned, further ones of the
    checkpoint are left out. Scores tied to the embeddings there and not in `model` start as a copy of them.

    Raises CheckpointError, one line, where a folder holds no such part or that of another architecture.
    """
    if whole:
        _require_same(whole, model.config)
        load_weights(model, whole)
        return []
    fresh = ["vision", "text", "head"] if isinstance(model, ContrastiveModel) else ["vision", "merger", "language"]
    if vision:
        _require("vision_config", vision, _vision_of(vision), _fields(model.config.vision, SAME_VISION))
        _copy(model.state_dict(), vision, VISION)
        fresh.remove("vision")
    if language:
        if isinstance(model, ContrastiveModel):
            raise CheckpointError(f"{language}: a contrastive model has a text tower of its own, and no decoder")
        fresh.remove("language")
        fresh += _load_language(model.state_dict(), model.config.text, language)
    return fresh


def _load_language(own: Mapping[str, Tensor], config: TextConfig, folder: Path) -> list[str]:
    saved, tied = _text_of(folder)
    _require("the decoder", folder, saved, _fields(config, SAME_TEXT))
    if config.tie_word_embeddings and not tied:
        raise CheckpointError(
            f"{folder}: its lm_head is not its embeddings, as tie_word_embeddings has it in the model"
        )
    rows = _copy(own, folder, ("model.",) if tied else ("model.", SCORES))
    if tied and SCORES in own:
        for _, weight in read_weights(folder, (EMBEDDINGS,)):
            fill(own[SCORES], weight[:rows])
    if rows == config.vocab_size:
        return []
    return [f"language: rows {rows:,} to {config.vocab_size - 1:,} of the vocabulary"]


def _copy(own: Mapping[str, Tensor], folder: Path, prefixes: tuple[str, ...]) -> int:
    """Copies the weights that `own` has under `prefixes`, all of which must be there; returns the rows copied of the
    vocabulary, which alone may differ in length."""
    missing, rows = {name for name in own if name.startswith(prefixes)}, 0
    for name, weight in read_weights(folder, prefixes):
        if name not in missing:
            continue
        expected = list(own[name].shape)
        if name in (EMBEDDINGS, SCORES):
            rows = min(len(weight), len(own[name]))
            weight, expected[0] = weight[:rows], rows
        if list(weight.shape) != expected:
            raise CheckpointError(f"{folder}: {name} has shape {list(weight.shape)}, not {expected}")
        fill(own[name], weight)
        missing.discard(name)
    if missing:
        raise CheckpointError(f"{folder}: {len(missing)} weights are not there, as {min(missing)}")
    return rows


def _require_same(folder: Path, config: AnyConfig) -> None:
    """That the whole model in `folder` is one of `config`."""
    contrastive = isinstance(config, ContrastiveConfig)
    saved: AnyConfig = load_contrastive_config(folder) if contrastive else load_hf_config(folder)
    _require("vision_config", folder, _fields(saved.vision, SAME_VISION), _fields(config.vision, SAME_VISION))
    _require("the text model", folder, _fields(saved.text, SAME_TEXT), _fields(config.text, SAME_TEXT))


def _vision_of(folder: Path) -> dict[str, Any]:
    contrastive = read_hf_config(folder).get("model_type") == ContrastiveConfig.MODEL_TYPE
    config: AnyConfig = load_contrastive_config(folder) if contrastive else load_hf_config(folder)
    return _fields(config.vision, SAME_VISION)


def _text_of(folder: Path) -> tuple[dict[str, Any], bool]:
    """The decoder in `folder`, and whether its scores are tied to its embeddings."""
    saved = read_hf_config(folder)
    if saved.get("model_type") != "qwen2":
        text = load_hf_config(folder).text
        return _fields(text, SAME_TEXT), text.tie_word_embeddings
    rope = saved.get("rope_parameters") or saved.get("rope_scaling") or {}  # the first as transformers 5 writes it
    for name, value, supported in (
        ("hidden_act", saved.get("hidden_act", "silu"), "silu"),
        ("use_sliding_window", saved.get("use_sliding_window", False), False),
        ("rope_scaling", rope.get("rope_type") or rope.get("type") or "default", "default"),
    ):
        if value != supported:
            raise CheckpointError(f"{folder}: config.json: {name}: {value!r} is not supported (only {supported!r} is)")
    found = {"rope_theta": rope.get("rope_theta"), **saved}
    return {name: found.get(name) for name in SAME_TEXT}, bool(saved.get("tie_word_embeddings", False))


def _fields(config: VisionConfig | TextConfig, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(config, name) for name in names}


def _require(what: str, folder: Path, saved: Mapping[str, Any], own: Mapping[str, Any]) -> None:
    for name, value in own.items():
        if saved[name] != value:
            raise CheckpointError(f"{folder}: {what}: {name} is {saved[name]}, not {value} as in the model to start")
