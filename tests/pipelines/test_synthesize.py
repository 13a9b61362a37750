"""Synthesis and its verification: seeds decide everything, unproven samples are rejected, altered ones are found."""

import dataclasses
import hashlib
import io
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import PIL.Image
import pydantic
import pytest

from curation import media
from curation.document import Document, Text, Turn
from curation.errors import UserError
from curation.shard import MANIFEST, ShardSet
from pipelines import synthesize, verify
from pipelines.stage import RECEIPT
from pipelines.synthesize import SynthConfig
from synth.grounding import Grounding
from synth.proof import Failure, Unproven
from tests.conftest import encode, write_shards
from tests.pipelines.conftest import digests, rejects_in


@pytest.fixture(scope="session")
def generator(sprite_folder, background_folder) -> dict[str, Any]:
    scene = {"canvases": [(224, 168)], "objects": (2, 4), "kinds": (1, 3), "sizes": (0.2, 0.35)}
    folders = {"sprites": str(sprite_folder), "backgrounds": str(background_folder)}
    return {"grounding": {**folders, "scene": scene, "questions": (2, 4), "licence": "CC0-1.0"}}


def configure(output: Path, generator: dict[str, Any], **changes: Any) -> SynthConfig:
    splits = {"train": {"first_seed": 0, "documents": 12}, "held_out": {"first_seed": 100, "documents": 5}}
    whole = {"output": str(output), "generator": generator, "splits": splits, "shard_documents": 5}
    return SynthConfig.model_validate({**whole, **changes})


@pytest.fixture(scope="session")
def done(tmp_path_factory, generator) -> Path:
    """The output of a job that has run."""
    output = tmp_path_factory.mktemp("synth")
    synthesize.run(configure(output, generator))
    return output


def test_every_seed_is_a_proven_document_or_a_reject(done):
    for split, seeds in {"train": range(12), "held_out": range(100, 105)}.items():
        counts = json.loads((done / split / RECEIPT).read_text())["counts"]
        shards = ShardSet(str(done / split))
        shards.check()
        rejected = {int(row["uri"].partition("seed=")[2]) for row in rejects_in(done / split)}
        kept = {document.source.seed for document in shards}
        assert counts["generated"] == len(seeds)
        assert counts["kept"] == len(kept) == len(seeds) - len(rejected)
        assert kept | rejected == set(seeds)
        assert all(document.proof for document in shards)


def test_a_shard_is_a_run_of_seeds(done):
    shards = ShardSet(str(done / "train"))
    assert [entry.name for entry in shards.entries] == ["shard-00000", "shard-00001", "shard-00002"]
    seeds = [document.source.seed for document in shards]
    assert seeds == sorted(seeds)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--direct_runner_bundle_repeat=2"],
        ["--runner=PortableRunner", "--job_endpoint=embed", "--environment_type=LOOPBACK"],
        pytest.param(["--direct_running_mode=multi_processing", "--direct_num_workers=2"], marks=pytest.mark.slow),
    ],
    ids=["replayed bundles", "portable job server", "two processes"],
)
def test_any_runner_writes_the_same_shards(done, generator, arguments, tmp_path):
    synthesize.run(configure(tmp_path, generator), arguments)
    for split in ("train", "held_out"):
        assert digests(tmp_path / split, "[sm]*") == digests(done / split, "[sm]*")


def test_a_second_run_makes_only_the_split_that_changed(tmp_path, generator, caplog):
    caplog.set_level(logging.INFO, "vlforge")
    synthesize.run(configure(tmp_path, generator))
    caplog.clear()
    splits = {"train": {"first_seed": 0, "documents": 12}, "held_out": {"first_seed": 100, "documents": 6}}
    synthesize.run(configure(tmp_path, generator, splits=splits))
    assert caplog.messages[0] == "synth/train: up to date"
    assert caplog.messages[-1].startswith("synth/held_out: 6 generated")


def test_an_unproven_sample_and_a_failing_one_are_rejected_with_the_evidence(tmp_path, generator, monkeypatch):
    real = Grounding.generate

    def generate(self, seed):
        if seed == 3:
            raise Unproven([Failure("pixels", "object 2 is not there"), Failure("claims", "turn 1 lies")])
        if seed == 4:
            raise IndexError("a generator has a bug")
        return real(self, seed)

    monkeypatch.setattr(Grounding, "generate", generate)
    receipts = synthesize.run(configure(tmp_path, generator))
    rows = {row["uri"].partition("?")[2]: row for row in rejects_in(tmp_path / "train")}
    assert (rows["seed=3"]["stage"], rows["seed=3"]["reason"]) == ("prove", "pixels")
    assert rows["seed=3"]["detail"] == "pixels: object 2 is not there; claims: turn 1 lies"
    assert (rows["seed=4"]["stage"], rows["seed=4"]["reason"]) == ("generate", "error")
    assert receipts["train"].counts["kept"] == 12 - len(rows)


def test_splits_may_not_share_seeds(tmp_path, generator):
    splits = {"train": {"first_seed": 0, "documents": 12}, "held_out": {"first_seed": 11, "documents": 5}}
    with pytest.raises(pydantic.ValidationError, match="splits train and held_out share the seeds 11 to 11"):
        configure(tmp_path, generator, splits=splits)


def test_a_document_in_two_splits_is_an_error(tmp_path, generator, monkeypatch):
    real = Grounding.generate
    monkeypatch.setattr(Grounding, "generate", lambda self, seed: real(self, 7 if seed == 102 else seed))
    with pytest.raises(UserError, match="is in train and in held_out: choose other seeds"):
        synthesize.run(configure(tmp_path, generator))


def test_missing_sprites_are_one_line_before_any_work(tmp_path, generator):
    settings = {"grounding": {**generator["grounding"], "sprites": "nowhere"}}
    with pytest.raises(UserError, match="nowhere: no such font or folder of sprites"):
        synthesize.run(configure(tmp_path / "out", settings))
    assert not (tmp_path / "out").exists()


# --- verify ---


Sample = tuple[Document, list[bytes]]


def rewrite(source: Path, target: Path, change: Callable[[Document, list[bytes]], Sample]) -> Path:
    """The shards again, sound in every digest, with their first document changed; the receipt is kept."""
    shards = ShardSet(str(source))
    samples = [(document, [media.read(item) for item in document.media]) for document in shards]
    write_shards(target, [change(*samples[0]), *samples[1:]])
    (target / RECEIPT).write_bytes((source / RECEIPT).read_bytes())
    return target


def test_sound_shards_pass(done, capsys):
    assert verify.run([str(done / "train"), str(done / "held_out")]) == 0
    kept = len(ShardSet(str(done / "train")))
    [row] = [line for line in capsys.readouterr().out.splitlines() if line.startswith(str(done / "train"))]
    assert row.split()[1:] == [str(kept), str(kept), str(kept), "0"]


def test_a_flipped_byte_in_a_tar_is_found(done, tmp_path, capsys):
    folder = rewrite(done / "train", tmp_path / "shards", lambda *sample: sample)
    tar = folder / "shard-00001.tar"
    content = bytearray(tar.read_bytes())
    content[2000] ^= 1
    tar.write_bytes(content)
    assert verify.run([str(folder)]) == 1
    assert "sha256 differs from the manifest's: its content was altered" in capsys.readouterr().out


def test_an_altered_claim_is_found_though_every_digest_is_right(done, tmp_path, capsys):
    def lie(document: Document, contents: list[bytes]) -> Sample:
        turns = (*document.turns[:-1], Turn("assistant", (Text("There are 99 of them."),)))
        return dataclasses.replace(document, turns=turns), contents

    assert verify.run([str(rewrite(done / "train", tmp_path / "shards", lie))]) == 1
    said = capsys.readouterr().out
    assert "failures by check: claims 1" in said
    assert "the answer does not say what the buffer shows" in said


def test_an_altered_picture_is_found_though_every_digest_is_right(done, tmp_path, capsys):
    def paint_over(document: Document, contents: list[bytes]) -> Sample:
        size = PIL.Image.open(io.BytesIO(contents[0])).size
        grey = encode(PIL.Image.new("RGB", size, "grey"), "JPEG")
        scene = dataclasses.replace(document.media[0], sha256=hashlib.sha256(grey).hexdigest())
        return dataclasses.replace(document, media=(scene, *document.media[1:])), [grey, *contents[1:]]

    assert verify.run([str(rewrite(done / "train", tmp_path / "shards", paint_over))]) == 1
    assert "pixels" in capsys.readouterr().out


def test_without_a_receipt_a_configuration_names_the_sprites(done, tmp_path, generator, capsys):
    folder = rewrite(done / "held_out", tmp_path / "shards", lambda *sample: sample)
    (folder / RECEIPT).unlink()
    assert verify.run([str(folder)]) == 1
    assert "no receipt beside the shards says which sprites" in capsys.readouterr().out
    assert verify.run([str(folder)], configure(tmp_path, generator).generator.grounding) == 0


def test_an_unfinished_folder_is_one_line(done, tmp_path):
    folder = rewrite(done / "held_out", tmp_path / "shards", lambda *sample: sample)
    (folder / MANIFEST).unlink()
    with pytest.raises(UserError, match=r"no manifest.json: not a finished folder of shards"):
        verify.run([str(folder)])


def test_a_split_may_ask_other_questions(tmp_path, generator):
    captions = {"first_seed": 0, "documents": 3, "grounding": {"kinds": {"names": 1}, "questions": (1, 1)}}
    config = configure(tmp_path, generator, splits={"captions": captions})
    synthesize.run(config)
    documents = list(ShardSet(str(tmp_path / "captions")))
    assert {claim["kind"] for document in documents for claim in document.proof["claims"]} == {"names"}
    assert verify.run([str(tmp_path / "captions")]) == 0


def test_a_split_with_an_unknown_setting_is_refused(tmp_path, generator):
    wrong = {"first_seed": 0, "documents": 3, "grounding": {"kidns": {"names": 1}}}
    with pytest.raises(pydantic.ValidationError, match=r"splits.captions.grounding.kidns: Extra inputs"):
        configure(tmp_path, generator, splits={"captions": wrong})


def test_the_order_in_which_sprites_are_named_changes_nothing(tmp_path, generator):
    named = sorted(Grounding(configure(tmp_path, generator).settings("train")).sprites.names)
    for folder, names in (("one", named), ("other", named[::-1])):
        settings = {"grounding": {**generator["grounding"], "names": {f"a {name}": name for name in names}}}
        config = configure(tmp_path / folder, settings, splits={"train": {"first_seed": 0, "documents": 4}})
        synthesize.run(config)
        assert verify.run([str(tmp_path / folder / "train")]) == 0  # the receipt holds the names in an order of its own
    assert digests(tmp_path / "one/train", "*.tar") == digests(tmp_path / "other/train", "*.tar")
