"""Recognised tables: three layouts are read alike, the filter keeps the good, documents say what was recognised."""

import json
from dataclasses import replace

import numpy as np
import PIL.Image
import pytest
from table_recognition_metric import TEDS

from curation.document import Box, Media, Source
from curation.errors import UserError
from curation.scoring.vision_ops import mend_torchvision
from synth.tables.candidate import Cell, TableCandidate, from_json, to_json
from synth.tables.documents import documents, markdown, markup
from synth.tables.recogniser import RecogniserSettings, TableRecogniser
from synth.tables.rules import FilterSettings, broken, measure

MEDIA = Media("image", "png", 400, 200, "0" * 64, "table.png")


def grid(rows: int, columns: int, rng: np.random.Generator | None = None) -> TableCandidate:
    """A sound table of known content: 40 px columns, 20 px rows."""
    rng = rng or np.random.default_rng(0)
    cells = [
        Cell(row, column, box=(40.0 * column, 20.0 * row, 40.0 * column + 38, 20.0 * row + 18),
             text=f"{rng.integers(10, 9999)}", confidence=float(rng.uniform(0.9, 1)), header=row == 0)
        for row in range(rows) for column in range(columns)
    ]  # fmt: skip
    return TableCandidate("table.png", tuple(cells), 0.97)


def corrupted(truth: TableCandidate, rng: np.random.Generator) -> TableCandidate:
    """What a recogniser makes of a bad picture: cells lost, doubled, merged or misread, and it is less sure of them."""
    cells, share = [], rng.uniform(0.05, 0.5)
    for cell in truth.cells:
        if rng.random() > share:
            cells.append(cell)
            continue
        unsure = replace(cell, confidence=float(rng.beta(5, 3)))
        match rng.integers(4):
            case 0:
                cells.append(replace(unsure, text=""))
            case 1:
                x1, y1, x2, y2 = cell.box or (0.0, 0.0, 1.0, 1.0)
                cells.append(replace(unsure, text=unsure.text[::-1], box=(x1, y1, x2 + 25, y2)))
            case 2:
                cells += [unsure, replace(unsure, text="x" + unsure.text)]
    return replace(truth, cells=tuple(cells), confidence=float(rng.uniform(0.6, 1)))


def table(candidate: TableCandidate) -> str:
    return f"<html><body><table>{markup(candidate)}</table></body></html>"


@pytest.fixture
def line() -> str:
    cells = [{"row": cell.row, "column": cell.column, "box": cell.box, "text": cell.text} for cell in grid(2, 2).cells]
    return json.dumps({"image": "table.png", "confidence": 0.9, "cells": cells})


def test_the_three_layouts_are_read_as_the_same_table():
    plain = from_json(json.dumps({
        "image": "a.png",
        "cells": [
            {"row": 0, "column": 0, "columns": 2, "text": "Year", "header": True, "box": [0, 0, 80, 20]},
            {"row": 1, "column": 0, "text": "1999", "box": [0, 20, 40, 40]},
            {"row": 1, "column": 1, "text": "7", "box": [40, 20, 80, 40]},
        ],
    }))  # fmt: skip
    pubtabnet = from_json(json.dumps({
        "filename": "a.png",
        "html": {
            "structure": {"tokens": ["<thead>", "<tr>", "<td", ' colspan="2"', ">", "</td>", "</tr>", "</thead>",
                                     "<tbody>", "<tr>", "<td>", "</td>", "<td>", "</td>", "</tr>", "</tbody>"]},
            "cells": [{"tokens": ["<b>", *"Year", "</b>"], "bbox": [0, 0, 80, 20]},
                      {"tokens": [*"1999"], "bbox": [0, 20, 40, 40]}, {"tokens": ["7"], "bbox": [40, 20, 80, 40]}],
        },
    }))  # fmt: skip
    detected = from_json(json.dumps({
        "filename": "a.png",
        "objects": [
            {"label": "table row", "box": [0, 0, 80, 20]}, {"label": "table row", "box": [0, 20, 80, 40]},
            {"label": "table column", "box": [0, 0, 40, 40]}, {"label": "table column", "box": [40, 0, 80, 40]},
            {"label": "table spanning cell", "box": [0, 0, 80, 20]},
            {"label": "table column header", "box": [0, 0, 80, 20]},
        ],
        "words": [{"text": "Year", "bbox": [30, 4, 50, 16]}, {"text": "1999", "bbox": [4, 24, 30, 36]},
                  {"text": "7", "bbox": [50, 24, 56, 36]}],
    }))  # fmt: skip
    assert plain == pubtabnet == detected


def test_a_table_is_read_back_as_it_was_written():
    assert from_json(to_json(grid(3, 2))) == grid(3, 2)


NO_TABLES = (
    "{",
    "[]",
    '{"image": "a"}',
    '{"image": "a", "cells": [{"row": -1, "column": 0}]}',
    '{"filename": "a", "html": {"structure": {"tokens": ["<td>"]}, "cells": []}}',
)


@pytest.mark.parametrize("bad", NO_TABLES)
def test_a_line_of_no_known_layout_is_named(bad):
    with pytest.raises(UserError, match="no table of a known layout"):
        from_json(bad)


def test_each_rule_finds_its_fault():
    sound = grid(3, 3)
    assert broken(measure(sound), FilterSettings()) == []
    first, *rest = sound.cells
    wide = replace(first, box=(0.0, 0.0, 70.0, 18.0))
    faults = {
        "table_confidence": replace(sound, confidence=0.5),
        "mean_confidence": replace(sound, cells=tuple(replace(cell, confidence=0.7) for cell in sound.cells)),
        "least_confidence": replace(sound, cells=(replace(first, confidence=0.1), *rest)),
        "box_overlap": replace(sound, cells=(wide, *rest)),
        "slot_overlap": replace(sound, cells=(replace(first, columns=2), *rest)),
        "grid_density": replace(sound, cells=tuple(rest)),
        "text_density": replace(sound, cells=tuple(replace(cell, text="") for cell in sound.cells)),
        "cells": replace(sound, cells=(first,)),
    }
    assert set(faults) == set(measure(sound)) == set(FilterSettings.model_fields)
    for name, candidate in faults.items():
        assert name in [reason for reason, _ in broken(measure(candidate), FilterSettings())], name


def test_scores_do_not_depend_on_the_limits():
    scores = measure(grid(2, 5))
    assert broken(scores, FilterSettings(cells=11)) == [("cells", "10.000 is less than 11")]
    assert broken(scores, FilterSettings(cells=10)) == []


def test_the_filter_raises_teds_on_corrupted_tables():
    rng, metric = np.random.default_rng(3), TEDS()
    scored = []
    for _ in range(60):
        truth = grid(int(rng.integers(2, 6)), int(rng.integers(2, 5)), rng)
        seen = corrupted(truth, rng) if rng.random() < 0.7 else truth
        scored.append((metric(table(seen), table(truth)), not broken(measure(seen), FilterSettings())))
    every = np.mean([teds for teds, _ in scored])
    kept = np.mean([teds for teds, passed in scored if passed])
    assert 0.15 < np.mean([passed for _, passed in scored]) < 0.6
    assert kept > every + 0.05
    assert kept > 0.95


def test_documents_hold_the_table_and_say_that_nothing_proves_them():
    html, pipe = documents(grid(2, 2), MEDIA, {"cells": 4.0}, Source())
    assert html.turns[1].text.startswith('<html><body>\n<table data-bbox="')
    assert Box(0, 0, 0, 78, 38, "html") in html.turns[1].parts
    assert pipe.turns[1].text == markdown(grid(2, 2))
    assert set(html.proof) == {"unproved"}


def test_a_table_with_spans_is_no_markdown():
    spanning = replace(grid(2, 2), cells=(Cell(0, 0, 1, 2, text="a<b"), *grid(2, 2).cells[2:]))
    (only,) = documents(spanning, MEDIA, {}, Source())
    assert only.task == "html"
    assert '<td colspan="2">a&lt;b</td>' in only.turns[1].text


def test_markdown_escapes_its_bars():
    assert markdown(TableCandidate("", (Cell(0, 0, text="a|b\nc"), Cell(1, 0, text="d")))) == (
        "| a\\|b c |\n| --- |\n| d |"
    )


@pytest.mark.slow
def test_the_recogniser_reads_any_checkpoint(tmp_path):
    mend_torchvision()
    from transformers import (
        DetrImageProcessor,
        ResNetConfig,
        TableTransformerConfig,
        TableTransformerForObjectDetection,
    )

    labels = ["table", "table column", "table row", "table column header", "table spanning cell"]
    backbone = ResNetConfig(
        embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], layer_type="basic", out_features=["stage2"]
    )
    config = TableTransformerConfig(
        use_timm_backbone=False, use_pretrained_backbone=False, backbone=None, backbone_config=backbone,
        d_model=16, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2, decoder_attention_heads=2,
        encoder_ffn_dim=16, decoder_ffn_dim=16, num_queries=12, id2label=dict(enumerate(labels)),
    )  # fmt: skip
    TableTransformerForObjectDetection(config).save_pretrained(tmp_path)
    DetrImageProcessor(size={"shortest_edge": 64, "longest_edge": 96}).save_pretrained(tmp_path)
    recogniser = TableRecogniser(RecogniserSettings(checkpoint=str(tmp_path), score=0.0))
    candidate = recogniser.recognise("blank.png", PIL.Image.new("RGB", (120, 80), "white"))
    assert candidate.image == "blank.png"
    assert all(cell.text == "" for cell in candidate.cells)
    assert set(measure(candidate)) == set(FilterSettings.model_fields)


def test_a_folder_without_a_checkpoint_is_named(tmp_path):
    with pytest.raises(UserError, match=r"recogniser: .* cannot be loaded"):
        TableRecogniser(RecogniserSettings(checkpoint=str(tmp_path)))
