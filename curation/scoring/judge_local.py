"""A judge on this machine: any checkpoint that transformers opens as AutoModelForImageTextToText."""

import hashlib
import io
import threading
from pathlib import Path
from typing import Any

import PIL.Image

from curation.errors import ConfigError
from curation.scoring.backend import BackendError, LocalSettings, Reply
from curation.scoring.rubric import Prompt
from curation.scoring.vision_ops import mend_torchvision

_END = 1 << 20  # bytes


class LocalModel:
    """Greedy answers, one at a time. Raises ConfigError where the folder holds no such model."""

    def __init__(self, settings: LocalSettings):
        folder = Path(settings.folder)
        if not (folder / "config.json").is_file():
            raise ConfigError(f"judge: {folder} holds no model (no config.json)")
        mend_torchvision()
        import torch
        from transformers import AutoModelForImageTextToText, AutoProcessor

        try:
            model = AutoModelForImageTextToText.from_pretrained(folder, dtype=getattr(torch, settings.dtype))
            self._processor = AutoProcessor.from_pretrained(folder)
            self._model = model.to(settings.device).eval()
        except Exception as error:  # whatever the loader meets: another kind of model, a damaged file, no such device
            raise ConfigError(f"judge: {folder}: {' '.join(str(error).split())[:300]}") from error
        self.identity = _digest(folder)
        self._lock = threading.Lock()  # of the model

    def check(self) -> None:
        """A model that was loaded can be asked."""

    def complete(self, prompt: Prompt, tokens: int) -> Reply:
        """Raises BackendError where the model cannot be run on this document: out of memory, an image of odd shape."""
        import torch

        pictures = [
            PIL.Image.open(io.BytesIO(part)) for _, turn in prompt.turns for part in turn if isinstance(part, bytes)
        ]
        try:
            with self._lock, torch.inference_mode():
                text = self._processor.apply_chat_template(messages(prompt), tokenize=False, add_generation_prompt=True)
                inputs = self._processor(text=[text], images=pictures or None, return_tensors="pt")
                inputs = inputs.to(self._model.device)
                ids = self._model.generate(**inputs, max_new_tokens=tokens, do_sample=False)
        except Exception as error:  # one document's fault, as far as anybody can tell
            raise BackendError(f"{type(error).__name__}: {' '.join(str(error).split())[:300]}") from error
        asked = inputs["input_ids"].shape[1]
        answer = ids[0, asked:]  # (tokens,)
        said = self._processor.tokenizer.decode(answer, skip_special_tokens=True)
        return Reply(said.strip(), asked, len(answer))


def messages(prompt: Prompt) -> list[dict[str, Any]]:
    """The form of chat templates: texts, and places of pictures."""
    return [
        {
            "role": role,
            "content": [
                {"type": "text", "text": part} if isinstance(part, str) else {"type": "image"} for part in turn
            ],
        }
        for role, turn in prompt.turns
    ]


def _digest(folder: Path) -> str:
    """Changes with the config and, as far as the two ends of each file tell, with the weights."""
    digest = hashlib.sha256((folder / "config.json").read_bytes())
    for path in sorted(folder.glob("*.safetensors")):
        size = path.stat().st_size
        digest.update(f"{path.name} {size}\n".encode())
        with path.open("rb") as file:
            digest.update(file.read(_END))
            file.seek(max(size - _END, 0))
            digest.update(file.read())
    return digest.hexdigest()[:12]
