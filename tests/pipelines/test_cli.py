"""The command line: answers at once, one line for a mistake, and an exit code that a script can go by."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines import cli

ROOT = Path(__file__).parents[2]


def test_help_names_every_command_and_imports_nothing_heavy():
    code = (
        "import sys; from pipelines.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: print({'torch', 'apache_beam', 'pyarrow', 'transformers'} & set(sys.modules))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True).stdout
    assert said.endswith("set()\n")
    for name in cli.COMMANDS:
        assert re.search(rf"^    {name}\s", said, re.M)


@pytest.mark.parametrize("name", [name for name in cli.COMMANDS if name not in ("demo", "ledger", "verify")])
def test_a_missing_configuration_is_one_line(name, capsys):
    assert cli.main([name, "nowhere.yaml"]) == 2
    assert capsys.readouterr().err == f"vlforge {name}: nowhere.yaml: cannot read it: No such file or directory\n"


def test_an_override_and_beam_options_reach_their_job(monkeypatch, tmp_path):
    from pipelines import curate

    seen = []
    monkeypatch.setattr(curate, "run", lambda config, arguments: seen.append((config.clean.min_images, arguments)))
    demo = str(ROOT / "configs/demo/curate.yaml")
    assert cli.main(["curate", demo, "clean.min_images=7", "--", "--direct_num_workers=2"]) == 0
    assert seen == [(7, ["--direct_num_workers=2"])]


def test_a_mistyped_beam_option_is_one_line(capsys, tmp_path):
    demo = str(ROOT / "configs/demo/curate.yaml")
    assert cli.main(["curate", demo, f"output={tmp_path}", "--", "--direct_num_worker=2"]) == 2
    said = capsys.readouterr().err
    assert said == (
        "vlforge curate: --direct_num_worker: Beam has no such option; did you mean --direct_num_workers?\n"
    )


def test_a_command_without_pipelines_takes_no_beam_options(capsys):
    assert cli.main(["fetch", "nowhere.yaml", "--", "--runner=FlinkRunner"]) == 2
    assert "take options after --" in capsys.readouterr().err


def test_an_interrupt_is_one_line(monkeypatch, capsys):
    from pipelines import fetch

    def interrupted(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(fetch, "run", interrupted)
    assert cli.main(["fetch", str(ROOT / "configs/demo/inputs.yaml")]) == 130
    assert capsys.readouterr().err == "vlforge fetch: interrupted; run it again to go on\n"


def test_an_unfinished_folder_fails_verification_with_one_line(tmp_path, capsys):
    assert cli.main(["verify", str(tmp_path)]) == 2
    assert "not a finished folder of shards" in capsys.readouterr().err


def test_a_file_that_is_not_there_is_one_line(capsys, tmp_path):
    (tmp_path / "pack.yaml").write_text(
        f"{{output: {tmp_path}/packs, model: nowhere.yaml, sources: {{}}, tokenizer: {{folder: x}},"
        " min_pixels: 3136, max_pixels: 3136, sequence: 64}"
    )
    assert cli.main(["pack", str(tmp_path / "pack.yaml"), "sources.a.shards=nowhere"]) == 2
    said = capsys.readouterr().err
    assert said == "vlforge pack: nowhere: no manifest.json: not a finished folder of shards\n"


def test_a_place_where_nothing_can_be_written_is_one_line(capsys, tmp_path):
    (tmp_path / "file").touch()
    (tmp_path / "job.yaml").write_text(f"output: {tmp_path}/file/report\ncurate: nowhere")
    assert cli.main(["report", str(tmp_path / "job.yaml")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
