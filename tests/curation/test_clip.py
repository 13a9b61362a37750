"""CLIP: images assigned to sentences as in MMC4, on a small checkpoint of random weights made here."""

import itertools
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from curation.document import Document
from curation.errors import ConfigError
from curation.scoring.clip import Clip, assign
from curation.scoring.features import Features, Tools
from curation.scoring.relevance import Relevance
from curation.scoring.vision_ops import mend_torchvision
from curation.text.language import LanguageModel


@given(arrays(np.float64, st.tuples(st.integers(1, 4), st.integers(1, 4)), elements=st.floats(-1, 1, width=16)))
def test_no_other_assignment_has_a_greater_sum(cosines: np.ndarray):
    images, sentences = cosines.shape
    matches = assign(cosines)
    taken = [match.sentence for match in matches if match]
    assert len(set(taken)) == len(taken) == min(images, sentences)
    wide = cosines if images <= sentences else cosines.T
    best = max(
        sum(wide[row, column] for row, column in enumerate(order))
        for order in itertools.permutations(range(wide.shape[1]), wide.shape[0])
    )
    assert sum(match.cosine for match in matches if match) == pytest.approx(best)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> str:
    """`local-dir:` of a CLIP model of one narrow layer a tower."""
    mend_torchvision()
    open_clip = pytest.importorskip("open_clip")
    import torch

    folder = tmp_path_factory.mktemp("clip")
    model = {
        "embed_dim": 16,
        "vision_cfg": {"image_size": 32, "layers": 1, "width": 64, "patch_size": 16},
        "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 1},
    }
    (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": model, "preprocess_cfg": {}}))
    torch.manual_seed(0)
    name = "vlforge-test-clip"
    (folder / f"{name}.json").write_text(json.dumps(model))
    open_clip.add_model_config(folder / f"{name}.json")
    torch.save(open_clip.create_model(name).state_dict(), folder / "open_clip_pytorch_model.bin")
    return f"local-dir:{folder}"


def test_an_image_is_judged_by_clip_where_no_words_are_read(
    checkpoint: str, manuals: list[Document], language_model: str
):
    scores = Relevance(Clip(checkpoint)).score(Features(manuals[0], Tools(LanguageModel(language_model))))
    assert scores["relevance.images_judged"] == 3
    assert -1 <= scores["relevance.clip"] <= 1
    assert 0 <= scores["relevance"] <= 1


def test_a_checkpoint_that_does_not_load_is_one_clear_line(tmp_path: Path):
    with pytest.raises(ConfigError, match="no-such-model"):
        Clip("no-such-model", str(tmp_path / "gone.pt"))


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="needs /proc")
def test_the_weights_of_a_safetensors_checkpoint_stay_in_the_mapped_file(checkpoint: str, tmp_path: Path):
    import torch
    from safetensors.torch import save_file

    weights = torch.load(f"{checkpoint.removeprefix('local-dir:')}/open_clip_pytorch_model.bin")
    path = tmp_path / "weights.safetensors"
    save_file({name: each + 1 for name, each in weights.items()}, path)
    clip = Clip("vlforge-test-clip", str(path))
    assert str(path) in Path("/proc/self/maps").read_text()
    assert all(torch.equal(each, weights[name] + 1) for name, each in clip._model.state_dict().items())
