"""Where a pipeline runs: Beam's options from the command line, and the check that workers run this same code."""

import ast
import difflib
import hashlib
import importlib.util
import logging
import os
import shlex
import sys
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import apache_beam as beam
from apache_beam.io.filesystems import FileSystems
from apache_beam.options.pipeline_options import (
    DebugOptions,
    DirectOptions,
    PipelineOptions,
    PrismRunnerOptions,
    SetupOptions,
    StandardOptions,
    _BeamArgumentParser,
)
from apache_beam.portability.api import beam_provision_api_pb2
from apache_beam.runners.portability.fn_api_runner.fn_runner import ExtendedProvisionInfo, FnApiRunner
from apache_beam.runners.portability.portable_runner import JobServiceHandle
from apache_beam.transforms.environments import SubprocessSDKEnvironment

from curation.errors import ConfigError, UserError
from pipelines.cluster import check_dataflow
from pipelines.log import show_beam

# Beam's default is a switch that downloads the Prism binary; this one is inside the Python package.
LOCAL = "FnApiRunner"
_SWITCHES = {"", "DirectRunner", "SwitchingDirectRunner", "BundleBasedDirectRunner"}


def beam_options(arguments: Sequence[str]) -> PipelineOptions:
    """Beam's options from what follows `--`. Raises ConfigError for one that Beam does not know: it would only warn."""
    _refuse_unknown(arguments)
    options = PipelineOptions(list(arguments))
    standard = options.view_as(StandardOptions)
    _refuse_unknown_runner(standard.runner or "")
    if (standard.runner or "") in _SWITCHES:
        standard.runner = LOCAL
    if standard.runner == "PrismRunner" and not options.view_as(PrismRunnerOptions).prism_location:
        raise ConfigError(f"--runner=PrismRunner downloads a binary: use {LOCAL}, or name yours by --prism_location")
    options.view_as(SetupOptions).save_main_session = False  # every function lives in an installed module
    FileSystems.set_options(options)  # for what this process lists and reads: buckets need their credentials
    show_beam(logging.CRITICAL if standard.runner == LOCAL else logging.INFO)
    if standard.runner.endswith("DataflowRunner"):
        check_dataflow(options)
        debug = options.view_as(DebugOptions)
        # Workers start a process for each core; more threads in one would each load the models and share one core.
        debug.number_of_worker_harness_threads = debug.number_of_worker_harness_threads or 1
    return options


def _refuse_unknown_runner(name: str) -> None:
    names = sorted(path.rpartition(".")[2] for path in StandardOptions.ALL_KNOWN_RUNNERS)
    if name and "." not in name and name.lower() not in (known.lower() for known in names):
        near = difflib.get_close_matches(name, names, n=1)
        said = f"did you mean {near[0]}?" if near else f"it has {', '.join(names)}"
        raise ConfigError(f"--runner={name}: Beam has no such runner; {said}")


class _Strict(_BeamArgumentParser):
    def error(self, message: str):
        raise ConfigError(f"Beam options: {message}")


def _refuse_unknown(arguments: Sequence[str]) -> None:
    parser = _Strict(allow_abbrev=False, add_help=False)
    for group in set(PipelineOptions.__subclasses__()):
        group._add_argparse_args(parser)
    _, unknown = parser.parse_known_args(list(arguments))
    if not unknown:
        return
    name = unknown[0].partition("=")[0]
    known = [flag for action in parser._actions for flag in action.option_strings]
    near = difflib.get_close_matches(name, known, n=1)
    raise ConfigError(f"{name}: Beam has no such option" + (f"; did you mean {near[0]}?" if near else ""))


def new_pipeline(options: PipelineOptions) -> beam.Pipeline:
    """A pipeline for the runner that the options name."""
    local = options.view_as(StandardOptions).runner == LOCAL
    processes = local and options.view_as(DirectOptions).direct_running_mode == "multi_processing"
    return beam.Pipeline(runner=_Processes(options) if processes else None, options=options)


class _Processes(FnApiRunner):
    """The local runner's multi_processing, with `pipelines.worker` as the process that it starts.

    Unlike Beam's own it hands the options on to its workers, who need them to read and write buckets.
    """

    def __init__(self, options: PipelineOptions) -> None:
        command = f"{shlex.quote(sys.executable)} -m pipelines.worker"
        given = JobServiceHandle.encode_pipeline_options(options.get_all_options(drop_default=True))
        info = beam_provision_api_pb2.ProvisionInfo(retrieval_token="unused", pipeline_options=given)
        super().__init__(
            default_environment=SubprocessSDKEnvironment.from_command_string(command),
            provision_info=ExtendedProvisionInfo(info),
        )

    def run_pipeline(self, pipeline: beam.Pipeline, options: PipelineOptions) -> Any:
        direct = options.view_as(DirectOptions)
        direct.direct_running_mode = "in_memory"  # or it would put another environment in the place of ours
        try:
            return super().run_pipeline(pipeline, options)
        finally:
            direct.direct_running_mode = "multi_processing"


# --- the code: its digest is part of every fingerprint, and workers must have the same ---

BELOW = ("curation", "synth", "model", "train")


@lru_cache
def code_digest(*names: str) -> str:
    """A digest of the sources of these modules, and of all from the floors below that they import, straight or not.

    Modules of `pipelines` count where they are named: most of them carry documents and do not shape them.
    """
    sources: dict[str, bytes] = {}
    queue = list(names)
    while queue:
        name = queue.pop()
        path = _path(name)
        if path and name not in sources:
            sources[name] = path.read_bytes()
            if not name.startswith("pipelines"):
                queue += _imports(sources[name])
    digest = hashlib.sha256()
    for name, source in sorted(sources.items()):
        digest.update(f"{name} {len(source)}\n".encode() + source)
    return digest.hexdigest()[:16]


def _imports(source: bytes) -> Iterator[str]:
    """Names that may be modules of the floors below."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.partition(".")[0] in BELOW:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.partition(".")[0] in BELOW)


def _path(module: str) -> Path | None:
    """The file of a module of ours, or None for another name in a module."""
    package, *rest = module.split(".")
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise UserError(f"there is no package {package} here: install this vlforge")
    place = Path(spec.origin).parent.joinpath(*rest)
    return next((path for path in (place.with_suffix(".py"), place / "__init__.py") if path.is_file()), None)


def check_worker(names: Sequence[str], digest: str) -> None:
    """Raises UserError on a worker whose packages are not the driver's: names like `model` are easily another's."""
    if code_digest(*names) != digest:
        place = Path(__file__).parent.parent
        raise UserError(f"{os.uname().nodename}: the code in {place} is not the driver's: install the same vlforge")
