"""The runner: local unless told otherwise, options that are right, workers that run the same code."""

import logging

import pytest
from apache_beam.options.pipeline_options import SetupOptions, StandardOptions

from curation.errors import ConfigError, UserError
from pipelines.log import LOG, Progress, log_to_stderr
from pipelines.runner import beam_options, check_worker, code_digest


@pytest.mark.parametrize("arguments", [[], ["--runner=DirectRunner"], ["--runner=FnApiRunner"]])
def test_local_is_the_runner_that_fetches_nothing(arguments):
    options = beam_options(arguments)
    assert options.view_as(StandardOptions).runner == "FnApiRunner"
    assert not options.view_as(SetupOptions).save_main_session


def test_other_runners_are_taken_as_they_are_named():
    arguments = ["--runner=FlinkRunner", "--flink_master=localhost:8081", "--parallelism=4"]
    assert beam_options(arguments).view_as(StandardOptions).runner.endswith("FlinkRunner")


def test_prism_is_refused_unless_its_binary_is_named():
    with pytest.raises(ConfigError, match="PrismRunner downloads a binary"):
        beam_options(["--runner=PrismRunner"])
    beam_options(["--runner=PrismRunner", "--prism_location=/opt/prism"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--direct_num_worker=2"], "--direct_num_worker: Beam has no such option; did you mean --direct_num_workers?"),
        (["--zzz"], "--zzz: Beam has no such option"),
        (["direct_num_workers=2"], "direct_num_workers: Beam has no such option; did you mean --direct_num_workers?"),
        (["--runner=DataflwRunner"], "--runner=DataflwRunner: Beam has no such runner; did you mean DataflowRunner?"),
        (["--direct_num_workers=two"], "Beam options: argument --direct_num_workers: invalid int value: 'two'"),
    ],
)
def test_a_mistyped_option_is_refused(arguments, said):
    with pytest.raises(ConfigError) as caught:
        beam_options(arguments)
    assert str(caught.value) == said


def test_a_worker_with_other_code_is_refused():
    check_worker(("curation.clean", "pipelines.sink"), code_digest("curation.clean", "pipelines.sink"))
    with pytest.raises(UserError, match="is not the driver's: install the same vlforge"):
        check_worker(("curation.clean",), "another digest")
    with pytest.raises(UserError, match="there is no package vlforge_no_such here"):
        check_worker(("vlforge_no_such.module",), "any")


@pytest.fixture
def house(tmp_path, monkeypatch):
    """A small house of its own: select -> document, score -> document, steps -> score."""
    sources = {
        "curation/document.py": "WORDS = 1",
        "curation/select.py": "from curation import document",
        "curation/scoring/score.py": "def score():\n    from curation.document import WORDS",
        "pipelines/steps.py": "import curation.scoring.score",
    }
    for name, source in {**sources, "curation/__init__.py": "", "pipelines/__init__.py": ""}.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(source)
    specs = {
        name: type("Spec", (), {"origin": str(tmp_path / name / "__init__.py")}) for name in ("curation", "pipelines")
    }
    monkeypatch.setattr("importlib.util.find_spec", specs.get)
    code_digest.cache_clear()
    yield tmp_path
    code_digest.cache_clear()


def test_a_digest_changes_with_what_is_imported_and_with_nothing_else(house):
    def digests() -> list[str]:
        code_digest.cache_clear()
        return [code_digest(name) for name in ("curation.select", "curation.scoring.score", "pipelines.steps")]

    before = digests()
    (house / "curation/scoring/score.py").write_text("changed = True")
    after = digests()
    assert [old == new for old, new in zip(before, after, strict=True)] == [True, False, True]
    (house / "curation/document.py").write_text("WORDS = 2")
    assert [old == new for old, new in zip(after, digests(), strict=True)] == [False, True, True]


def test_of_beams_log_one_line_for_each_new_attempt_is_shown(capsys, monkeypatch):
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    log_to_stderr()
    logging.getLogger("apache_beam.io").warning("nobody needs to know")
    logging.getLogger("apache_beam.utils.retry").warning("waiting for 5 seconds\nTraceback ...")
    assert capsys.readouterr().err == "beam: waiting for 5 seconds\n"


def test_progress_is_logged_now_and_then(caplog, monkeypatch):
    caplog.set_level(logging.INFO, LOG.name)
    now = 100.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    progress = Progress("score", "documents", every=5)
    for _ in range(640):
        now += 0.125
        progress.step()
    assert len(caplog.messages) == 16
    assert caplog.messages[-1] == "score: 640 documents, 8.0/s"
