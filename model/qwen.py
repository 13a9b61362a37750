"""Qwen2.5-VL: the vision tower, the decoder, and the way from one to the other. Mathematics only: positions and plans
come with the pack, weights with `model.checkpoint`."""

from torch import Tensor, nn
from torch.nn.functional import pad

from model.config import ModelConfig
from model.context import gather
from model.decoder import Decoder
from model.pack import Pack
from model.vision import VisionTower


class QwenVL(nn.Module):
    """The whole model. The keys of its state dict are those of the released checkpoints."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.visual = VisionTower(config.vision, config.text.hidden_size)
        self.model = Decoder(config.text)
        if not config.text.tie_word_embeddings:
            self.lm_head = nn.Linear(config.text.hidden_size, config.text.vocab_size, bias=False)

    @property
    def blocks(self) -> list[nn.Module]:
        """The transformer blocks, the ViT's before the decoder's: compiled, sharded and recomputed one by one."""
        return [*self.visual.blocks, *self.model.layers]

    @property
    def output_weight(self) -> Tensor:
        """(vocabulary, hidden): the rows that score each token; the embeddings themselves when tied."""
        tied = self.config.text.tie_word_embeddings
        return self.model.embed_tokens.weight if tied else self.lm_head.weight

    def embed(self, pack: Pack) -> Tensor:
        """The decoder's input (n, hidden): token embeddings, with the ViT's features in the place of vision tokens.

        The ViT always runs. In a pack of text only no token shows its blank cell, so all its gradients are zero.
        """
        features = self.visual(pack.vision)  # (cells, hidden)
        if pack.gathered_cells is not None:  # ranks that share the sequence share the ViT's work
            features = gather(pad(features, (0, 0, 0, pack.gathered_cells - len(features))))
        tokens = self.model.embed_tokens(pack.input_ids)  # (n, hidden)
        return tokens.index_copy(0, pack.vision_index, features[pack.feature_index].to(tokens.dtype))

    def forward(self, pack: Pack) -> Tensor:
        """The last hidden states (n, hidden) of a pack; `model.loss` turns them into losses."""
        return self.model(self.embed(pack), pack.position_ids, pack.text_plan)
