"""Trajectories are executed, proved, and executed again; what is wrong in them is marked and never taught."""

import json
import zlib
from dataclasses import replace

import numpy as np
import pytest

from curation.document import Image, Point, Text
from curation.scoring.backend import EndpointSettings
from curation.scoring.judge import JudgeSettings
from synth.agent.actions import wire
from synth.agent.generator import Trajectories, TrajectorySettings
from synth.agent.play.stage import ActingError, key
from synth.agent.proof.checker import state_of
from synth.agent.told.judging import ThoughtSettings
from synth.generate import samples
from synth.gui.apps import app as apps
from synth.gui.apps.task import faults
from synth.mutation import judge
from synth.pages.browser import BrowserError, browser, find_executable
from synth.prove import prove
from synth.sample import Unproven
from tests.curation.judge_stub import Said, serving

pytest.importorskip("playwright")
try:
    find_executable()
except BrowserError as missing:
    pytest.skip(str(missing), allow_module_level=True)

PLATFORMS = ("mobile", "web")
SETTINGS = {"slips": 1.0, "of_one": 5, "steps": (2, 9), "kinds": {"files": 1.0, "mail": 1.0}}


def claims_of(sample):
    return sample.document.proof["claims"]


def made(platform, seed, **changes):
    generator = Trajectories(TrajectorySettings(**{**SETTINGS, "platforms": {platform: 1.0}, **changes}))
    return generator, [one for one in samples(generator, "test", seed) if not isinstance(one, Unproven)]


def first_mistaken(platform):
    """Of the first seed whose task is done, with a mistake on the way."""
    for seed in range(12):
        generator, found = made(platform, seed)
        if found and any(step["wrong"] for step in claims_of(found[0])["steps"]):
            return seed, generator, found
    raise AssertionError(f"no mistake in 12 trajectories on {platform}")


@pytest.fixture(scope="module")
def found():
    yield {platform: first_mistaken(platform) for platform in PLATFORMS}
    browser().close()


@pytest.fixture(params=PLATFORMS)
def documents(request, found):
    """The generator, and the documents that it made of one trajectory."""
    return found[request.param][1:]


def test_each_is_proved_and_executed_again(documents):
    generator, made_ = documents
    assert made_
    for one in made_:
        assert not prove(one.document, one.contents, generator.checker, audit=True)


def test_the_record_alone_leads_to_the_goal(documents):
    claims = claims_of(documents[1][0])
    task = apps.tasks(np.random.default_rng(claims["drawn"]), claims["app"])[claims["tasks"][0]["number"]]
    start = {**claims, "steps": claims["steps"][:0]}
    assert faults(task, state_of(start), state_of(start))
    assert not faults(task, state_of(start), state_of(claims))


def test_a_mistake_is_made_and_marked_and_the_goal_reached_nevertheless(found):
    for _, _, documents in found.values():
        steps = claims_of(documents[0])["steps"]
        assert any(step["wrong"] for step in steps)
        assert [step["left"] for step in steps if step["do"] == "done"] == [0]


def test_no_answer_teaches_what_is_wrong(found):
    for _, _, documents in found.values():
        for one in documents:
            claims, view = claims_of(one), claims_of(one)["view"]
            said = [turn for turn in one.document.turns if turn.role == "assistant"]
            if view["kind"] == "chat":
                right = [step["action"] for step in claims["steps"] if not step["wrong"]]
                assert [wire.read_parts(turn.parts).action.to_json() for turn in said] == right
            elif view["kind"] in ("step", "low", "call"):
                assert not claims["steps"][view["at"]]["wrong"]


def test_places_are_points_on_the_screen_that_was_seen(documents):
    for one in documents[1]:
        shown = 0
        for turn in one.document.turns:
            for part in turn.parts:
                shown = max(shown, part.media) if isinstance(part, Image) else shown
                if isinstance(part, Point) and claims_of(one)["view"]["kind"] == "chat":
                    assert part.image == shown


def test_every_lie_is_found(documents):
    generator, made_ = documents
    for one in made_[:1]:
        rng = np.random.default_rng(zlib.crc32(one.document.key.encode()))
        verdicts = judge(one.document, one.contents, generator.checker, rng)
        assert len({verdict.lie for verdict in verdicts}) > 8
        assert [verdict.lie for verdict in verdicts if not verdict.found_by] == []


def test_a_screen_of_another_moment_is_found(documents):
    generator, made_ = documents
    one = next(one for one in made_ if len(claims_of(one)["screens"]) > 1)
    half = len(one.contents) // 2
    contents = [one.contents[1], one.contents[0], *one.contents[2:half], *one.contents[half:]]
    media = tuple(
        replace(item, sha256=other.sha256)
        for item, other in zip(
            one.document.media, [one.document.media[1], one.document.media[0], *one.document.media[2:]], strict=True
        )
    )
    assert prove(replace(one.document, media=media), contents, generator.checker, audit=True)


@pytest.mark.slow
def test_equal_seeds_give_equal_documents(found):
    seed, _, documents = found["web"]
    assert [one.document.key for one in made("web", seed)[1]] == [one.document.key for one in documents]


def graded(folder, grade, seed):
    """The documents of a seed on a web page, with a judge that gives this grade; and what it was asked."""
    answer = Said(json.dumps({"reason": "as it is", "grounded": 5, "useful": grade}))
    with serving(lambda question, number: answer) as stub:
        asked = JudgeSettings(
            endpoint=EndpointSettings(base_url=stub.url, model="stub", max_retries=0), cache=str(folder)
        )
        thoughts = ThoughtSettings(judge=asked, least=3)
        kept = made("web", seed, thoughts=thoughts, views={"step": 1.0}, of_one=2)[1]
        return kept, stub.questions


def test_thoughts_that_a_judge_grades_low_are_not_kept(tmp_path, found):
    seed = found["web"][0]
    kept, questions = graded(tmp_path / "high", 4, seed)
    assert len(kept) == 2
    assert len(questions) == 2
    assert all(1 <= len(question.images) <= 2 and "<tool_call>" in question.text for question in questions)
    low, _ = graded(tmp_path / "low", 2, seed)
    assert low == []


def test_keys_are_named_as_models_name_them():
    assert [key(name) for name in ("ctrl", "Return", "page down", "a", "f5")] == [
        *("Control", "Enter", "PageDown", "a", "F5")
    ]
    with pytest.raises(ActingError, match="no key is called"):
        key("hyperspace")


def test_a_system_turn_offers_the_tool_of_the_platform(documents):
    for one in documents[1]:
        if one.document.turns[0].role == "system":
            said = "".join(part.text for part in one.document.turns[0].parts if isinstance(part, Text))
            assert f'"name": "{claims_of(one)["tool"]}"' in said
