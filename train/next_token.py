"""Next-token prediction over packs: the objective of every phase but the contrastive one (paper section 2.2.2)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from curation.document import Document
from model.config import ModelConfig
from model.loss import token_losses
from model.pack import IGNORED, Encoded, Pack, pack
from model.processor import Images, Processor
from model.processor import apart as questions
from model.qwen import QwenVL
from train.flops import pack_flops
from train.objective import Batch, Measured
from train.parallel import Ranks


@dataclass(frozen=True)
class NextToken:
    """`learning` are the parts (keys of `optimizer.learning_rate`) whose weights are trained: they cost more FLOPs."""

    config: ModelConfig
    learning: frozenset[str]

    def encode(self, document: Document, processor: Processor, apart: bool) -> list[Encoded]:
        images: Images = {}  # questions taken apart share one look at their pictures
        documents = questions(document) if apart else [document]
        return [processor.encode(each, images=images) for each in documents]

    def collate(self, items: Sequence[Encoded]) -> Pack:
        return pack(items, self.config)

    def idle(self) -> Pack:
        """One token that nothing is asked of; the ViT looks at the blank cell of every pack of text."""
        token = np.full(1, self.config.pad_token_id, np.int64)
        return pack([Encoded(token, np.full_like(token, IGNORED))], self.config)

    def flops(self, content: Pack) -> float:
        return pack_flops(content, self.config, self.learning)

    def backward(self, model: QwenVL, batches: Sequence[Batch], ranks: Ranks) -> Measured:
        """Every pack's loss is divided by the supervised tokens of all packs of all ranks, so neither ranks nor
        accumulation change the gradient."""
        # Sharded gradients are reduced after every pack, not after the last alone: whole until then they would take
        # 4 bytes a trained weight on every rank, 15 GB at 3B and 290 GB at 72B, and what they cost in time hides behind
        # the backward of the blocks below.
        here = torch.tensor(sum(len(batch.content.targets) for batch in batches), device=ranks.device)
        supervised = max(int(ranks.sum(here)), 1)
        measured = [self._backward(model, batch, ranks.count / supervised) for batch in batches]
        total, count = (torch.cat(some) for some in zip(*measured, strict=True))
        return Measured(float(ranks.sum(total.sum())) / supervised, total, count)

    def _backward(self, model: QwenVL, batch: Batch, share: float) -> tuple[Tensor, Tensor]:
        """Summed loss (documents,) and supervised tokens (documents,) of each document of a pack."""
        content = batch.content
        losses = token_losses(model(content), model.output_weight, content)  # (supervised tokens,)
        (losses.sum() * share).backward()  # ranks' gradients are averaged: so `share` counts the ranks
        owner, documents = content.target_document, len(batch.source)
        total = losses.new_zeros(documents).index_add(0, owner, losses.detach())
        return total, torch.bincount(owner, minlength=documents)
