import pickle

import numpy as np
import pytest
import torch

from model.loss import loss_sum
from model.movable import Movable
from model.pack import Encoded, EncodedMedia, pack, pack_vision
from model.vision import normalised


def tensors(item: Movable) -> list[torch.Tensor]:
    """Every tensor of a pack, those of its plans too."""
    nested = [[x] if isinstance(x, torch.Tensor) else tensors(x) for x in vars(item).values() if hasattr(x, "to")]
    return [x for part in nested for x in part]


@torch.no_grad()
def test_packed_equals_alone(model, documents, config):
    together = model(pack(documents, config))
    alone = torch.cat([model(pack([document], config)) for document in documents])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=0)


@torch.no_grad()
def test_documents_and_images_do_not_see_each_other(model, document, config):
    first, second = document((1, 18, 10)), document((1, 8, 8), (2, 6, 6, 1.0))
    before = model(pack([first, second], config))
    noise = EncodedMedia(first.media[0].rows + 1, first.media[0].grid)
    after = model(pack([Encoded(first.input_ids, first.labels, (noise,)), second], config))
    n = len(first.input_ids)
    assert not torch.allclose(before[:n], after[:n])
    assert torch.equal(before[n:], after[n:])
    features = model.visual(pack_vision([*first.media, *second.media], config.vision))
    others = model.visual(pack_vision([noise, *second.media], config.vision))
    cells = features.shape[0] - 16 - 18
    assert torch.equal(features[cells:], others[cells:])


@torch.no_grad()
def test_the_pairs_of_frames_of_a_video_do_not_see_each_other(model, document, config):
    (video,) = document((3, 6, 6, 1.0)).media
    rows = video.rows.copy()
    rows[:36] += 1
    changed = EncodedMedia(rows, video.grid, 1.0)
    before, after = (model.visual(pack_vision([item], config.vision)) for item in (video, changed))
    assert torch.equal(before[9:], after[9:])
    assert not torch.allclose(before[:9], after[:9])


def test_a_still_image_is_the_same_beside_a_video(document, config):
    """Alone its frame lies there once; beside a video, whose rows hold two frames, twice."""
    still, video = document((1, 8, 8)), document((2, 6, 6, 1.0))
    alone, both = (pack_vision(media, config.vision).rows for media in (still.media, still.media + video.media))
    assert alone.shape == (64, 588)
    assert both.shape == (64 + 72, 1176)
    assert torch.equal(normalised(both, config.vision)[:64], normalised(alone, config.vision))


def test_media_that_documents_share_are_encoded_once(model, document, config):
    chosen = document((1, 8, 8), text=4)
    rejected = Encoded(chosen.input_ids, chosen.labels, chosen.media)
    both = pack([chosen, rejected], config)
    assert len(both.vision.rows) == 64
    with torch.no_grad():
        torch.testing.assert_close(model(both), model(pack([chosen], config)).repeat(2, 1), atol=1e-5, rtol=0)


def test_gradients_reach_every_weight(model, documents, config):
    model.zero_grad()
    item = pack(documents, config)
    loss_sum(model(item), model.output_weight, item).backward()
    without = [name for name, weight in model.named_parameters() if weight.grad is None or not weight.grad.any()]
    assert without == []


def test_text_alone_gives_the_vision_tower_gradients_of_zero(model, document, config):
    model.zero_grad()
    item = pack([document(), document()], config)
    loss_sum(model(item), model.output_weight, item).backward()
    for weight in model.visual.parameters():
        assert weight.grad is not None
        assert not weight.grad.any()
    assert all(weight.grad.isfinite().all() for weight in model.parameters())


def test_packs_survive_pickling_and_moving(documents, config):
    item = pack(documents, config)
    copy = pickle.loads(pickle.dumps(item))
    assert all(torch.equal(a, b) for a, b in zip(tensors(item), tensors(copy), strict=True))
    assert {x.device.type for x in tensors(item.to("meta"))} == {"meta"}


def test_targets_never_cross_documents(config):
    ids = np.array([10, 11, 12])
    item = pack([Encoded(ids, ids), Encoded(ids + 10, np.array([-100, -100, 22]))], config)
    assert item.predictors.tolist() == [0, 1, 4]
    assert item.targets.tolist() == [11, 12, 22]
    assert item.target_document.tolist() == [0, 0, 1]


def test_a_wrong_document_is_named(document, config):
    image = document((1, 4, 4))
    with pytest.raises(ValueError, match="document 1 of the pack: 4 image or video tokens are left over"):
        pack([document(), Encoded(image.input_ids, image.labels)], config)
    with pytest.raises(ValueError, match="document 0 of the pack: 12 labels for 13 tokens"):
        pack([Encoded(image.input_ids[:13], image.labels[:12], image.media)], config)
    rows = image.media[0].rows
    needs = r"needs pixel rows \(16, 588\) or \(16, 1176\) of uint8"
    with pytest.raises(ValueError, match=rf"{needs}; got \(15, 588\) of uint8"):
        pack_vision([EncodedMedia(rows[1:], (1, 4, 4))], config.vision)
    with pytest.raises(ValueError, match=rf"{needs}; got \(16, 588\) of float32"):
        pack_vision([EncodedMedia(rows.astype(np.float32), (1, 4, 4))], config.vision)
