"""The estimate: hours and money from a run's receipts, by hand."""

import dataclasses
import json
from pathlib import Path

import pytest

from curation.errors import UserError
from pipelines.estimate import EstimateConfig, estimate, table
from pipelines.stage import RECEIPT, Receipt


def leave(folder: Path, *stages: tuple[str, int, float]) -> str:
    """Receipts of a chain of (name, documents read, CPU-seconds)."""
    before = ""
    for name, documents, seconds in stages:
        depends = {"upstream": before} if before else {}
        receipt = Receipt(name, f"print of {name}", depends, {"read": documents}, 1.0, seconds, {}, "")
        (folder / name).mkdir(parents=True)
        (folder / name / RECEIPT).write_text(json.dumps(dataclasses.asdict(receipt)))
        before = receipt.fingerprint
    return str(folder)


def test_a_later_stage_costs_what_the_ones_before_let_through(tmp_path):
    run = leave(tmp_path, ("extract", 1000, 10.0), ("score", 250, 500.0))
    workers = {"count": 10, "vcpus": 4, "memory_gb": 16, "disk_gb": 0, "speed": 0.5, "busy": 1.0}
    prices = {"vcpu_hour": 0.05, "gb_hour": 0.01}
    config = EstimateConfig.model_validate({"run": run, "workers": workers, "prices": prices})
    extract, score = estimate(config)
    assert (extract.documents, score.documents) == (1_000_000, 250_000)
    assert extract.vcpu_hours == pytest.approx(1e6 * 0.01 / 0.5 / 3600)
    assert score.vcpu_hours == pytest.approx(250_000 * 2.0 / 0.5 / 3600)
    assert score.hours == pytest.approx(score.vcpu_hours / 40)
    assert score.money == pytest.approx(score.vcpu_hours / 4 * (4 * 0.05 + 16 * 0.01))
    assert f"{extract.money + score.money:,.2f}" in table([extract, score], config).splitlines()[-2]


@pytest.mark.parametrize("documents", [None, 0])
def test_a_folder_without_a_run_is_refused(tmp_path, documents):
    if documents is not None:
        leave(tmp_path, ("extract", documents, 1.0))
    with pytest.raises(UserError, match="holds no finished run of curate"):
        estimate(EstimateConfig(run=str(tmp_path)))
