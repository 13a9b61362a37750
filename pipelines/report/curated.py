"""The sections of a curation: what went where and why, scores and thresholds, duplicates, samples; and a student."""

from collections.abc import Iterator, Mapping
from typing import Any

from curation.safety.personal import KINDS
from pipelines.report import cards, compared, plots
from pipelines.report.curation import Curation, Group, Reason, Scores, is_main

Section = dict[str, Any]  # what the template shows; `id`, `title` and `tiles` (number, what it is, a note) in each
KINDS_SHOWN = {"document": "Documents rejected", "image": "Images cut", "text": "Texts cut", "file": "Files not read"}
DATASETS, GROUPS, SIGNALS = 6, 12, 48  # columns of sources, rows of languages and of domains, small histograms


def curation_sections(curation: Curation) -> Iterator[Section]:
    documents, images = curation.documents, curation.images
    yield {
        "id": "curation",
        "title": "Curation",
        "tiles": [
            (f"{documents.kept:,}", "documents kept", f"of {documents.came:,} read"),
            (f"{images.kept:,}", "images kept", f"of {images.came:,} found, {images.gone:,} cut"),
            *_words_tile(curation),
        ],
        "curation": curation,
        "groups": _groups(curation),
    }
    yield {
        "id": "rejects",
        "title": "Rejects",
        "tiles": [],
        "tables": [table for kind, title in KINDS_SHOWN.items() if (table := reasons_table(curation, kind, title))],
    }
    yield from _score_sections(curation)
    if pairs := compared.near_duplicates(curation):
        yield {"id": "duplicates", "title": "Near duplicates", "tiles": [], "pairs": pairs}
    if curation.fetched:
        yield {"id": "fetched", "title": "Images of the web", "tiles": [], "outcomes": curation.fetched}
    if safety := safety_section(curation):
        yield safety
    yield {
        "id": "documents",
        "title": "Sample documents",
        "tiles": [],
        "root": curation.root,
        "kept": cards.kept_cards(curation),
        "rejected": cards.rejected_cards(curation),
        "cut": cards.cut_images(curation),
    }


def _words_tile(curation: Curation) -> Iterator[tuple[str, str, str]]:
    if curation.table:
        groups = curation.table.groups("language")
        languages = sum(1 for group in groups if group.kept)
        words = sum(group.words for group in groups)
        yield f"{words:,}", "words kept", f"in {languages} language{'s' * (languages != 1)}"


def _groups(curation: Curation) -> list[tuple[str, list[Group]]]:
    """By source and by language, where there is more than one."""
    if curation.table is None:
        return []
    found = [(label, curation.table.groups(name)) for label, name in (("source", "dataset"), ("language", "language"))]
    return [(label, _largest(groups)) for label, groups in found if len(groups) > 1]


def _largest(groups: list[Group]) -> list[Group]:
    rest = groups[GROUPS:]
    if not rest:
        return groups
    columns = [sum(getattr(group, name) for group in rest) for name in ("scored", "kept", "words", "images")]
    return [*groups[:GROUPS], Group(f"{len(rest)} others", *columns)]


def reasons_table(curation: Curation, kind: str, title: str) -> dict[str, Any] | None:
    """Rows of stage, reason, total and each source; images that went with their document are a reason too."""
    rows = [each for each in curation.reasons if each.kind == kind]
    alone = sum(each.count for each in rows)
    if kind == "image" and curation.images.gone > alone:
        rows.append(Reason(kind, "", "their document was rejected", curation.images.gone - alone, {}))
    if not rows:
        return None
    sizes: dict[str, int] = {}
    for each in rows:
        for dataset, count in each.datasets.items():
            sizes[dataset] = sizes.get(dataset, 0) + count
    named = sorted((name for name in sizes if name), key=lambda name: (-sizes[name], name))[:DATASETS]
    return {"title": title, "rows": rows, "datasets": named if len(named) > 1 else []}


def _score_sections(curation: Curation) -> Iterator[Section]:
    if curation.table is None:
        return
    scores = curation.table.scores()
    signals = [each for each in scores if not is_main(each)][:SIGNALS]
    yield {
        "id": "scores",
        "title": "Scores",
        "tiles": [],
        "scores": [(each, plots.score_histogram(each)) for each in scores if is_main(each)],
        "signals": [(each, plots.score_histogram(each, 1.5)) for each in signals if _varies(each)],
    }
    if around := compared.around_thresholds(curation):
        yield {"id": "thresholds", "title": "Around the thresholds", "tiles": [], "around": around}


def _varies(scores: Scores) -> bool:
    """Whether a histogram would tell anything."""
    values = [part for part in (scores.kept, scores.rejected) if len(part)]
    return bool(values) and max(part.max() for part in values) > min(part.min() for part in values)


def safety_section(curation: Curation) -> Section | None:
    """What was masked, and what was dropped for its content or its rights."""
    reasons = [each for each in curation.reasons if each.stage == "safety" or each.reason in ("unsafe", "opt-out")]
    masked = []
    for kind in KINDS if curation.table else ():
        name = f"pii.{kind}"
        if curation.table and name in curation.table.names:
            counts = curation.table.score(name)
            found = counts[counts > 0]
            masked.append((kind, len(found), int(found.sum())))
    if not reasons and not masked:
        return None
    return {"id": "safety", "title": "Safety and rights", "tiles": [], "masked": masked, "dropped": reasons}


# --- the student ---


def student_section(student: Mapping[str, Any]) -> Section:
    dimensions = student["dimensions"]
    held = {name: facts["held_out"] for name, facts in dimensions.items() if facts.get("held_out")}
    return {
        "id": "student",
        "title": "Student",
        "tiles": [],
        "held": held,
        "others": {name: facts.get("not_learnt", "") for name, facts in dimensions.items() if name not in held},
        "rate": student.get("documents_a_cpu_second"),
        "cost": student.get("cost", {}),
    }
