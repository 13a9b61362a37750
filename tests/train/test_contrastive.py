"""The contrastive objective: pairs from documents, and the loss of the global batch however it is spread."""

import os
import socket
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import PIL.Image
import pytest
import torch
from pydantic import ValidationError
from torch.distributed.tensor import DTensor
from torch.multiprocessing.spawn import spawn
from torch.nn.functional import cross_entropy

from curation.document import Document, Image, Text, Turn
from curation.scoring.vision_ops import mend_torchvision
from model.checkpoint import new_model
from model.config import TextConfig, VisionConfig
from model.contrastive import ContrastiveConfig, ContrastiveModel, Pair
from model.pack import EncodedMedia
from model.processor import Processor
from model.tokenizer import END_OF_TEXT, train_tokenizer
from tests.conftest import encode, media_of
from tests.train.conftest import MODEL
from train import contrastive
from train.contrastive import Contrastive
from train.objective import Batch, Measured
from train.parallel import Ranks, open_ranks, prepare
from train.phase import Compute, PackSize, Phase

CONFIG = ContrastiveConfig(
    vision=VisionConfig.model_validate(MODEL["vision"]),
    text=TextConfig.model_validate(MODEL["text"] | {"max_position_embeddings": 12}),
    embed_size=16,
    initializer_range=0.1,
)
OBJECTIVE = Contrastive(CONFIG, frozenset({"vision", "text", "head"}))


def some_pairs(count: int) -> list[Pair]:
    rng = np.random.default_rng(5)
    pairs = []
    for number in range(count):
        grid = (1, 2 * int(rng.integers(1, 4)), 2 * int(rng.integers(1, 4)))
        rows = rng.integers(0, 256, (grid[1] * grid[2], 588), np.uint8)
        pairs.append(Pair(EncodedMedia(rows, grid), rng.integers(0, 512, int(rng.integers(2, 9))), number, number))
    return pairs


def batch(pairs: Sequence[Pair]) -> Batch:
    numbers = torch.zeros(len(pairs), dtype=torch.int64)
    keys = tuple(str(pair.text_key) for pair in pairs)
    return Batch(OBJECTIVE.collate(pairs), numbers, numbers, keys, tokens=0, patches=0, flops=0)


@pytest.fixture
def ranks():
    with open_ranks() as alone:
        yield alone


@pytest.fixture
def model() -> ContrastiveModel:
    return new_model(CONFIG, seed=0)


def step(model: ContrastiveModel, packs: Sequence[Sequence[Pair]], ranks: Ranks) -> tuple[Measured, dict]:
    """What a step measures, and its gradients."""
    model.zero_grad()
    measured = OBJECTIVE.backward(model, [batch(pairs) for pairs in packs], ranks)
    return measured, {name: weight.grad for name, weight in model.named_parameters()}


def same(found: dict, expected: dict) -> None:
    for name, gradient in expected.items():
        torch.testing.assert_close(
            found[name], gradient, atol=1e-6, rtol=1e-3, msg=lambda text, at=name: f"{at}: {text}"
        )


def test_loss_and_gradients_are_those_of_open_clip(model, ranks):
    mend_torchvision()
    from open_clip.loss import ClipLoss

    pairs = some_pairs(9)
    measured, gradients = step(model, [pairs], ranks)
    model.zero_grad()
    image, text, scale = model(OBJECTIVE.collate(pairs))
    loss = ClipLoss()(image, text, scale)
    loss.backward()
    assert measured.loss == pytest.approx(loss.item(), rel=1e-6)
    assert measured.total.mean().item() == pytest.approx(loss.item(), rel=1e-6)
    assert measured.count.tolist() == [1] * 9
    same(gradients, {name: weight.grad for name, weight in model.named_parameters()})


@pytest.mark.parametrize("cuts", [(3, 6), (1, 2), (0, 4), (4, 9)])
def test_packs_change_nothing(model, ranks, cuts):
    """Three packs, of which some are of one pair, and some of none."""
    pairs = some_pairs(9)
    one, expected = step(model, [pairs], ranks)
    three, found = step(model, [pairs[: cuts[0]], pairs[cuts[0] : cuts[1]], pairs[cuts[1] :]], ranks)
    assert three.loss == pytest.approx(one.loss, rel=1e-5)
    assert three.extra == pytest.approx(one.extra)
    torch.testing.assert_close(three.total, one.total)
    same(found, expected)


def test_rows_at_once_change_nothing(model, ranks, monkeypatch):
    expected = step(model, [some_pairs(9)], ranks)[1]
    monkeypatch.setattr(contrastive, "LOGITS_AT_ONCE", 20)  # two rows
    same(step(model, [some_pairs(9)], ranks)[1], expected)


def spread(rank: int, ports: tuple[int, ...], spreads: list, expected: dict, loss: float) -> None:
    os.environ |= {"RANK": str(rank), "WORLD_SIZE": str(len(ports)), "LOCAL_RANK": str(rank)}
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(ports[0])}
    torch.set_num_threads(1)
    with open_ranks() as ranks:
        model = new_model(CONFIG, seed=0)
        prepare(model, ranks, Compute(), PackSize(tokens=64, patches=64, per_step=1))
        for packs in spreads:
            measured, gradients = step(model, packs[rank], ranks)
            assert all(isinstance(gradient, DTensor) for gradient in gradients.values())
            assert measured.loss == pytest.approx(loss, rel=1e-5)
            assert len(measured.total) == sum(map(len, packs[rank]))
            same({name: gradient.full_tensor() for name, gradient in gradients.items()}, expected)


@pytest.mark.slow
def test_ranks_change_nothing(model, ranks):
    """Sharded over two processes: even, uneven, and with a rank whose packs are idle."""
    pairs = some_pairs(9)
    one, expected = step(model, [pairs], ranks)
    spreads = [
        [[pairs[:4]], [pairs[4:]]],
        [[pairs[:4], pairs[4:5]], [pairs[5:], []]],
        [[[], []], [pairs[:4], pairs[4:]]],
    ]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    spawn(spread, ((port, port), spreads, expected, one.loss), 2)


def test_a_text_or_image_that_comes_twice_is_no_wrong_answer_to_its_double(model, ranks):
    """Against sums by hand, over what each pair may be taken for."""
    a, b, c, d = some_pairs(4)
    pairs = [a, Pair(b.image, a.text, b.image_key, a.text_key), c, Pair(c.image, d.text, c.image_key, d.text_key), d]
    others = {0: [0, 2, 3, 4], 1: [1, 2, 3, 4], 2: [0, 1, 2, 4], 3: [0, 1, 3], 4: [0, 1, 2, 4]}
    with torch.no_grad():
        image, text, scale = model(OBJECTIVE.collate(pairs))
    expected = []
    for number, choices in others.items():
        right = torch.tensor(choices.index(number))
        to_text = cross_entropy(scale * (text[choices] @ image[number]), right)
        to_image = cross_entropy(scale * (image[choices] @ text[number]), right)
        expected.append((to_text + to_image) / 2)
    measured = step(model, [pairs[:2], pairs[2:]], ranks)[0]
    torch.testing.assert_close(measured.total, torch.stack(expected))


def test_what_it_shows(model, ranks):
    measured = step(model, [some_pairs(4)[:2], some_pairs(4)[2:]], ranks)[0]
    assert measured.extra["temperature"] == pytest.approx(0.07)
    assert measured.extra["pairs"] == 4
    assert measured.extra["retrieval/text"] in (0, 0.25, 0.5, 0.75, 1)
    alone = step(model, [some_pairs(1)], ranks)[0]
    assert alone.extra["retrieval/text"] == alone.extra["retrieval/image"] == 1
    assert alone.loss == 0


@pytest.mark.parametrize(("packs", "forwards"), [(1, 1), (2, 3), (3, 5)])
def test_all_packs_but_one_go_through_the_model_twice(model, ranks, packs, forwards):
    seen = []
    model.register_forward_hook(lambda *_: seen.append(torch.is_grad_enabled()))
    step(model, [some_pairs(2)] * packs, ranks)
    assert len(seen) == forwards
    assert sum(seen) == packs


def test_it_learns_which_text_belongs_to_which_image(model, ranks):
    """By heart, for want of anything to understand in noise."""
    pairs = some_pairs(12)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    first = step(model, [pairs[:6], pairs[6:]], ranks)[0]
    for _ in range(8):
        optimizer.step()
        last = step(model, [pairs[:6], pairs[6:]], ranks)[0]
    assert first.extra["retrieval/text"] < 0.5
    assert last.extra["retrieval/text"] == last.extra["retrieval/image"] == 1
    assert last.loss < first.loss / 5


def test_a_step_without_pairs_is_a_step(model, ranks):
    measured, gradients = step(model, [[], []], ranks)
    assert measured.loss == 0
    assert measured.total.shape == measured.count.shape == (0,)
    assert not any(gradient.any() for gradient in gradients.values())


def test_frozen_parts_get_no_gradient(model, ranks):
    expected = step(model, [some_pairs(6)], ranks)[1]
    model.visual.requires_grad_(False)
    model.head.image.requires_grad_(False)
    model.head.norm.requires_grad_(False)
    found = step(model, [some_pairs(6)[:3], some_pairs(6)[3:]], ranks)[1]
    frozen = {name for name, gradient in found.items() if gradient is None}
    assert frozen == {name for name in found if name.startswith(("visual.", "head.image", "head.norm"))}
    same(found, {name: gradient for name, gradient in expected.items() if name not in frozen})


def test_flops_grow_with_images_and_texts_and_fall_with_frozen_parts():
    pairs = some_pairs(4)
    two, four = (OBJECTIVE.flops(OBJECTIVE.collate(pairs[:count])) for count in (2, 4))
    frozen = Contrastive(CONFIG, frozenset({"text", "head"})).flops(OBJECTIVE.collate(pairs))
    assert 0 < two < four
    assert 0 < frozen < four


def test_ranks_do_not_share_the_sequence_of_pairs():
    settings = {"packs": "packs", "output": "run", "mixture": {"captions": 1}, "tokens": 100, "compute": {"context": 2}}
    settings |= {"pack": {"tokens": 64, "patches": 64, "per_step": 1}, "optimizer": {"learning_rate": {"vision": 1e-3}}}
    Phase.model_validate(settings)
    with pytest.raises(ValidationError, match=r"compute\.context: pairs have no sequence to share"):
        Phase.model_validate(settings | {"objective": "contrastive"})


# Documents to pairs.


@pytest.fixture(scope="module")
def processor(tmp_path_factory) -> Processor:
    tokenizer = train_tokenizer(
        ["a red square and a blue square", "what colour?"] * 5, 300, tmp_path_factory.mktemp("t")
    )
    return Processor(tokenizer, CONFIG.vision, 28 * 28, 56 * 56)


@pytest.fixture
def captioned(tmp_path):
    """A factory of documents: a list of turns, each (role, "text" or the name of a colour that an image has)."""

    def make(*turns: tuple) -> Document:
        media, written = [], []
        for role, *parts in turns:
            made = []
            for part in parts:
                if not part.startswith("#"):
                    made.append(Text(part))
                    continue
                path = tmp_path / f"{part[1:]}.png"
                path.write_bytes(encode(PIL.Image.new("RGB", (56, 28), part[1:])))
                item = replace(media_of(path.read_bytes()), uri=str(path))
                media += [] if item in media else [item]
                made.append(Image(media.index(item)))
            written.append(Turn(role, tuple(made)))
        return Document(tuple(written), tuple(media))

    return make


def words(pairs: list[Pair], processor: Processor) -> list[str]:
    assert all(pair.text[-1] == processor.tokenizer.special(END_OF_TEXT) for pair in pairs)
    return [processor.tokenizer.decode(pair.text) for pair in pairs]


def test_a_caption_is_a_pair(captioned, processor):
    (pair,) = OBJECTIVE.encode(captioned((None, "#red", "a red square\n")), processor, False)
    assert words([pair], processor) == ["a red square"]
    assert pair.image.grid == (1, 2, 4)


def test_the_images_of_a_document_share_its_text(captioned, processor):
    pairs = OBJECTIVE.encode(captioned((None, "#red", "a red", "#blue", " square", "#red")), processor, False)
    assert words(pairs, processor) == ["a red square"] * 2
    assert len({pair.text_key for pair in pairs}) == 1
    assert len({pair.image_key for pair in pairs}) == 2


def test_of_a_chat_only_the_answers_are_text(captioned, processor):
    chat = captioned(
        ("user", "#red", "what colour?"), ("assistant", "red"), ("user", "and?"), ("assistant", "a square")
    )
    assert words(OBJECTIVE.encode(chat, processor, False), processor) == ["red\na square"]
    pairs = OBJECTIVE.encode(chat, processor, True)
    assert words(pairs, processor) == ["red", "a square"]
    assert pairs[0].image is pairs[1].image


def test_equal_files_and_equal_texts_have_equal_keys(captioned, processor):
    documents = [(None, "#red", "a square"), (None, "#red", "a red square"), (None, "#blue", "a square")]
    (a,), (b,), (c,) = (OBJECTIVE.encode(captioned(turn), processor, False) for turn in documents)
    assert a.image_key == b.image_key != c.image_key
    assert a.text_key == c.text_key != b.text_key


def test_a_long_text_is_cut_at_a_token(captioned, processor):
    text = "a red square and a blue square " * 9
    (pair,) = OBJECTIVE.encode(captioned((None, "#red", text)), processor, False)
    assert len(pair.text) == CONFIG.text.max_position_embeddings == 12
    assert pair.text[:-1].tolist() == processor.tokenizer.encode(text)[:11]


@pytest.mark.parametrize(
    "turn", [(None, "only text"), (None, "#red"), (None, "#red", " \n"), ("user", "#red", "what?")]
)
def test_without_an_image_or_a_text_there_is_no_pair(captioned, processor, turn):
    assert OBJECTIVE.encode(captioned(turn), processor, False) == []
