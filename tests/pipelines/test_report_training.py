"""The training of a report, from what a chain of phases leaves: logs, faults, ledgers and receipts."""

import html
import json
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.errors import UserError
from pipelines.report.curves import POINTS, smooth, thin
from pipelines.report.page import ReportConfig, report
from pipelines.report.training import read_phase, read_phases
from train.guard import Faults
from train.logs import LOG, Row, StepLines

SOURCES = ("captions", "knowledge", "ocr")
STEPS = 300


def rows(first_loss: float, parts: Sequence[str], contrastive: bool, seed: int, steps: int) -> list[Row]:
    """As a run of noisy, falling losses leaves them; step 120 is left out."""
    rng = np.random.default_rng(seed)
    found, done = [], 0
    for step in range(steps):
        level = first_loss * (0.35 + 0.65 * float(np.exp(-step / 80)))
        counts = dict(zip(SOURCES, map(int, rng.multinomial(8000, [0.5, 0.3, 0.2])), strict=True))
        losses: dict[str, float | None] = {
            name: level * (1 + 0.15 * n) + rng.normal(0, 0.12) for n, name in enumerate(SOURCES)
        }
        losses["ocr"] = losses["ocr"] if step % 3 else None  # not in every step
        tokens, waited, worked = sum(counts.values()), 0.05 + rng.random() / 20, 0.9 + rng.random() / 10
        done += tokens
        extra = {"retrieval/text": 1 - level / 8, "retrieval/image": 1 - level / 7, "temperature": 0.05}
        usual: dict[str, Any] = {
            **{"step": step, "done": done, "loss": level if step != 120 else float("nan"), "tokens": tokens},
            **{"gradient_norm": level / 4 + rng.random() / 5, "patches": 3 * tokens, "flops": 1e12},
            **{"fill_tokens": 0.995, "fill_patches": 0.6 + rng.random() / 20, "skipped": step == 120},
            **{"data_seconds": waited, "step_seconds": worked, "tokens_per_second": tokens / (waited + worked)},
            **{"mfu": None if contrastive else 0.45, "memory": 61.5, "replaced": int(step in (10, 200, 201))},
            "losses_by_source": losses,
            "losses_by_task": {} if contrastive else {"caption": losses["captions"], "page": losses["ocr"]},
            "tokens_by_source": counts,
            "gradients": {part: level / 8 + rng.random() / 9 for part in parts},
            "rates": {part: 1e-4 / (n + 1) * min(step / 30, 1) for n, part in enumerate(parts)},
            "extra": extra if contrastive else {},
        }
        found.append(Row(**usual))
    return found


def write_phase(
    folder: Path, parts: Sequence[str], contrastive: bool = False, steps: int = STEPS, finished: float | None = None
) -> None:
    folder.mkdir(parents=True)
    lines = StepLines(folder / LOG, 0)
    for row in rows(7.0 if contrastive else 9.0, parts, contrastive, len(parts), steps):
        lines.append(row.values())
    lines.close()
    faults = Faults(folder, 0)
    faults.replaced(10, "k10", "truncated: 12 of 90 bytes", "k11")
    faults.skipped(120, "step 120: the loss is nan", float("nan"), 1.0, [f"k{n}" for n in range(9)])
    faults.replaced(200, "k200", "truncated: 3 of 90 bytes", "k201")
    faults.replaced(201, "k<b>", "gone", None)
    faults.close()
    if finished is not None:
        plan = {"asked": {"captions": 0.5, "knowledge": 0.3, "ocr": 0.2}}
        (folder / "phase.json").write_text(json.dumps({"fingerprint": "f", "plan": plan}))
        os.utime(folder / "phase.json", (finished, finished))


def write_ledger(folder: Path) -> None:
    (folder / "ledger").mkdir()
    for window in range(2):
        table = {
            "step": [0, 0, 1, 1 if window == 0 else STEPS],  # the last is still to come
            "source": ["captions", "ocr", "captions", "captions"],
            "key": ["a", "b", "a", f"c{window}"],
            "licence": ["CC-BY-4.0", None, "CC-BY-4.0", "CC0-1.0"],
            "tokens": [100, 50, 100, 25],
        }
        pq.write_table(pa.table(table), folder / f"ledger/window-{window:05d}.parquet")


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three phases, the last unfinished; their names are not in the order of training."""
    root = tmp_path_factory.mktemp("runs") / "3b"
    write_phase(root / "contrastive", ("vision", "text", "head"), contrastive=True, finished=1000)
    write_phase(root / "alignment", ("merger",), finished=2000)
    write_ledger(root / "alignment")
    write_phase(root / "visual", ("vision", "merger"), steps=100)
    (root / "sft").mkdir()
    (root / "sft" / LOG).write_text('{"step": 0, "lo')  # has just begun
    return root


@pytest.fixture(scope="module")
def page(chain: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    return report(ReportConfig(output=tmp_path_factory.mktemp("report"), phases=(chain,))).read_text()


@pytest.fixture(scope="module")
def text(page: str) -> str:
    return " ".join(html.unescape(re.sub("<[^>]*>", " ", page)).split())


def test_a_chain_is_shown_in_the_order_in_which_its_phases_were_finished(chain: Path) -> None:
    phases = read_phases(chain)
    assert [(phase.name, phase.finished) for phase in phases] == [
        ("contrastive", True),
        ("alignment", True),
        ("visual", False),  # under way
    ]


def test_phases_may_also_be_named_one_by_one(chain: Path, tmp_path: Path) -> None:
    found = report(ReportConfig(output=tmp_path, phases=(chain / "visual", chain / "alignment"))).read_text()
    assert re.findall(r"<h3>(\w+)</h3>", found) == ["visual", "alignment"]


def test_every_phase_has_the_charts_that_its_log_has_numbers_for(page: str) -> None:
    charts: dict[str, list[str]] = {}
    for title, name in re.findall(r'alt="Chart of the ([\w ]+) of the phase (\w+)"', page):
        charts.setdefault(name, []).append(title)
    always = ["gradient norm", "learning rate", "tokens a second"]
    after = ["fill of the packs", "seconds of a step"]
    assert charts["contrastive"] == ["loss by source", "retrieval", "temperature", *always, *after]
    usual = ["loss by source", "loss by task", *always, "model FLOPs utilisation", *after]
    assert charts["alignment"] == charts["visual"] == usual
    assert page.count("Chart of the loss over all phases") == 1


def test_the_table_sums_each_phase_up(chain: Path, text: str) -> None:
    log = read_phase(chain / "alignment").log
    speed = f"{np.median(log['tokens_per_second']):,.0f}"
    waited = log["data_seconds"].sum() / (log["data_seconds"] + log["step_seconds"]).sum()
    assert f"{speed} 45.0% 61.5 GiB {waited:.1%} 1 3" in text
    assert "visual unfinished 100 800,000" in text
    assert "nats a pair" in text


def test_the_mixture_is_shown_as_trained_beside_what_was_asked(chain: Path, text: str) -> None:
    logs = [read_phase(chain / name).log for name in ("contrastive", "alignment", "visual")]
    got = [log["tokens/source/ocr"].sum() / log["tokens"].sum() for log in logs]
    assert f"ocr {got[0]:.1%} (20.0%) {got[1]:.1%} (20.0%) {got[2]:.1%} " in text  # one without a receipt asks nothing


def test_faults_are_shown_with_their_reasons_and_documents(text: str) -> None:
    assert "update left out step 120: the loss is nan k0, k1, k2 and 6 more" in text
    assert "2 samples replaced truncated k10, k200" in text
    assert "1 sample replaced gone k<b>" in text


def test_the_ledger_is_summed_by_source_and_licence(text: str) -> None:
    assert "Ledger: 7 samples drawn of 3 documents" in text
    assert "captions CC-BY-4.0 4 400 ocr not known 2 100 captions CC0-1.0 1 25" in text


def test_a_phase_whose_loss_never_was_a_number_is_shown_all_the_same(tmp_path: Path) -> None:
    lines = StepLines(tmp_path / LOG, 0)
    for row in rows(float("nan"), ("vision",), False, 0, 3):
        lines.append(row.values())
    assert "<td" in report(ReportConfig(output=tmp_path / "report", phases=(tmp_path,))).read_text()


def test_what_is_no_run_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no log\.jsonl there or in a folder of it: run `vlforge train` first"):
        read_phases(tmp_path / "none")
    (tmp_path / LOG).write_text("")
    with pytest.raises(UserError, match="holds no step yet"):
        read_phases(tmp_path)
    (tmp_path / LOG).write_text('{"step": 0, "loss": 1.0}\n')
    with pytest.raises(UserError, match=r"of another version .*run `vlforge train` again"):
        read_phases(tmp_path)


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=200))
def test_smoothing_stays_within_the_values(values: list[float]) -> None:
    level = smooth(np.array(values))
    assert len(level) == len(values)
    assert min(values) - 1e-9 <= level.min() <= level.max() <= max(values) + 1e-9


@given(st.lists(st.one_of(st.floats(-10, 10), st.just(float("nan"))), max_size=100))
def test_smoothing_is_the_mean_of_what_there_is_around(values: list[float]) -> None:
    each, half = np.array(values), len(values) // 20
    for place, level in enumerate(smooth(each)):
        around = each[max(place - half, 0) : place + half + 1]
        expected = around[np.isfinite(around)].mean() if np.isfinite(around).any() else np.nan
        assert level == pytest.approx(expected, nan_ok=True, abs=1e-9)


@given(st.integers(0, 10_000))
def test_a_line_never_has_too_many_points(length: int) -> None:
    assert len(thin(np.arange(length))) <= POINTS
