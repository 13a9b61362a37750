"""What a model is made of: the numbers of configs/model/*.yaml, checked; to and from the released config.json.

Every field is explicit: the defaults of transformers' config class do not build a released model (paper section 2.1).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from curation.config import Config, load
from curation.errors import ConfigError

NORM_EPS = 1e-6  # of every RMSNorm in the ViT; the released config has no field for it


class VisionConfig(Config):
    """The ViT and its merger. Sizes in pixels where named patch or window."""

    depth: PositiveInt
    hidden_size: PositiveInt
    intermediate_size: PositiveInt
    num_heads: PositiveInt
    in_channels: PositiveInt
    patch_size: PositiveInt  # pixels
    temporal_patch_size: PositiveInt  # frames
    spatial_merge_size: PositiveInt  # patches a side that become one LLM token
    window_size: PositiveInt  # pixels a side
    fullatt_block_indexes: tuple[int, ...]
    tokens_per_second: PositiveInt  # steps of the time axis in one second of video

    @property
    def head_dim(self) -> int:
        return self.hidden_size // self.num_heads

    @property
    def frame_values(self) -> int:
        """Values of one frame in a patch: 3 * 14 * 14 = 588 in the released models."""
        return self.in_channels * self.patch_size**2

    @property
    def patch_values(self) -> int:
        """Values of a patch: 2 * 588 = 1176 in the released models."""
        return self.temporal_patch_size * self.frame_values

    @property
    def merge_unit(self) -> int:
        """Patches in one cell, that is, in one LLM token."""
        return self.spatial_merge_size**2

    @property
    def window_cells(self) -> int:
        """Cells a side of a whole window."""
        return self.window_size // (self.patch_size * self.spatial_merge_size)

    @model_validator(mode="after")
    def _check(self) -> Self:
        _require_multiple("hidden_size", self.hidden_size, 4 * self.num_heads, "4 * num_heads")  # pairs on two axes
        cell = self.patch_size * self.spatial_merge_size
        _require_multiple("window_size", self.window_size, cell, "patch_size * spatial_merge_size")
        layers = self.fullatt_block_indexes
        if list(layers) != sorted(set(layers)) or any(not 0 <= layer < self.depth for layer in layers):
            raise ValueError(f"fullatt_block_indexes: {list(layers)} are not rising layers below depth {self.depth}")
        return self


class TextConfig(Config):
    """The decoder."""

    vocab_size: PositiveInt
    hidden_size: PositiveInt
    intermediate_size: PositiveInt
    num_hidden_layers: PositiveInt
    num_attention_heads: PositiveInt
    num_key_value_heads: PositiveInt
    max_position_embeddings: PositiveInt
    rms_norm_eps: PositiveFloat
    rope_theta: PositiveFloat
    mrope_section: tuple[int, int, int]  # frequencies that turn by time, by height, by width
    tie_word_embeddings: bool

    @property
    def head_dim(self) -> int:
        return self.hidden_size // self.num_attention_heads

    @model_validator(mode="after")
    def _check(self) -> Self:
        _require_multiple("hidden_size", self.hidden_size, 2 * self.num_attention_heads, "2 * num_attention_heads")
        heads, kv_heads = self.num_attention_heads, self.num_key_value_heads
        _require_multiple("num_attention_heads", heads, kv_heads, "num_key_value_heads")
        sections, half = list(self.mrope_section), self.head_dim // 2
        if min(sections) < 0 or sum(sections) != half:
            raise ValueError(f"mrope_section: {sections} does not sum to head size / 2 = {half}")
        return self


class ModelConfig(Config):
    """A whole vision-language model, with the ids of the special tokens that its mathematics or generation needs."""

    vision: VisionConfig
    text: TextConfig
    initializer_range: PositiveFloat
    image_token_id: int = Field(ge=0)
    video_token_id: int = Field(ge=0)
    vision_start_token_id: int = Field(ge=0)
    vision_end_token_id: int = Field(ge=0)
    bos_token_id: int = Field(ge=0)
    eos_token_id: int = Field(ge=0)
    pad_token_id: int = Field(ge=0)

    @model_validator(mode="after")
    def _check(self) -> Self:
        for name in (name for name in type(self).model_fields if name.endswith("_token_id")):
            if getattr(self, name) >= self.text.vocab_size:
                raise ValueError(f"{name}: {getattr(self, name)} is not below vocab_size {self.text.vocab_size}")
        pads = (self.image_token_id, self.video_token_id, self.vision_start_token_id, self.vision_end_token_id)
        if len(set(pads)) < 4:
            raise ValueError(f"image, video, vision_start and vision_end token ids must differ; got {pads}")
        return self

    def to_hf(self) -> dict[str, Any]:
        """The released config.json: text fields flat at the top, the ViT under `vision_config`."""
        text = self.text.model_dump(mode="json")
        section = text.pop("mrope_section")
        vision = self.vision.model_dump(mode="json")
        return {
            "architectures": ["Qwen2_5_VLForConditionalGeneration"],
            "model_type": "qwen2_5_vl",
            "attention_dropout": 0.0,
            "hidden_act": "silu",
            "use_sliding_window": False,
            "use_cache": True,
            "rope_scaling": {"type": "mrope", "mrope_section": section},
            **text,
            **self.model_dump(mode="json", exclude={"text", "vision"}),
            "vision_config": {
                "model_type": "qwen2_5_vl",
                "hidden_act": "silu",
                "out_hidden_size": self.text.hidden_size,
                "in_chans": vision["in_channels"],
                "spatial_patch_size": vision["patch_size"],
                **vision,
            },
        }

    @classmethod
    def from_hf(cls, released: Mapping[str, Any]) -> Self:
        """Read a config.json, in the released flat layout or as transformers 5 nests it (`text_config`).

        Raises ConfigError when a needed key is missing or the file asks for something that this model does not do, and
        pydantic's ValidationError when numbers do not fit together.
        """
        text = {**released, **released.get("text_config", {})}
        text["tie_word_embeddings"] = released.get("tie_word_embeddings", text.get("tie_word_embeddings"))
        rope = text.get("rope_scaling") or text.get("rope_parameters") or {}
        text = {"rope_theta": rope.get("rope_theta"), **text, "mrope_section": rope.get("mrope_section")}
        vision = dict(released.get("vision_config", {}))
        vision.setdefault("in_channels", vision.get("in_chans", 3))  # the released files say in_chans or nothing
        vision.setdefault("temporal_patch_size", 2)
        _require_supported(text, vision, rope)
        for name, other in (("pad_token_id", "bos_token_id"), ("bos_token_id", "pad_token_id")):
            text[name] = text.get(other) if text.get(name) is None else text[name]  # both are <|endoftext|>
        return cls(
            text=TextConfig(**_pick(text, TextConfig, "config.json")),
            vision=VisionConfig(**_pick(vision, VisionConfig, "config.json: vision_config")),
            **_pick(text, cls, "config.json", skip=("text", "vision")),
        )


def load_config(path: Path | str) -> ModelConfig:
    """Reads one of configs/model/*.yaml. Raises ConfigError, one line that names each wrong field."""
    return load(path, ModelConfig)


def _pick(found: Mapping[str, Any], cls: type[Config], where: str, skip: tuple[str, ...] = ()) -> dict[str, Any]:
    names = [name for name in cls.model_fields if name not in skip]
    missing = [name for name in names if found.get(name) is None]
    if missing:
        raise ConfigError(f"{where}: missing {', '.join(missing)}")
    return {name: found[name] for name in names}


def _require_supported(text: Mapping[str, Any], vision: Mapping[str, Any], rope: Mapping[str, Any]) -> None:
    expected = [
        ("model_type", text.get("model_type"), ("qwen2_5_vl", "qwen2_5_vl_text", None)),
        ("hidden_act", text.get("hidden_act"), ("silu", None)),
        ("use_sliding_window", text.get("use_sliding_window"), (False, None)),
        ("attention_dropout", text.get("attention_dropout"), (0, None)),
        ("rope_scaling.type", rope.get("rope_type") or rope.get("type"), ("mrope", "default", None)),
        ("vision_config.hidden_act", vision.get("hidden_act"), ("silu", None)),
        ("vision_config.out_hidden_size", vision.get("out_hidden_size"), (text.get("hidden_size"), None)),
    ]
    for name, value, allowed in expected:
        if value not in allowed:
            raise ConfigError(f"config.json: {name}: {value!r} is not supported (only {allowed[0]!r} is)")


def _require_multiple(name: str, value: int, factor: int, what: str) -> None:
    if value % factor:
        raise ValueError(f"{name}: {value} is not a multiple of {what} = {factor}")
