"""Curation end to end, on pages made to hurt: nothing is lost, nothing stops, equal input gives equal bytes."""

import io
import logging
import os
import socket
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import PIL.Image
import pytest

from curation import config
from curation.errors import ConfigError, UserError
from curation.scoring.quality import Quality
from curation.shard import ShardSet
from pipelines import curate, files, sources, stage
from pipelines.curate import CurateConfig
from pipelines.stage import Receipt, StageError, total
from tests.conftest import encode, png
from tests.pipelines.conftest import digests, rejects_in

PROSE = (
    "The garden behind the house has a wall of red brick, and on warm days the cats of the street sleep on it. In the "
    "morning you can hear the baker open his shop, and by noon there is a queue of people who wait for their bread. "
    "It is not a large garden, but it has an apple tree, a bench and room for the washing line that we put up in May."
)


SEEN = ("a kitchen", "two ships", "our street", "one bridge", "her desk", "a valley", "his hat", "old rope", "an oak")


def page(*images: str, about: str = "garden") -> bytes:
    pictures = "".join(f'<p>{seen}:</p><img src="{src}">' for seen, src in zip(SEEN, images, strict=False))
    return f"<html><body><main><h1>The {about}</h1><p>{PROSE}</p>{pictures}</main></body></html>".encode()


def bomb() -> bytes:
    """A PNG of 60,000 x 60,000 pixels, as far as its header says."""
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"\0")), (b"IEND", b"")]
    body = b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


def animation(image_format: str) -> bytes:
    frames = [PIL.Image.new("RGB", (80, 80), colour) for colour in ("red", "blue")]
    file = io.BytesIO()
    frames[0].save(file, image_format, save_all=True, append_images=frames[1:])
    return file.getvalue()


IMAGES = {
    "good.png": png(90, 80, seed=1),
    "other.png": png(80, 90, seed=2),
    "photo.jpg": encode(PIL.Image.open(io.BytesIO(png(100, 100, seed=3))), "JPEG"),
    "truncated.jpg": encode(PIL.Image.open(io.BytesIO(png(200, 200, seed=4))), "JPEG")[:2000],
    "corrupt.png": b"\x89PNG\r\n\x1a\n" + b"not a picture" * 20,
    "giant.png": bomb(),
    "moving.gif": animation("GIF"),
    "moving.png": animation("PNG"),
    "drawing.svg": b'<svg xmlns="http://www.w3.org/2000/svg" width="90" height="90"><circle r="9"/></svg>',
    "icon.png": png(16, 16, seed=5),
}
HURT = {name for name in IMAGES if name not in ("good.png", "other.png", "photo.jpg")} | {"missing.png"}

PAGES = {
    "a/garden.html": page("../good.png", "../photo.jpg"),
    "a/copy-of-garden.html": page("../good.png", "../photo.jpg"),
    "b/hurt.html": page("../good.png", *(f"../{name}" for name in sorted(HURT)), about="hospital"),
    "b/only-hurt.html": page("../missing.png", "../giant.png", about="ruin"),
    "broken.html": b"<div><p>" + PROSE.encode() + b'<table><tr><td><b>never closed <img src="other.png"><p>and so on',
    "wrong-encoding.html": b'<meta charset="utf-8">' + page("good.png", about="caf\xe9").replace(b"\xc3\xa9", b"\xe9"),
    "binary.html": bytes(range(256)) * 40,
    "empty.html": b"",
    "short.html": b"<p>Nothing much.</p>",
}


def lay_out(folder: Path) -> Path:
    """All pages and images in `<folder>/in`."""
    for name, content in {**PAGES, **IMAGES}.items():
        path = folder / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def configure(world: Path, language_model: str, **sections: Any) -> CurateConfig:
    """A job from `in` to `out`, with sections added or replaced."""
    whole = {
        "sources": [{"layout": "html", "path": str(world / "in"), "licence": "CC0-1.0"}],
        "output": str(world / "out"),
        "clean": {"rules": ["interleaved", "gopher"]},
        "deduplicate": {"near": None, "paragraphs": None},  # the pages have nearly the same text
        "score": {"language_model": language_model, "ocr": False},
    }
    return CurateConfig.model_validate({**whole, **sections})


@pytest.fixture
def world(tmp_path: Path) -> Path:
    return lay_out(tmp_path)


@pytest.fixture
def settings(world: Path, language_model: str) -> Callable[..., CurateConfig]:
    return partial(configure, world, language_model)


@pytest.fixture(scope="module")
def done(tmp_path_factory, language_model: str) -> tuple[Path, CurateConfig, dict[str, Receipt]]:
    """A job that has run, for tests that only look: its folder, configuration and receipts."""
    world = lay_out(tmp_path_factory.mktemp("done"))
    settings = configure(world, language_model)
    return world, settings, curate.run(settings)


def test_nothing_is_lost(done):
    world, _, receipts = done
    read, kept = receipts["extract"].counts["read"], receipts["shards"].counts["kept"]
    rows = [row for name in receipts for row in rejects_in(world / "out" / name)]
    rejected = [row for row in rows if row["kind"] == "document"]
    assert read == len(PAGES)
    assert kept == len(ShardSet(str(world / "out/shards")))
    assert kept + len(rejected) == read
    assert len({row["uri"] for row in rejected}) == len(rejected)
    for receipt in receipts.values():
        images = receipt.counts["images"]
        assert images.get("found", 0) == images.get("kept", 0) + images.get("cut", 0)
    counted = sum(total(receipt.counts.get("rejected", {})) for receipt in receipts.values())
    assert counted == len(rows), "the receipts count just the rows that were written"


def test_each_hurt_image_is_cut_with_its_reason_and_the_page_goes_on(done):
    world, *_ = done
    rows = rejects_in(world / "out/images")
    hurt = {row["detail"].split(":")[0]: row["reason"] for row in rows if row["uri"].endswith("b/hurt.html")}
    reasons = {Path(name).name: reason for name, reason in hurt.items()}
    assert reasons == {
        "missing.png": "missing",
        "truncated.jpg": "truncated",
        "corrupt.png": "corrupt",
        "giant.png": "too large",
        "moving.gif": "animated",
        "moving.png": "animated",
        "drawing.svg": "svg",
        "icon.png": "small",
    }
    [document] = [each for each in ShardSet(str(world / "out/shards")) if each.source.uri.endswith("b/hurt.html")]
    assert [item.origin for item in document.media] == ["good.png"]


def test_bad_pages_are_rejected_with_a_reason_and_mended_ones_kept(done):
    world, *_ = done
    kept = {Path(each.source.uri).name for each in ShardSet(str(world / "out/shards"))}
    assert kept == {"copy-of-garden.html", "hurt.html", "broken.html", "wrong-encoding.html"}
    rows = [row for name in curate.STAGES for row in rejects_in(world / "out" / name) if row["kind"] == "document"]
    reasons = {Path(row["uri"]).name: (row["stage"], row["reason"]) for row in rows}
    assert reasons.pop("binary.html")
    assert reasons == {
        "garden.html": ("deduplicate", "exact duplicate"),
        "only-hurt.html": ("images", "too few images"),
        "empty.html": ("clean", "empty"),
        "short.html": ("clean", "too few images"),
    }


def test_an_exception_in_one_document_rejects_it_alone(world, settings, monkeypatch):
    real = Quality.score

    def score(self, features):
        if features.document.source.uri.endswith("broken.html"):
            raise ZeroDivisionError("a scorer has a bug")
        return real(self, features)

    monkeypatch.setattr(Quality, "score", score)
    receipts = curate.run(settings())
    [row] = rejects_in(world / "out/score")
    assert (row["reason"], row["detail"]) == ("error", "ZeroDivisionError: a scorer has a bug")
    assert receipts["shards"].counts["kept"] == 3


def test_a_model_that_is_missing_is_one_line_before_any_work(world, settings):
    with pytest.raises(ConfigError, match=r"nowhere\.ftz"):
        curate.run(settings(score={"language_model": "nowhere.ftz", "ocr": False}))
    assert not (world / "out").exists()


def test_only_bad_pages_end_with_nothing_kept_and_say_so(world, settings, caplog):
    caplog.set_level(logging.INFO, "vlforge")
    for name in PAGES:
        if name not in ("empty.html", "short.html"):
            (world / "in" / name).unlink()
    receipts = curate.run(settings())
    assert receipts["shards"].counts.get("kept", 0) == 0
    assert len(ShardSet(str(world / "out/shards"))) == 0
    assert "2 documents read = 0 kept + 2 rejected: nothing was kept" in caplog.messages[-1]


@pytest.mark.parametrize(
    ("folder", "said"), [("nowhere", "there is no such file or folder"), ("empty", "the folder is empty")]
)
def test_a_folder_without_pages_is_one_line_before_any_work(world, settings, folder, said):
    (world / "empty").mkdir()
    with pytest.raises(UserError, match=said):
        curate.run(settings(sources=[{"layout": "html", "path": str(world / folder)}]))
    assert not (world / "out").exists()


def test_an_output_that_is_not_ours_is_left_alone(world, settings):
    (world / "out/extract").mkdir(parents=True)
    (world / "out/extract/notes.txt").write_text("mine")
    with pytest.raises(StageError, match="choose another output"):
        curate.run(settings())
    assert (world / "out/extract/notes.txt").read_text() == "mine"


# --- what is done is not done again ---


@pytest.fixture
def stages_run(monkeypatch) -> list[str]:
    """The names of the stages whose pipelines ran."""
    names: list[str] = []
    real = stage._run_pipeline

    def run(step, folder, options):
        names.append(step.name)
        real(step, folder, options)

    monkeypatch.setattr(stage, "_run_pipeline", run)
    return names


def test_only_what_follows_a_change_is_done_again(world, settings, stages_run):
    curate.run(settings())
    assert stages_run == list(curate.STAGES)
    first = digests(world / "out/shards", "[sm]*")

    stages_run.clear()
    curate.run(settings())
    assert stages_run == []

    receipts = curate.run(settings(select={"languages": {"allowed": ["de"]}}))
    assert stages_run == ["shards"]
    assert receipts["shards"].counts.get("kept", 0) == 0
    curate.run(settings())
    assert digests(world / "out/shards", "[sm]*") == first

    stages_run.clear()
    (world / "in/good.png").write_bytes(png(120, 120, seed=9))
    curate.run(settings())
    assert stages_run == list(curate.STAGES)


def test_a_job_killed_between_stages_goes_on_there(world, settings, stages_run, monkeypatch):
    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as context:
        context.setitem(curate.BUILD, "shards", killed)
        with pytest.raises(KeyboardInterrupt):
            curate.run(settings())
    stages_run.clear()
    curate.run(settings())
    assert stages_run == ["shards"]


def test_an_image_that_vanishes_between_stages_rejects_its_documents(world, settings):
    curate.run(settings())
    files.delete([str(world / "out/shards/_DONE.json")])
    job = settings()
    [*_, last] = curate.stages(job, sources.find(job.sources).digest)
    (world / "in/other.png").unlink()
    receipt = stage.run(last, job.output, curate.beam_options([]))
    assert receipt.counts["rejected"]["document"]["write"] == {"missing": 1}
    assert receipt.counts["kept"] == 3


# --- equal input, equal bytes ---


@pytest.mark.parametrize(
    "arguments",
    [
        ["--direct_runner_bundle_repeat=2"],
        pytest.param(["--direct_running_mode=multi_processing", "--direct_num_workers=2"], marks=pytest.mark.slow),
        pytest.param(
            ["--runner=PortableRunner", "--job_endpoint=embed", "--environment_type=LOOPBACK"], marks=pytest.mark.slow
        ),
    ],
    ids=["replayed bundles", "two processes", "portable job server"],
)
def test_any_runner_writes_the_same_shards(done, arguments, tmp_path):
    world, settings, _ = done
    curate.run(settings.model_copy(update={"output": str(tmp_path)}), arguments)
    assert digests(tmp_path / "shards", "[sm]*") == digests(world / "out/shards", "[sm]*")


@pytest.fixture
def pool() -> Iterator[str]:
    """A pool of workers that another process runs; its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "apache_beam.runners.worker.worker_pool_main", f"--service_port={port}"]
    path = (
        f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # the pool starts whatever `python` it finds
    )
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, env={**os.environ, "PATH": path}, **quiet)  # type: ignore[call-overload]
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            break
        except OSError:
            time.sleep(0.1)
    yield f"localhost:{port}"
    process.terminate()
    process.wait()


@pytest.mark.slow
def test_workers_of_another_process_write_the_same_shards(done, pool, tmp_path):
    world, settings, _ = done
    arguments = ["--runner=PortableRunner", "--job_endpoint=embed", "--environment_type=EXTERNAL"]
    curate.run(settings.model_copy(update={"output": str(tmp_path)}), [*arguments, f"--environment_config={pool}"])
    assert digests(tmp_path / "shards", "[sm]*") == digests(world / "out/shards", "[sm]*")


def test_the_order_of_the_input_does_not_show(done, monkeypatch, tmp_path):
    world, settings, _ = done
    real = sources.list_files
    monkeypatch.setattr(sources, "list_files", lambda source: real(source)[::-1])
    curate.run(settings.model_copy(update={"output": str(tmp_path)}))
    assert digests(tmp_path / "shards", "[sm]*") == digests(world / "out/shards", "[sm]*")


# --- configuration ---


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("select.relevanse.minimum=0.7", "select.relevanse: there is no such setting"),
        ("shards.megabytes=0", "shards.megabytes: 0: Input should be greater than or equal to 1"),
        ("output=''", "output: '': String should have at least 1 character"),
        (
            "resources.scores.workers=3",
            "resources: there is no stage scores: they are extract, deduplicate, images, score, shards",
        ),
    ],
)
def test_a_wrong_setting_is_one_line(override, said):
    demo = Path(__file__).parents[2] / "configs/demo/curate.yaml"
    with pytest.raises(ConfigError) as caught:
        config.load(demo, CurateConfig, [override])
    assert str(caught.value) == f"{demo}: {said}"
