"""A world small enough to train in seconds: shards of captioned colours and of long text, packed, with a tiny model."""

from collections.abc import Callable
from pathlib import Path

import PIL.Image
import pytest
import yaml

from curation.document import Document, Image, Text, Turn
from model.checkpoint import AnyModel
from tests.conftest import encode, media_of, write_shards
from train.data.lengths import PackConfig, Packed, SourceChoice, TokenizerChoice
from train.data.measure import measure_sources
from train.phase import Phase
from train.start import model_of, set_weights

STEP = 480  # LLM tokens that a step of the phase below comes to
COLOURS = ("red", "green", "blue", "white", "black", "orange")

MODEL = {
    "vision": {
        "depth": 2, "hidden_size": 32, "intermediate_size": 64, "num_heads": 2, "in_channels": 3, "patch_size": 14,
        "temporal_patch_size": 2, "spatial_merge_size": 2, "window_size": 56, "fullatt_block_indexes": [1],
        "tokens_per_second": 2,
    },
    "text": {
        "vocab_size": 512, "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2,
        "num_attention_heads": 2, "num_key_value_heads": 1, "max_position_embeddings": 4096, "rms_norm_eps": 1e-6,
        "rope_theta": 1e6,
        "mrope_section": [4, 6, 6], "tie_word_embeddings": True,
    },
    "initializer_range": 0.02, "image_token_id": 500, "video_token_id": 501, "vision_start_token_id": 502,
    "vision_end_token_id": 503, "bos_token_id": 504, "eos_token_id": 505, "pad_token_id": 504,
}  # fmt: skip


def coloured(number: int) -> tuple[Document, list[bytes]]:
    """A chat about a picture of one colour."""
    colour = COLOURS[number % len(COLOURS)]
    data = encode(PIL.Image.new("RGB", (56 + 28 * (number % 3), 56), colour))
    question = Turn("user", (Image(0), Text(f"Question {number}: what colour?")))
    return Document((question, Turn("assistant", (Text(colour),))), (media_of(data),), task="colour"), [data]


def page(number: int, paragraphs: int = 12) -> tuple[Document, list[bytes]]:
    """A page with a picture in its middle, longer than one excerpt."""
    data = encode(PIL.Image.new("RGB", (56, 56), COLOURS[number % len(COLOURS)]))
    text = [Text(f"Paragraph {p} of page {number} tells of {COLOURS[p % 6]} things.\n\n") for p in range(paragraphs)]
    parts = (*text[: paragraphs // 2], Image(0), *text[paragraphs // 2 :])
    return Document((Turn(None, parts),), (media_of(data),), task="interleaved"), [data]


@pytest.fixture(scope="session")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Packed:
    root = tmp_path_factory.mktemp("world")
    write_shards(root / "colours", [coloured(n) for n in range(60)], per_shard=25)
    write_shards(root / "pages", [page(n) for n in range(8)])
    (root / "tiny.yaml").write_text(yaml.safe_dump(MODEL))
    return measure_sources(
        PackConfig(
            output=root / "packs",
            model=root / "tiny.yaml",
            sources={name: SourceChoice(shards=str(root / name)) for name in ("colours", "pages")},
            tokenizer=TokenizerChoice(vocabulary=512, learn_from=("colours", "pages")),
            min_pixels=56 * 56,
            max_pixels=112 * 112,
            sequence=128,
        )
    )


def started(phase: Phase, packed: Packed) -> AnyModel:
    """The model that a phase starts with, whole on the CPU."""
    model = model_of(phase, packed).to_empty(device="cpu")
    set_weights(model, phase)
    return model


@pytest.fixture
def phase(packed: Packed, tmp_path: Path) -> Callable[..., Phase]:
    """A phase of about six steps; settings are replaced by name."""

    def phase(**settings: object) -> Phase:
        usual = {
            "packs": packed.folder,
            "output": tmp_path / "run",
            "mixture": {"colours": 0.5, "pages": 0.5},
            "pack": {"tokens": 256, "patches": 512, "per_step": 2},
            "tokens": 6 * STEP,
            "optimizer": {"learning_rate": {"vision": 1e-3, "merger": 1e-3, "language": 3e-3}},
            "schedule": {"warmup": STEP},
            "checkpoint_every": 2,
            "loading": {"workers": 0},
        }
        return Phase.model_validate(usual | settings)

    return phase
