"""The mixture: shares of the tokens in every stretch, whole epochs, and streams that end."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.errors import UserError
from train.data.mixture import Mixer, Place, Samples, make_streams
from train.phase import Share

SOURCES, TASKS = ("pages", "chats", "scenes"), ("ocr", "vqa", "count")


def samples_of(*counts: int, seed: int = 0) -> Samples:
    """So many samples of each source, those of later sources longer, each of any task."""
    rng = np.random.default_rng(seed)
    source = np.repeat(np.arange(len(counts)), counts)
    tokens = rng.integers(10, 20, len(source)) * (1 + 9 * source)
    return Samples(tokens, tokens // 2, source, rng.integers(0, len(TASKS), len(source)))


def streams_of(shares, samples, temperature=1.0):
    return make_streams(shares, temperature, samples, SOURCES, TASKS)


def start(streams):
    return [Place() for _ in streams]


def weights(shares, samples, temperature=1.0):
    return {stream.name: stream.weight for stream in streams_of(shares, samples, temperature)}


@pytest.mark.parametrize("asked", [{"pages": 1, "chats": 1}, {"pages": 9, "chats": 1}, {"pages": 1, "chats": 30}])
def test_each_source_gives_its_share_of_the_tokens_in_every_stretch(asked):
    samples = samples_of(1000, 100)
    streams = streams_of({name: Share(weight=weight) for name, weight in asked.items()}, samples)
    mixer, places = Mixer(streams, seed=0), start(streams)
    for stretch in range(1, 6):
        drawn, places = mixer.draw(places, stretch * 50_000)
        tokens = np.bincount(samples.source[drawn], samples.tokens[drawn])
        assert tokens[0] / tokens.sum() == pytest.approx(asked["pages"] / sum(asked.values()), abs=0.01)


@given(st.lists(st.floats(0.1, 5000), min_size=1, max_size=8), st.integers(0, 3))
def test_what_is_drawn_does_not_depend_on_the_stretches_it_is_drawn_in(stretches, seed):
    samples = samples_of(40, 7, seed=seed)
    streams = streams_of({"pages": Share(weight=2), "chats": Share(weight=1, epochs=2.5)}, samples)
    at_once, end = Mixer(streams, seed).draw(start(streams), sum(stretches))
    found, places, clock = [], start(streams), 0.0
    for stretch in stretches[:-1]:
        clock += stretch
        drawn, places = Mixer(streams, seed).draw(places, clock)
        found += drawn.tolist()
    drawn, places = Mixer(streams, seed).draw(places, sum(stretches))
    assert [*found, *drawn.tolist()] == at_once.tolist()
    assert places == end


def test_a_source_is_seen_whole_before_any_of_it_comes_again():
    samples = Samples(np.full(50, 10), np.zeros(50, int), np.zeros(50, int), np.zeros(50, int))
    streams = streams_of({"pages": Share()}, samples)
    drawn, places = Mixer(streams, 3).draw(start(streams), 1000)
    assert sorted(drawn[:50]) == sorted(drawn[50:]) == list(range(50))
    assert list(drawn[:50]) != list(drawn[50:])
    assert places == (Place(drawn=100, given=1000),)


def test_another_source_does_not_change_the_order_of_the_first():
    alone, beside = samples_of(50), samples_of(50, 20)
    one, two = streams_of({"pages": Share()}, alone), streams_of({"chats": Share(), "pages": Share()}, beside)
    first, _ = Mixer(one, 0).draw(start(one), 3000)
    second, _ = Mixer(two, 0).draw(start(two), 30_000)
    pages = second[beside.source[second] == 0]
    assert len(pages) > 50
    count = min(len(first), len(pages))
    assert first[:count].tolist() == pages[:count].tolist()


@pytest.mark.parametrize(("epochs", "times"), [(1, {1}), (3, {3}), (1.5, {1, 2}), (0.5, {0, 1})])
def test_a_source_ends_after_its_epochs_and_the_others_go_on(epochs, times):
    samples = samples_of(30, 30)
    streams = streams_of({"pages": Share(weight=1, epochs=epochs), "chats": Share(weight=1)}, samples)
    mixer = Mixer(streams, 0)
    drawn, places = mixer.draw(start(streams), 100_000)
    counts = np.bincount(drawn, minlength=60)[:30]
    assert counts.sum() == round(epochs * 30)
    assert set(counts) == times
    assert [stream.name for stream in mixer.live(places)] == ["chats"]
    assert streams[0].all_tokens(0) == samples.tokens[drawn[samples.source[drawn] == 0]].sum()
    assert streams[1].all_tokens(0) is None


def test_tasks_split_the_share_of_their_source_and_those_not_named_are_left_out():
    samples = samples_of(300, 100)
    shares = {"pages": Share(weight=3, tasks={"vqa": 1, "ocr": 2}), "chats": Share(weight=1)}
    assert weights(shares, samples) == pytest.approx({"pages/vqa": 0.25, "pages/ocr": 0.5, "chats": 0.25})
    streams = streams_of(shares, samples)
    drawn, _ = Mixer(streams, 0).draw(start(streams), 20_000)
    assert set(samples.task[drawn[samples.source[drawn] == 0]]) == {0, 1}


def test_without_weights_a_temperature_evens_out_the_sizes():
    samples = samples_of(1000, 100, 10)
    size = np.bincount(samples.source, samples.tokens)
    shares = {name: Share() for name in SOURCES}
    for temperature in (1, 2, 5):
        expected = size ** (1 / temperature) / (size ** (1 / temperature)).sum()
        assert list(weights(shares, samples, temperature).values()) == pytest.approx(expected)


def test_sources_without_a_weight_share_what_the_weights_leave():
    samples = samples_of(100, 100, 100)
    size = np.bincount(samples.source, samples.tokens)
    found = weights({"pages": Share(weight=0.5), "chats": Share(), "scenes": Share()}, samples)
    assert found["pages"] == 0.5
    assert found["scenes"] / found["chats"] == pytest.approx(size[2] / size[1])
    assert sum(found.values()) == pytest.approx(1)
    with pytest.raises(UserError, match=r"come to 1\.5, which leaves nothing for scenes"):
        weights({"pages": Share(weight=1), "chats": Share(weight=0.5), "scenes": Share()}, samples)


def test_a_source_or_a_task_without_samples_is_a_clear_error():
    samples = samples_of(10, 10)
    with pytest.raises(UserError, match=r"mixture\.scenes: the source holds no samples"):
        streams_of({"scenes": Share()}, samples)
    with pytest.raises(UserError, match=r"mixture\.pages\.tasks\.video: .* its tasks are ocr, vqa, count"):
        streams_of({"pages": Share(tasks={"video": 1})}, samples)
