"""The contrastive model: the ViT of QwenVL beside a text tower, over packs of pairs."""

import math

import numpy as np
import pytest
import torch
import yaml
from torch.nn.functional import normalize

from curation.config import load
from curation.errors import ConfigError
from model.checkpoint import CheckpointError, load_contrastive, load_model, new_model, save_model
from model.contrastive import MOST_SCALE, ContrastiveConfig, ContrastiveModel, Pair, Pairs, pack_pairs
from model.pack import EncodedMedia, pack_vision
from tests.model.conftest import randomised

GRIDS = [(1, 8, 8), (1, 4, 2), (1, 18, 22), (1, 2, 2), (1, 6, 10)]


@pytest.fixture(scope="module")
def settings(config) -> ContrastiveConfig:
    return ContrastiveConfig(vision=config.vision, text=config.text, embed_size=24, initializer_range=0.2)


@pytest.fixture(scope="module")
def contrastive(settings) -> ContrastiveModel:
    return randomised(new_model(settings, seed=0))


@pytest.fixture(scope="module")
def pairs() -> list[Pair]:
    rng = np.random.default_rng(0)
    return [
        Pair(
            image=EncodedMedia(rng.integers(0, 256, (math.prod(grid), 588), np.uint8), grid),
            text=rng.integers(8, 96, 3 + number),
            image_key=100 + number,
            text_key=-number,
        )
        for number, grid in enumerate(GRIDS)
    ]


def together(a: Pair, b: Pair) -> Pair:
    """The image of `a` with the text of `b`."""
    return Pair(a.image, b.text, a.image_key, b.text_key)


def test_a_pair_in_a_pack_has_the_features_that_it_has_alone(contrastive, settings, pairs):
    packed = contrastive(pack_pairs(pairs, settings))
    for number, pair in enumerate(pairs):
        alone = contrastive(pack_pairs([pair], settings))
        torch.testing.assert_close(packed.image[number], alone.image[0])
        torch.testing.assert_close(packed.text[number], alone.text[0])


def test_an_image_is_the_mean_of_its_patches_and_a_text_its_last_token(contrastive, settings, pairs):
    """Against the towers run by hand."""
    pair, head = pairs[0], contrastive.head
    content = pack_pairs([pair], settings)
    patches = contrastive.visual.encode(pack_vision([pair.image], settings.vision))
    ids = torch.from_numpy(pair.text)
    states = contrastive.text(
        contrastive.text.embed_tokens(ids), torch.arange(len(ids)).expand(3, -1), content.text_plan
    )
    found = contrastive(content)
    torch.testing.assert_close(found.image, normalize(head.image(head.norm(patches).mean(0, keepdim=True)), dim=-1))
    torch.testing.assert_close(found.text, normalize(head.text(states[-1:]), dim=-1))


def test_the_vit_is_that_of_the_vision_language_model(contrastive, model, settings, pairs):
    """Under the same names, so that the same weights give the same patches; the merger alone is missing."""
    own, whole = contrastive.visual.state_dict(), model.visual.state_dict()
    assert {name for name in whole if name not in own} == {name for name in whole if name.startswith("merger.")}
    other = new_model(settings, seed=3)
    other.visual.load_state_dict({name: weight for name, weight in whole.items() if name in own})
    vision = pack_vision([pair.image for pair in pairs], settings.vision)
    assert torch.equal(other.visual.encode(vision), model.visual.encode(vision))


def test_what_pairs_share_goes_through_the_towers_once(contrastive, settings, pairs):
    a, b, c = pairs[:3]
    shared = pack_pairs([a, together(a, b), together(c, b)], settings)
    assert shared.patches.tolist() == [math.prod(a.image.grid), math.prod(c.image.grid)]
    assert len(shared.input_ids) == len(a.text) + len(b.text)
    found, apart = contrastive(shared), contrastive(pack_pairs([a, b, c], settings))
    torch.testing.assert_close(found.image, apart.image[[0, 0, 2]])
    torch.testing.assert_close(found.text, apart.text[[0, 1, 1]])


def test_without_pairs_every_gradient_is_there_and_zero(contrastive, settings):
    """So that a rank which has no pairs takes part in sharded training."""
    contrastive.zero_grad()
    features = contrastive(pack_pairs([], settings))
    assert features.image.shape == features.text.shape == (0, 24)
    (features.image.sum() + features.text.sum() + 0 * features.scale.sum()).backward()
    assert all(weight.grad is not None and not weight.grad.any() for weight in contrastive.parameters())


def test_gradients_are_deterministic(contrastive, settings, pairs):
    def gradients() -> list[torch.Tensor]:
        contrastive.zero_grad()
        features = contrastive(pack_pairs(pairs, settings))
        (features.image * features.text).sum().backward()
        return [weight.grad for weight in contrastive.visual.parameters()]

    torch.use_deterministic_algorithms(True)
    try:
        assert all(torch.equal(a, b) for a, b in zip(gradients(), gradients(), strict=True))
    finally:
        torch.use_deterministic_algorithms(False)


@pytest.mark.parametrize(
    ("logarithm", "pull", "moves"),
    [
        (math.log(1 / 0.07), 1.0, True),
        (math.log(1 / 0.07), -1.0, True),
        (MOST_SCALE + 0.1, -1.0, False),  # descent would take it further out
        (MOST_SCALE + 0.1, 1.0, True),
        (-0.1, 1.0, False),
        (-0.1, -1.0, True),
    ],
)
def test_the_temperature_stays_in_bounds_and_can_come_back(settings, logarithm, pull, moves):
    head = new_model(settings, seed=0).head
    with torch.no_grad():
        head.logit_scale.fill_(logarithm)
    scale = head.scale()
    assert scale.item() == pytest.approx(math.exp(min(max(logarithm, 0), math.log(100))))
    (pull * scale).sum().backward()
    assert bool(head.logit_scale.grad.any()) == moves


def test_a_fresh_temperature_is_that_of_clip(settings):
    assert new_model(settings, seed=0).head.scale().item() == pytest.approx(1 / 0.07)


def test_round_trip(contrastive, tmp_path):
    save_model(contrastive, tmp_path / "saved")
    loaded = load_contrastive(tmp_path / "saved")
    assert loaded.config == contrastive.config
    weights, kept = contrastive.state_dict(), loaded.state_dict()
    assert weights.keys() == kept.keys()
    assert all(torch.equal(weights[name], kept[name]) for name in weights)


def test_one_kind_of_model_is_not_taken_for_the_other(contrastive, model, tmp_path):
    save_model(contrastive, tmp_path / "contrastive")
    save_model(model, tmp_path / "whole")
    with pytest.raises(CheckpointError, match=r"config\.json: .*model_type: 'vlforge_contrastive' is not supported"):
        load_model(tmp_path / "contrastive")
    with pytest.raises(CheckpointError, match=r"model_type: 'qwen2_5_vl' is not 'vlforge_contrastive'"):
        load_contrastive(tmp_path / "whole")


def test_settings_come_from_yaml(settings, tmp_path):
    path = tmp_path / "clip.yaml"
    path.write_text(yaml.safe_dump(settings.model_dump(mode="json")))
    assert load(path, ContrastiveConfig) == settings
    with pytest.raises(ConfigError, match="embed_size: 0: "):
        load(path, ContrastiveConfig, ["embed_size=0"])


def test_a_pack_moves_as_one(settings, pairs):
    moved = pack_pairs(pairs, settings).to("meta")
    assert isinstance(moved, Pairs)
    assert moved.vision.rows.is_meta
    assert moved.patches.is_meta
    assert moved.text_plan.cu_seqlens.is_meta
