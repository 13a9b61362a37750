"""How well a student follows its judge on documents that it did not learn from, beside what is there without it."""

import io
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from curation.document import Document
from curation.scoring.agreement import agreement
from curation.scoring.rubric import HIGHEST, LOWEST, RUBRIC
from curation.scoring.student import SIGNALS, Student
from curation.scoring.student_fit import Design, fit, measure_inputs
from curation.text.language import words

_FEWEST = 10  # held-out documents to say anything of


@dataclass(frozen=True, slots=True)
class Opinion:
    """What became of asking about a document; `scores` are the judge's, by dimension."""

    document: Document
    outcome: str
    scores: Mapping[str, float]
    reason: str
    held_out: bool


Predicted = Mapping[str, Mapping[str, float]]  # by the document's key and the dimension


def predict(student: Student, opinions: Sequence[Opinion]) -> tuple[Predicted, float]:
    """What the student says of the held-out documents, and how many it scores in a second of this process's CPU."""
    start = time.process_time()
    held = [opinion.document for opinion in opinions if opinion.held_out]
    predicted = {document.key: student.predict(document, words(document.text)) for document in held}
    return predicted, round(len(held) / max(time.process_time() - start, 1e-9), 1)


def compare(student: Student, opinions: Sequence[Opinion], predicted: Predicted, threshold: float) -> dict[str, Any]:
    """By dimension: what the student reads, and on held-out documents its agreement with the judge beside that of

    - `signals alone`: the same regression without words and embeddings,
    - `own score`: the dimension's score of our signals, as it is (of the documents that have one),
    - `constant`: the judge's mean in training.
    """
    found = {}
    for dimension in RUBRIC:
        answered = [opinion for opinion in opinions if dimension.name in opinion.scores]
        learnt = [opinion for opinion in answered if not opinion.held_out]
        held = [opinion for opinion in answered if opinion.held_out]
        facts: dict[str, Any] = {"learnt_from": len(learnt), "grades": _grades(answered, dimension.name)}
        found[dimension.name] = facts
        if dimension.name not in student.models:
            facts["not_learnt"] = "too few answers, or all the same"
            continue
        card = student.card["dimensions"][dimension.name]
        facts |= {"inputs": card["blocks"], "left_one_out_spearman": card["left_one_out_spearman"]}
        if len(held) >= _FEWEST:
            own = [predicted[opinion.document.key][dimension.name] for opinion in held]
            opponents = {"student": (own, held), **_baselines(dimension.name, learnt, held)}
            facts["held_out"] = {
                name: agreement(np.array(values), _judged(rows, dimension.name), threshold)
                for name, (values, rows) in opponents.items()
                if len(rows) >= _FEWEST
            }
    return found


def _baselines(
    name: str, learnt: Sequence[Opinion], held: Sequence[Opinion]
) -> dict[str, tuple[Sequence[float], Sequence[Opinion]]]:
    true = _judged(learnt, name)
    scored = [opinion for opinion in held if name in opinion.document.scores]
    return {
        "signals alone": (_signals_alone(learnt, held, true), held),
        "own score": ([opinion.document.scores[name] for opinion in scored], scored),
        "constant": ([float(true.mean())] * len(held), held),
    }


def _signals_alone(learnt: Sequence[Opinion], held: Sequence[Opinion], true: np.ndarray) -> list[float]:
    documents = [opinion.document for opinion in learnt]
    inputs, _ = measure_inputs(documents)
    fitted = fit(Design(inputs, documents, None), np.arange(len(documents)), true, [(SIGNALS,)])
    return [fitted.model({SIGNALS: inputs.signals(opinion.document)}) for opinion in held]


def _judged(opinions: Sequence[Opinion], name: str) -> np.ndarray:
    return np.array([opinion.scores[name] for opinion in opinions])


def _grades(opinions: Sequence[Opinion], name: str) -> dict[str, int]:
    """How often the judge gave each grade."""
    grades = np.rint(_judged(opinions, name) * (HIGHEST - LOWEST) + LOWEST).astype(int)
    return {str(grade): int((grades == grade).sum()) for grade in range(LOWEST, HIGHEST + 1)}


def summary(report: Mapping[str, Any]) -> Iterator[str]:
    """A line a dimension."""
    for name, facts in report["dimensions"].items():
        reads = " + ".join(facts.get("inputs", ()))
        held = facts.get("held_out")
        if not held:
            yield f"{name}: {facts.get('not_learnt', 'too few held-out documents to measure it')}"
            continue
        student = held["student"]
        low, high = student["spearman_95"]
        others = ", ".join(f"{other} {held[other]['spearman']:.3f}" for other in held if other != "student")
        error, auc, count = student["mae"], student["auc"], student["documents"]
        yield (
            f"{name}: Spearman {student['spearman']:.3f} ({low:.3f} to {high:.3f}; {others}), AUC {auc:.3f}, "
            f"mean error {error:.3f}, on {count:,} held-out documents; reads {reads}"
        )
    yield f"the student scores {report['documents_a_cpu_second']:,.0f} documents a CPU-second"


def plot(dimensions: Mapping[str, Any], opinions: Sequence[Opinion], predicted: Predicted) -> bytes:
    """A PNG: of each dimension, the student's scores of held-out documents by the judge's grade."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context({"font.size": 8.5, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(10, 3), layout="constrained")
        for axes, (name, facts) in zip(
            figure.subplots(1, len(dimensions), sharey=True), dimensions.items(), strict=True
        ):
            axes.set(xlabel="judge's grade", ylim=(-0.02, 1.02), xlim=(LOWEST - 0.6, HIGHEST + 0.6))
            if held := facts.get("held_out"):
                rows = [opinion for opinion in opinions if opinion.held_out and name in opinion.scores]
                said = np.array([predicted[row.document.key][name] for row in rows])
                _boxes(axes, np.rint(_judged(rows, name) * (HIGHEST - LOWEST) + LOWEST), said)
                axes.set_title(f"{name}\nSpearman {held['student']['spearman']:.2f}, AUC {held['student']['auc']:.2f}")
            else:
                axes.set_title(f"{name}\nnot learnt or not measured")
            axes.set_xticks(range(LOWEST, HIGHEST + 1), [str(grade) for grade in range(LOWEST, HIGHEST + 1)])
        figure.axes[0].set_ylabel("student's score")
        file = io.BytesIO()
        figure.savefig(file, format="png", dpi=130, metadata={"Software": None})
    return file.getvalue()


def _boxes(axes: Any, grades: np.ndarray, said: np.ndarray) -> None:
    """A dot for each document, and a box for each grade."""
    scatter = np.random.default_rng(0).uniform(-0.18, 0.18, len(grades))
    axes.plot(grades + scatter, said, ".", color="#2563eb", alpha=0.35, markersize=4, markeredgewidth=0)
    found = np.unique(grades)
    axes.boxplot([said[grades == grade] for grade in found], positions=found, widths=0.5, showfliers=False)
