"""The judge on a checkpoint of this machine: the same questions, one model, and no made-up scores."""

import shutil
from pathlib import Path

import pytest

from curation.document import Document
from curation.errors import ConfigError
from curation.scoring import rubric
from curation.scoring.backend import LocalSettings
from curation.scoring.judge import Judge, JudgeSettings
from curation.scoring.judge_local import LocalModel
from curation.scoring.rubric import ShowSettings
from model.checkpoint import new_model, write_model
from model.config import ModelConfig
from model.processor import Processor
from model.tokenizer import train_tokenizer
from tests.curation.judge_stub import document
from tests.train.conftest import MODEL


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Qwen2.5-VL of a few thousand random weights, with its tokenizer and processor, in the released layout."""
    folder = tmp_path_factory.mktemp("checkpoint")
    tokenizer = train_tokenizer([rubric.instructions(rubric.RUBRIC)] * 3, 512, folder / "tokenizer")
    config = ModelConfig.model_validate({**MODEL, **tokenizer.special_ids()})
    write_model(folder, config, new_model(config, seed=0).state_dict())
    Processor(tokenizer, config.vision, 56 * 56, 112 * 112).save(folder)
    return folder


def settings(checkpoint: Path, cache: Path) -> JudgeSettings:
    local = {"folder": str(checkpoint), "dtype": "float32"}
    return JudgeSettings.model_validate({"local": local, "cache": str(cache), "answer_tokens": 50, "concurrency": 2})


def test_a_model_that_knows_nothing_gives_no_scores_and_is_asked_once(checkpoint: Path, tmp_path: Path):
    documents = [document(tmp_path, number) for number in range(2)]
    judge = Judge(settings(checkpoint, tmp_path / "cache"))
    assert [verdict.outcome for verdict in judge.ask_all(documents)] == ["malformed"] * 2
    assert judge.spent.calls == 4  # each once more, with what was wrong
    assert judge.spent.output > 0
    again = Judge(settings(checkpoint, tmp_path / "cache"))
    assert [verdict.scores() for verdict in again.ask_all(documents)] == [{"judge.error": 1.0}] * 2
    assert again.spent.calls == 0


def test_it_is_asked_with_the_pictures_in_their_places(checkpoint: Path, tmp_path: Path):
    model = LocalModel(LocalSettings(folder=str(checkpoint), dtype="float32"))
    asked: Document = document(tmp_path, 3)
    question = rubric.prompt(asked, ShowSettings())
    one, same = (model.complete(question, 20) for _ in range(2))
    assert one == same
    words = model._processor.tokenizer.encode(
        "".join(part for _, turn in question.turns for part in turn if isinstance(part, str))
    )
    assert 0 < (one.input or 0) - len(words) < 60  # four tokens of the picture, and the template's own


def test_a_folder_without_a_model_is_one_clear_line(tmp_path: Path, checkpoint: Path):
    with pytest.raises(ConfigError, match="holds no model"):
        LocalModel(LocalSettings(folder=str(tmp_path)))
    (tmp_path / "config.json").write_bytes((checkpoint / "config.json").read_bytes())
    with pytest.raises(ConfigError, match=str(tmp_path)):
        LocalModel(LocalSettings(folder=str(tmp_path)))


def test_other_weights_are_another_judge(tmp_path: Path, checkpoint: Path):
    other = tmp_path / "other"
    shutil.copytree(checkpoint, other)
    content = bytearray((other / "model.safetensors").read_bytes())
    content[-1] ^= 1
    (other / "model.safetensors").write_bytes(content)
    same, changed = (LocalModel(LocalSettings(folder=str(place))).identity for place in (checkpoint, other))
    assert same != changed
