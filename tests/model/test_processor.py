"""The processor against transformers' own: the same pixels, the same ChatML; and coordinates at the seen size."""

import io

import numpy as np
import PIL.Image
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.document import Box, Document, Extent, Image, Point, Text, Turn
from curation.errors import MediaError, UserError
from curation.geometry import read_boxes
from curation.scoring.vision_ops import mend_torchvision
from model.config import VisionConfig
from model.pack import IGNORED
from model.processor import Processor, patchify
from model.tokenizer import SPECIAL, TURN_END, Tokenizer, train_tokenizer
from model.vision import normalised
from tests.conftest import encode, media_of, png
from tests.train.conftest import MODEL

VISION = VisionConfig.model_validate(MODEL["vision"])
CORPUS = [
    "The quick brown fox jumps over the lazy dog. " * 20,
    'A box: {"bbox_2d": [12, 34, 56, 78]}\n' * 20,
    "Grüße, 世界!" * 9,
]


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    return train_tokenizer(CORPUS, 400, tmp_path_factory.mktemp("tokenizer") / "bpe")


@pytest.fixture(scope="module")
def processor(tokenizer):
    return Processor(tokenizer, VISION, 56 * 56, 168 * 168)


def chat(data: bytes, question: str = "Where is the fox?", answer: str = "At [1, 2].") -> Document:
    turns = (Turn("user", (Image(0), Text(question))), Turn("assistant", (Text(answer),)))
    return Document(turns, (media_of(data),))


@given(st.text())
@settings(max_examples=50)
def test_text_comes_back_from_its_tokens(tokenizer, text):
    import unicodedata

    normal = unicodedata.normalize("NFC", text)
    assert tokenizer.decode(tokenizer.encode(text)) == normal


@pytest.mark.parametrize("special", SPECIAL)
def test_data_cannot_write_a_special_token(tokenizer, special):
    ids = tokenizer.encode(f"a {special} b")
    assert tokenizer.special(special) not in ids
    assert tokenizer.decode(ids) == f"a {special} b"


def test_digits_are_tokens_of_their_own(tokenizer):
    assert [tokenizer.decode([token]) for token in tokenizer.encode("1234")] == list("1234")


@pytest.mark.parametrize("size", [(56, 56), (112, 84), (61, 203), (900, 700), (30, 30)])
def test_pixels_are_those_of_transformers(processor, size):
    mend_torchvision()
    from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

    data = png(*size)
    oracle = Qwen2VLImageProcessorPil(
        size={"shortest_edge": processor.min_pixels, "longest_edge": processor.max_pixels},
        patch_size=14, temporal_patch_size=2, merge_size=2,
    )  # fmt: skip
    expected = oracle(images=[PIL.Image.open(io.BytesIO(data))], return_tensors="np")
    (media,) = processor.encode(chat(data), lambda _: data).media
    assert media.grid == tuple(expected["image_grid_thw"][0])
    assert np.array_equal(normalised(torch.from_numpy(media.rows), VISION), expected["pixel_values"])


def test_chats_are_those_of_the_released_template(processor, tmp_path):
    from transformers import AutoTokenizer

    processor.save(tmp_path)
    oracle = AutoTokenizer.from_pretrained(tmp_path)
    data = png()
    content = [{"type": "image"}, {"type": "text", "text": "Where is the fox?"}]
    messages = [{"role": "user", "content": content}, {"role": "assistant", "content": "At [1, 2]."}]
    text = oracle.apply_chat_template(messages, tokenize=False).replace("<|image_pad|>", "<|image_pad|>" * 4)
    assert processor.encode(chat(data), lambda _: data).input_ids.tolist() == oracle(text)["input_ids"]
    prompt = oracle.apply_chat_template(messages[:1], tokenize=False, add_generation_prompt=True)
    prompt = prompt.replace("<|image_pad|>", "<|image_pad|>" * 4)
    assert processor.prompt(chat(data), 1, lambda _: data).input_ids.tolist() == oracle(prompt)["input_ids"]


def test_only_answers_are_supervised_in_a_chat(processor):
    data = png()
    encoded = processor.encode(chat(data), lambda _: data)
    supervised = encoded.labels[encoded.labels != IGNORED]
    assert supervised.tolist() == [*processor.tokenizer.encode("At [1, 2]."), processor.tokenizer.special(TURN_END)]


def test_everything_but_the_pixels_is_supervised_in_a_page(processor):
    data = png()
    document = Document((Turn(None, (Text("Above."), Image(0), Text("Below."))),), (media_of(data),))
    encoded = processor.encode(document, lambda _: data)
    decode = processor.tokenizer.core.decode
    assert (
        decode(encoded.labels[encoded.labels != IGNORED].tolist(), skip_special_tokens=False)
        == "Above.Below.<|endoftext|>"
    )
    assert (encoded.labels == IGNORED).sum() == 4 + 2


@given(st.integers(57, 900), st.integers(57, 900), st.integers(60, 400))
@settings(max_examples=25)
def test_a_box_is_written_where_the_model_sees_the_object(processor, width, height, budget):
    """Paint a white rectangle, and find it in the model's own pixels at any budget."""
    shrunk = Processor(processor.tokenizer, VISION, 56 * 56, budget * budget)
    box = (width // 4, height // 4, width * 3 // 4, height * 3 // 4)
    picture = PIL.Image.new("RGB", (width, height))
    picture.paste((255, 255, 255), box)
    data = encode(picture)
    document = Document((Turn("user", (Image(0),)), Turn("assistant", (Box(0, *box),))), (media_of(data),))
    encoded = shrunk.encode(document, lambda _: data)
    (written,) = read_boxes(shrunk.tokenizer.decode(encoded.labels[encoded.labels != IGNORED]), "json")
    assert np.abs(np.array(written) - painted(encoded.media[0])).max() <= 1


def test_the_resolution_that_is_told_is_the_one_that_is_seen(processor):
    document = chat(png(640, 480))
    system = Turn("system", (Text("The screen's resolution is "), Extent(0)))
    encoded = processor.encode(Document((system, *document.turns), document.media), lambda _: png(640, 480))
    _, h, w = encoded.media[0].grid
    assert f"The screen's resolution is {w * 14}x{h * 14}" in processor.tokenizer.decode(encoded.input_ids)


def painted(media) -> np.ndarray:
    """The box of the bright pixels, from the patches."""
    _, h, w = media.grid
    red = media.rows.reshape(h // 2, w // 2, 2, 2, 3, 14, 14)[:, :, :, :, 0]
    red = red.transpose(0, 2, 4, 1, 3, 5).reshape(h * 14, w * 14)
    rows, columns = np.nonzero(red > 127)
    return np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])


def test_measuring_needs_no_pixels_and_is_exact(processor):
    data = png(300, 200)
    document = Document(
        (
            Turn("user", (Image(0), Text("When and where? "), Image(0))),
            Turn("assistant", (Point(0, 5, 6), Text(" and "))),
        ),
        (media_of(data),),
    )
    encoded = processor.encode(document, lambda _: data)
    tokens, patches = processor.measure(document)
    assert tokens == len(encoded.input_ids)
    assert patches == sum(len(media.rows) for media in encoded.media)


def test_a_still_image_holds_its_frame_once_and_an_odd_video_its_last_twice():
    frames = np.random.default_rng(0).integers(0, 256, (3, 28, 56, 3), dtype=np.uint8)
    still, video = patchify(frames[2:], VISION), patchify(frames, VISION)
    assert still.rows.shape == (8, 3 * 14 * 14)
    assert video.grid == (2, 2, 4)
    last = video.rows.reshape(2, 8, 3, 2, 14 * 14)[1]
    for frame in (last[:, :, 0], last[:, :, 1]):
        assert np.array_equal(frame, still.rows.reshape(8, 3, 14 * 14))


def test_a_damaged_picture_is_named(processor):
    document = chat(png())
    with pytest.raises(MediaError, match=r"^(truncated|corrupt): .*picture\.png: ."):
        processor.encode(document, lambda _: png()[:60])


def test_a_folder_without_a_qwen_tokenizer_is_a_clear_error(tmp_path):
    with pytest.raises(UserError, match="not a tokenizer"):
        Tokenizer(tmp_path)
    with pytest.raises(UserError, match="a vocabulary of 100 is below"):
        train_tokenizer(CORPUS, 100, tmp_path)


def test_a_tokenizer_keeps_the_template_that_it_came_with(tokenizer, tmp_path):
    tokenizer.save(tmp_path / "released")
    (tmp_path / "released/chat_template.jinja").write_text("their own")
    Tokenizer(tmp_path / "released").save(tmp_path / "copy")
    assert (tmp_path / "copy/chat_template.jinja").read_text() == "their own"
    assert (tmp_path / "copy/tokenizer.json").read_bytes() == (tmp_path / "released/tokenizer.json").read_bytes()
