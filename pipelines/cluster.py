"""What a cluster is asked for: Dataflow's options checked before anything is staged, and each stage's own machines."""

from collections.abc import Mapping
from typing import Annotated

import pydantic
from apache_beam.options.pipeline_options import (
    GoogleCloudOptions,
    PipelineOptions,
    SetupOptions,
    StandardOptions,
    TestOptions,
    WorkerOptions,
)

from curation.config import Config
from curation.errors import ConfigError

Size = Annotated[str, pydantic.Field(pattern=r"^\d+(\.\d+)? ?(M|G|T)i?B$")]


class Resources(Config):
    """What one stage's workers need; where nothing is said, the options after `--` count for it as for all.

    Each stage is a job of its own, so its machines are too. `min_ram` and `accelerator` are Beam's resource hints:
    runners that know them (Dataflow) choose machines by them, others pass over them.
    """

    machine_type: str | None = None
    workers: int | None = pydantic.Field(None, ge=1, description="at most so many")
    disk_gb: int | None = pydantic.Field(None, ge=10)
    min_ram: Size | None = None
    accelerator: str | None = pydantic.Field(
        None, pattern=r"^type:[^;]+;count:\d+(;.+)?$", description="type:nvidia-l4;count:1;install-nvidia-driver"
    )


def stage_options(options: PipelineOptions, job: str, stage: str, resources: Resources) -> PipelineOptions:
    """The options of one stage's job: those of all, its own machines, and a name that no other stage's job has."""
    own = PipelineOptions.from_dictionary(options.get_all_options(drop_default=True))
    if cloud_runner(own):
        cloud = own.view_as(GoogleCloudOptions)
        cloud.job_name = f"{cloud.job_name or f'vlforge-{job}'}-{stage}"
        if cloud.template_location:
            cloud.template_location += f"-{stage}"
    worker = own.view_as(WorkerOptions)
    if resources.machine_type:
        worker.machine_type = resources.machine_type
    if resources.workers:
        worker.max_num_workers = resources.workers
    if resources.disk_gb:
        worker.disk_size_gb = resources.disk_gb
    hints = [f"{name}={value}" for name in ("min_ram", "accelerator") if (value := getattr(resources, name))]
    if hints:
        standard = own.view_as(StandardOptions)
        standard.resource_hints = [*(standard.resource_hints or ()), *hints]
    return own


def cloud_runner(options: PipelineOptions) -> bool:
    return (options.view_as(StandardOptions).runner or "").endswith("DataflowRunner")


def rehearsed(options: PipelineOptions) -> bool:
    """Whether the jobs are only checked, or written as templates, and not run."""
    return bool(options.view_as(TestOptions).dry_run or options.view_as(GoogleCloudOptions).template_location)


def check_dataflow(options: PipelineOptions) -> None:
    """Raises ConfigError for a job that Dataflow would refuse, or whose workers would lack this code.

    Found out here in a moment; from the service it would be known after minutes of starting machines.
    """
    cloud, worker = options.view_as(GoogleCloudOptions), options.view_as(WorkerOptions)
    needed: Mapping[str, tuple[str | None, str]] = {
        "--project": (cloud.project, "the Google Cloud project that pays"),
        "--region": (cloud.region, "where the workers run, e.g. europe-west4"),
        "--temp_location": (cloud.temp_location, "gs://bucket/folder for temporary files"),
        "--sdk_container_image": (
            worker.sdk_container_image,
            "the workers' image, with this same vlforge in it (pipelines/Dockerfile)",
        ),
    }
    for option, (value, what) in needed.items():
        if not value:
            raise ConfigError(f"Dataflow needs {option}: {what}")
    for option in ("temp_location", "staging_location", "template_location"):
        if (place := getattr(cloud, option)) and not place.startswith("gs://"):
            raise ConfigError(f"--{option}={place}: Dataflow can only use a place that begins with gs://")
    if options.view_as(SetupOptions).sdk_location != "container":
        raise ConfigError(
            "Dataflow needs --sdk_location=container: else Beam would put its own package over the image's"
        )
