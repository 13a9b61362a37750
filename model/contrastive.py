"""Contrastive image-text pre-training of the ViT (paper section 2.1; CLIP, arXiv 2103.00020): the very ViT of QwenVL,
under the same names, beside a causal text tower. Only the ViT outlives this stage.

Packed as everywhere: images at native resolution and texts of any length lie end to end, without padding.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
import torch
from pydantic import PositiveFloat, PositiveInt
from torch import Tensor, nn
from torch.nn.functional import normalize

from curation.config import Config
from curation.errors import ConfigError
from model.attention import SegmentPlan, segment_plan
from model.config import NORM_EPS, TextConfig, VisionConfig
from model.decoder import Decoder
from model.movable import Movable
from model.pack import EncodedMedia, VisionPack, pack_vision
from model.vision import VisionEncoder

START_SCALE = math.log(1 / 0.07)  # of the logits, as a logarithm, and the most that it may become: both as in CLIP
MOST_SCALE = math.log(100)


class ContrastiveConfig(Config):
    """The ViT, the text tower (whose `max_position_embeddings` is the longest text, in tokens) and the space that both
    project to. `tie_word_embeddings` means nothing here: the text tower predicts no words."""

    MODEL_TYPE: ClassVar[str] = "vlforge_contrastive"

    vision: VisionConfig
    text: TextConfig
    embed_size: PositiveInt
    initializer_range: PositiveFloat

    def to_hf(self) -> dict[str, Any]:
        """The config.json beside the weights."""
        return {"model_type": self.MODEL_TYPE, "architectures": ["ContrastiveModel"], **self.model_dump(mode="json")}

    @classmethod
    def from_hf(cls, saved: dict[str, Any]) -> Self:
        """The inverse of `to_hf`. Raises ConfigError for another kind of model, pydantic's ValidationError for wrong
        values."""
        if saved.get("model_type") != cls.MODEL_TYPE:
            raise ConfigError(f"model_type: {saved.get('model_type')!r} is not {cls.MODEL_TYPE!r}")
        return cls.model_validate({name: saved[name] for name in cls.model_fields if name in saved})


@dataclass(frozen=True)
class Pair:
    """An image and the text that describes it. Equal keys mean equal images, equal texts."""

    image: EncodedMedia
    text: np.ndarray  # (n,) int64 token ids, the last of them <|endoftext|>
    image_key: int  # 64 bits, signed
    text_key: int


@dataclass(frozen=True)
class Pairs(Movable):
    """Pairs laid end to end: the input of the model. An image or text that several pairs share lies there once."""

    vision: VisionPack
    patches: Tensor  # (images,) int64: how many each image has
    input_ids: Tensor  # (n,) int64: the texts
    position_ids: Tensor  # (3, n) int64, from 0 in each text
    text_plan: SegmentPlan  # segments are texts, causal
    image: Tensor  # (pairs,) int64: the image of each pair
    text: Tensor  # (pairs,) int64: the text of each pair
    image_key: Tensor  # (pairs,) int64
    text_key: Tensor  # (pairs,) int64


class Features(NamedTuple):
    """Both sides of each pair, of length one, and what their products are multiplied by. (A tuple, so that sharded
    training finds the tensors in it.)"""

    image: Tensor  # (pairs, embed) float32
    text: Tensor  # (pairs, embed) float32
    scale: Tensor  # (1,): 1 / temperature


class ContrastiveModel(nn.Module):
    """Two towers and their projections. `visual.*` is named as in the released checkpoints, without the merger."""

    def __init__(self, config: ContrastiveConfig) -> None:
        super().__init__()
        self.config = config
        self.visual = VisionEncoder(config.vision)
        self.text = Decoder(config.text)
        self.head = ContrastiveHead(config)

    @property
    def blocks(self) -> list[nn.Module]:
        """The units of sharding, compiling and recomputing: the ViT's blocks, then the text tower's."""
        return [*self.visual.blocks, *self.text.layers]

    def forward(self, pairs: Pairs) -> Features:
        """Without pairs the towers run all the same, on one blank cell and one token, for gradients of zero."""
        images = self.visual.encode(pairs.vision)  # (patches, hidden), image after image
        embedded = self.text.embed_tokens(pairs.input_ids)
        texts = self.text(embedded, pairs.position_ids, pairs.text_plan)  # (n, hidden)
        last = pairs.text_plan.cu_seqlens[1:].long() - 1  # the one token that has seen its whole text
        image, text = self.head.image_features(images, pairs.patches), self.head.text_features(texts[last])
        return Features(image[pairs.image], text[pairs.text], self.head.scale())


class ContrastiveHead(nn.Module):
    """From towers to the shared space.

    An image is the mean of its patches, not what a learnt query attends to: this head is thrown away, so it shall learn
    nothing that the patches could, and every patch, which is what the language model will read, gets its gradient.
    """

    def __init__(self, config: ContrastiveConfig) -> None:
        super().__init__()
        self.norm = nn.RMSNorm(config.vision.hidden_size, eps=NORM_EPS)
        self.image = nn.Linear(config.vision.hidden_size, config.embed_size, bias=False)
        self.text = nn.Linear(config.text.hidden_size, config.embed_size, bias=False)
        self.logit_scale = nn.Parameter(torch.empty(1))  # not a scalar: FSDP2 shards the first dimension

    def image_features(self, x: Tensor, patches: Tensor) -> Tensor:
        """x (patches, hidden), image after image, to (images, embed) float32. The order of patches inside an image does
        not matter."""
        x = self.norm(x)
        # the check of the lengths, which unsafe leaves out, would make the device wait for the host
        means = torch.segment_reduce(x.float(), "mean", lengths=patches, unsafe=True)  # (images, hidden)
        return normalize(self.image(means.to(x.dtype)).float(), dim=-1)

    def text_features(self, x: Tensor) -> Tensor:
        """x (texts, hidden) to (texts, embed) float32."""
        return normalize(self.text(x).float(), dim=-1)

    def scale(self) -> Tensor:
        """1 / temperature, from 1 to 100: (1,) float32."""
        bounded: Tensor = _Bounded.apply(self.logit_scale.float())
        return bounded.exp()


class _Bounded(torch.autograd.Function):
    """A clamp to [0, MOST_SCALE] whose gradient ends only where it would push further out: that of torch's clamp ends
    in both directions, and a temperature one step too far could never come back."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x.clamp(0, MOST_SCALE)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        # descent goes against the gradient
        outward = ((x >= MOST_SCALE) & (gradient < 0)) | ((x <= 0) & (gradient > 0))
        return gradient.masked_fill(outward, 0)


def pack_pairs(pairs: Sequence[Pair], config: ContrastiveConfig) -> Pairs:
    """Lay the images and texts of `pairs` end to end. No pairs give a blank cell and one token that no pair names.

    Raises ValueError where the rows of an image and its grid disagree.
    """
    images = list({pair.image_key: pair.image for pair in pairs}.values())
    texts = list({pair.text_key: pair.text for pair in pairs}.values()) or [np.zeros(1, np.int64)]
    lengths = [len(text) for text in texts]
    positions = np.concatenate([np.arange(length) for length in lengths])
    image_key = np.array([pair.image_key for pair in pairs], np.int64)
    text_key = np.array([pair.text_key for pair in pairs], np.int64)
    return Pairs(
        vision=pack_vision(images, config.vision),
        patches=torch.tensor([math.prod(image.grid) for image in images] or [config.vision.merge_unit]),
        input_ids=torch.from_numpy(np.concatenate(texts)),
        position_ids=torch.from_numpy(positions).expand(3, -1).contiguous(),
        text_plan=segment_plan(lengths, causal=True),
        image=torch.from_numpy(_first_seen(image_key)),
        text=torch.from_numpy(_first_seen(text_key)),
        image_key=torch.from_numpy(image_key),
        text_key=torch.from_numpy(text_key),
    )


def _first_seen(keys: np.ndarray) -> np.ndarray:
    """The number of each key (n,) int64 in the order in which distinct ones first come."""
    numbers = {key: number for number, key in enumerate(dict.fromkeys(keys.tolist()))}
    return np.array([numbers[key] for key in keys.tolist()], np.int64)
