"""Documents with videos: the right frames, as many tokens as were measured, and what transformers makes of the same."""

from dataclasses import replace

import numpy as np
import PIL.Image
import pytest

from curation.document import Document, Image, Text, Time, Turn, Video
from curation.errors import MediaError
from curation.scoring.vision_ops import mend_torchvision
from curation.video import describe
from model.checkpoint import new_model
from model.config import ModelConfig, VisionConfig
from model.frames import VideoBudget
from model.loss import loss_sum
from model.pack import IGNORED, pack
from model.processor import Processor, apart, patchify
from model.tokenizer import VIDEO_PAD, VISION_END, VISION_START, train_tokenizer
from model.vision import DEVIATION, normalised
from tests.conftest import encode, media_of
from tests.curation.movies import movie, number_of
from tests.train.conftest import MODEL

VISION = VisionConfig.model_validate(MODEL["vision"])
BUDGET = VideoBudget(min_pixels=56 * 56, max_pixels=112 * 112, max_tokens=256)
TIMES = [0.0, 0.1, 0.6, 0.7, 1.4, 1.5, 2.0, 2.05, 3.0, 3.3]  # 3.667 s: 6 frames at 2 fps, one every 0.611 s
SHOWN = [0, 2, 3, 5, 7, 8]  # what stands at 0, 0.61, 1.22, 1.83, 2.44 and 3.06 s


@pytest.fixture(scope="module")
def processor(tmp_path_factory):
    tokenizer = train_tokenizer(["What happens, and when? At 1.4s."] * 9, 400, tmp_path_factory.mktemp("t") / "bpe")
    return Processor(tokenizer, VISION, 56 * 56, 112 * 112, BUDGET)


@pytest.fixture(scope="module")
def clip() -> bytes:
    return movie(TIMES, size=(112, 84))


def chat(data: bytes) -> Document:
    question = Turn("user", (Video(0), Text("When?")))
    return Document((question, Turn("assistant", (Text("At "), Time(0, 1.4)))), (describe(data, "clip.mp4"),))


def pictures(media) -> np.ndarray:
    """The frames (t, height, width, 3) that pixel rows hold."""
    t, h, w = media.grid
    values = media.rows.reshape(t, h // 2, w // 2, 2, 2, 3, 2, 14, 14).transpose(0, 6, 1, 3, 7, 2, 4, 8, 5)
    return values.reshape(2 * t, h * 14, w * 14, 3)


def test_the_model_sees_the_frames_that_stand_at_even_moments(processor, clip):
    (media,) = processor.encode(chat(clip), lambda _: clip).media
    assert [number_of(frame) for frame in pictures(media)] == SHOWN
    assert media.grid == (3, 6, 8)
    assert media.seconds_per_grid == pytest.approx(3.3 * 10 / 9 / 3, abs=1e-4)


def test_a_video_stands_between_its_marks_and_is_not_supervised(processor, clip):
    encoded = processor.encode(chat(clip), lambda _: clip)
    mark = processor.tokenizer.special
    ids = encoded.input_ids.tolist()
    begin = ids.index(mark(VISION_START))
    cells = 3 * 3 * 4
    assert ids[begin : begin + cells + 2] == [mark(VISION_START), *[mark(VIDEO_PAD)] * cells, mark(VISION_END)]
    assert processor.tokenizer.decode(encoded.labels[encoded.labels != IGNORED]) == "At 1.4s"


@pytest.mark.parametrize(("fps", "written"), [(1.0, "00:00:01:00"), (2.0, "00:00:01:00"), (3.0, "00:00:01:01")])
def test_the_frame_of_a_time_is_counted_among_those_that_the_model_sees(processor, clip, fps, written):
    """At 1.5 s: of 4 frames the one of 0.92 s stands, of 6 the one of 1.22, of 10 the second in its second, of 1.47."""
    asked = Turn("user", (Video(0), Text("When?")))
    document = Document((asked, Turn("assistant", (Time(0, 1.5, "hmsf"),))), (describe(clip, "clip.mp4"),))
    paced = replace(processor, video=BUDGET.model_copy(update={"fps": (fps,)}))
    encoded = paced.encode(document, lambda _: clip)
    assert processor.tokenizer.decode(encoded.labels[encoded.labels != IGNORED]) == written


def test_positions_follow_the_seconds_between_pairs_of_frames(processor, clip):
    """Paper section 2.1.2, with two steps of the time axis a second: pairs 1.222 s apart stand 2.44 steps apart."""
    ids = processor.tokenizer.special_ids()
    model = ModelConfig.model_validate({**MODEL, **ids})
    encoded = processor.encode(chat(clip), lambda _: clip)
    begin = encoded.input_ids.tolist().index(ids["video_token_id"])
    time = pack([encoded], model).position_ids[0, begin : begin + 36].reshape(3, 12)
    assert (time - begin).tolist() == [[0] * 12, [2] * 12, [4] * 12]


def test_measuring_needs_no_file_and_is_exact(processor, clip):
    picture = encode(PIL.Image.new("RGB", (70, 90)))
    media = (describe(clip, "clip.mp4"), media_of(picture))
    document = Document((Turn(None, (Text("A "), Video(0), Image(1), Text(" B "), Video(0))),), media)
    encoded = processor.encode(document, lambda item: clip if item.kind == "video" else picture)
    assert processor.measure(document) == (len(encoded.input_ids), sum(len(item.rows) for item in encoded.media))
    assert encoded.media[0] is encoded.media[2]  # it goes through the ViT once


def test_questions_taken_apart_and_prompts_keep_the_video(processor, clip):
    first = chat(clip)
    document = replace(first, turns=(*first.turns, Turn("user", (Text("Why?"),)), Turn("assistant", (Text("So."),))))
    one, two = apart(document)
    assert one.turns == first.turns
    assert two.turns[0].parts == (Video(0), Text("Why?"))
    shared = {}
    conversations = [processor.encode(each, lambda _: clip, shared) for each in (one, two)]
    assert conversations[0].media[0] is conversations[1].media[0]
    prompt = processor.prompt(document, 1, lambda _: clip).input_ids.tolist()
    assert prompt == conversations[0].input_ids.tolist()[: len(prompt)]


def test_each_video_draws_its_own_rate(processor):
    """Six seconds of 64 x 48 pixels, seen at 56 x 56: 8 patches a frame."""
    dynamic = replace(processor, video=BUDGET.model_copy(update={"fps": (1.0, 2.0, 4.0)}))
    media = describe(movie([n / 30 for n in range(180)]), "clip.mp4")
    documents = [
        Document((Turn("user", (Video(0),)),), (replace(media, sha256=f"{number:064x}"),)) for number in range(40)
    ]
    assert {dynamic.measure(document)[1] for document in documents} == {6 * 8, 12 * 8, 24 * 8}


def test_videos_in_shards_train(processor, clip, sharded):
    """Read where they lie in the tar, packed with a picture, forward and backward."""
    picture = encode(PIL.Image.new("RGB", (70, 90)))
    question = Turn("user", (Image(0), Text("When?")))
    still = Document((question, Turn("assistant", (Text("Now."),))), (media_of(picture),))
    shards = sharded([(chat(clip), [clip]), (still, [picture])])
    config = ModelConfig.model_validate({**MODEL, **processor.tokenizer.special_ids()})
    model = new_model(config, seed=0)
    item = pack([processor.encode(document) for document in shards], config)
    loss = loss_sum(model(item), model.output_weight, item)
    loss.backward()
    assert loss.isfinite()
    assert all(weight.grad is not None and weight.grad.isfinite().all() for weight in model.parameters())
    assert model.visual.patch_embed.proj.weight.grad.abs().max() > 0


@pytest.mark.parametrize(("cut", "message"), [(20, "corrupt: clip.mp4: "), (0, "format: clip.mp4: a file of 0 bytes")])
def test_a_damaged_video_is_named(processor, clip, cut, message):
    with pytest.raises(MediaError, match=f"^{message}"):
        processor.encode(chat(clip), lambda _: clip[:cut])


@pytest.mark.parametrize("frames", [1, 4, 5])
def test_pixel_rows_are_those_of_transformers(transformers, frames):
    import torch
    from transformers.models.qwen2_vl.video_processing_qwen2_vl import Qwen2VLVideoProcessor

    noise = np.random.default_rng(0).integers(0, 256, (frames, 56, 84, 3), dtype=np.uint8)
    oracle = Qwen2VLVideoProcessor(do_resize=False)
    expected = oracle([torch.from_numpy(noise).permute(0, 3, 1, 2)], return_tensors="np")
    ours = patchify(noise, VISION)
    assert ours.grid == tuple(expected["video_grid_thw"][0])
    values = normalised(torch.from_numpy(ours.rows), VISION).numpy()
    assert np.abs(values - expected["pixel_values_videos"]).max() < 1e-5


def test_transformers_reads_the_saved_settings_and_sees_the_same(processor, clip, tmp_path):
    mend_torchvision()
    import torch
    from transformers import Qwen2_5_VLProcessor
    from transformers.video_utils import VideoMetadata

    from curation.video import frames

    processor.save(tmp_path)
    oracle = Qwen2_5_VLProcessor.from_pretrained(tmp_path)
    data = movie([n / 10 for n in range(40)], size=(150, 100))
    stored = torch.from_numpy(np.stack(list(frames(data, range(40))))).permute(0, 3, 1, 2)
    metadata = VideoMetadata(total_num_frames=40, fps=10.0, duration=4.0)
    text = oracle.apply_chat_template(
        [{"role": "user", "content": [{"type": "video"}, {"type": "text", "text": "When?"}]}],
        tokenize=False, add_generation_prompt=True,
    )  # fmt: skip
    theirs = oracle(text=[text], videos=[stored], video_metadata=[metadata], return_tensors="pt")
    ours = processor.prompt(chat(data), 1, lambda _: data)
    assert ours.input_ids.tolist() == theirs["input_ids"][0].tolist()
    assert ours.media[0].grid == tuple(theirs["video_grid_thw"][0].tolist())
    rows = theirs["pixel_values_videos"].numpy()
    values = normalised(torch.from_numpy(ours.media[0].rows), VISION).numpy()
    assert np.abs(values - rows).max() < 3 / 255 / min(DEVIATION)  # torchvision's bicubic is not Pillow's
