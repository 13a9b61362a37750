"""Films, walks over screens, pages and plain text in the same packs: from shards on disk through plan and loader to the
model, where each document is what it is alone."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import yaml

from curation.document import Box, Document, Extent, Image, Point, Text, Time, Turn, Video
from curation.video import describe
from model.checkpoint import new_model
from model.config import load_config
from model.loss import logits
from model.pack import Encoded, pack
from model.processor import apart
from tests.conftest import media_of, png, write_shards
from tests.curation.movies import movie
from tests.train.conftest import MODEL, coloured, page
from train.data.excerpts import excerpt, excerpts, pieces
from train.data.lengths import PackConfig, Packed, SourceChoice, TokenizerChoice
from train.data.loader import Sources, batches
from train.data.measure import measure_sources
from train.data.plan import make_plan
from train.next_token import NextToken
from train.phase import Corrupt, Loading, Phase

SEQUENCE = 768


def film(number: int) -> tuple[Document, list[bytes]]:
    """Questions about a video, at a constant rate or with a long still in it; every third has a picture too."""
    times = [n / 8 for n in range(40 + number)]
    times = [t for t in times if not 1 < t < 3] if number % 2 else times
    content, still = movie(times, size=(112, 84)), png(84, 56, seed=number)
    media = (describe(content, f"film{number}.mp4"), media_of(still))
    first = (Video(0), Text(f"Film {number}: when does it end? In frames?"))
    answer = (Text("At "), Time(0, times[-1]), Text(", that is "), Time(0, times[-1], "hmsf"), Text("."))
    turns = (Turn("user", (Image(1), *first) if number % 3 == 0 else first), Turn("assistant", answer))
    return Document(turns, media[: 2 if number % 3 == 0 else 1], task="video"), [content, still][: 2 - (number % 3 > 0)]


def walk(number: int) -> tuple[Document, list[bytes]]:
    """A goal, then screens of two sizes and a click on each."""
    screens = [png(112 + 28 * (n % 2), 84, seed=100 * number + n) for n in range(2 + number % 3)]
    system = Turn("system", (Text("The screen's resolution is "), Extent(0), Text(".")))
    turns = [system]
    for n in range(len(screens)):
        said = f"Goal {number}: save the file." if n == 0 else "<tool_response>"
        opening = '<tool_call>\n{"name": "computer_use", "arguments": {"action": "left_click", "coordinate": '
        turns += [Turn("user", (Text(said), Image(n)))]
        turns += [Turn("assistant", (Text(opening), Point(n, 30 + n, 40), Text("}}\n</tool_call>")))]
    return Document(tuple(turns), tuple(map(media_of, screens)), task="agent"), screens


def prose(number: int) -> tuple[Document, list[bytes]]:
    return Document((Turn(None, (Text(f"Text {number} tells of nothing to be seen. " * (1 + number % 4)),)),)), []


SOURCES = {"films": film, "walks": walk, "prose": prose, "pages": page, "colours": coloured}


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> Packed:
    root: Path = tmp_path_factory.mktemp("mixed")
    for name, make in SOURCES.items():
        write_shards(root / name, [make(number) for number in range(12 if name != "pages" else 4)], per_shard=5)
    (root / "nano.yaml").write_text(yaml.safe_dump(MODEL))
    video = {"fps": (1.0, 2.0, 5.0), "min_pixels": 56 * 56, "max_pixels": 84 * 84, "max_tokens": 200}
    config = {
        **{"output": root / "packs", "model": root / "nano.yaml", "sequence": SEQUENCE, "video": video},
        **{"sources": {name: SourceChoice(shards=str(root / name)) for name in SOURCES}},
        **{"tokenizer": TokenizerChoice(vocabulary=512, learn_from=tuple(SOURCES))},
        **{"min_pixels": 56 * 56, "max_pixels": 112 * 112},
    }
    return measure_sources(PackConfig.model_validate(config))


@pytest.fixture(scope="module")
def objective(world) -> NextToken:
    ids = world.processor.tokenizer.special_ids()
    return NextToken(load_config(world.config.model).model_copy(update=ids), frozenset({"language"}))


@pytest.fixture(scope="module")
def loaded(world, objective) -> list[tuple]:
    """What the loader makes of the plan: packs, each with its documents as they are encoded alone."""
    sources = Sources.open(world, list(SOURCES))
    phase = Phase.model_validate(
        {
            **{"packs": world.folder, "output": world.folder, "mixture": dict.fromkeys(SOURCES, 1.0), "tokens": 12_000},
            **{"pack": {"tokens": SEQUENCE, "patches": 3072, "per_step": 1}},
            **{"optimizer": {"learning_rate": {"language": 1.0}}},
        }
    )
    plan = make_plan(phase, sources.samples, sources.names, sources.tasks)
    ranks = SimpleNamespace(data_rank=0, data_count=1, context_rank=0, context_count=1, device=torch.device("cpu"))
    found = []
    for step, _, (batch,) in batches(plan.steps(), sources, objective, ranks, Loading(workers=0), Corrupt()):
        (numbers,) = step.packs
        documents = [sources.wanted(number).document() for number in numbers]
        alone = [item for each in documents for item in objective.encode(each, sources.processor, False)]
        found.append((batch, documents, alone))
    return found


def kinds(documents: list[Document]) -> set[str]:
    shown = [[type(part).__name__ for part in each.parts() if isinstance(part, Image | Video)] for each in documents]
    return {"video" if "Video" in each else "images" if len(each) > 1 else "text" if not each else "" for each in shown}


def test_films_walks_and_text_share_a_pack(loaded):
    together = [documents for _, documents, _ in loaded if {"video", "images", "text"} <= kinds(documents)]
    assert together, "no pack holds all three kinds: the test below would say nothing"
    assert sum(len(documents) > 3 for documents in together) >= 2


def test_packed_equals_alone_from_disk_to_logits(loaded, objective):
    """All the way: every next-token score of every document in every pack."""
    model = new_model(objective.config, seed=3)
    with torch.no_grad():
        for batch, _, alone in loaded:
            scores = logits(model(batch.content), model.output_weight)
            each = torch.cat([logits(model(pack([one], objective.config)), model.output_weight) for one in alone])
            torch.testing.assert_close(scores, each, atol=1e-5, rtol=0)
            assert scores.std() > 0.01


def test_a_pack_shows_what_is_in_its_documents_and_nothing_else(loaded, objective):
    """Another picture in one document changes its own scores after the picture, and no other document's."""
    batch, _, alone = next(each for each in loaded if {"video", "images", "text"} <= kinds(each[1]))
    model = new_model(objective.config, seed=3)
    before = logits(model(batch.content), model.output_weight)
    for number, one in enumerate(alone):
        if not one.media:
            continue
        noise = replace(one.media[0], rows=255 - one.media[0].rows)
        changed = [*alone[:number], Encoded(one.input_ids, one.labels, (noise, *one.media[1:])), *alone[number + 1 :]]
        after = logits(model(pack(changed, objective.config)), model.output_weight)
        own = batch.content.document == number
        torch.testing.assert_close(after[~own], before[~own], atol=1e-5, rtol=0)
        assert not torch.allclose(after[own], before[own], atol=1e-3)


def test_attention_plans_are_those_of_documents_and_of_pairs_of_frames(loaded, objective):
    for batch, _, alone in loaded:
        content = batch.content
        assert content.text_plan.cu_seqlens.diff().tolist() == [len(one.input_ids) for one in alone]
        assert content.text_plan.causal
        media = [item for one in alone for item in one.media]
        grids = [item.grid[1] * item.grid[2] for item in media for _ in range(item.grid[0])]
        assert content.vision.grid_plan.cu_seqlens.diff().tolist() == (grids or [4])
        windows = [cells * 4 for item in media for _ in range(item.grid[0]) for cells in window_cells(item.grid)]
        assert sorted(content.vision.window_plan.cu_seqlens.diff().tolist()) == sorted(windows or [4])
        assert len(content.vision_index) == sum(grids) // 4


def window_cells(grid: tuple[int, int, int]) -> list[int]:
    """Cells of the windows of one pair of frames: 2 x 2 cells of 28 pixels in the nano model, short at the edges."""
    rows, columns = (
        [min(2, side - begin) for begin in range(0, side, 2)] for side in (grid[1] // 2, grid[2] // 2)
    )  # fmt: skip
    return [row * column for row in rows for column in columns]


def test_positions_begin_anew_in_every_document_and_follow_its_media(loaded, objective):
    """Token by token (paper section 2.1.2): text counts up on all axes, a picture stands still on the axis of time, a
    video goes on by two a second, and what follows begins after the largest id on any axis."""
    config = objective.config
    for batch, _, alone in loaded:
        ids, places = batch.content.input_ids.tolist(), batch.content.position_ids.T.tolist()
        expected: list[list[int]] = []
        for one in alone:
            start, media, number = 0, iter(one.media), 0
            own = one.input_ids.tolist()
            while number < len(own):
                if own[number] not in (config.image_token_id, config.video_token_id):
                    expected.append([start] * 3)
                    start, number = start + 1, number + 1
                    continue
                item = next(media)
                t, h, w = item.grid
                assert (item.seconds_per_grid is None) == (own[number] == config.image_token_id)
                cells = [(pair, row, column) for pair in range(t) for row in range(h // 2) for column in range(w // 2)]
                seconds = np.float32(item.seconds_per_grid or 0)
                span = [[start + int(np.float32(p) * seconds * 2), start + row, start + col] for p, row, col in cells]
                expected += span
                start, number = max(map(max, span)) + 1, number + len(cells)
        assert places == expected
        assert ids == [token for one in alone for token in one.input_ids.tolist()]


def test_measured_lengths_are_those_of_what_is_loaded(world, loaded):
    assert all(batch.tokens == len(batch.content.input_ids) <= SEQUENCE for batch, _, _ in loaded)
    for batch, _, alone in loaded:
        assert batch.patches == sum(len(item.rows) for one in alone for item in one.media)
    assert {fps for _, documents, _ in loaded for each in documents for fps in rates(world, each)} == {1.0, 2.0, 5.0}


def rates(world: Packed, document: Document) -> list[float]:
    return [world.processor.video.fps_of(item) for item in document.media if item.kind == "video"]


# --- walks and what is cut ---


def test_a_walk_is_not_taken_apart(world):
    """Its later questions show screens of their own, and what is said of them stands on the steps before."""
    document, contents = walk(2)
    plain = replace(document, turns=document.turns[1:])
    assert apart(plain) == [plain]
    encoded = world.processor.encode(plain, lambda item: contents[plain.media.index(item)])
    assert len(encoded.media) == len(contents)


def test_places_of_later_screens_are_written_for_their_own_size(world):
    document, contents = walk(1)
    processor = replace(world.processor, min_pixels=784, max_pixels=100 * 784)
    encoded = processor.encode(document, lambda item: contents[document.media.index(item)])
    said = processor.tokenizer.decode(encoded.input_ids)
    calls = [json.loads(each.split("\n</tool_call>")[0]) for each in said.split("<tool_call>\n")[1:]]
    assert [call["arguments"]["coordinate"] for call in calls] == [[30 + n, 40] for n in range(len(contents))]
    assert "resolution is 112x84." in said


def long_page(*parts) -> Document:
    """Paragraphs, and among them `parts`."""
    text = [Text(f"Paragraph {n} of a long page tells of nothing at all.\n\n") for n in range(12)]
    picture = media_of(png(56, 56))
    return Document((Turn(None, (*text[:6], *parts, *text[6:])),), (picture,))


@pytest.mark.parametrize("order", ["shown first", "shown last"])
def test_what_is_said_of_a_picture_is_not_cut_from_it(world, order):
    said = [part for n in range(3) for part in (Text(f"Thing {n} is at "), Box(0, n, n, 40, 40), Text(".\n\n"))]
    document = long_page(*([Image(0), *said] if order == "shown first" else [*said, Image(0)]))
    found = [excerpt(document, first, last) for first, last, *_ in excerpts(document, world.processor, 100)]
    assert len(found) > 3
    assert [part for each in found for part in pieces(each)] == pieces(document)
    (held,) = [each for each in found if any(isinstance(part, Box) for part in each.parts())]
    assert sum(isinstance(part, Box) for part in held.parts()) == 3
    assert held.images_shown() == [0]
    sentences = [each.text for each in found if each is not held]
    assert all(text.endswith(".\n\n") for text in sentences)


def test_what_is_said_of_another_picture_may_be_cut_from_the_first(world):
    pictures = [Image(0), Text("One.\n\n"), Image(0), Text("At "), Point(0, 3, 4), Text(".\n\n")]
    document = long_page(*pictures)
    cuts = {last for _, last, *_ in excerpts(document, world.processor, 60)}
    image, again = (number for number, part in enumerate(pieces(document)) if isinstance(part, Image))
    assert not cuts & set(range(again + 1, again + 4))
    assert cuts & set(range(image, again + 1))
