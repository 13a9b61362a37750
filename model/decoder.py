"""The language model of Qwen2.5-VL: the Qwen2.5 decoder with multimodal rotary embedding (paper section 2.1).
Module names are those of the released checkpoints under `model.`."""

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor, nn

from model.attention import Plan, attend
from model.config import TextConfig
from model.layers import Linear, Rope, SwiGLU, rope_frequencies, rope_from_angles, rotate


class KeyValues(Protocol):
    """What a layer remembers between two calls of the decoder (`model.generate`)."""

    def attend(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Remember the keys and values of these tokens and attend to all that they may see. Shapes as in `attend`."""
        ...


class Decoder(nn.Module):
    """Token embeddings, layers, final norm."""

    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        self.config = config
        self.embed_tokens = nn.Embedding(config.vocab_size, config.hidden_size)
        self.layers = nn.ModuleList(DecoderLayer(config) for _ in range(config.num_hidden_layers))
        self.norm = nn.RMSNorm(config.hidden_size, eps=config.rms_norm_eps)

    def forward(self, x: Tensor, position_ids: Tensor, attention: Plan | Sequence[KeyValues]) -> Tensor:
        """x (n, hidden) embeddings and position_ids (3, n) to the last hidden states (n, hidden).

        `attention` is the plan of a pack, or one memory a layer when generating.
        """
        rope = self.rope(position_ids)
        for number, layer in enumerate(self.layers):
            x = layer(x, rope, attention if isinstance(attention, Plan) else attention[number])
        return self.norm(x)

    def rope(self, position_ids: Tensor) -> Rope:
        """MRoPE of position_ids (3, n): each section of the frequencies turns by the id of its own axis."""
        frequencies = rope_frequencies(self.config.head_dim // 2, self.config.rope_theta, position_ids.device)
        angles = position_ids[..., None] * frequencies  # (3, n, head dim / 2)
        sections = angles.split(self.config.mrope_section, dim=-1)
        return rope_from_angles(torch.cat([section[axis] for axis, section in enumerate(sections)], dim=-1))


class DecoderLayer(nn.Module):
    """Pre-norm attention and SwiGLU MLP."""

    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        self.input_layernorm = nn.RMSNorm(config.hidden_size, eps=config.rms_norm_eps)
        self.post_attention_layernorm = nn.RMSNorm(config.hidden_size, eps=config.rms_norm_eps)
        self.self_attn = DecoderAttention(config)
        self.mlp = SwiGLU(config.hidden_size, config.intermediate_size, bias=False)

    def forward(self, x: Tensor, rope: Rope, attention: Plan | KeyValues) -> Tensor:
        """x and the result: (n, hidden)."""
        x = x + self.self_attn(self.input_layernorm(x), rope, attention)
        return x + self.mlp(self.post_attention_layernorm(x))


class DecoderAttention(nn.Module):
    """Causal attention with fewer heads for keys and values; q, k and v have a bias, the output has none."""

    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        kv_size = config.num_key_value_heads * config.head_dim
        self.head_dim = config.head_dim
        self.q_proj = Linear(config.hidden_size, config.hidden_size)
        self.k_proj = Linear(config.hidden_size, kv_size)
        self.v_proj = Linear(config.hidden_size, kv_size)
        self.o_proj = Linear(config.hidden_size, config.hidden_size, bias=False)

    def forward(self, x: Tensor, rope: Rope, attention: Plan | KeyValues) -> Tensor:
        """x and the result: (n, hidden)."""
        q, k, v = (proj(x).unflatten(-1, (-1, self.head_dim)) for proj in (self.q_proj, self.k_proj, self.v_proj))
        q, k = rotate(q, rope), rotate(k, rope)  # (n, heads, head dim), (n, kv heads, head dim)
        out = attend(q, k, v, attention) if isinstance(attention, Plan) else attention.attend(q, k, v)
        return self.o_proj(out.flatten(1))
