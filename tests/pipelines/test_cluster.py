"""Dataflow without the service: options refused in time, templates, and the job that would be created, inspected."""

import http.server
import json
import logging
import random
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.io.filesystems import FileSystems
from apache_beam.portability.api import beam_runner_api_pb2

from curation.errors import ConfigError
from pipelines import curate, stage
from pipelines.cluster import Resources, rehearsed, stage_options
from pipelines.runner import beam_options
from pipelines.stage import Stage, StageError

ROOT = Path(__file__).parents[2]
DATAFLOW = [
    "--runner=DataflowRunner",
    "--project=proj-test",
    "--region=europe-west4",
    "--temp_location=gs://bucket/tmp",
    "--staging_location=gs://bucket/staging",
    "--sdk_container_image=example.com/proj-test/worker:1.2.3",
    "--sdk_location=container",
    "--worker_machine_type=n2-standard-8",
    "--max_num_workers=50",
    "--no_auth",
]
GPU = Resources(machine_type="g2-standard-8", workers=7, min_ram="30GB", accelerator="type:nvidia-l4;count:1")


def build(pipeline: beam.Pipeline, folder: str, ballast: str = "") -> beam.PCollection:
    words = pipeline | "Words" >> beam.Create(["a", "b", "a", ballast])
    counted = words | "Count" >> beam.combiners.Count.PerElement()
    counted | "Write" >> beam.io.WriteToText(f"{folder}/words")
    return words | "Tally" >> beam.Map(lambda word: (("read",), 1))


def job(resources: Resources = GPU, **options: Any) -> Stage:
    return Stage("curate", "score", {}, ("pipelines.steps",), partial(build, **options), resources)


@pytest.fixture(autouse=True)
def no_machine_of_googles(monkeypatch):
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    auth = pytest.importorskip("apache_beam.internal.gcp.auth")  # GcsIO looks for credentials for 25 s unless preset
    monkeypatch.setattr(auth._Credentials, "_credentials_init", True)
    monkeypatch.setattr(auth._Credentials, "_credentials", None)


@pytest.mark.parametrize("missing", ["project", "region", "temp_location", "sdk_container_image", "sdk_location"])
def test_an_option_that_is_missing_is_named(missing):
    with pytest.raises(ConfigError, match=f"Dataflow needs --{missing}"):
        beam_options([option for option in DATAFLOW if not option.startswith(f"--{missing}=")])


def test_a_local_place_is_refused():
    with pytest.raises(ConfigError, match=r"staging_location=/tmp/x: .* begins with gs://"):
        beam_options([*DATAFLOW, "--staging_location=/tmp/x"])


def test_each_stage_has_machines_and_a_name_of_its_own():
    options = beam_options([*DATAFLOW, "--job_name=april"])
    own = stage_options(options, "curate", "score", GPU).get_all_options()
    assert (own["job_name"], own["machine_type"], own["max_num_workers"]) == ("april-score", "g2-standard-8", 7)
    assert own["resource_hints"] == ["min_ram=30GB", "accelerator=type:nvidia-l4;count:1"]
    plain = stage_options(options, "curate", "extract", Resources()).get_all_options()
    assert (plain["job_name"], plain["machine_type"], plain["resource_hints"]) == ("april-extract", "n2-standard-8", [])
    assert options.get_all_options()["job_name"] == "april"
    assert options.get_all_options()["number_of_worker_harness_threads"] == 1


def test_a_dry_run_checks_the_graph_and_runs_nothing(monkeypatch):
    submitted = []
    run = beam.Pipeline.run
    monkeypatch.setattr(beam.Pipeline, "run", lambda self, *rest: submitted.append(run(self, *rest)))
    options = beam_options([*DATAFLOW, "--dry_run=True"])
    assert rehearsed(options)
    stage.rehearse(job(), "gs://bucket/out", options)
    graph = submitted[0].job.proto_pipeline
    assert any(each.unique_name.startswith("Count") for each in graph.components.transforms.values())
    hints = [value for each in graph.components.environments.values() for value in each.resource_hints.values()]
    assert b"type:nvidia-l4;count:1" in hints


def test_a_dry_run_builds_all_five_stages_and_logs_the_size_of_each_graph(tmp_path, language_model, bucket, caplog):
    caplog.set_level(logging.INFO, "vlforge")
    (tmp_path / "in").mkdir()
    (tmp_path / "in/page.html").write_text("<p>A page")
    settings = {
        "sources": [{"layout": "html", "path": f"{tmp_path}/in"}],
        "output": f"{bucket}/out",
        "score": {"language_model": language_model, "ocr": False},
        "resources": {"score": GPU.model_dump()},
    }
    config = curate.CurateConfig.model_validate(settings)
    assert curate.run(config, [*DATAFLOW, "--dry_run=True"]) == {}
    sizes = [re.fullmatch(r"curate/(\w+): not run; its graph has ([\d,]+) bytes", line) for line in caplog.messages]
    said = {match[1]: int(match[2].replace(",", "")) for match in sizes if match}
    assert tuple(said) == curate.STAGES
    assert all(10_000 < size < stage.MAX_GRAPH / 10 for size in said.values())


def test_a_graph_that_holds_data_is_refused():
    options = beam_options([*DATAFLOW, "--dry_run=True"])
    with pytest.raises(StageError, match=r"its graph has 1\d,\d{3},\d{3} bytes, and Dataflow takes 10,000,000"):
        stage.rehearse(job(ballast=random.Random(0).randbytes(6_000_000).hex()), "gs://bucket/out", options)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def bucket(monkeypatch) -> Iterator[str]:
    """A server of Google's storage protocol on this machine, with one bucket."""
    pytest.importorskip("gcp_storage_emulator")
    port = _free_port()
    arguments = ["start", "--host=127.0.0.1", f"--port={port}", "--in-memory", "--default-bucket=bucket"]
    process = subprocess.Popen(
        [sys.executable, "-m", "gcp_storage_emulator", *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    for _ in range(200):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/storage/v1/b", timeout=1)
            break
        except OSError:
            time.sleep(0.05)
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://127.0.0.1:{port}")
    yield "gs://bucket"
    process.terminate()
    process.wait()


def read(pattern: str) -> bytes:
    [match] = FileSystems.match([pattern])
    with FileSystems.open(match.metadata_list[0].path, compression_type="uncompressed") as file:
        return file.read()


def check_environment(environment: dict[str, Any]) -> None:
    [pool] = environment["workerPools"]
    assert pool["machineType"] == "g2-standard-8"
    assert pool["autoscalingSettings"]["maxNumWorkers"] == 7
    assert pool["sdkHarnessContainerImages"][0]["containerImage"] == "example.com/proj-test/worker:1.2.3"


def test_a_template_is_written_for_each_stage(bucket):
    options = beam_options([*DATAFLOW, f"--template_location={bucket}/templates/april"])
    assert rehearsed(options)
    stage.rehearse(job(), f"{bucket}/out", options)
    check_environment(json.loads(read(f"{bucket}/templates/april-score"))["environment"])
    graph = beam_runner_api_pb2.Pipeline.FromString(read(f"{bucket}/staging/**pipeline.pb"))
    assert any(each.unique_name.startswith("Count") for each in graph.components.transforms.values())


@pytest.fixture
def service() -> Iterator[tuple[str, list[tuple[str, dict[str, Any]]]]]:
    """A stub of Dataflow's REST interface: every job is done at once. Its address, and what was asked of it."""
    asked: list[tuple[str, dict[str, Any]]] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append((self.path.split("?")[0], body))
            self._answer({**body, "id": "2026-stub-1", "currentState": "JOB_STATE_DONE"})

        def do_GET(self):
            self._answer({"id": "2026-stub-1", "currentState": "JOB_STATE_DONE", "name": "stub"})

        def _answer(self, value: dict[str, Any]) -> None:
            body = json.dumps(value).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_port}", asked
    server.shutdown()


def test_the_job_that_is_created_is_the_one_that_was_asked_for(bucket, service):
    address, asked = service
    options = beam_options([*DATAFLOW, f"--dataflow_endpoint={address}"])
    with pytest.raises(StageError, match="its job ended without counts"):  # a stub computes nothing
        stage.run(job(), f"{bucket}/out", options)
    path, body = asked[0]
    assert path == "/v1b3/projects/proj-test/locations/europe-west4/jobs"
    assert body["name"] == "vlforge-curate-score"
    check_environment(body["environment"])


def test_the_image_is_of_the_pinned_beam_and_holds_every_package():
    image = (ROOT / "pipelines/Dockerfile").read_text()
    pinned = re.search(r"^apache-beam==(.+)$", (ROOT / "constraints.txt").read_text(), re.M)
    assert pinned
    assert f"FROM apache/beam_python3.11_sdk:{pinned[1]}\n" in image
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py") if path.parent.name != "tests"}
    assert packages == set(re.findall(r"^COPY (\w+) \1$", image, re.M)) - {"configs"}
