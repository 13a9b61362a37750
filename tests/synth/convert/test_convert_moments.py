"""Videos described over time, in the published layouts: spans in seconds of the stored file, or a reason."""

import json
import math
import re
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from curation.document import Document, Part, Time, Video
from curation.errors import MediaError, UserError
from synth.convert.converted import Converted, annotations
from synth.convert.layouts import How, Layout, converter
from synth.convert.moments.gather import Told, gather, lasts
from synth.convert.moments.interview import interview
from synth.convert.moments.settings import MomentQuestions
from synth.convert.rows import Row, Tables
from synth.convert.settings import Questions, Rules
from synth.convert.sources import annotation_files
from synth.convert.trajectories.settings import Views
from tests.curation.movies import movie
from tests.synth.convert import described
from tests.synth.convert.recorded import write_lines
from tests.synth.convert.spoil import spoiled

KINDS = ("ground", "what", "order", "highlights", "story", "dense", "caption")


def rows_of(settings: dict[str, Any]) -> list[Row]:
    return [row for file in annotation_files(TypeAdapter(Layout).validate_python(settings)) for row in file.rows()]


def convert(settings: dict[str, Any], name: str, seed: int = 0, **asked: Any) -> Converted:
    layout = TypeAdapter(Layout).validate_python(settings)
    how = How(Questions(), Rules(), Views(), MomentQuestions(**{"count": (6, 6), **asked}), seed)
    return converter(layout, Tables(), how).convert(name, [row for row in rows_of(settings) if row.image == name])


def written(parts: tuple[Part, ...]) -> str:
    """Times as `<1.5>`."""
    return "".join(f"<{part.seconds:g}>" if isinstance(part, Time) else getattr(part, "text", "") for part in parts)


def dialogue(made: Converted) -> list[tuple[str, str]]:
    [(document, _)] = made.samples
    texts = [written(turn.parts) for turn in document.turns]
    return list(zip(texts[::2], texts[1::2], strict=True))


def answers(settings: dict[str, Any], name: str, kind: str, tries: int = 30) -> list[tuple[str, str]]:
    """Questions and answers of one kind, of several seeds."""
    return [pair for seed in range(tries) for pair in dialogue(convert(settings, name, seed, kinds={kind: 1}))]


def spans(answer: str) -> list[tuple[float, float]]:
    found = [float(number) for number in re.findall(r"<([\d.]+)>", answer)]
    return list(zip(found[::2], found[1::2], strict=True))


def told(rows: list[Row], duration: float = 10.0, narrated: bool = True, **rules: Any) -> Told:
    return gather(rows, duration, narrated, MomentQuestions(**rules))


def moment(text: str, *spans: list[float]) -> Row:
    return Row("v", "moment", {"text": text, "spans": [list(span) for span in spans]})


@pytest.fixture(scope="module")
def sources(tmp_path_factory) -> dict[str, dict[str, Any]]:
    return {item["layout"]: item for item in described.write_all(tmp_path_factory.mktemp("described"))}


# --- the layouts ---


def test_charades_sentences_are_found_in_time(sources):
    asked = answers(sources["charades_sta"], "AO8RW", "ground")
    truth = {"putting a book on a shelf": [(0, 6.9)], "opens the door": [(5.5, 12)]}
    assert all(spans(answer) == truth[key] for question, answer in asked for key in truth if key in question)
    assert all(sum(key in question for key in truth) == 1 for question, _ in asked)
    made = convert(sources["charades_sta"], "AO8RW")
    assert (made.kept, made.mended) == (2, {"cut to the video": 1})  # the film lasts 12 seconds
    assert convert(sources["charades_sta"], "Y6R7T").samples[0][0].media[0].format == "webm"


def test_activitynet_is_told_in_full(sources):
    for question, answer in answers(sources["activitynet_captions"], "v_QOlSCBRmfWY", "dense"):
        assert spans(answer) == [(0, 3), (3.5, 7.25), (6, 10)]
        told = ["A woman ties her shoes.", "She walks to the stage.", "She dances alone."]
        if answer.startswith("["):
            assert "JSON" in question
            assert [item["caption"] for item in json.loads(answer)] == told
        else:
            assert [line.partition(": ")[2] for line in answer.splitlines()] == told
    [(_, story)] = dialogue(convert(sources["activitynet_captions"], "v_QOlSCBRmfWY", kinds={"story": 1}))
    assert story == "A woman ties her shoes. She walks to the stage. She dances alone."


def test_what_lost_a_sentence_is_not_told_in_full(sources):
    made = convert(sources["activitynet_captions"], "v_swap", kinds={"ground": 1, "dense": 5, "story": 5})
    assert (made.kept, made.dropped) == (1, {"swapped": 1})
    [(question, answer)] = dialogue(made)
    assert "A dog barks" in question
    assert spans(answer) == [(0, 4)]


def test_a_file_that_lasts_otherwise_is_another_video(sources):
    with pytest.raises(MediaError, match=r"duration: lasts 12.0 s, and 30.0 s when it was annotated"):
        convert(sources["activitynet_captions"], "v_long")


def test_qvhighlights_has_all_windows_and_the_best_clips(sources):
    name = "bP5_0.0_16.0"
    found = {spans(answer)[0]: spans(answer) for _, answer in answers(sources["qvhighlights"], name, "ground")}
    assert found == {(0, 6): [(0, 6), (10, 12)], (6, 10): [(6, 10)]}
    best = answers(sources["qvhighlights"], name, "highlights")
    assert {tuple(spans(answer)) for _, answer in best} == {((2, 6),)}  # two clips side by side, of the highest mean
    assert all("plays basketball" in question for question, _ in best)  # nothing of the other is good
    assert convert(sources["qvhighlights"], name).dropped == {"no span": 1}


def test_captions_of_a_table(sources):
    made = convert(sources["video_captions"], "21179416")
    assert {answer for _, answer in dialogue(made)} == {"Aerial shot, of a winter forest", "A forest in snow"}
    faults = [row for row in rows_of(sources["video_captions"]) if row.kind == "fault"]
    assert [row.image for row in faults] == ["results.csv:3"]


def test_captions_as_json_with_columns_of_their_own(sources, tmp_path):
    path = write_lines(tmp_path / "a.jsonl", [{"clip": "21179416.mp4", "said": "Snow.", "caption": "no"}])
    settings = {**sources["video_captions"], "table": path, "video": "clip", "text": "said"}
    assert {answer for _, answer in dialogue(convert(settings, "21179416.mp4"))} == {"Snow."}


def test_other_formats_and_missing_videos_are_told(sources):
    with pytest.raises(MediaError, match=r"format: .*6096.avi: neither MP4 nor WebM"):
        convert(sources["video_captions"], "6096")
    with pytest.raises(MediaError, match="missing"):
        convert(sources["charades_sta"], "NONE1")


def test_a_truncated_film_is_rejected(sources, tmp_path):
    (tmp_path / "AO8RW.mp4").write_bytes(described.film(12)[:2000])
    with pytest.raises(MediaError, match=r"corrupt|truncated"):
        convert({**sources["charades_sta"], "videos": [str(tmp_path)]}, "AO8RW")


# --- which spans can be used ---


@pytest.mark.parametrize(
    ("span", "reason"),
    [
        ([2, 1], "swapped"),
        ([-5, -1], "outside"),
        ([11, 14], "outside"),
        ([9, 14], "outside"),
        ([3, 3.1], "short"),
        ([10, 10], "short"),
    ],
)
def test_a_span_that_cannot_be_used_has_its_reason(span, reason):
    found = told([moment("A dog barks.", span)])
    assert (found.moments, found.dropped) == ((), {reason: 1})


@pytest.mark.parametrize(("span", "cut"), [([-1, 4], (0, 4)), ([8, 11.5], (8, 10)), ([-2, 12], (0, 10))])
def test_a_span_that_reaches_over_an_end_is_cut(span, cut):
    found = told([moment("A dog barks.", span)])
    assert found.moments[0].spans == (cut,)
    assert found.mended == {"cut to the video": 1}


def test_one_bad_window_leaves_the_query_without_an_answer():
    assert told([moment("A dog barks.", [0, 4], [9, 5])]).dropped == {"swapped": 1}


def test_a_sentence_that_is_there_twice():
    same = told([moment("A dog barks.", [0, 4]), moment("a dog barks", [0, 4])])
    assert (len(same.moments), same.dropped, same.whole) == (1, {"duplicate": 1}, True)
    other = told([moment("A dog barks.", [0, 4]), moment("A dog barks.", [6, 9]), moment("It sleeps.", [4, 6])])
    assert (len(other.moments), other.dropped, other.whole) == (1, {"ambiguous": 2}, False)


anything = st.one_of(st.floats(-20, 30), st.sampled_from([0, 10, -1, 1e8]))


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.lists(st.tuples(anything, anything), min_size=1, max_size=3)), max_size=9
    )
)
def test_every_moment_is_kept_or_dropped_and_lies_in_the_video(given_moments):
    rows = [moment(text, *map(list, spans)) for text, spans in given_moments]
    found = told(rows)
    assert found.kept + sum(found.dropped.values()) == annotations(rows)
    for item in found.moments:
        assert all(0 <= start < end <= 10 for start, end in item.spans)
    backwards = told(rows[::-1])
    assert backwards == found


def test_a_film_lasts_to_the_end_of_its_last_frame(sources):
    [(document, _)] = convert(sources["charades_sta"], "AO8RW").samples
    assert math.isclose(lasts(document.media[0]), 12.0, abs_tol=1e-6)


def test_films_of_varying_rate_have_their_times(sources, tmp_path):
    times = [0, 0.5, 0.6, 3.0, 7.5, 11.0]
    (tmp_path / "AO8RW.mp4").write_bytes(movie(times))
    [(document, _)] = convert({**sources["charades_sta"], "videos": [str(tmp_path)]}, "AO8RW").samples
    assert document.media[0].timestamps == tuple(times)


# --- what is asked ---


def test_a_moment_is_asked_about_once_and_accounts_of_all_come_last():
    rows = [moment(f"Event {number} happens.", [number, number + 1]) for number in range(9)]
    rows.append(Row("v", "caption", {"text": "Nine events."}))
    for seed in range(40):
        turns = interview(np.random.default_rng(seed), told(rows), MomentQuestions(count=(20, 20)))
        texts = [written(turn.parts) for turn in turns]
        questions = list(zip(texts[::2], texts[1::2], strict=True))
        full = [number for number, (_, answer) in enumerate(questions) if answer.count("Event") > 1]
        single = [number for number, pair in enumerate(questions) if "Event" in "".join(pair) and number not in full]
        assert not full or not single or max(single) < min(full)
        about = Counter(
            event for number in single for event in set(re.findall(r"Event \d", "".join(questions[number])))
        )
        assert max(about.values(), default=1) == 1
        assert sum(isinstance(part, Video) for turn in turns for part in turn.parts) == 1


def test_what_comes_first_is_what_ends_before_the_other_begins(sources):
    for question, answer in answers(sources["activitynet_captions"], "v_QOlSCBRmfWY", "order"):
        assert answer in ("A woman ties her shoes.",)  # the two later ones overlap
        assert "A woman ties her shoes" in question


def test_a_span_that_another_fills_is_not_asked_for_its_caption():
    rows = [moment("A dog barks.", [0, 4]), moment("A cat sleeps.", [0.5, 4]), moment("It rains.", [4, 6])]
    turns = interview(np.random.default_rng(0), told(rows), MomentQuestions(count=(5, 5), kinds={"what": 1}))
    assert [turn.text for turn in turns if turn.role == "assistant"] == ["It rains."]


def test_times_are_parts_in_the_form_that_is_asked_for(sources):
    forms = Counter()
    for seed in range(30):
        [(document, _)] = convert(sources["charades_sta"], "AO8RW", seed, kinds={"ground": 1}).samples
        for question, answer in zip(document.turns[::2], document.turns[1::2], strict=True):
            [form] = {part.form for part in answer.parts if isinstance(part, Time)}
            assert not re.search(r"\d", answer.text)
            assert ("frame" in question.text or "FF" in question.text) == (form == "hmsf")
            forms[form] += 1
        assert Document.from_json(document.to_json()) == document
    assert min(forms["seconds"], forms["hmsf"]) > 5
    [(document, _)] = convert(sources["charades_sta"], "AO8RW", forms=("seconds",)).samples
    assert {part.form for part in document.parts() if isinstance(part, Time)} == {"seconds"}


def test_wordings_vary_and_documents_claim_no_proof(sources):
    asked = {question for question, _ in answers(sources["charades_sta"], "Y6R7T", "ground", 60)}
    assert len(asked) > 12
    [(document, contents)] = convert(sources["qvhighlights"], "bP5_0.0_16.0").samples
    assert (document.task, document.proof, document.media[0].kind) == ("video", {}, "video")
    assert document.source.generator == "human_labels.qvhighlights/1"
    assert len(contents) == 1


def test_the_order_of_rows_decides_nothing(sources):
    layout = TypeAdapter(Layout).validate_python(sources["activitynet_captions"])
    how = How(Questions(), Rules(), Views(), MomentQuestions(), 0)
    rows = [row for row in rows_of(sources["activitynet_captions"]) if row.image == "v_QOlSCBRmfWY"]
    made = [
        converter(layout, Tables(), how).convert("v_QOlSCBRmfWY", some).samples[0][0] for some in (rows, rows[::-1])
    ]
    assert made[0].to_json() == made[1].to_json()


# --- what is wrong with a file ---


def test_lines_that_are_no_sentences_are_rejects_of_their_own(sources, tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(
        b"AO8RW 0.0##no end\nAO8RW nan 2##x\nAO8RW 1 inf##x\nAO8RW 1e3 -2 ##x\nAO8RW a b##x\n\xff\xfe 1 2##y\n"
    )
    rows = rows_of({**sources["charades_sta"], "sentences": str(path)})
    assert [row.kind for row in rows] == ["fault", "bad", "bad", "moment", "bad", "moment"]
    assert rows[0].image == "a.txt:0"


def test_damaged_json(sources, tmp_path):
    path = tmp_path / "a.json"
    path.write_text(json.dumps(described.activitynet())[:-30])
    with pytest.raises(UserError, match=r"a.json: not whole JSON \(truncated or damaged\)"):
        rows_of({**sources["activitynet_captions"], "captions": str(path)})
    path.write_text(json.dumps({"v_a": 3, "v_b": {"timestamps": [[0, 1]], "sentences": []}}))
    assert {row.kind for row in rows_of({**sources["activitynet_captions"], "captions": str(path)})} == {"fault"}
    lines = tmp_path / "a.jsonl"
    lines.write_text(json.dumps(described.highlights()[0]) + '\n{"vid": \n{}\n')
    rows = rows_of({**sources["qvhighlights"], "queries": str(lines)})
    assert [row.kind for row in rows] == ["video", "moment", "fault", "fault"]


@pytest.mark.parametrize(
    "spoilt", [{"relevant_clip_ids": [0, 1]}, {"relevant_clip_ids": "x"}, {"saliency_scores": [[], [1], [1], [1]]}]
)
def test_a_query_whose_scores_cannot_be_read_is_kept_without_them(sources, tmp_path, spoilt):
    path = write_lines(tmp_path / "a.jsonl", [described.highlights()[0] | spoilt])
    [row] = [row for row in rows_of({**sources["qvhighlights"], "queries": path}) if row.kind == "moment"]
    assert "scores" not in row.value


@pytest.mark.parametrize(
    ("layout", "setting", "record"),
    [
        ("activitynet_captions", "captions", described.activitynet()),
        ("qvhighlights", "queries", described.highlights()),
        ("video_captions", "table", [{"video_id": "a", "duration": "PT1M2.5S", "caption": "A cat.", "page_dir": "x"}]),
    ],
)
def test_whatever_a_file_holds_every_annotation_is_kept_or_dropped(sources, tmp_path_factory, layout, setting, record):
    path = tmp_path_factory.mktemp("spoiled") / "a.json"

    @given(spoiled(record))
    def hold(value: Any) -> None:
        try:
            settings = {**sources[layout], setting: str(path)}
            if isinstance(value, list):
                settings[setting] = write_lines(path.with_suffix(".jsonl"), value)
            else:
                path.write_text(json.dumps(value))
            rows = rows_of(settings)
        except UserError:  # not JSON, such as NaN in a file that is read in pieces
            return
        for name in {row.image for row in rows if row.kind != "fault"}:
            mine = [Row(*json.loads(json.dumps(row))) for row in rows if row.image == name]  # as they lie on disk
            try:
                found = told(mine, 16.0)
            except MediaError:  # it lasts otherwise
                continue
            assert found.kept + sum(found.dropped.values()) == annotations(mine)
            json.dumps([item.text for item in found.moments], ensure_ascii=False).encode()

    hold()


def test_settings_that_make_no_sense():
    with pytest.raises(ValidationError, match="3 to 2 is not a range within 1 to 64"):
        MomentQuestions(count=(3, 2))
    with pytest.raises(ValidationError, match="weights"):
        MomentQuestions(kinds={"ground": 0})
