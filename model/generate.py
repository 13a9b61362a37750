"""Batched generation with remembered keys and values, for prompts of different lengths with images and videos.

Prompts are read as one pack, without padding. Their keys and values are then laid out right-aligned, so that every
prompt's next token falls in the same column and one step is one batched call for the whole batch.
"""

from collections.abc import Collection, Sequence

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from model.attention import Plan, attend
from model.config import TextConfig
from model.loss import logits
from model.pack import Encoded, Pack, pack
from model.qwen import QwenVL


class PromptLayer:
    """Keeps the keys and values of a pack of prompts in their places, and attends as the pack does."""

    def __init__(self, keys: Tensor, values: Tensor, row: Tensor, column: Tensor, plan: Plan) -> None:
        self.keys, self.values = keys, values  # (b, kv heads, total, d)
        self.row, self.column, self.plan = row, column, plan

    def attend(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """q: (n, heads, d); k, v: (n, kv heads, d). Returns (n, heads, d)."""
        self.keys[self.row, :, self.column] = k
        self.values[self.row, :, self.column] = v
        return attend(q, k, v, self.plan)


class StepLayer:
    """Keeps the keys and values of one token a prompt in the last column, and attends to all that are visible."""

    def __init__(self, keys: Tensor, values: Tensor, visible: Tensor) -> None:
        self.keys, self.values = keys, values  # (b, kv heads, end, d)
        self.visible = visible  # (b, 1, 1, end)

    def attend(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """q: (b, heads, d); k, v: (b, kv heads, d). Returns (b, heads, d).

        The query heads of one key head stand where a sequence of queries would, so keys are not repeated.
        """
        self.keys[:, :, -1] = k
        self.values[:, :, -1] = v
        grouped = q.unflatten(1, (k.shape[1], -1))  # (b, kv heads, heads / kv heads, d)
        return scaled_dot_product_attention(grouped, self.keys, self.values, attn_mask=self.visible).flatten(1, 2)


class Cache:
    """Keys and values of every layer for b prompts, right-aligned at column `width`; generated tokens follow it."""

    def __init__(self, config: TextConfig, batch: Pack, max_new_tokens: int, dtype: torch.dtype) -> None:
        starts = batch.text_plan.cu_seqlens.long()
        lengths = starts.diff()  # (b,)
        device = starts.device
        self.width = batch.text_plan.max_length
        total = self.width + max_new_tokens
        shape = (config.num_hidden_layers, len(lengths), config.num_key_value_heads, total, config.head_dim)
        self.keys = torch.zeros(shape, dtype=dtype, device=device)
        self.values = torch.zeros(shape, dtype=dtype, device=device)
        self.row = batch.document  # (n,) where each prompt token is kept
        self.column = torch.arange(len(self.row), device=device) + (self.width - starts[1:])[self.row]
        self.visible = torch.arange(total, device=device) >= (self.width - lengths)[:, None]  # (b, total)

    def prompt_layers(self, batch: Pack) -> list[PromptLayer]:
        """One memory a layer that reads the prompts."""
        pairs = zip(self.keys, self.values, strict=True)
        return [PromptLayer(keys, values, self.row, self.column, batch.text_plan) for keys, values in pairs]

    def step_layers(self, step: int) -> list[StepLayer]:
        """One memory a layer for the generated token number `step`, one a prompt."""
        end = self.width + step + 1
        visible = self.visible[:, None, None, :end]  # (b, 1, 1, end)
        pairs = zip(self.keys[..., :end, :], self.values[..., :end, :], strict=True)
        return [StepLayer(keys, values, visible) for keys, values in pairs]


@torch.inference_mode()
def generate(
    model: QwenVL,
    prompts: Sequence[Encoded],
    max_new_tokens: int,
    stop_ids: Collection[int],
    temperature: float = 0.0,
    generator: torch.Generator | None = None,
) -> list[list[int]]:
    """The tokens that follow each prompt, up to and with the first of `stop_ids`, or `max_new_tokens` of them.

    Greedy at temperature 0; above, sampled with `generator`, which must live on the model's device.
    """
    device = model.output_weight.device
    batch = pack(prompts, model.config).to(device)
    cache = Cache(model.config.text, batch, max_new_tokens, model.output_weight.dtype)
    last = batch.text_plan.cu_seqlens[1:].long() - 1  # (b,) each prompt's last token
    hidden = model.model(model.embed(batch), batch.position_ids, cache.prompt_layers(batch))[last]
    next_position = _segment_max(batch.position_ids.amax(0), batch.document, len(prompts)) + 1
    stops = torch.tensor(sorted(stop_ids), device=device)
    stopped = torch.zeros(len(prompts), dtype=torch.bool, device=device)
    columns: list[Tensor] = []
    for step in range(max_new_tokens):
        token = _choose(logits(hidden, model.output_weight), temperature, generator)  # (b,)
        columns.append(token)
        stopped |= torch.isin(token, stops)
        if step + 1 == max_new_tokens or bool(stopped.all()):
            break
        positions = (next_position + step).expand(3, -1)  # (3, b)
        hidden = model.model(model.model.embed_tokens(token), positions, cache.step_layers(step))
    return [_until_stop(row, stop_ids) for row in torch.stack(columns, dim=1).tolist()]


def _choose(scores: Tensor, temperature: float, generator: torch.Generator | None) -> Tensor:
    """One token (b,) for each row of scores (b, vocabulary)."""
    if temperature == 0:
        return scores.argmax(-1)
    return torch.multinomial(torch.softmax(scores / temperature, -1), 1, generator=generator)[:, 0]


def _segment_max(values: Tensor, segment: Tensor, segments: int) -> Tensor:
    """The largest of the non-negative `values` (n,) in each segment: (segments,)."""
    return values.new_zeros(segments).scatter_reduce(0, segment, values, "amax")


def _until_stop(tokens: list[int], stop_ids: Collection[int]) -> list[int]:
    ends = [number for number, token in enumerate(tokens) if token in stop_ids]
    return tokens[: ends[0] + 1] if ends else tokens
