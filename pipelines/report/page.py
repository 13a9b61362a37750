"""Report: one static page that shows what every job did: numbers, charts, samples. It needs nothing beside it.

Equal inputs give equal bytes. Texts of documents are shown as texts (Jinja escapes them), pictures are data URIs, and
there is no script in it.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import jinja2
from pydantic import Field, model_validator

from curation.config import Config
from curation.errors import ShardError
from curation.shard import ShardSet
from pipelines import calibrate_report
from pipelines.report import data, examples, plots
from pipelines.report.curated import Section, curation_sections, student_section
from pipelines.report.curation import read_curation
from pipelines.report.data import Packs, Split
from pipelines.report.synthetic.section import synthetic_section
from pipelines.report.training import Phase, mixture_table, read_phases, training_section

PAGE = "index.html"
INPUTS = ("curate", "calibration", "student", "synth", "packs", "phases", "evaluation")


class ReportConfig(Config):
    """`vlforge report`: what to show; what is not named is left out."""

    output: Path
    title: str = "vlforge report"
    curate: str | None = None
    calibration: Path | None = Field(None, description="the output of `vlforge calibrate`")
    student: Path | None = Field(None, description="the output of `vlforge distil`")
    synth: str | None = None
    mutations: Path | None = Field(None, description="what `vlforge verify --mutate N --json FILE` wrote")
    packs: Path | None = None
    phases: tuple[Path, ...] = Field((), description="outputs of phases, or of a chain of them")
    evaluation: Path | None = None

    @model_validator(mode="after")
    def _something(self) -> "ReportConfig":
        if not any(getattr(self, name) for name in INPUTS):
            raise ValueError(f"name at least one of {', '.join(INPUTS)}")
        return self


def report(config: ReportConfig) -> Path:
    """Writes `<output>/index.html` and returns its path. Raises UserError where an input is not there yet."""
    sections = list(_sections(config))
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(number=plots.number, percent=_percent, gain=_gain, cell=_cell)
    page = environment.get_template("page.html").render(title=config.title, sections=sections)
    config.output.mkdir(parents=True, exist_ok=True)
    partial = config.output / f"{PAGE}.partial"
    partial.write_text(page, encoding="utf-8")
    os.replace(partial, config.output / PAGE)
    return config.output / PAGE


def _sections(config: ReportConfig) -> Iterator[Section]:
    """In the order of the road; everything is read before anything is written."""
    splits = data.read_splits(config.synth) if config.synth else []
    packs = data.read_packs(config.packs) if config.packs else None
    phases = [phase for folder in config.phases for phase in read_phases(folder)]
    if config.curate:
        curation = read_curation(config.curate)
        with data.understood(config.curate, "curate"):
            sections = list(curation_sections(curation))
        yield from sections
    if config.calibration:
        yield from _opinion(config.calibration, "calibrate", data.read_calibration, calibrate_report.section)
    if config.student:
        yield from _opinion(config.student, "distil", data.read_student, student_section)
    if splits:
        mutations = data.read_mutations(config.mutations) if config.mutations else None
        with data.understood(config.synth or "", "synth"):
            section = synthetic_section(splits, mutations)
        yield section
    if packs or phases:
        yield packing_section(packs, phases)
    if phases:
        yield training_section(phases)
    if config.evaluation:
        evaluation = data.read_evaluation(config.evaluation)
        with data.understood(config.evaluation, "evaluate"):
            section = evaluation_section(evaluation, _shards(splits, packs))
        yield section


def _opinion(folder: Path, command: str, read: Callable[[Path], Any], show: Callable[[Any], Section]) -> list[Section]:
    with data.understood(folder, command):
        return [show(read(folder))]


def packing_section(packs: Packs | None, phases: list[Phase]) -> Section:
    return {
        "id": "packing",
        "title": "Mixture and packing",
        "tiles": [],
        "packs": packs,
        "lengths": plots.length_histogram(packs.sources, packs.sequence) if packs else None,
        "phases": phases,
        "mixture": mixture_table(phases),
        "colours": _source_colours(packs, phases),
    }


def _source_colours(packs: Packs | None, phases: list[Phase]) -> dict[str, str]:
    """As in the histogram of lengths."""
    names = dict.fromkeys([source.name for source in packs.sources] if packs else [])
    names |= dict.fromkeys(name for phase in phases for name in phase.got)
    return dict(zip(names, plots.colours(len(names)), strict=True))


def evaluation_section(evaluation: dict[str, Any], shards: Iterable[ShardSet]) -> Section:
    rows = evaluation["scores"]
    clear = sum(row["gain_interval"]["blank image"][0] > 0 for row in rows)
    means = {name: _mean(rows, name) for name in evaluation["losses"]}
    others = ", ".join(f"{name} {mean:.0%}" for name, mean in list(means.items())[1:])
    return {
        "id": "evaluation",
        "title": "Evaluation",
        "tiles": [
            (_percent(means["trained"]), "mean held-out score", f"{others}; {evaluation['questions']:,} questions"),
            (
                f"{clear} of {len(rows)}",
                "measures gained by seeing",
                "whose 95% interval over a blank image is above 0",
            ),
        ],
        "evaluation": evaluation,
        "kinds": sorted(evaluation["losses"]["trained"], key=lambda kind: (kind == "all", kind)),
        "charts": [
            ("mean score of each measure and variant", plots.score_bars(rows)),
            ("gain over each variant with its 95% interval", plots.gain_bars(rows)),
        ],
        "examples": examples.examples(evaluation, shards),
        "of": len(evaluation["examples"]),
        "right": sum(row["score"] == 1 for row in evaluation["examples"]),
    }


def _mean(rows: list[dict[str, Any]], variant: str) -> float:
    """Over all questions."""
    return sum(row["means"][variant] * row["questions"] for row in rows) / sum(row["questions"] for row in rows)


def _shards(splits: list[Split], packs: Packs | None) -> Iterator[ShardSet]:
    """Where the held-out pictures may be: they are found by their documents' keys."""
    yield from (split.shards for split in splits)
    for folder in packs.shards.values() if packs else ():
        try:
            yield ShardSet(folder)
        except ShardError:
            continue  # moved since; an example without its picture says so


# --- how the template writes numbers ---


def _percent(value: float) -> str:
    return f"{value:.1%}"


def _cell(value: Any) -> str:
    """Whatever a table of another job holds."""
    return f"{value:,.4g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)


def _gain(row: dict[str, Any], over: str) -> dict[str, Any]:
    low, high = row["gain_interval"][over]
    points = [f"{100 * value:+.1f}".replace("-", "−") for value in (plots.gain(row, over), low, high)]
    sign = "up" if low > 0 else "down" if high < 0 else "none"
    return {"mean": points[0], "low": points[1], "high": points[2], "sign": sign}
