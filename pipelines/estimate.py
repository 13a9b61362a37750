"""`vlforge estimate`: what a million documents would cost on Dataflow, from the rates that a local run measured."""

from typing import NamedTuple

import pydantic

from curation.config import Config
from curation.errors import UserError
from pipelines import files, stage
from pipelines.stage import Receipt


class Prices(Config):
    """In one currency. The defaults are Dataflow's list prices for batch jobs in us-central1, in dollars."""

    vcpu_hour: float = pydantic.Field(0.056, ge=0)
    gb_hour: float = pydantic.Field(0.003557, ge=0, description="memory")
    disk_gb_hour: float = pydantic.Field(0.000054, ge=0)
    accelerator_hour: float = pydantic.Field(0.0, ge=0, description="of one worker's accelerators")


class Workers(Config):
    """One worker, by default an n2-standard-8 with 50 GB of disk, and how many of them there are."""

    count: int = pydantic.Field(50, ge=1)
    vcpus: int = pydantic.Field(8, ge=1)
    memory_gb: float = pydantic.Field(32, gt=0)
    disk_gb: float = pydantic.Field(50, ge=0)
    speed: float = pydantic.Field(0.6, gt=0, description="of a vCPU (half a core) against a core of the measured run")
    busy: float = pydantic.Field(0.8, gt=0, le=1, description="share of the time that a vCPU works")


class EstimateConfig(Config):
    run: str = pydantic.Field(min_length=1, description="the output folder of a finished local run of curate")
    documents: int = pydantic.Field(1_000_000, ge=1, description="that the first stage reads")
    workers: Workers = Workers()
    prices: Prices = Prices()


class Cost(NamedTuple):
    """Of one stage: documents that it reads, measured CPU-seconds of each, and what they come to."""

    stage: str
    documents: float
    cpu_seconds: float
    vcpu_hours: float
    hours: float
    money: float


def estimate(config: EstimateConfig) -> list[Cost]:
    """One row a stage. Raises UserError where there is no finished run, or one whose CPU time is not known."""
    receipts = read_receipts(config.run)
    first = read(receipts[0])
    return [_cost(receipt, config.documents * read(receipt) / first, config) for receipt in receipts]


def _cost(receipt: Receipt, documents: float, config: EstimateConfig) -> Cost:
    workers, prices = config.workers, config.prices
    each = receipt.cpu_seconds / max(read(receipt), 1)
    vcpu_hours = documents * each / workers.speed / workers.busy / 3600
    machine_hours = vcpu_hours / workers.vcpus
    machine_hour = (
        workers.vcpus * prices.vcpu_hour
        + workers.memory_gb * prices.gb_hour
        + workers.disk_gb * prices.disk_gb_hour
        + prices.accelerator_hour
    )
    return Cost(receipt.stage, documents, each, vcpu_hours, machine_hours / workers.count, machine_hours * machine_hour)


def read_receipts(folder: str) -> list[Receipt]:
    """In the order of the chain: each stage's settings name the one before by its fingerprint."""
    start = files.plain(folder) + "/"
    names = [file.path.removeprefix(start) for file in files.listing(start[:-1])]
    stages = [name.removesuffix(f"/{stage.RECEIPT}") for name in names if name.endswith(stage.RECEIPT)]
    receipts = [receipt for name in stages if (receipt := stage.read_receipt(start + name))]
    chain = [receipt for receipt in receipts if "upstream" not in receipt.depends][:1]
    while chain and (after := [each for each in receipts if each.depends.get("upstream") == chain[-1].fingerprint]):
        chain += after[:1]
    if not chain or not read(chain[0]):
        raise UserError(f"run: {folder}: holds no finished run of curate; run it here first, on a sample")
    return chain


def read(receipt: Receipt) -> int:
    return receipt.counts.get("read", 0)


def table(costs: list[Cost], config: EstimateConfig) -> str:
    """As the terminal shows it."""
    workers = config.workers
    lines = [f"{'stage':14}{'documents':>12}{'CPU-s a 1,000':>15}{'vCPU-hours':>12}{'hours':>8}{'cost':>10}"]
    for cost in costs:
        lines.append(
            f"{cost.stage:14}{cost.documents:12,.0f}{1000 * cost.cpu_seconds:15,.2f}{cost.vcpu_hours:12,.1f}"
            f"{cost.hours:8,.2f}{cost.money:10,.2f}"
        )
    hours, money = sum(cost.hours for cost in costs), sum(cost.money for cost in costs)
    lines.append(f"{'all':14}{'':39}{hours:8,.2f}{money:10,.2f}")
    lines.append(
        f"{workers.count} workers of {workers.vcpus} vCPUs at {workers.speed:g} of the measured core, busy "
        f"{workers.busy:.0%} of the time; waiting for the network, storage, and transfers are not in it."
    )
    return "\n".join(lines)


def run(config: EstimateConfig) -> None:
    print(table(estimate(config), config))
