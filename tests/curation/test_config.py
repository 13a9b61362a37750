"""Settings: whatever is wrong with them is one line that names the file, the key and the fault."""

import pytest
from pydantic import Field, model_validator

from curation.config import Config, load
from curation.errors import ConfigError


class Threshold(Config):
    minimum: float = Field(default=0.5, ge=0, le=1)


class Job(Config):
    name: str
    span: tuple[int, int] = (0, 1)
    relevance: Threshold = Threshold()

    @model_validator(mode="after")
    def _rising(self) -> "Job":
        if self.span[0] > self.span[1]:
            raise ValueError(f"span: {self.span[0]} is above {self.span[1]}")
        return self


@pytest.fixture
def write(tmp_path):
    def write(text: str, name: str = "job.yaml"):
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return write


def test_overrides_win(write):
    job = load(write("name: a\nrelevance: {minimum: 0.1}"), Job, ["relevance.minimum=0.9", "name=b"])
    assert (job.name, job.relevance.minimum) == ("b", 0.9)


def test_an_override_of_null_takes_a_key_away_as_in_a_file(write):
    text = "name: a\nrelevance: {minimum: 0.1}"
    assert load(write(text), Job, ["relevance.minimum=null"]) == load(write("name: a\nrelevance: {}"), Job)


def test_a_file_extends_another_key_by_key(write):
    write("name: base\nrelevance: {minimum: 0.3}", "base.yaml")
    job = load(write("extends: base.yaml\nname: own"), Job)
    assert (job.name, job.relevance.minimum) == ("own", 0.3)


def test_null_takes_a_setting_of_the_base_away(write):
    write("name: base\nrelevance: {minimum: 0.3}", "base.yaml")
    job = load(write("extends: base.yaml\nrelevance: {minimum: null}"), Job)
    assert job.relevance.minimum == 0.5


@pytest.mark.parametrize(
    ("text", "overrides", "message"),
    [
        (
            "name: a\nrelevance: {minimum: 1.7}",
            [],
            "job.yaml: relevance.minimum: 1.7: Input should be less than or equal",
        ),
        ("name: a\nrelevanse: 1", [], "job.yaml: relevanse: there is no such setting"),
        ("relevance: {}", [], "job.yaml: name: this setting is required"),
        ("name: a\nspan: [2, 1]", [], "job.yaml: the whole file: span: 2 is above 1"),
        ("name: a", ["name"], "name: an override is written key=value"),
        ("name: a", ["name.x=1"], "name.x=1: name is a value, not a section"),
        ("name: [", [], "job.yaml: not YAML"),
        ("name: a\nname: b", [], "job.yaml: not YAML: line 2: name stands here a second time"),
        ("name: a\nrelevance: 0.7", [], "job.yaml: relevance: 0.7: expected a section of `key: value` lines"),
        ("- a", [], "job.yaml: expected `key: value` lines, found a list"),
        ("extends: job.yaml", [], "job.yaml: extends itself"),
        ("extends: none.yaml", [], "none.yaml: cannot read it: No such file"),
    ],
)
def test_every_fault_is_one_clear_line(write, text, overrides, message):
    with pytest.raises(ConfigError) as refused:
        load(write(text), Job, overrides)
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)
