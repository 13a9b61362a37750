"""Calibrate: real documents, corrupted in known ways, show what each score sees, what it must not see, and at which
threshold to select.

It reads the documents that a stage of `curate` left, after images were looked at, and leaves in its own folder
`calibration.json` with all numbers, `calibration.png` with the matrix, and `select.yaml` with thresholds to start from.
"""

import dataclasses
import json
import multiprocessing
import tempfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pydantic

from curation.config import Config
from curation.document import Document
from curation.errors import UserError
from curation.scoring.background import Background
from curation.scoring.calibration import Cell, Column, Threshold, cell, column, thresholds
from curation.scoring.corrupt import CORRUPTIONS, Corpus, Corruption
from curation.scoring.ocr import Ocr
from curation.scoring.score import Scorer, ScoreSettings
from curation.select_settings import DIMENSIONS
from curation.text.language import LanguageModel
from pipelines import files
from pipelines.calibrate_draw import FEWEST, draw
from pipelines.calibrate_report import plot, select_yaml, summary
from pipelines.log import LOG, Progress

JOB = "calibrate"
REPORT, PLOT, SELECT, READ = "calibration.json", "calibration.png", "select.yaml", "read"
REAL = "real"

Scores = dict[str, float]
Variants = dict[str, Scores | None]  # of one document, by corruption: None where it could not be spoilt
Result = tuple[Variants | None, list[str]]  # None where the document itself could not be scored; reasons of failures


class CalibrateConfig(Config):
    """`vlforge calibrate`: whose documents, and how they are scored."""

    documents: tuple[str, ...] = pydantic.Field(
        min_length=1, description="finished stages of curate with their images looked at, e.g. runs/x/images"
    )
    output: Path
    score: ScoreSettings
    sample: int = pydantic.Field(200, ge=FEWEST, le=20_000, description="documents with images, over all stages")
    processes: int = pydantic.Field(1, ge=1, le=256)
    precisions: tuple[float, ...] = pydantic.Field((0.9, 0.95, 0.99), min_length=1)
    suggested: float = pydantic.Field(0.95, gt=0, lt=1, description="the precision of the thresholds in select.yaml")
    bad_share: float = pydantic.Field(0.3, gt=0, lt=1, description="of all documents, that a precision assumes")
    most_mixed: float = pydantic.Field(
        0.15,
        ge=0,
        le=1,
        description="of a document's text, in another language than the rest; with more it is not real",
    )
    seed: int = pydantic.Field(0, ge=0)

    @pydantic.field_validator("precisions")
    @classmethod
    def _shares(cls, values: tuple[float, ...]) -> tuple[float, ...]:
        if wrong := [value for value in values if not 0 < value < 1]:
            raise ValueError(f"{wrong[0]:g} is not between 0 and 1")
        return values


def run(config: CalibrateConfig) -> dict[str, Any]:
    """The report. Raises UserError where there are too few documents, or where nearly none could be scored."""
    identify = LanguageModel(config.score.language_model).identify
    folders = [files.plain(folder) for folder in config.documents]
    drawn = draw(folders, config.sample, config.seed, identify, config.most_mixed)
    sample = drawn.documents
    (config.output / READ).mkdir(parents=True, exist_ok=True)
    LOG.info("%s: %d documents, each as it is and in %d corrupted copies", JOB, len(sample), len(CORRUPTIONS))
    with tempfile.TemporaryDirectory(prefix="vlforge-") as pictures:
        found, failures = _score(_Task(config, sample, drawn.background, Path(pictures)))
    if len(found) < FEWEST:
        raise UserError(f"only {len(found)} of {len(sample)} documents could be scored: {_commonest(failures)}")
    report = measure(found, config)
    report["documents"]["mixed"] = drawn.mixed
    report["documents"]["failed"] = dict(sorted(failures.items()))
    files.write(f"{config.output}/{REPORT}", json.dumps(report, indent=1, allow_nan=False).encode())
    files.write(f"{config.output}/{PLOT}", plot(report))
    files.write(f"{config.output}/{SELECT}", select_yaml(report).encode())
    LOG.info("%s\n%s: more in %s", summary(report), JOB, config.output / REPORT)
    return report


# --- their scores, in one process or several ---


@dataclasses.dataclass(frozen=True)
class _Task:
    config: CalibrateConfig
    sample: list[Document]
    background: Background
    drawn: Path


class _Worker:
    """Scores a document and its corrupted copies; models are loaded once."""

    def __init__(self, task: _Task):
        settings = task.config.score
        self.seed = task.config.seed
        self.corpus = Corpus(task.sample, task.drawn)
        self.scorer = Scorer(settings)
        read = task.config.output / READ
        ocr = Ocr(settings.ocr_languages, settings.ocr_timeout, read) if settings.ocr else None
        self.scorer.tools = dataclasses.replace(self.scorer.tools, background=task.background, ocr=ocr)

    def score(self, document: Document) -> Result:
        """One document's fault (an image that has gone) must not stop the others, nor those that borrow from it."""
        reasons: list[str] = []
        real = self._try(lambda: document, reasons)
        if real is None:
            return None, reasons
        found: Variants = {REAL: real}
        for each in CORRUPTIONS:
            change = partial(each.change, document, self.corpus, self._generator(document, each))
            found[each.name] = self._try(change, reasons)
        return found, reasons

    def _try(self, make: Callable[[], Document | None], reasons: list[str]) -> Scores | None:
        """The scores of what is made; None where nothing is, or where it fails, for a reason."""
        try:
            document = make()
            return dict(self.scorer.score(document).scores) if document else None
        except Exception as error:
            reasons.append(f"{type(error).__name__}: {' '.join(str(error).split())}"[:200])
            return None

    def _generator(self, document: Document, corruption: Corruption) -> np.random.Generator:
        return np.random.default_rng([self.seed, zlib.crc32(corruption.name.encode()), int(document.key, 16)])


_WORKER: list[_Worker] = []  # of this process


def _start(task: _Task) -> None:
    _WORKER.append(_Worker(task))


def _work(number: int) -> Result:
    return _WORKER[0].score(_WORKER[0].corpus.documents[number])


def _score(task: _Task) -> tuple[list[tuple[Document, Variants]], Counter[str]]:
    """Documents with their scores, in the order of the sample, and how often what failed."""
    progress = Progress(JOB, "documents scored")
    found, failures = [], Counter[str]()
    for document, (variants, reasons) in zip(task.sample, _results(task), strict=True):
        failures.update(reasons)
        if variants is not None:
            found.append((document, variants))
        progress.step()
    return found, failures


def _results(task: _Task) -> Iterator[Result]:
    if task.config.processes == 1:
        yield from map(_Worker(task).score, task.sample)
        return
    spawn = multiprocessing.get_context("spawn")  # a fork would copy threads of the libraries in an unknown state
    with ProcessPoolExecutor(task.config.processes, spawn, _start, (task,)) as pool:
        yield from pool.map(_work, range(len(task.sample)))


def _commonest(failures: Counter[str]) -> str:
    return failures.most_common(1)[0][0] if failures else "no reason known"


# --- what they say ---


def measure(found: Sequence[tuple[Document, Variants]], config: CalibrateConfig) -> dict[str, Any]:
    """The matrix, the thresholds, and the diagonal by dataset and language."""
    variants = [each for _, each in found]
    names = _columns(variants)
    columns = {
        corruption: {name: column([each[corruption] for each in variants], name) for name in names}
        for corruption in (REAL, *(each.name for each in CORRUPTIONS))
    }
    groups: dict[str, list[int]] = {}
    for number, (document, _) in enumerate(found):
        groups.setdefault(" ".join(filter(None, (document.source.dataset, document.language))), []).append(number)
    everything = np.arange(len(found))
    return {
        "documents": {"scored": len(found), "groups": {name: len(groups[name]) for name in sorted(groups)}},
        "bad_share": config.bad_share,
        "suggested": config.suggested,
        "matrix": [
            {
                "corruption": each.name,
                "dimension": each.dimension,
                "says": (each.change.__doc__ or "").split("\n")[0],
                "scores": {name: _row(each, name, columns, variants, everything, config) for name in names},
            }
            for each in CORRUPTIONS
        ],
        "groups": {
            group: {
                each.name: _row(each, each.dimension, columns, variants, np.array(numbers), config)
                for each in CORRUPTIONS
            }
            for group, numbers in sorted(groups.items())
            if len(groups) > 1
        },
        "thresholds": {
            name: [dataclasses.asdict(each) for each in _thresholds(name, columns, config)] for name in names
        },
        "abstained": {name: int(np.isnan(columns[REAL][name]).sum()) for name in names},
        "histograms": {name: _histogram(name, columns) for name in names},
    }


def _columns(variants: Sequence[Variants]) -> list[str]:
    """The four scores, and those of a judge or a student that were asked."""
    scored = {name for each in variants for scores in each.values() for name in scores or {}}
    return [
        *DIMENSIONS,
        *(f"{tier}.{name}" for tier in ("student", "judge") for name in DIMENSIONS if f"{tier}.{name}" in scored),
    ]


def _row(
    corruption: Corruption,
    name: str,
    columns: Mapping[str, Mapping[str, Column]],
    variants: Sequence[Variants],
    numbers: np.ndarray,
    config: CalibrateConfig,
) -> dict[str, Any]:
    applied = np.array([variants[number][corruption.name] is not None for number in numbers])
    rng = np.random.default_rng([config.seed, zlib.crc32(f"{corruption.name} {name}".encode())])
    found: Cell = cell(columns[REAL][name][numbers], columns[corruption.name][name][numbers], applied, rng)
    dimension = name.rpartition(".")[2]
    role = "own" if dimension == corruption.dimension else "may react" if dimension in corruption.also else "calm"
    return {**dataclasses.asdict(found), "role": role, "calm": found.calm if role == "calm" else None}


def _own(name: str) -> list[str]:
    return [each.name for each in CORRUPTIONS if each.dimension == name.rpartition(".")[2]]


def _thresholds(name: str, columns: Mapping[str, Mapping[str, Column]], config: CalibrateConfig) -> list[Threshold]:
    wanted = sorted({*config.precisions, config.suggested})
    if np.isfinite(columns[REAL][name]).sum() < FEWEST:  # any threshold would keep all of two or three
        return [Threshold(each, None, None, None) for each in wanted]
    return thresholds(columns[REAL][name], [columns[each][name] for each in _own(name)], config.bad_share, wanted)


def _histogram(name: str, columns: Mapping[str, Mapping[str, Column]]) -> dict[str, list[int]]:
    """Counts of twenty equal bins of [0, 1], of real documents and of those that the score has to tell from them."""
    spoilt = np.concatenate([columns[each][name] for each in _own(name)])
    both = {REAL: columns[REAL][name], "corrupted": spoilt}
    return {kind: np.histogram(values[np.isfinite(values)], 20, (0, 1))[0].tolist() for kind, values in both.items()}
