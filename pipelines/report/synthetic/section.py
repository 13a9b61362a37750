"""The section of synthetic samples: recipes, what proofs are worth, what samples are like, and galleries."""

from collections.abc import Sequence
from typing import Any

from pipelines.report import plots
from pipelines.report.curated import Section
from pipelines.report.data import Split
from pipelines.report.samples import in_turn, shorten
from pipelines.report.synthetic import distributions
from pipelines.report.synthetic.facts import facts
from pipelines.report.synthetic.gallery import gallery
from pipelines.report.synthetic.likeness import likeness

REJECTS_SHOWN = 6  # of a recipe
EVIDENCE = 400  # characters


def synthetic_section(splits: Sequence[Split], mutations: dict[str, Any] | None) -> Section:
    """What `vlforge synth` left, and `vlforge verify --mutate` where it was run."""
    proved, made = sum(split.documents.kept for split in splits), sum(split.documents.came for split in splits)
    there = [split for split in splits if len(split.shards)]
    compared, alike = likeness(there)
    rows = [row for rows in mutations["generators"].values() for row in rows] if mutations else []
    return {
        "id": "synthetic",
        "title": "Synthetic samples",
        "tiles": [
            (plots.number(proved), "samples proved", f"of {made:,} generated, by {len(splits)} recipes"),
            *_lies_tile(rows),
        ],
        "splits": splits,
        "mutations": mutations,
        "charts": distributions.charts([facts(split) for split in there]),
        "compared": compared,
        "alike": alike,
        "galleries": [(split, gallery(split), _rejects(split)) for split in splits],
    }


def _lies_tile(rows: Sequence[dict[str, Any]]) -> list[tuple[str, str, str]]:
    tried, found = (sum(row[name] for row in rows) for name in ("tried", "found"))
    return [(f"{found / tried:.1%}", "lies found", f"of {tried:,} told on purpose")] if tried else []


def _rejects(split: Split) -> list[dict[str, str]]:
    """Some for each reason, with the evidence."""
    chosen = in_turn(split.rejects, lambda row: (row["stage"], row["reason"]), REJECTS_SHOWN)
    return [
        {
            "uri": row["uri"].partition("?")[2].replace("&", " · "),
            "reason": f"{row['stage']}: {row['reason']}",
            "detail": shorten(row["detail"] or "", EVIDENCE),
        }
        for row in chosen
    ]
