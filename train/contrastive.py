"""Contrastive image-text pre-training: the objective of the phase that the ViT starts with (paper section 2.1).

The loss is the symmetric InfoNCE of CLIP (arXiv 2103.00020, figure 3) over every pair of the global batch, whatever the
ranks and packs that it is spread over. Each pair is told from all others, so no pack has a loss of its own: the
features of all packs are computed first, then the loss and its gradient by features, then each pack goes backward from
that gradient (GradCache, arXiv 2101.06983). It gives the gradients of one large batch in the memory of one pack.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from curation.document import Document, Image, Turn
from model.contrastive import ContrastiveConfig, Features, Pair, Pairs, pack_pairs
from model.processor import Images, Processor
from model.processor import apart as questions
from model.tokenizer import END_OF_TEXT
from train.flops import decoder_flops, vision_flops
from train.objective import Batch, Measured
from train.parallel import Ranks

LOGITS_AT_ONCE = 2**27  # 512 MB in float32


@dataclass(frozen=True)
class Contrastive:
    """Which text of the batch belongs to an image, and which image to a text.

    An image or text that occurs twice in the global batch is no wrong answer to its double: pairs with an equal image
    (file) or an equal text (tokens) are left out of each other's choices.
    """

    config: ContrastiveConfig
    parts: frozenset[str]  # those that learn

    def encode(self, document: Document, processor: Processor, apart: bool) -> list[Pair]:
        """A pair for each distinct image of the document, all with its text: pre-training text and what the assistant
        says, cut after `max_position_embeddings` tokens. Without images or without text there is no pair; videos are
        left out."""
        shown: Images = {}  # questions taken apart share one look at their pictures
        documents = questions(document) if apart else [document]
        return [pair for each in documents for pair in self._pairs(each, processor, shown)]

    def _pairs(self, document: Document, processor: Processor, shown: Images) -> list[Pair]:
        turns = [turn for turn in document.turns if turn.role in (None, "assistant")]
        text = "\n".join(turn.text for turn in turns).strip()
        parts = [part for turn in document.turns for part in turn.parts]
        pictures = tuple(dict.fromkeys(part for part in parts if isinstance(part, Image)))
        if not text or not pictures:
            return []
        limit = self.config.text.max_position_embeddings - 1
        words = processor.tokenizer.encode(text)[:limit]
        ids = np.array([*words, processor.tokenizer.special(END_OF_TEXT)], np.int64)
        key = _key(hashlib.sha256(ids.tobytes()).hexdigest())
        images = processor.encode(replace(document, turns=(Turn(None, pictures),)), images=shown).media
        digests = [document.media[picture.media].sha256 for picture in pictures]
        return [Pair(image, ids, _key(digest), key) for image, digest in zip(images, digests, strict=True)]

    def collate(self, items: Sequence[Pair]) -> Pairs:
        """A pack; that of no pairs is an idle one."""
        return pack_pairs(items, self.config)

    def idle(self) -> Pairs:
        return pack_pairs([], self.config)

    def flops(self, content: Pairs) -> float:
        """Of both towers, each pack counted once; the projections and the products of features are next to nothing."""
        return vision_flops(content.vision, self.config.vision, "vision" in self.parts) + decoder_flops(
            content.text_plan, 0, self.config.text, "text" in self.parts
        )

    def backward(self, model: nn.Module, batches: Sequence[Batch], ranks: Ranks) -> Measured:
        """Of k packs on this rank, k - 1 go through the model twice: the last one's graph is still there.

        `extra`: shares of the images whose text, and of the texts whose image, scores highest among all of the batch
        (recall at 1), the temperature before the update, and the pairs.
        """
        packs = [cast(Pairs, batch.content) for batch in batches]
        with torch.no_grad():
            features = [model(pack) for pack in packs[:-1]]
        features.append(model(packs[-1]))
        contrast = _contrast(features, packs, ranks)
        _descend(features[-1], contrast.gradients[-1])
        for pack, gradient in zip(packs[:-1], contrast.gradients, strict=False):
            _descend(model(pack), gradient)
        pairs = max(contrast.pairs, 1)
        loss, to_text, to_image = (ranks.sum(contrast.sums) / pairs).tolist()
        return Measured(
            loss=loss,
            total=contrast.losses,
            count=torch.ones_like(contrast.losses, dtype=torch.int64),
            extra={
                "retrieval/text": to_text,
                "retrieval/image": to_image,
                "temperature": 1 / features[-1].scale.item(),
                "pairs": contrast.pairs,
            },
        )


@dataclass(frozen=True)
class _Contrast:
    """What the global batch says of this rank's pairs."""

    pairs: int  # on all ranks
    losses: Tensor  # (own pairs,) float32
    sums: Tensor  # (3,) float64: of the own pairs' losses, of texts found and of images found
    gradients: list[Features]  # of the global mean loss by the features of each own pack


def _contrast(features: Sequence[Features], packs: Sequence[Pairs], ranks: Ranks) -> _Contrast:
    """The loss of this rank's pairs against all of the batch, row by row, and its gradient by the features."""
    own = [len(each.image) for each in features]
    counts = _counts(sum(own), ranks, features[0].image.device)
    images, texts = (_everywhere([getattr(x, name) for x in features], counts) for name in ("image", "text"))
    keys = [_everywhere([getattr(pack, name) for pack in packs], counts) for name in ("image_key", "text_key")]
    leaves = [side.detach().requires_grad_() for side in (images, texts, features[-1].scale)]
    pairs, first = sum(counts), sum(counts[: ranks.rank])
    losses, found = [images.new_zeros(0)], images.new_zeros(2, dtype=torch.float64)
    rows = torch.arange(first, first + sum(own), device=images.device)
    for some in rows.split(max(1, LOGITS_AT_ONCE // pairs)) if len(rows) else ():
        loss, right = _compare(some, *leaves, *keys)
        torch.autograd.backward(loss.sum() / pairs)
        losses.append(loss.detach())
        found += right
    # an image or text of this rank stands in the rows of all others; and sharded training will average over ranks
    gradients = [ranks.sum(_gradient(leaf))[rows] * ranks.count for leaf in leaves[:2]]
    scale = _gradient(leaves[2]) * ranks.count
    scales = [torch.zeros_like(scale)] * (len(own) - 1) + [scale]
    every = torch.cat(losses)
    return _Contrast(
        pairs=pairs,
        losses=every,
        sums=torch.cat([every.double().sum()[None], found]),
        gradients=[Features(*each) for each in zip(*(side.split(own) for side in gradients), scales, strict=True)],
    )


def _compare(
    rows: Tensor, images: Tensor, texts: Tensor, scale: Tensor, image_key: Tensor, text_key: Tensor
) -> tuple[Tensor, Tensor]:
    """Of the pairs `rows` among all: losses (rows,), and how many texts and images are found (2,)."""
    double = (image_key[rows, None] == image_key) | (text_key[rows, None] == text_key)  # (rows, pairs)
    double[torch.arange(len(rows), device=rows.device), rows] = False  # itself
    losses, found = [], []
    for asked, offered in ((images, texts), (texts, images)):
        logits = (scale * (asked[rows] @ offered.T)).masked_fill(double, -torch.inf)
        losses.append(cross_entropy(logits, rows, reduction="none"))
        found.append((logits.argmax(dim=1) == rows).sum())
    return (losses[0] + losses[1]) / 2, torch.stack(found)


def _descend(features: Features, gradient: Features) -> None:
    """Backward from features, as far as anything below them learns."""
    pairs = [(x, slope) for x, slope in zip(features, gradient, strict=True) if x.requires_grad]
    torch.autograd.backward([x for x, _ in pairs], [slope for _, slope in pairs])


def _gradient(leaf: Tensor) -> Tensor:
    return torch.zeros_like(leaf) if leaf.grad is None else leaf.grad


def _counts(own: int, ranks: Ranks, device: torch.device) -> list[int]:
    """The pairs of each rank."""
    counts = torch.zeros(ranks.count, dtype=torch.int64, device=device)
    counts[ranks.rank] = own
    return [int(count) for count in ranks.sum(counts).tolist()]


def _everywhere(own: Sequence[Tensor], counts: Sequence[int]) -> Tensor:
    """The rows of all packs of all ranks, rank after rank, each of which has its own count of them."""
    x = torch.cat(list(own)).detach()
    if len(counts) == 1:
        return x
    padded = x.new_zeros(max(counts), *x.shape[1:])  # gloo gathers equal shapes only
    padded[: len(x)] = x
    gathered = [torch.empty_like(padded) for _ in counts]
    dist.all_gather(gathered, padded)
    return torch.cat([rows[:count] for rows, count in zip(gathered, counts, strict=True)])


def _key(digest: str) -> int:
    """The first 64 bits of a hexadecimal digest, signed."""
    return int.from_bytes(bytes.fromhex(digest)[:8], signed=True)
