"""Which recognised tables are kept: the report's three rules, confidence, overlap and cell density, and their scores.

Scores are measured once; deciding is apart from them and can be done again with other limits (report, section 2.2.1).
"""

import numpy as np
from pydantic import Field

from curation.config import Config
from synth.tables.candidate import Cell, TableCandidate


class FilterSettings(Config):
    """Limits of `measure`'s scores; a table beyond any of them is dropped, with the limit as its reason."""

    table_confidence: float = Field(0.8, ge=0, le=1, description="least confidence of the table as a whole")
    mean_confidence: float = Field(0.8, ge=0, le=1, description="least mean confidence of the cells")
    least_confidence: float = Field(0.5, ge=0, le=1, description="least confidence of any cell")
    box_overlap: float = Field(0.2, ge=0, le=1, description="most of a cell's area that another one covers")
    slot_overlap: float = Field(0.0, ge=0, le=1, description="most of the grid's places that two cells claim")
    grid_density: float = Field(0.9, ge=0, le=1, description="least share of the grid's places that cells cover")
    text_density: float = Field(0.4, ge=0, le=1, description="least share of the cells that hold text")
    cells: int = Field(4, ge=1, description="least number of cells")


def measure(candidate: TableCandidate) -> dict[str, float]:
    """Scores of a table, each named as the setting that limits it."""
    cells = candidate.cells
    confidences = [cell.confidence for cell in cells] or [0.0]
    slots = [slot for cell in cells for slot in cell.slots()]
    places = max(candidate.rows * candidate.columns, 1)
    return {
        "table_confidence": candidate.confidence,
        "mean_confidence": float(np.mean(confidences)),
        "least_confidence": min(confidences),
        "box_overlap": _overlap(cells),
        "slot_overlap": (len(slots) - len(set(slots))) / places,
        "grid_density": len(set(slots)) / places,
        "text_density": float(np.mean([bool(cell.text.strip()) for cell in cells])) if cells else 0.0,
        "cells": float(len(cells)),
    }


def broken(scores: dict[str, float], limits: FilterSettings) -> list[tuple[str, str]]:
    """(reason, detail) of every limit that the scores break; none for a table that is kept."""
    found = []
    for name, value in scores.items():
        limit = float(getattr(limits, name))
        too_much = name in ("box_overlap", "slot_overlap")
        if value > limit if too_much else value < limit:
            found.append((name, f"{value:.3f} is {'more' if too_much else 'less'} than {limit:g}"))
    return found


def _overlap(cells: tuple[Cell, ...]) -> float:
    """The greatest share of a cell's box that one other box covers."""
    boxes = np.array([cell.box for cell in cells if cell.box], float).reshape(-1, 4)
    if len(boxes) < 2:
        return 0.0
    low = np.maximum(boxes[:, None, :2], boxes[None, :, :2])  # (n, n, 2)
    high = np.minimum(boxes[:, None, 2:], boxes[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=2)
    np.fill_diagonal(shared, 0)
    areas = np.clip(boxes[:, 2:] - boxes[:, :2], 1e-6, None).prod(axis=1)
    return float(np.minimum(shared / areas[:, None], 1).max())
