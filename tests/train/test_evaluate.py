"""Evaluation, end to end on scenes whose truth is a claim: it must tell a model that sees from one that does not."""

import json

import pytest

from curation.errors import UserError
from curation.shard import ShardSet
from tests.conftest import write_shards
from tests.train.conftest import STEP, coloured
from train.evaluate import EvaluateConfig, evaluate
from train.loop import train


def claimed(number):
    """A picture of one colour, and the claim that its name is the answer."""
    from dataclasses import replace

    document, contents = coloured(number)
    answer = document.turns[1].text
    claim = {"turn": 1, "kind": "name_box", "query": "", "form": "json", "objects": [1], "answer": answer}
    objects = [{"id": 1, "name": answer, "box": [0, 0, 56, 56]}]
    return replace(document, proof={"claims": {"questions": [claim], "objects": objects}}), contents


@pytest.fixture(scope="module")
def held_out(tmp_path_factory) -> ShardSet:
    return write_shards(tmp_path_factory.mktemp("held") / "out", [claimed(n) for n in range(60, 90)])


@pytest.fixture
def evaluated(phase, packed, held_out, tmp_path):
    rates = {"vision": 2e-3, "merger": 2e-3, "language": 5e-3}
    model = train(phase(tokens=120 * STEP, mixture={"colours": 1}, optimizer={"learning_rate": rates}))
    return EvaluateConfig(
        model=model, packs=packed.folder, shards=held_out.folder, output=tmp_path / "evaluation", longest_answer=8
    )


def test_a_model_that_learnt_colours_beats_both_baselines_and_says_by_how_much(evaluated, capsys):
    result = evaluate(evaluated)
    (row,) = result["scores"]
    assert row["kind"] == "name_box"
    assert row["questions"] == row["documents"] == 30
    assert row["means"]["trained"] > 0.8
    assert row["means"]["blank image"] < 0.5
    for low, high in row["gain_interval"].values():
        assert 0 < low <= high <= 1
    losses = {name: losses["name_box"] for name, losses in result["losses"].items()}
    assert losses["trained"] < losses["blank image"] < losses["untrained"] + 1
    assert json.loads((evaluated.output / "evaluation.json").read_text()) == result
    assert evaluate(evaluated) == result
    assert "up to date" in capsys.readouterr().out


def test_examples_say_what_was_asked_and_what_each_answered(evaluated):
    example = evaluate(evaluated)["examples"][0]
    assert example["question"] == "Question 60: what colour?"
    assert example["truth"] == "red"
    assert {"trained", "untrained", "blank image", "score", "key"} <= set(example)


def test_documents_without_claims_cannot_be_evaluated(packed, tmp_path, phase):
    shards = write_shards(tmp_path / "plain", [coloured(0)])
    config = EvaluateConfig(
        model=train(phase(tokens=2 * STEP, optimizer={"learning_rate": {"language": 1e-3}})),
        packs=packed.folder, shards=shards.folder, output=tmp_path / "out",
    )  # fmt: skip
    with pytest.raises(UserError, match="carry no claims"):
        evaluate(config)
