"""What a diagram shows: nodes with names and boxes, edges with or without arrows and labels. Plain JSON."""

import numpy as np

from synth.charts.specs import style
from synth.charts.specs.content import Spec, code, country
from synth.charts.specs.layout import font_of
from synth.sample import Failure, Unproven

KINDS = ("graph", "tree", "flow", "organisation")


def spec(rng: np.random.Generator, language: str, size: tuple[int, int], nodes: tuple[int, int]) -> Spec:
    """All that decides a picture: nodes with boxes and names, edges with or without arrows and labels."""
    kind = KINDS[rng.integers(len(KINDS))]
    ground = style.ground(rng)
    face = style.typeface(rng, language)
    font = {**style.letters(rng, face, size), "label": int(rng.integers(15, 23))}
    many = int(rng.integers(nodes[0], nodes[1] + 1))
    named: dict[str, None] = {}
    while len(named) < many:
        named[country(rng, language) if rng.random() < 0.6 else code(rng)] = None
    edges = _edges(rng, kind, many)
    places = _places(rng, kind, many, edges)
    texts = list(named)
    widths = [font_of(face.path, font["label"]).getlength(text) + 18 for text in texts]
    high = 2.1 * font["label"]
    spots = [
        (
            (widths[n] / 2 + 8) + x * (size[0] - widths[n] - 16),
            (high / 2 + 8) + y * (size[1] - high - 16),
        )
        for n, (x, y) in enumerate(places)
    ]
    boxes = [
        [float(round(x - w / 2)), float(round(y - high / 2)), float(round(x + w / 2)), float(round(y + high / 2))]
        for (x, y), w in zip(spots, widths, strict=True)
    ]
    fills = style.colours(rng, 2, list(ground.values()))
    made: Spec = {
        **{"kind": kind, "language": language, "size": list(size), "ground": ground, "font": font},
        **{"round": bool(rng.random() < 0.5), "directed": kind != "graph" or bool(rng.random() < 0.5)},
        **{"width": float(rng.choice([1.5, 2.0, 2.5])), "names": texts, "boxes": boxes, "edges": edges},
        "fills": [fills[int(rng.integers(2))] for _ in texts],
    }
    _roomy(made)
    made["labels"], made["label_boxes"] = _labels(rng, made, face.path)
    return made


def _labels(rng: np.random.Generator, made: Spec, path: str) -> tuple[list[str], list[list[float] | None]]:
    """Numbers or codes in the middle of edges, and their boxes; none where they find no room."""
    none: tuple[list[str], list[list[float] | None]] = [""] * len(made["edges"]), [None] * len(made["edges"])
    if rng.random() < 0.5:
        return none
    size = made["font"]["tick"]
    labels = [str(int(rng.integers(2, 100))) if rng.random() < 0.8 else code(rng)[:2] for _ in made["edges"]]
    boxes: list[list[float] | None] = []
    for (a, b), label in zip(made["edges"], labels, strict=True):
        start, end = (np.array(made["boxes"][n]).reshape(2, 2).mean(0) for n in (a, b))
        half = np.array([font_of(path, size).getlength(label) / 2 + 4, 0.75 * size])
        middle = (start + end) / 2
        boxes.append([float(round(v)) for v in (*(middle - half), *(middle + half))])
    rest = [*made["boxes"], *boxes]
    for number, (box, (a, b)) in enumerate(zip(boxes, made["edges"], strict=True)):
        others = [other for other in rest if other is not box]
        short = box and _visible(made["boxes"][a], made["boxes"][b]) < 2.2 * max(box[2] - box[0], 3.0 * size)
        crossing = [edge for edge in made["edges"] if edge != [a, b] and _through(made["boxes"], edge, box)]
        if short or crossing or any(_overlap(box, other, 16) for other in others):
            labels[number], boxes[number] = "", None
    return (labels, boxes) if any(labels) else none


def _visible(one: list[float], other: list[float]) -> float:
    """Length in px of what two nodes' boxes leave to see of the line between their middles."""
    boxes = np.array([one, other])
    way = np.subtract(*boxes.reshape(2, 2, 2).mean(1))
    halves = (boxes[:, 2:] - boxes[:, :2]) / 2
    hidden = (halves / np.maximum(np.abs(way), 1e-9)).min(1).sum()
    return float(np.linalg.norm(way) * (1 - hidden))


def _overlap(one: list[float] | None, other: list[float] | None, gap: float) -> bool:
    """Whether two boxes lie nearer than `gap` px in both directions."""
    if one is None or other is None:
        return False
    across, along = (min(one[n + 2], other[n + 2]) - max(one[n], other[n]) for n in (0, 1))
    return across > -gap and along > -gap


def _through(boxes: list[list[float]], edge: list[int], box: list[float] | None) -> bool:
    """Whether an edge runs through a box or close by."""
    if box is None:
        return False
    start, end = (np.array(boxes[n]).reshape(2, 2).mean(0) for n in edge)
    places = start + np.linspace(0, 1, 80)[:, None] * (end - start)
    return bool(((places > np.array(box[:2]) - 8) & (places < np.array(box[2:]) + 8)).all(1).any())


def _edges(rng: np.random.Generator, kind: str, many: int) -> list[list[int]]:
    """Pairs (from, to); a tree's children follow their parents."""
    if kind == "flow":
        chain = [[n, n + 1] for n in range(many - 1)]
        return chain + [[n, n + 2] for n in range(many - 2) if rng.random() < 0.2]
    width = 3 if kind == "organisation" else 2
    pairs = [
        [(n - 1) // width if kind == "organisation" else int(rng.integers(max(0, n - 3), n)), n] for n in range(1, many)
    ]
    if kind == "graph":
        for _ in range(many // 2):
            a, b = (int(n) for n in sorted(rng.choice(many, 2, replace=False)))
            if [a, b] not in pairs:
                pairs.append([a, b])
    return pairs


def _places(rng: np.random.Generator, kind: str, many: int, edges: list[list[int]]) -> list[tuple[float, float]]:
    """Where nodes go, 0 to 1 in both directions."""
    import networkx

    if kind == "graph":
        graph = networkx.Graph([tuple(edge) for edge in edges])
        if rng.random() < 0.5:
            found = networkx.spring_layout(graph, seed=int(rng.integers(1 << 31)), iterations=60)
        else:
            found = networkx.kamada_kawai_layout(graph)
        points = np.array([found[n] for n in range(many)])
        low, high = points.min(0), points.max(0)
        return [tuple(point) for point in (points - low) / np.maximum(high - low, 1e-6)]
    if kind == "flow":
        sway = float(rng.choice([0.0, 0.2, 0.35]))
        return [(0.5 + sway * (1 if n % 2 else -1), n / (many - 1)) for n in range(many)]
    depth = [0] * many
    for parent, child in edges:
        depth[child] = depth[parent] + 1
    above = {child: parent for parent, child in edges}
    rows: list[list[int]] = [[0]]
    for level in range(1, max(depth) + 1):  # children in the order of their parents: no lines cross
        mine = [n for n in range(many) if depth[n] == level]
        rows.append(sorted(mine, key=lambda n: (rows[-1].index(above[n]), n)))
    return [
        ((rows[depth[n]].index(n) + 0.5) / len(rows[depth[n]]), depth[n] / max(len(rows) - 1, 1)) for n in range(many)
    ]


def _roomy(made: Spec) -> None:
    """Raises Unproven where nodes collide or an edge runs through a third node: nobody could read that."""
    boxes = made["boxes"]
    for n, one in enumerate(boxes):
        for other in boxes[:n]:
            if _overlap(one, other, 24):
                raise Unproven([Failure("layout", "two nodes collide")])
    for edge in made["edges"]:
        if any(_through(boxes, edge, box) for n, box in enumerate(boxes) if n not in edge):
            raise Unproven([Failure("layout", "an edge would run through a node")])
