"""What a calibration found: as text, as a picture, as settings of a selection, and as a section of the report page."""

import base64
import io
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from curation.scoring.calibration import CALM

_OWN_GOAL = 0.95

Report = Mapping[str, Any]


def summary(report: Report) -> str:
    """The matrix, then thresholds, a line each."""
    return "\n".join((*_matrix_lines(report), "", *_threshold_lines(report)))


def _matrix_lines(report: Report) -> Iterator[str]:
    names = list(report["thresholds"])
    if mixed := report["documents"].get("mixed"):
        yield f"{mixed} documents were left out: too much of their text is in another language than the rest"
    yield f"{report['documents']['scored']} documents: AUC of real against corrupted, with 95% intervals"
    yield f"  ([own]: to be seen, goal {_OWN_GOAL}; (...): may be seen; !: not calm, outside {CALM[0]}-{CALM[1]})"
    width = max(len(name) for name in names) + 5
    yield f"{'':26}" + "".join(f"{name:>{max(width, 22)}}" for name in names)
    for row in report["matrix"]:
        cells = "".join(f"{_cell_text(row['scores'][name]):>{max(width, 22)}}" for name in names)
        documents = max(each["documents"] for each in row["scores"].values())
        yield f"{row['corruption']:26}{cells}  {documents} documents"


def _cell_text(cell: Report) -> str:
    if cell["auc"] is None:
        return f"- ({cell['judged']}, {cell['judged_corrupted']})"
    text = f"{cell['auc']:.3f} {cell['low']:.2f}-{cell['high']:.2f}"
    if cell["role"] == "own":
        return f"[{text}]"
    return f"({text})" if cell["role"] == "may react" else f"{'' if cell['calm'] else '!'}{text} "


def _threshold_lines(report: Report) -> Iterator[str]:
    yield f"thresholds where {report['bad_share']:.0%} of the documents are corrupted:"
    for name, found in report["thresholds"].items():
        abstained = report["abstained"][name]
        for each in found:
            if each["minimum"] is None:
                why = f"is not reached by any, or too few are judged ({abstained} are not)"
                yield f"  {name}: precision {each['wanted']:g} {why}"
            else:
                reached = f"precision {each['precision']:.3f} (wanted {each['wanted']:g})"
                yield (
                    f"  {name} >= {each['minimum']:.4g}: {reached}, "
                    f"keeps {each['recall']:.1%} of the real ones that it judges ({abstained} not judged)"
                )


def failing(report: Report) -> list[str]:
    """Cells of the diagonal below the goal, and cells that are not calm."""
    found = []
    for row in report["matrix"]:
        for name, cell in row["scores"].items():
            if cell["auc"] is None:
                continue
            if cell["role"] == "own" and cell["auc"] < _OWN_GOAL:
                found.append(f"{name} sees {row['corruption']} at {cell['auc']:.3f} only")
            if cell["calm"] is False:
                found.append(f"{name} is not calm under {row['corruption']}: {cell['auc']:.3f}")
    return found


def select_yaml(report: Report) -> str:
    """Thresholds for `select`, to start from."""
    lines = [
        f"# Precision {report['suggested']:g} where {report['bad_share']:.0%} of documents are corrupted.",
        "select:",
        "  scores:",
    ]
    for name, found in report["thresholds"].items():
        chosen = next(each for each in found if each["wanted"] == report["suggested"])
        if "." in name:
            continue
        if chosen["minimum"] is None:
            lines.append(f"    # {name}: no threshold reaches it, or too few documents are judged")
        else:
            lines += [
                f"    {name}:",
                f"      minimum: {chosen['minimum']:.4g}  # keeps {chosen['recall']:.1%} of real ones",
            ]
    return "\n".join(lines) + "\n"


def plot(report: Report) -> bytes:
    """The matrix as a heat map, and of each score its histogram with the suggested threshold: a PNG."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context({"font.size": 8, "font.family": "sans-serif"}):
        names = list(report["thresholds"])
        figure = Figure(figsize=(5 + 1.6 * len(names), 2.8 + 0.3 * len(report["matrix"])), layout="constrained")
        panels: Any = figure.subfigures(1, 2, width_ratios=(3 + len(names), 4))
        left, right = panels
        _heat_map(left.add_subplot(), report, names)
        for axes, name in zip(np.ravel(right.subplots(len(names), 1, squeeze=False)), names, strict=True):
            _histogram(axes, report, name)
        file = io.BytesIO()
        figure.savefig(file, format="png", dpi=130, metadata={"Software": None})
    return file.getvalue()


def _heat_map(axes: Any, report: Report, names: list[str]) -> None:
    rows = report["matrix"]
    values = np.array([[_or_nan(row["scores"][name]["auc"]) for name in names] for row in rows])  # (rows, scores)
    axes.imshow(values, cmap="RdBu", vmin=0, vmax=1, aspect="auto")
    axes.set_xticks(range(len(names)), names, rotation=20, ha="right")
    axes.set_yticks(range(len(rows)), [row["corruption"] for row in rows])
    axes.set_title("AUC of real against corrupted documents (framed: its own)")
    for y, row in enumerate(rows):
        for x, name in enumerate(names):
            cell = row["scores"][name]
            text = "-" if cell["auc"] is None else f"{cell['auc']:.2f}" + ("!" if cell["calm"] is False else "")
            strong = cell["auc"] is not None and abs(cell["auc"] - 0.5) > 0.35
            axes.text(x, y, text, ha="center", va="center", color="white" if strong else "black")
            if cell["role"] == "own":
                axes.add_patch(_frame(x, y))


def _frame(x: int, y: int) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle((x - 0.48, y - 0.46), 0.96, 0.92, fill=False, edgecolor="black", linewidth=1.6)


def _histogram(axes: Any, report: Report, name: str) -> None:
    for kind, colour in (("real", "#2563eb"), ("corrupted", "#f59e0b")):
        counts = np.array(report["histograms"][name][kind], float)
        edges = np.linspace(0, 1, len(counts) + 1)
        axes.stairs(counts / max(counts.sum(), 1), edges, fill=True, alpha=0.55, color=colour, label=kind)
    chosen = next(each for each in report["thresholds"][name] if each["wanted"] == report["suggested"])
    if chosen["minimum"] is not None:
        axes.axvline(chosen["minimum"], color="#dc2626", linestyle="--", linewidth=1)
    axes.set_title(name, loc="left", fontsize=8, fontweight="bold")
    axes.set_yticks([])
    axes.legend(frameon=False, fontsize=6, loc="upper center")


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else value


def section(report: Report) -> dict[str, Any]:
    """For the report page: tiles (number, what it is, a note), the plot as a data URI, the matrix and the thresholds.

    `rows` are (corruption, what it does, dimension, [cell of each of `scores`]).
    """
    own = [cell["auc"] for row in report["matrix"] for cell in row["scores"].values() if cell["role"] == "own"]
    measured = [value for value in own if value is not None]
    faults = failing(report)
    return {
        "id": "calibration",
        "title": "Calibration against planted truth",
        "tiles": [
            (f"{report['documents']['scored']:,}", "documents", "each corrupted in every way"),
            (
                f"{sum(value >= _OWN_GOAL for value in measured)}/{len(measured)}",
                "on the diagonal",
                f"AUC {_OWN_GOAL} or more",
            ),
            (
                f"{sum('calm' in fault for fault in faults)}",
                "not calm",
                f"AUC outside {CALM[0]}-{CALM[1]} under others",
            ),
        ],
        "scores": list(report["thresholds"]),
        "rows": [
            (row["corruption"], row["says"], row["dimension"], list(row["scores"].values())) for row in report["matrix"]
        ],
        "thresholds": report["thresholds"],
        "failing": faults,
        "plot": f"data:image/png;base64,{base64.b64encode(plot(report)).decode()}",
    }
