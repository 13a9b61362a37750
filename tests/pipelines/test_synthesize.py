"""Synthesis: seeds decide everything, unproven samples are rejected, and what is made is not made again."""

import errno
import json
import logging
from pathlib import Path
from typing import Any

import pytest
import yaml

from curation.config import load
from curation.errors import ConfigError, UserError
from curation.shard import MANIFEST, ShardSet
from pipelines import cli, files, synthesize
from pipelines.stage import RECEIPT
from pipelines.synthesize import SynthConfig
from synth import generators
from tests.pipelines.conftest import digests, rejects_in
from tests.pipelines.squares import ROWS, Squares


@pytest.fixture(autouse=True)
def rows(monkeypatch):
    for name, row in ROWS.items():
        monkeypatch.setitem(generators.GENERATORS, name, row)


def configure(output: Path, **changes: Any) -> SynthConfig:
    recipes = {
        "small": {"generator": "squares", "seeds": 12},
        "many": {"generator": "squares", "seeds": 5, "settings": {"side": 224, "most": 8}},
    }
    return SynthConfig.model_validate({"output": str(output), "recipes": recipes, "shard_seeds": 5, **changes})


def squares(**settings: Any) -> dict[str, Any]:
    return {"squares": {"generator": "squares", "seeds": 20, "settings": settings}}


@pytest.fixture(scope="module")
def done(tmp_path_factory) -> Path:
    """The output of a job that has run."""
    output = tmp_path_factory.mktemp("synth")
    with pytest.MonkeyPatch.context() as patch:
        for name, row in ROWS.items():
            patch.setitem(generators.GENERATORS, name, row)
        synthesize.run(configure(output))
    return output


def test_every_draft_is_a_proven_document_of_its_recipe(done):
    for name, seeds in {"small": 12, "many": 5}.items():
        counts = json.loads((done / name / RECEIPT).read_text())["counts"]
        shards = ShardSet(str(done / name))
        shards.check()
        documents = list(shards)
        assert counts == {"generated": 2 * seeds, "kept": 2 * seeds}  # two views of each
        assert [document.source.seed for document in documents] == [seed for seed in range(seeds) for _ in range(2)]
        assert {document.source.dataset for document in documents} == {name}
        assert all(document.proof["checks"]["boxes"] for document in documents)


def test_a_shard_is_a_run_of_seeds(done):
    shards = ShardSet(str(done / "small"))
    assert [(entry.name, entry.documents) for entry in shards.entries] == [
        ("shard-00000", 10),
        ("shard-00001", 10),
        ("shard-00002", 4),
    ]


def test_recipes_of_equal_settings_tell_other_stories(tmp_path):
    recipes = {name: {"generator": "squares", "seeds": 4} for name in ("one", "other")}
    synthesize.run(configure(tmp_path, recipes=recipes))
    one, other = (set(ShardSet(str(tmp_path / name)).index["key"].to_pylist()) for name in recipes)
    assert not one & other


@pytest.mark.parametrize(
    "arguments",
    [
        ["--direct_runner_bundle_repeat=2"],
        ["--runner=PortableRunner", "--job_endpoint=embed", "--environment_type=LOOPBACK"],
        pytest.param(["--direct_running_mode=multi_processing", "--direct_num_workers=2"], marks=pytest.mark.slow),
    ],
    ids=["replayed bundles", "portable job server", "two processes"],
)
def test_any_runner_writes_the_same_shards(done, arguments, tmp_path):
    synthesize.run(configure(tmp_path), arguments)
    for name in ("small", "many"):
        assert digests(tmp_path / name, "[sm]*") == digests(done / name, "[sm]*")


def test_a_generator_is_made_once_a_worker_and_closed(tmp_path, monkeypatch):
    monkeypatch.setattr(Squares, "made", 0)
    monkeypatch.setattr(Squares, "closed", 0)
    synthesize.run(configure(tmp_path))
    assert (
        Squares.made == Squares.closed == 4
    )  # of each recipe once at the start, to see what is missing, and once there


# --- what is there is not made again ---


@pytest.fixture
def made(monkeypatch) -> list[tuple[str, int]]:
    """Recipe and number of the shards that were made."""
    shards: list[tuple[str, int]] = []
    real = synthesize.make_shard

    def make(work, shard, generator, progress):
        shards.append(shard[:2])
        real(work, shard, generator, progress)

    monkeypatch.setattr(synthesize, "make_shard", make)
    return shards


def test_a_recipe_that_grows_makes_only_its_new_seeds(tmp_path, made, caplog):
    caplog.set_level(logging.INFO, "vlforge")
    recipe = {"generator": "squares", "seeds": 12}
    synthesize.run(configure(tmp_path, recipes={"small": recipe, "other": recipe}))
    first = digests(tmp_path / "small", "shard-0000[01]*")
    made.clear()
    caplog.clear()
    synthesize.run(configure(tmp_path, recipes={"small": {**recipe, "seeds": 17}, "other": recipe}))
    assert sorted(made) == [("small", 2), ("small", 3)]
    assert digests(tmp_path / "small", "shard-0000[01]*") == first
    assert "synth/other: up to date" in caplog.messages
    assert json.loads((tmp_path / "small" / RECEIPT).read_text())["counts"]["kept"] == 34


def test_a_recipe_that_shrinks_keeps_no_shard_too_many(tmp_path, made):
    synthesize.run(configure(tmp_path, recipes={"small": {"generator": "squares", "seeds": 12}}))
    made.clear()
    synthesize.run(configure(tmp_path, recipes={"small": {"generator": "squares", "seeds": 5}}))
    assert made == []
    assert [file.name for file in sorted((tmp_path / "small").glob("*.tar"))] == ["shard-00000.tar"]


def test_other_settings_make_all_of_a_recipe_anew(tmp_path, made):
    synthesize.run(configure(tmp_path))
    made.clear()
    changed = {"small": {"generator": "squares", "seeds": 12, "settings": {"most": 2}}}
    synthesize.run(configure(tmp_path, recipes=changed))
    assert sorted(made) == [("small", 0), ("small", 1), ("small", 2)]


def test_a_job_that_died_goes_on_where_it_was(done, tmp_path, monkeypatch, made):
    real = synthesize.write_shard

    def dies(folder: str, *given: Any) -> Any:
        if "many" in folder:
            raise RuntimeError("killed")
        return real(folder, *given)

    monkeypatch.setattr(synthesize, "write_shard", dies)
    with pytest.raises(UserError, match="killed"):
        synthesize.run(configure(tmp_path))
    assert not (tmp_path / "small" / MANIFEST).exists()
    monkeypatch.setattr(synthesize, "write_shard", real)
    there = set(made) - {("many", 0)}
    assert there
    made.clear()
    synthesize.run(configure(tmp_path))
    assert not set(made) & there
    for name in ("small", "many"):
        assert digests(tmp_path / name, "[sm]*") == digests(done / name, "[sm]*")


def test_a_damaged_part_is_made_again(done, tmp_path, made):
    synthesize.run(configure(tmp_path))
    (tmp_path / "small/parts/shard-00001.json").write_text('{"grain": ')
    made.clear()
    synthesize.run(configure(tmp_path))
    assert made == [("small", 1)]
    assert digests(tmp_path / "small", "[sm]*") == digests(done / "small", "[sm]*")


# --- what goes wrong ---


def test_an_unproven_sample_and_a_failing_seed_are_rejected_with_the_evidence(tmp_path):
    recipes = squares(unproven=0.2, raising=0.2, lying=0.3)
    receipt = synthesize.run(configure(tmp_path, recipes=recipes))["squares"]
    rows = rejects_in(tmp_path / "squares")
    assert {(row["stage"], row["reason"]) for row in rows} == {
        ("prove", "room"),
        ("prove", "boxes"),
        ("generate", "error"),
    }
    said = {row["reason"]: row["detail"] for row in rows}
    assert said["room"] == "room: there is no room for a square"
    assert said["boxes"].startswith("boxes: said at [[")
    assert said["error"] == "IndexError: a generator has a bug"
    assert all(row["uri"].startswith("squares/1?recipe=squares&seed=") for row in rows)
    assert {row["dataset"] for row in rows} == {"squares"}
    failed = {row["uri"] for row in rows if row["reason"] != "boxes"}
    assert receipt.counts["generated"] == 2 * (20 - len(failed)) + len(failed)
    assert receipt.counts["kept"] == receipt.counts["generated"] - len(rows)


def test_where_every_seed_fails_the_job_says_so(tmp_path):
    with pytest.raises(UserError, match="all 20 documents failed with an error"):
        synthesize.run(configure(tmp_path, recipes=squares(raising=1)))


def test_a_full_disk_stops_the_job_with_one_line_and_leaves_nothing_half_written(tmp_path, monkeypatch):
    real = files.write

    def full(path: str, content: bytes) -> None:
        if path.endswith("shard-00001.parquet"):
            raise OSError(errno.ENOSPC, "No space left on device")
        real(path, content)

    monkeypatch.setattr(files, "write", full)
    with pytest.raises(UserError, match=r"small: No space left on device: make room and run it again") as error:
        synthesize.run(configure(tmp_path))
    assert "\n" not in str(error.value)
    assert not list(tmp_path.rglob(MANIFEST)) + list(tmp_path.rglob(RECEIPT)) + list(tmp_path.rglob(".aside*"))


def test_a_document_in_two_recipes_is_an_error(tmp_path):
    twins = squares(same=True) | {"held_out": squares(same=True)["squares"]}
    with pytest.raises(UserError, match="is in squares and in held_out: give one of them another name"):
        synthesize.run(configure(tmp_path, recipes=twins))


def test_a_document_in_two_shards_of_a_recipe_is_told_of(tmp_path, caplog):
    synthesize.run(configure(tmp_path, recipes=squares(same=True)))
    assert "synth/squares: 6 documents are there more than once" in caplog.messages


def test_a_document_twice_in_a_shard_is_rejected(tmp_path):
    receipts = synthesize.run(configure(tmp_path, recipes=squares(same=True), shard_seeds=20))
    assert receipts["squares"].counts["kept"] == 2
    assert receipts["squares"].counts["rejected"] == {"document": {"generate": {"duplicate": 38}}}


def test_what_is_missing_is_one_line_before_any_work(tmp_path):
    with pytest.raises(UserError, match="nowhere: no such folder of squares"):
        synthesize.run(configure(tmp_path / "out", recipes=squares(needs="nowhere")))
    assert not (tmp_path / "out").exists()


# --- settings ---


def test_seeds_are_shared_out_by_weight_and_add_up(tmp_path):
    recipes = {name: {"generator": "squares", "weight": weight} for name, weight in {"a": 1, "b": 1, "c": 4}.items()}
    recipes["d"] = {"generator": "squares", "seeds": 7}
    assert configure(tmp_path, recipes=recipes, seeds=100).shares() == {"a": 17, "b": 16, "c": 67, "d": 7}


def test_settings_of_a_recipe_replace_those_that_its_generator_shares(tmp_path):
    config = configure(tmp_path, defaults={"squares": {"side": 140, "most": 3}})
    assert (config.settings("small").side, config.settings("small").most) == (140, 3)
    assert (config.settings("many").side, config.settings("many").most) == (224, 8)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"recipes": {"a": {"generator": "squares", "seeds": 1, "settings": {"sdie": 3}}}},
         "recipes.a.settings.sdie: there is no such setting"),
        ({"recipes": {"a": {"generator": "squares", "seeds": 1, "settings": {"side": "wide"}}}},
         "recipes.a.settings.side: 'wide': Input should be a valid integer"),
        ({"defaults": {"squares": {"sdie": 3}}}, "defaults.squares.sdie: there is no such setting"),
        ({"recipes": {"a": {"generator": "circles", "seeds": 1}}},
         "recipes.a.generator: 'circles': 'circles' is no generator: one of grounding"),
        ({"recipes": {"a": {"generator": "squares"}}}, "recipes.a: give either seeds or weight"),
        ({"recipes": {"a": {"generator": "squares", "weight": 1}}}, "there are no `seeds` to share out"),
        ({"recipes": {"a/b": {"generator": "squares", "seeds": 1}}}, "recipes: 'a/b': letters, digits"),
        ({"seeds": 100}, "`seeds` are shared out by weight, and no recipe has one"),
        ({"defaults": {"blind": {}}}, "defaults.blind: no recipe names this generator"),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_named_by_its_place(change, said, tmp_path):
    path = tmp_path / "synth.yaml"
    recipes = {"a": {"generator": "squares", "seeds": 1}}
    path.write_text(yaml.safe_dump({"output": "out", "recipes": recipes, **change}))
    with pytest.raises(ConfigError) as error:
        load(path, SynthConfig)
    assert said in str(error.value)
    assert str(error.value).count("synth.yaml") == 1


def test_the_command_makes_and_verifies(tmp_path, capsys):
    path = tmp_path / "synth.yaml"
    recipes = {"a": {"generator": "squares", "seeds": 3}}
    path.write_text(yaml.safe_dump({"output": str(tmp_path / "out"), "recipes": recipes, "licence": "CC-BY-4.0"}))
    assert cli.main(["synth", str(path)]) == 0
    [document, *_] = ShardSet(str(tmp_path / "out/a"))
    assert document.source.licence == "CC-BY-4.0; CC0-1.0"
