"""Videos and trajectories in the galleries of a report: strips of frames and screens, spans of time, actions."""

import base64
import io
import re
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import PIL.Image
import pytest

from curation.document import Box, Document, Extent, Image, Media, Point, Source, Text, Time, Turn, Video
from curation.video import describe
from pipelines import cli, synthesize
from pipelines.report import data
from pipelines.report.page import ReportConfig, report
from pipelines.report.samples import said
from pipelines.report.synthetic.facts import facts
from pipelines.report.synthetic.films import Row, clock, film, length, rate
from pipelines.report.synthetic.gallery import gallery, shown
from pipelines.report.synthetic.likeness import likeness
from pipelines.report.synthetic.marks import LABELS
from pipelines.report.synthetic.spans import Span, spans
from pipelines.report.synthetic.steps import SHOWN, shown_steps, steps
from pipelines.synthesize import SynthConfig
from synth import generators
from tests.conftest import media_of, png, write_shards
from tests.curation.movies import movie, number_of
from tests.pipelines.moving import ROWS

RECIPES = {
    "counting": {"generator": "films", "seeds": 6},
    "steady": {"generator": "films", "seeds": 4, "settings": {"varying": False}},
    "walk": {"generator": "walks", "seeds": 3},
}


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("moving")
    with pytest.MonkeyPatch.context() as patch:
        for name, row in ROWS.items():
            patch.setitem(generators.GENERATORS, name, row)
        synthesize.run(SynthConfig.model_validate({"output": str(root / "synth"), "recipes": RECIPES}))
        folders = [str(root / "synth" / name) for name in RECIPES]
        assert cli.main(["verify", *folders]) == 0
    return root


@pytest.fixture(scope="module")
def page(world) -> str:
    return report(ReportConfig(output=world / "report", synth=str(world / "synth"))).read_text()


def split(world: Path, name: str) -> data.Split:
    return next(each for each in data.read_splits(str(world / "synth")) if each.name == name)


# --- the page ---


def test_a_film_has_a_strip_a_bar_and_the_clip_itself(page):
    assert page.count("<video controls") == 6 + 4
    assert page.count('class="strip"') == 6 + 4
    assert "media-src data:" in page
    assert "it counts from 8 to 20" in page
    assert "When does the counting stop for a while?" in page  # on the bar, for the answer names only a moment
    assert "fps, varying: a frame stands 0.04–1.5 s" in page
    assert " fps, constant" in page


def test_times_are_written_in_the_chat(page):
    assert re.search(r'<p class="assistant">0\.0s – \d+\.\ds: it counts from 0 to 8\.', page)
    assert re.search(r'<p class="assistant">At 00:00:0\d:\d\d\.</p>', page)


def test_a_walk_is_a_strip_of_screens_with_its_wrong_step_marked(page):
    assert page.count('class="strip steps"') == 3
    assert page.count('<figure class="wrong">') == 3
    assert "<line " in page  # the swipe
    assert "“report”</text>" in page  # what is typed
    assert "how it ends" in page


def test_a_page_of_films_asks_for_nothing(page):
    assert "<script" not in page
    assert not re.findall(r'(?:src|href)="(?!data:|#)', page)


def test_films_count_in_the_distributions(world):
    told = facts(split(world, "counting"))
    assert len(told.durations) == len(told.rates) == 6
    assert len(told.spans) == 6 * 3
    assert len(told.places) == 6 * 4
    assert ((told.places >= 0) & (told.places <= 1)).all()
    assert len(told.calls) == 0
    assert set(facts(split(world, "walk")).calls) == {4}


def test_films_are_compared_by_what_they_show(tmp_path):
    """Two of four are copies; all begin with the same frame."""
    times = [n / 10 for n in range(40)]
    contents = [movie([t * speed for t in times], size=(64, 48)) for speed in (1, 2)]
    contents += [movie(times[:length], size=(64, 48)) for length in (9, 30)]
    samples = []
    for seed, content in enumerate([contents[0], contents[1], *contents[2:]]):
        document = Document((Turn("user", (Video(0),)),), (describe(content),), source=Source(seed=seed))
        samples.append((document, [content]))
    shards = write_shards(tmp_path, samples)
    compared, [row] = likeness([data.Split("films", "none/1", data.Balance(4, 4, 0), [], [], shards, 1.0)])
    assert (compared, row.pictures) == (4, 2)


def test_one_picture_films_and_a_page_without_a_clip(tmp_path):
    content = movie([0.0], size=(64, 48))
    document = Document((Turn("user", (Video(0), Text("What?"))),), (describe(content),), source=Source(seed=1))
    shards = write_shards(tmp_path, [(document, [content])])
    found = film(shards.read(0), 0, room=len(content) - 1)
    assert found
    assert (found.clip, len(found.frames)) == ("", 1)
    assert likeness([data.Split("one", "none/1", data.Balance(1, 1, 0), [], [], shards, 1.0)])[0] == 1


# --- films ---


def stored(folder: Path, times: list[float], *turns: Turn) -> Document:
    content = movie(times, size=(96, 64))
    return write_shards(folder, [(Document(turns, (describe(content),)), [content])]).read(0)


def frame_of(uri: str) -> int:
    content = base64.b64decode(uri.partition(",")[2])
    return number_of(np.asarray(PIL.Image.open(io.BytesIO(content)).convert("RGB")))


def test_frames_are_evenly_spaced_and_those_around_each_moment_that_is_named(tmp_path):
    times = [n / 4 for n in range(64)]
    answer = Turn("assistant", (Text("At "), Time(0, 5.1), Text(" it stops.")))
    found = film(stored(tmp_path, times, Turn("user", (Video(0),)), answer), 0)
    assert found
    seen = {frame_of(each.uri): each for each in found.frames}
    assert sorted(seen) == sorted({*range(0, 64, 8), 19, 20})
    assert all(each.seconds == number / 4 for number, each in seen.items())
    assert {number for number, each in seen.items() if each.colour} == {19, 20}
    assert found.duration == 16
    assert found.ticks == []
    assert [(row.left, row.width, row.time, row.label) for row in found.rows] == [(31.875, 0.0, "5.10 s", "it stops")]


def test_the_clip_is_the_file_itself(tmp_path):
    document = stored(tmp_path, [0, 0.5, 1.0], Turn("user", (Video(0),)))
    found = film(document, 0)
    assert found
    assert found.clip.startswith("data:video/mp4;base64,")
    with av.open(io.BytesIO(base64.b64decode(found.clip.partition(",")[2]))) as opened:
        assert sum(1 for _ in opened.decode(video=0)) == 3


@pytest.mark.parametrize(
    ("left", "width", "side"),
    [(0, 20, "right"), (60, 20, "left"), (50, 50, "left"), (10, 80, "inside"), (0, 0, "right")],
)
def test_what_is_said_of_a_span_stands_where_there_is_room(left, width, side):
    assert Row(left, width, "", "", "").side == side


def test_a_varying_rate_is_told_and_drawn(tmp_path):
    found = film(stored(tmp_path, [0, 0.1, 0.2, 3.0], Turn("user", (Video(0),))), 0)
    assert found
    assert found.facts[2] == "1 fps, varying: a frame stands 0.1–2.8 s"
    assert found.ticks == [0, 2.5, 5, 75]


def test_a_film_whose_bytes_are_gone_is_left_out():
    lost = Media("video", "mp4", 64, 48, "0" * 64, "lost.mp4", "/nowhere/lost.mp4", 0, 9, (0.0, 1.0))
    document = Document((Turn("user", (Video(0), Text("What?"))),), (lost,), source=Source(seed=1))
    assert film(document, 0) is None
    assert shown(document).films == []


def test_durations_and_rates():
    steady = Media("video", "mp4", 8, 8, "", "", timestamps=tuple(n / 25 for n in range(250)))
    assert (length(steady), rate(steady)[0]) == (pytest.approx(10), pytest.approx(25))
    assert rate(replace(steady, timestamps=(0.0, 1.0, 1.5)))[0] is None
    assert [clock(seconds) for seconds in (3.04, 130, 4000)] == ["3.0 s", "2:10", "1:06:40"]


def test_clips_of_a_gallery_come_to_no_more_than_the_page_has_room_for(world, monkeypatch):
    every = gallery(split(world, "steady"))
    sizes = [each.films[0].clip_bytes for each in every]
    assert all(sizes)
    monkeypatch.setattr("pipelines.report.synthetic.gallery.CLIPS", sizes[0] + sizes[1])
    assert [bool(each.films[0].clip) for each in gallery(split(world, "steady"))] == [True, True, False, False]


# --- what is said of time ---


def timed(*turns: Turn) -> Document:
    return Document(turns, (Media("video", "mp4", 64, 48, "1", "v", timestamps=(0.0, 9.0)),))


def told(*parts) -> list[Span]:
    """Of an answer, numbers being moments."""
    written = tuple(Text(part) if isinstance(part, str) else Time(0, part) for part in parts)
    return spans(timed(Turn("user", (Video(0), Text("What happens here?"))), Turn("assistant", written)), 0)


@pytest.mark.parametrize(
    ("parts", "found"),
    [
        ((1.0, " – ", 2.5, ": a ball enters.\n", 3.0, " - ", 4.0, ": it leaves."),
         [(1, 2.5, "a ball enters"), (3, 4, "it leaves")]),
        (("From ", 1.0, " to ", 2.0, " the red ball rolls. Then, at ", 5.0, ", it stops at the wall."),
         [(1, 2, "the red ball rolls"), (5, 5, "it stops at the wall")]),
        (('[{"start": "', 1.0, '", "end": "', 2.0, '", "event": "a door opens"}, {"start": "', 3.0, '", "end": "', 4.0,
          '", "event": "it closes"}]'), [(1, 2, "a door opens"), (3, 4, "it closes")]),
        (('{"label": "the cat jumps", "time": [', 1.5, ", ", 2.5, "]}"), [(1.5, 2.5, "the cat jumps")]),
        (("The light turns green at ", 7.5, "."), [(7.5, 7.5, "The light turns green at")]),
        (("At ", 1.0, ", ", 2.0, " and ", 3.0, "."), [(each, each, "What happens here?") for each in (1, 2, 3)]),
        ((6.0, " - ", 7.0, ": again (first seen ", 1.0, " - ", 2.0, ")"),
         [(1, 2, "again (first seen"), (6, 7, "again (first seen")]),
        ((1.0, " - ", 2.0, ': a slide is headed "Les autres".'), [(1, 2, 'a slide is headed "Les autres"')]),
        ((1.0, ": a ", 2.0, ": b ", 3.0, ": c"), [(1, 1, "a"), (2, 2, "b"), (3, 3, "c")]),
        ((1.0, " - ", 2.0, ": shot 1\n", 2.0, " - ", 4.0, ": shot 2"), [(1, 2, "shot 1"), (2, 4, "shot 2")]),
        (("From ", 1.0, " to ", 2.0, "."), [(1, 2, "What happens here?")]),
        ((1.0, "-", 2.0, ", ", 4.0, "-", 5.0), [(1, 2, "What happens here?"), (4, 5, "What happens here?")]),
        ((1.0, "–", 2.0, "：一个红色的球滚过来了。\n", 3.0, "–", 4.0, "：门开了。"),
         [(1, 2, "一个红色的球滚过来了"), (3, 4, "门开了")]),
    ],
)  # fmt: skip
def test_spans_are_labelled_by_what_is_said_of_them(parts, found):
    assert [(span.start, span.end, span.label) for span in told(*parts)] == found


def test_what_a_question_asks_about_is_labelled_by_the_answer():
    question = Turn("user", (Video(0), Text("What happens between "), Time(0, 1), Text(" and "), Time(0, 2), Text("?")))
    answer = Turn("assistant", (Text("A red car turns left."),))
    assert spans(timed(question, answer), 0) == [Span(1, 2, "A red car turns left")]


def test_a_film_is_not_given_the_moments_of_another():
    media = tuple(Media("video", "mp4", 64, 48, str(n), "v", timestamps=(0.0, 9.0)) for n in range(2))
    document = Document((Turn(None, (Video(0), Video(1), Text("It ends at "), Time(1, 3.0))),), media)
    assert spans(document, 0) == []
    assert [span.start for span in spans(document, 1)] == [3]


def test_every_kind_of_part_is_put_in_words():
    film = Media("video", "mp4", 64, 48, "1", "v", timestamps=tuple(n / 4 for n in range(40)))
    media = (Media("image", "png", 640, 480, "2", "p"), film)
    parts = (
        *(Image(0), Text("On a screen of "), Extent(0), Text(", at "), Point(0, 3.2, 4)),
        *(Text(" in "), Box(0, 1, 2, 3, 4), Text(", from "), Time(1, 1.5), Text(" to ")),
        *(Time(1, 2.25, "hmsf"), Video(1)),
    )  # fmt: skip
    document = Document((Turn(None, parts),), media)
    assert said(document.turns[0], document) == (
        "On a screen of 640x480, at [3, 4] in [1, 2, 3, 4], from 1.5s to 00:00:02:01"
    )


# --- trajectories ---


def call(image: int, action: str, *places: tuple[float, float], **arguments: str) -> Turn:
    named = [Text(f', "{name}": "{value}"') for name, value in arguments.items()]
    spots = []
    for number, place in enumerate(places):
        spots += [Text(f', "coordinate{number + 1 if number else ""}": '), Point(image, *place)]
    opening = Text(f'So.\n<tool_call>\n{{"name": "computer_use", "arguments": {{"action": "{action}"')
    return Turn("assistant", (opening, *named, *spots, Text("}}\n</tool_call>")))


def walk(*turns: Turn, wrong: tuple[int, ...] = ()) -> Document:
    shown = [part.media for turn in turns for part in turn.parts if isinstance(part, Image)]
    media = tuple(media_of(png(84, 56, seed=number)) for number in range(max(shown) + 1))
    claims = {
        "steps": [{"wrong": number in wrong} for number in range(sum(turn.role == "assistant" for turn in turns))]
    }
    return Document(turns, media, task="trajectory", source=Source(seed=1), proof={"claims": claims})


def test_steps_tell_what_was_done_where():
    goal = Turn("user", (Text("Save it."), Image(0)))
    document = walk(goal, call(0, "left_click", (10, 20)), Turn("user", (Image(1),)), call(1, "type", text="a name"))
    one, two = steps(document)
    assert (one.number, one.screen, one.thought) == (1, 0, "So.")
    assert (one.calls[0].name, one.calls[0].places, one.calls[0].typed) == ("left_click", ((10, 20),), "")
    assert (two.screen, two.calls[0].typed, two.calls[0].arguments) == (1, "a name", '"a name"')


def test_the_screen_that_is_left_is_shown_too():
    goal = Turn("user", (Image(0),))
    document = walk(goal, call(0, "left_click", (10, 20)), Turn("tool", (Image(1),)))
    assert [(step.screen, bool(step.calls)) for step in steps(document)] == [(0, True), (1, False)]


def on_disk(folder: Path, document: Document) -> Document:
    contents = [png(84, 56, seed=number) for number in range(len(document.media))]
    return write_shards(folder, [(document, contents)]).read(0)


def test_actions_are_drawn_where_they_are(tmp_path):
    turns = [
        *(Turn("user", (Image(0),)), call(0, "left_click", (10, 20))),
        *(Turn("user", (Image(1),)), call(1, "type", text="a name")),
        *(Turn("user", (Image(2),)), call(2, "left_click_drag", (40, 30))),
        *(Turn("user", (Image(3),)), call(3, "swipe", (40, 50), (40, 10))),
        *(Turn("user", (Image(4),)), call(4, "key", text="Enter")),
    ]
    found, more = shown_steps(on_disk(tmp_path, walk(*turns, wrong=(1,))))
    assert more == 0
    marks = [step.picture.marks[0] for step in found if step.picture]
    assert [(mark.at, mark.arrow, mark.label) for mark in marks] == [
        ((10, 20), False, "left_click"),
        ((10, 20), False, "“a name”"),
        ((10, 20, 40, 30), True, "left_click_drag"),
        ((40, 50, 40, 10), True, "swipe"),
        ((40, 10), False, "“Enter”"),
    ]
    assert [step.wrong for step in found] == [False, True, False, False, False]
    assert marks[1].colour != marks[0].colour == marks[2].colour


def test_of_a_long_walk_the_wrong_steps_and_the_ends_are_always_shown(tmp_path):
    turns = [turn for n in range(40) for turn in (Turn("user", (Image(n),)), call(n, "left_click", (n, n)))]
    found, more = shown_steps(on_disk(tmp_path, walk(*turns, wrong=(17,))))
    assert len(found) == SHOWN
    assert more == 30
    assert {1, 18, 19, 40} <= {step.number for step in found}


def test_what_is_told_as_done_is_no_step_of_the_assistant(tmp_path):
    """Two screens in one turn, and between them what was done, wrongly, on the first."""
    done = call(1, "left_click", (30, 40)).parts
    turns = [
        *(Turn("user", (Image(0),)), call(0, "left_click", (10, 20))),
        *(Turn("user", (Image(1), *done, Image(2))), call(2, "key", text="Escape")),
        Turn("user", (Image(3),)),
    ]
    document = walk(*turns)
    document = replace(document, proof={"claims": {"steps": [{"wrong": n == 1} for n in range(3)]}})
    found, _ = shown_steps(on_disk(tmp_path, document))
    assert [(step.action, step.wrong, step.told) for step in found] == [
        ("left_click [10, 20]", False, False),
        ("left_click [30, 40]", True, True),
        ('key "Escape"', False, False),
        ("", False, True),
    ]


def test_a_single_step_is_known_by_its_action(tmp_path):
    document = walk(Turn("user", (Image(0),)), call(0, "left_click", (10, 20)))
    actions = [
        {"name": "computer_use", "arguments": {"action": "left_click", "coordinate": [10 * n, 20]}} for n in (3, 1)
    ]
    claims = [{"wrong": number == 1, "action": action} for number, action in enumerate([*actions, actions[0]])]
    [step], _ = shown_steps(on_disk(tmp_path, replace(document, proof={"claims": {"steps": claims}})))
    assert step.wrong
    claims = [{**claim, "wrong": not claim["wrong"]} for claim in claims]
    [step] = steps(replace(document, proof={"claims": {"steps": claims}}))
    assert not step.wrong


def test_a_call_that_cannot_be_read_is_shown_as_it_is(tmp_path):
    document = walk(Turn("user", (Image(0),)), Turn("assistant", (Text("<tool_call>\nnonsense\n</tool_call>"),)))
    [step], _ = shown_steps(on_disk(tmp_path, document))
    assert step.action == "nonsense"


def test_pictures_without_calls_are_no_trajectory(tmp_path):
    document = walk(Turn("user", (Image(0), Image(1), Text("What is new?"))), Turn("assistant", (Text("A menu."),)))
    assert shown_steps(document) == ([], 0)
    assert len(shown(on_disk(tmp_path, document)).pictures) == 2


# --- screens with many elements ---


def test_many_boxes_are_numbered_and_listed(tmp_path):
    said = [
        part
        for n in range(LABELS + 6)
        for part in (Text('{"bbox_2d": '), Box(0, n, n, n + 9, n + 9), Text(f', "label": "button {n}"}}\n'))
    ]
    content = png(84, 56)
    document = Document((Turn("user", (Image(0),)), Turn("assistant", tuple(said))), (media_of(content),))
    found = shown(write_shards(tmp_path, [(document, [content])]).read(0))
    assert found.wide
    assert [mark.label for mark in found.pictures[0].marks] == [str(n + 1) for n in range(LABELS + 6)]
    assert [(one.number, one.label) for one in found.listed][:2] == [("1", "button 0"), ("2", "button 1")]
    assert len({one.colour for one in found.listed}) > 1
