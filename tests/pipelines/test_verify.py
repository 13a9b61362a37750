"""Verification: what was altered after it was made is found, and what the proofs are worth is measured."""

import dataclasses
import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
from scipy.stats import binomtest

from curation import media
from curation.document import Box, Document, Text, Turn
from curation.shard import MANIFEST, ShardSet
from pipelines import cli, synthesize
from pipelines.mutate import wilson
from pipelines.stage import RECEIPT
from pipelines.synthesize import SynthConfig
from synth import generators
from tests.conftest import encode, write_shards
from tests.pipelines.squares import ROWS, SquaresChecker

Sample = tuple[Document, list[bytes]]

CONFIG = {
    "shard_seeds": 20,
    "audit": 0.3,
    "recipes": {
        "squares": {"generator": "squares", "seeds": 40},
        "blind": {"generator": "blind", "seeds": 20, "settings": {"side": 140}},
    },
}


@pytest.fixture(autouse=True)
def rows(monkeypatch):
    for name, row in ROWS.items():
        monkeypatch.setitem(generators.GENERATORS, name, row)


@pytest.fixture(scope="module")
def done(tmp_path_factory) -> Path:
    output = tmp_path_factory.mktemp("synth")
    with pytest.MonkeyPatch.context() as patch:
        for name, row in ROWS.items():
            patch.setitem(generators.GENERATORS, name, row)
        synthesize.run(SynthConfig.model_validate({"output": str(output), **CONFIG}))
    return output


def verify(*arguments: object) -> int:
    return cli.main(["verify", *map(str, arguments)])


def rewrite(source: Path, target: Path, change: Callable[[Document, list[bytes]], Sample]) -> Path:
    """The shards again, sound in every digest, with their first document changed; the receipt is kept."""
    samples = [(each, [media.read(item) for item in each.media]) for each in ShardSet(str(source))]
    write_shards(target, [change(*samples[0]), *samples[1:]])
    (target / RECEIPT).write_bytes((source / RECEIPT).read_bytes())
    return target


def test_sound_shards_pass(done, capsys):
    assert verify(done / "squares", done / "blind") == 0
    lines = capsys.readouterr().out.splitlines()
    [row] = [line for line in lines if line.startswith(str(done / "squares"))]
    audited = sum("red" in document.proof["checks"] for document in ShardSet(str(done / "squares")))
    assert row.split()[1:6] == ["80", "80", "80", "0", str(audited)]
    assert 0 < audited < 80


def test_more_can_be_audited_than_was(done, capsys):
    assert verify("--audit", 1, done / "squares") == 0
    assert capsys.readouterr().out.splitlines()[1].split()[5] == "80"


def test_a_flipped_byte_in_a_tar_is_found_and_the_other_shards_are_proved(done, tmp_path, capsys):
    folder = rewrite(done / "squares", tmp_path / "shards", lambda *sample: sample)
    tar = folder / "shard-00001.tar"
    content = bytearray(tar.read_bytes())
    content[2000] ^= 1
    tar.write_bytes(content)
    assert verify(folder) == 1
    said = capsys.readouterr().out
    assert "sha256 differs from the manifest's: its content was altered" in said
    assert said.splitlines()[1].split()[1:5] == ["77", "77", "77", "0"]


def test_an_altered_answer_is_found_though_every_digest_is_right(done, tmp_path, capsys):
    def lie(document: Document, contents: list[bytes]) -> Sample:
        turns = (*document.turns[:-1], Turn("assistant", (Text("There are 99 of them."),)))
        return dataclasses.replace(document, turns=turns), contents

    assert verify(rewrite(done / "squares", tmp_path / "shards", lie)) == 1
    said = capsys.readouterr().out
    assert "failures by check: turns 1" in said
    assert "turn 1: the document does not say what its claims say" in said
    assert "(seed 0 of squares)" in said


def test_an_altered_claim_is_found_though_the_answer_follows_it(done, tmp_path, capsys):
    def lie(document: Document, contents: list[bytes]) -> Sample:
        claims = {**document.proof["claims"], "view": "count", "count": 9}
        proof = {**document.proof, "claims": claims}
        return dataclasses.replace(document, turns=SquaresChecker().turns(claims), proof=proof), contents

    assert verify(rewrite(done / "squares", tmp_path / "shards", lie)) == 1
    assert re.search(r"count: document .*: 9 are said, \d are there", capsys.readouterr().out)


def test_an_altered_picture_is_found_by_the_costly_checks(done, tmp_path, capsys):
    def paint_over(document: Document, contents: list[bytes]) -> Sample:
        grey = encode(PIL.Image.new("RGB", (112, 112), "grey"))
        scene = dataclasses.replace(document.media[0], sha256=hashlib.sha256(grey).hexdigest())
        return dataclasses.replace(document, media=(scene, *document.media[1:])), [grey, *contents[1:]]

    assert verify("--audit", 1, rewrite(done / "squares", tmp_path / "shards", paint_over)) == 1
    assert "red 1" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"version": "0"}, "it was made by squares/0, and squares/1 is what is here"),
        ({"generator": "circles"}, "it was made by circles/1"),
        ({"claims": None}, "the proof or its media cannot be read"),
    ],
)
def test_a_proof_that_is_not_of_this_generator_fails_clearly(done, tmp_path, capsys, change, said):
    def other(document: Document, contents: list[bytes]) -> Sample:
        return dataclasses.replace(document, proof={**document.proof, **change}), contents

    assert verify(rewrite(done / "squares", tmp_path / "shards", other)) == 1
    assert said in capsys.readouterr().out


def test_a_receipt_of_an_unknown_generator_is_one_line(done, tmp_path, capsys):
    folder = rewrite(done / "squares", tmp_path / "shards", lambda *sample: sample)
    (folder / RECEIPT).write_text((folder / RECEIPT).read_text().replace('"squares"', '"circles"'))
    assert verify(folder) == 2
    assert re.fullmatch(r"vlforge verify: .*shards: 'circles' is no generator: one of .*\n", capsys.readouterr().err)


def test_without_a_receipt_a_configuration_says_whose_proofs_they_are(done, tmp_path, capsys):
    folder = rewrite(done / "squares", tmp_path / "shards", lambda *sample: sample)
    (folder / RECEIPT).unlink()
    assert verify(folder) == 1
    assert "no receipt beside the shards tells of its recipe 'squares': name a config" in capsys.readouterr().out
    (tmp_path / "synth.yaml").write_text(json.dumps({"output": "out", **CONFIG}))
    assert verify("--config", tmp_path / "synth.yaml", folder) == 0


def test_an_unfinished_folder_is_one_line(done, tmp_path, capsys):
    folder = rewrite(done / "squares", tmp_path / "shards", lambda *sample: sample)
    (folder / MANIFEST).unlink()
    assert verify(folder) == 2
    assert f"no {MANIFEST}: not a finished folder of shards" in capsys.readouterr().err


# --- lies ---


def lies(file: Path, generator: str) -> dict[str, dict[str, Any]]:
    return {row["lie"]: row for row in json.loads(file.read_text())["generators"][generator]}


def test_a_sharp_checker_finds_every_lie(done, tmp_path, capsys):
    assert verify("--mutate", 30, "--json", tmp_path / "lies.json", done / "squares") == 0
    rows = lies(tmp_path / "lies.json", "squares")
    assert rows.keys() == {
        *("claimed box_moved", "claimed count_off"),
        *("said box_shifted", "said boxes_swapped", "said digit_changed", "said letter_changed"),
    }
    assert all(row["rate"] == 1 for row in rows.values())
    assert rows["claimed box_moved"]["tried"] == 30
    assert rows["claimed box_moved"]["found_by"] == {"boxes": 30}
    assert rows["said digit_changed"]["found_by"] == {"turns": rows["said digit_changed"]["tried"]}
    assert "30 documents judged" in capsys.readouterr().out


def test_a_blind_checker_is_caught(done, tmp_path, capsys):
    assert verify("--mutate", 20, "--json", tmp_path / "lies.json", done / "blind") == 1
    rows = lies(tmp_path / "lies.json", "blind")
    assert (rows["claimed count_off"]["found"], rows["claimed box_moved"]["rate"]) == (0, 1)
    said = capsys.readouterr().out
    assert re.search(r"claimed count_off +20 +0 +0\.0% +0\.0%-16\.1% +below 99%", said)
    assert "not found: 20" in said


def test_a_document_that_fails_its_own_proof_is_told_no_lies_about(done, tmp_path, capsys):
    def lie(document: Document, contents: list[bytes]) -> Sample:
        boxes = [Box(0, 1, 1, 21, 21)]
        return dataclasses.replace(document, turns=(*document.turns[:-1], Turn("assistant", tuple(boxes)))), contents

    folder = rewrite(done / "squares", tmp_path / "shards", lie)
    assert verify("--mutate", 10, "--json", tmp_path / "lies.json", folder) == 1
    assert lies(tmp_path / "lies.json", "squares")["claimed count_off"]["tried"] == 9
    assert "fail their own proof: 1" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [("--json", "lies.json"), ("--audit", 1.5), ("--mutate", -1)])
def test_options_that_make_no_sense_are_one_line(done, arguments, capsys):
    assert verify(*arguments, done / "squares") == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_intervals_are_those_of_scipy():
    rng = np.random.default_rng(0)
    for tried in rng.integers(1, 400, 20):
        found = int(rng.integers(0, tried + 1))
        exact = binomtest(found, int(tried)).proportion_ci(0.95, "wilson")
        assert wilson(found, int(tried)) == pytest.approx((exact.low, exact.high), abs=1e-6)
