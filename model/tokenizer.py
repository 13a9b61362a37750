"""Text to token ids: a Qwen tokenizer directory, or a small byte-level BPE trained from curated text."""

import json
import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

import tokenizers
from tokenizers import models, normalizers, pre_tokenizers, trainers

from curation.errors import UserError

# The released special tokens, in the order of their ids (151643 ... 151656).
END_OF_TEXT, TURN_START, TURN_END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
VISION_START, VISION_END = "<|vision_start|>", "<|vision_end|>"
IMAGE_PAD, VIDEO_PAD = "<|image_pad|>", "<|video_pad|>"
SPECIAL = (
    *(END_OF_TEXT, TURN_START, TURN_END, "<|object_ref_start|>", "<|object_ref_end|>", "<|box_start|>", "<|box_end|>"),
    *("<|quad_start|>", "<|quad_end|>", VISION_START, VISION_END, "<|vision_pad|>", IMAGE_PAD, VIDEO_PAD),
)

_COMPANIONS = ("tokenizer_config.json", "chat_template.json", "chat_template.jinja")

# Qwen2's pre-tokenizer: words, single digits, runs of punctuation, line breaks, spaces.
_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)

# ChatML with images and videos, as the released template writes them.
CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{% if loop.first and message['role'] != 'system' %}"
    "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n{% endif %}"
    "<|im_start|>{{ message['role'] }}\n"
    "{% if message['content'] is string %}{{ message['content'] }}{% else %}"
    "{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}<|vision_start|><|image_pad|><|vision_end|>"
    "{% elif part['type'] == 'video' %}<|vision_start|><|video_pad|><|vision_end|>"
    "{% else %}{{ part['text'] }}{% endif %}{% endfor %}{% endif %}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


class Tokenizer:
    """Byte-level BPE in which only the encoder, never the data, can write a special token."""

    def __init__(self, folder: str | Path):
        path = Path(folder) / "tokenizer.json"
        try:
            self.core = tokenizers.Tokenizer.from_file(str(path))
        except Exception as error:  # the library raises bare Exception
            raise UserError(f"{path}: not a tokenizer: {error}") from error
        self.core.encode_special_tokens = True  # a literal "<|im_end|>" in data is spelt out as ordinary characters
        missing = [token for token in SPECIAL if self.core.token_to_id(token) is None]
        if missing:
            raise UserError(f"{path}: lacks the special tokens {', '.join(missing)}: not a Qwen2.5-VL tokenizer")
        self.folder = Path(folder)

    def __len__(self) -> int:
        return self.core.get_vocab_size(with_added_tokens=True)

    def __reduce__(self) -> tuple[type["Tokenizer"], tuple[Path]]:
        return Tokenizer, (self.folder,)

    def encode(self, text: str) -> list[int]:
        return self.core.encode(text, add_special_tokens=False).ids

    def decode(self, ids: Iterable[int]) -> str:
        """The text of `ids`, special tokens left out."""
        return self.core.decode(list(ids), skip_special_tokens=True)

    def special(self, token: str) -> int:
        """The id of one of `SPECIAL`."""
        number = self.core.token_to_id(token)
        assert number is not None
        return number

    def special_ids(self) -> dict[str, int]:
        """The ids that `model.config.ModelConfig` names."""
        return {
            "image_token_id": self.special(IMAGE_PAD),
            "video_token_id": self.special(VIDEO_PAD),
            "vision_start_token_id": self.special(VISION_START),
            "vision_end_token_id": self.special(VISION_END),
            "bos_token_id": self.special(END_OF_TEXT),
            "eos_token_id": self.special(TURN_END),
            "pad_token_id": self.special(END_OF_TEXT),
        }

    def save(self, folder: str | Path) -> None:
        """Writes tokenizer.json and the files that transformers reads beside it: its own where it came with them."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        self.core.encode_special_tokens = False  # transformers marks special tokens in the text it is given
        self.core.save(str(folder / "tokenizer.json"))
        self.core.encode_special_tokens = True
        own = [self.folder / name for name in _COMPANIONS if (self.folder / name).exists()]
        for path in own:
            shutil.copyfile(path, folder / path.name)
        if not own:
            _write_companions(folder)


def _write_companions(folder: Path) -> None:
    settings = {
        "tokenizer_class": "Qwen2Tokenizer",
        "eos_token": TURN_END,
        "pad_token": END_OF_TEXT,
        "bos_token": None,
        "unk_token": None,
        "additional_special_tokens": list(SPECIAL[1:]),
        "model_max_length": 128000,
        "chat_template": CHAT_TEMPLATE,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=1))
    (folder / "chat_template.json").write_text(json.dumps({"chat_template": CHAT_TEMPLATE}))
    (folder / "chat_template.jinja").write_text(CHAT_TEMPLATE)


def train_tokenizer(texts: Iterable[str], vocabulary: int, folder: str | Path) -> Tokenizer:
    """Trains a byte-level BPE of at most `vocabulary` entries, special tokens included, and saves it in `folder`."""
    core = tokenizers.Tokenizer(models.BPE())
    core.normalizer = normalizers.NFC()
    core.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(tokenizers.Regex(_SPLIT), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    core.decoder = tokenizers.decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    if vocabulary < len(alphabet) + len(SPECIAL):
        raise UserError(
            f"a vocabulary of {vocabulary} is below the {len(alphabet) + len(SPECIAL)} bytes and special tokens"
        )
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary - len(SPECIAL), initial_alphabet=alphabet, show_progress=False, min_frequency=2
    )
    core.train_from_iterator(_chunks(texts), trainer)
    core.add_special_tokens([tokenizers.AddedToken(token, normalized=False, special=True) for token in SPECIAL])
    aside = Path(f"{folder}.partial")
    aside.mkdir(parents=True, exist_ok=True)
    core.save(str(aside / "tokenizer.json"))
    Tokenizer(aside).save(folder)
    os.remove(aside / "tokenizer.json")
    aside.rmdir()
    return Tokenizer(folder)


def _chunks(texts: Iterable[str], size: int = 100_000) -> Iterator[str]:
    """Long texts by pieces: the trainer's regular expression is slow on very long strings."""
    for text in texts:
        for start in range(0, len(text), size):
            yield text[start : start + size]
