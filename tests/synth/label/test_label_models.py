"""The models are run as transformers runs them: on small random checkpoints, which find nothing that means anything."""

import numpy as np
import PIL.Image
import pydantic
import pytest

from curation.errors import ConfigError
from synth.label.detector import Detection, Detector, suppress
from synth.label.labeller import Labeller
from synth.label.segmenter import Segmenter
from synth.label.settings import LabelSettings
from tests.synth.label import tiny

CATEGORIES = ("person", "traffic light", "Red dog")


def picture(width: int = 150, height: int = 100, seed: int = 0) -> PIL.Image.Image:
    return PIL.Image.fromarray(np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8))


def settings(checkpoints: dict[str, str], segmenter: str = "sam", **changes) -> LabelSettings:
    chosen = {"detector": checkpoints["detector"], "segmenter": checkpoints[segmenter], "categories": CATEGORIES}
    return LabelSettings.model_validate({**chosen, "threshold": 0.01, "doubt": 0.0, "agreement": 0.0, **changes})


# --- Grounding DINO ---


def test_each_category_has_its_own_tokens(checkpoints):
    detector = Detector(settings(checkpoints))
    [prompt] = detector.prompts
    ids = detector.processor.tokenizer(prompt.text)["input_ids"]
    words = detector.processor.tokenizer.convert_ids_to_tokens(ids)
    assert prompt.text == "person. traffic light. red dog."
    assert [[words[at] for at in places] for places in prompt.tokens] == [
        *(["person"], ["traffic", "light"], ["red", "dog"]),
    ]


def test_boxes_are_those_of_transformers_own_postprocessing(checkpoints):
    import torch

    detector, image = Detector(settings(checkpoints, overlap=1.0)), picture()
    inputs = detector.processor(images=image, text=detector.prompts[0].text, return_tensors="pt")
    with torch.inference_mode():
        outputs = detector.model(**inputs)
    [truth] = detector.processor.post_process_grounded_object_detection(
        outputs, inputs["input_ids"], threshold=0.0, text_threshold=0.0, target_sizes=[(100, 150)]
    )
    wanted = truth["boxes"].numpy().clip(0, [150, 100, 150, 100])
    [found] = detector.detect([image])
    assert len(found) == len({item.box for item in found})
    assert {item.box for item in found} == {tuple(box) for box in wanted.astype(float).round(2).tolist()}


def test_boxes_count_from_the_image_and_not_from_the_padding_of_its_batch(checkpoints):
    detector = Detector(settings(checkpoints, overlap=1.0))
    pictures = [picture(), picture(80, 120, 1)]
    for image, together in zip(pictures, detector.detect(pictures), strict=True):
        [alone] = detector.detect([image])
        assert len({item.box for item in alone} & {item.box for item in together}) > 0.8 * len(alone)


def test_a_score_is_the_mean_over_the_tokens_of_the_best_category(checkpoints):
    import torch

    detector, image = Detector(settings(checkpoints, overlap=1.0)), picture()
    prompt = detector.prompts[0]
    with torch.inference_mode():
        inputs = detector.processor(images=image, text=prompt.text, return_tensors="pt")
        shares = detector.model(**inputs).logits[0].sigmoid()
    best = [max(shares[query, list(places)].mean().item() for places in prompt.tokens) for query in range(len(shares))]
    [found] = detector.detect([image])
    assert max(item.score for item in found) == pytest.approx(max(best), rel=1e-5)
    assert {round(item.score, 4) for item in found} <= {round(score, 4) for score in best}


def test_long_lists_of_categories_are_asked_in_several_prompts(checkpoints, tmp_path):
    short = settings({**checkpoints, "detector": tiny.detector(tmp_path / "short", max_text_len=7)})
    detector = Detector(short)
    assert [prompt.categories for prompt in detector.prompts] == [("person", "traffic light"), ("Red dog",)]
    assert {item.label for item in detector.detect([picture()])[0]} <= set(CATEGORIES)
    with pytest.raises(ConfigError, match=r"'red red red red red red' is longer than the detector reads \(7 tokens\)"):
        Detector(short.model_copy(update={"categories": ("red red red red red red",)}))


def test_of_overlapping_boxes_the_surest_is_kept():
    one, same = Detection("dog", (0, 0, 10, 10), 0.5), Detection("cat", (0, 0, 10, 9), 0.9)
    other = Detection("dog", (20, 0, 30, 10), 0.4)
    assert suppress([one, same, other], 0.6) == [same, other]
    assert suppress([one, same, other], 0.95) == [same, one, other]


# --- SAM ---


@pytest.mark.parametrize("model", ["sam", "sam2"])
def test_every_box_has_a_mask_in_the_pixels_of_the_image(checkpoints, model):
    segmenter = Segmenter(settings(checkpoints, model))
    masks = segmenter.segment(picture(), [(10, 10, 50, 50), (60, 20, 140, 90)])
    assert (masks.shape, masks.dtype) == ((2, 100, 150), bool)
    assert segmenter.segment(picture(), []).shape == (0, 100, 150)


@pytest.mark.parametrize("model", ["sam", "sam2"])
def test_boxes_are_prompts_of_their_own(checkpoints, model):
    segmenter = Segmenter(settings(checkpoints, model))
    boxes = [(10, 10, 50, 50), (60, 20, 140, 90)]
    both = segmenter.segment(picture(), boxes)
    for number, box in enumerate(boxes):
        [alone] = segmenter.segment(picture(), [box])
        assert (alone != both[number]).mean() < 0.001


# --- both ---


@pytest.mark.parametrize("model", ["sam", "sam2"])
def test_both_models_run_on_images_of_any_size(checkpoints, model):
    labeller = Labeller(settings(checkpoints, model, min_side=1.0, overlap=0.9))
    pictures = [picture(), picture(80, 120, 1)]
    for image, labels in zip(pictures, labeller.label(pictures), strict=True):
        assert labels.things
        for thing in labels.things:
            x, y = thing.point
            assert thing.box[0] <= x < thing.box[2] <= image.width
            assert thing.box[1] <= y < thing.box[3] <= image.height
            assert 0 <= thing.agreement <= 1


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_models_run_in_half_precision(checkpoints, dtype):
    [labels] = Labeller(settings(checkpoints, dtype=dtype, min_side=1.0)).label([picture()])
    assert labels.things


def test_the_same_image_has_the_same_labels(checkpoints):
    one, other = (Labeller(settings(checkpoints)).label([picture()]) for _ in range(2))
    assert one == other


def test_an_image_that_the_models_fail_on_fails_alone(checkpoints, monkeypatch):
    labeller = Labeller(settings(checkpoints))
    real = labeller.detector.detect

    def detect(images):
        if any(image.width == 1 for image in images):
            raise RuntimeError("too small")
        return real(images)

    monkeypatch.setattr(labeller.detector, "detect", detect)
    first, second = labeller.label([picture(1, 1), picture()])
    assert isinstance(first, RuntimeError)
    assert second == labeller.label([picture()])[0]


# --- what does not load ---


def test_a_checkpoint_of_another_kind_is_refused(checkpoints):
    swapped = {**checkpoints, "detector": checkpoints["sam"]}
    with pytest.raises(ConfigError, match="is a sam; one of grounding-dino, mm-grounding-dino is wanted"):
        Detector(settings(swapped))


def test_a_missing_checkpoint_is_one_line(checkpoints, tmp_path):
    with pytest.raises(ConfigError, match=r"segmenter: .*nowhere: cannot be loaded"):
        Segmenter(settings({**checkpoints, "sam": str(tmp_path / "nowhere")}))


def test_a_checkpoint_without_some_weights_is_refused(tmp_path):
    from safetensors.torch import load_file, save_file

    folder = tiny.sam(tmp_path / "sam")
    weights = load_file(f"{folder}/model.safetensors")
    del weights["mask_decoder.iou_token.weight"]
    save_file(weights, f"{folder}/model.safetensors", {"format": "pt"})
    with pytest.raises(ConfigError, match=r"lacks 1 weights, among them mask_decoder.iou_token.weight"):
        Segmenter(LabelSettings(detector="d", segmenter=folder, categories=("dog",)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"categories": ("a dog. a cat",)}, "is no name: it is empty, or holds a full stop"),
        ({"categories": ("dog", "Dog")}, "a name is there twice"),
        ({"categories": "nowhere.txt"}, "cannot read nowhere.txt: No such file"),
        ({"doubt": 0.5, "threshold": 0.4}, "doubt: 0.5 is over threshold, 0.4"),
        ({"device": "tpu"}, "String should match pattern"),
    ],
)
def test_settings_that_cannot_be_are_refused(change, message):
    with pytest.raises(pydantic.ValidationError, match=message):
        LabelSettings.model_validate({"detector": "d", "segmenter": "s", "categories": ("dog",), **change})


def test_categories_can_be_a_file(tmp_path):
    (tmp_path / "names.txt").write_text("dog\n\n traffic light \n")
    chosen = LabelSettings.model_validate(
        {"detector": "d", "segmenter": "s", "categories": str(tmp_path / "names.txt")}
    )
    assert chosen.categories == ("dog", "traffic light")
