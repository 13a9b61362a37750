"""A map: named places that are found, saved and rated, routes between them, layers, and a zoom."""

from typing import Any

import numpy as np

from synth.gui.apps.place import Place, go
from synth.gui.apps.task import Step, Task, Trap
from synth.gui.words import content
from synth.gui.words.tables import goal, label

LABELS = (
    *("search", "directions", "zoom_in", "zoom_out", "layers", "type", "save_place", "your_rating", "note", "save"),
    *("route_from", "route_to", "start_route", "end_route", "by_car", "on_foot", "by_bike", "cancel", "close", "maps"),
    *("traffic", "transit", "cycling", "map_standard", "map_satellite", "map_terrain", "no_results", "nothing_here"),
    *("saved", "required_field"),
)
LAYERS = ("traffic", "transit", "cycling")
BASES = ("map_standard", "map_satellite", "map_terrain")
MODES = ("by_car", "on_foot", "by_bike")
WORLD = (1200, 900)  # px at zoom 3
ZOOMS = (1, 6)


def draw(rng: np.random.Generator, place: Place) -> dict[str, Any]:
    """A town of 8 to 11 places, the first of them in the middle of the view."""
    language = place.language
    names = content.places(rng, language, int(rng.integers(8, 12)))
    cells = [(column, row) for column in range(4) for row in range(3)]
    places: dict[str, dict[str, Any]] = {}
    for at, (name, cell) in enumerate(zip(names, content.several(rng, cells, len(names)), strict=True)):
        column, row = cell
        places[f"p{at + 1}"] = {
            "name": name,
            "address": content.street(rng, language),
            "phone": content.phone(rng),
            "x": 300 * column + content.number(rng, 90, 210),
            "y": 300 * row + content.number(rng, 60, 240),
            "hue": int(rng.integers(360)),
        }
    saved = content.several(rng, list(places)[1:], 2)
    return {
        "name": label(language, "maps"),
        "icon": "map",
        "content": {
            "t": {key: label(language, key) for key in LABELS},
            "nav": [
                {"id": "map", "label": label(language, "maps"), "icon": "map"},
                {"id": "saved", "label": label(language, "saved_places"), "icon": "star"},
            ],
            "places": places,
            "land": _land(rng),
            "world": list(WORLD),
            "modes": [{"id": one, "label": label(language, one)} for one in MODES],
            "tiny": place.tiny,
            "short": place.size[1] < 480,
        },
        "start": {
            "view": {"page": "map", "open": "", "center": [places["p1"]["x"], places["p1"]["y"]]},
            "zoom": content.number(rng, 2, 4),
            "base": content.pick(rng, BASES),
            "layers": {one: bool(rng.random() < 0.35) for one in LAYERS},
            "saved": {one: one in saved for one in places},
            "rating": dict.fromkeys(places, 0),
            "notes": dict.fromkeys(places, ""),
            "route": None,
        },
    }


def _land(rng: np.random.Generator) -> dict[str, Any]:
    """Lines and areas of the ground, in px of the world."""

    def wavy(across: bool, at: float, swing: float) -> list[list[int]]:
        far, points = WORLD[0] if across else WORLD[1], []
        for along in range(-750, far + 800, 150):
            side = int(at + rng.normal(0, swing))
            points.append([along, side] if across else [side, along])
        return points

    def areas(count: int, least: int, most: int) -> list[list[int]]:
        places = [(rng.uniform(-600, 1700), rng.uniform(-600, 1400)) for _ in range(count)]
        return [[int(x), int(y), *(int(side) for side in rng.uniform(least, most, 2))] for x, y in places]

    blocks, parks = areas(160, 18, 58), areas(9, 80, 200)
    return {
        "roads": [wavy(True, 300 * row - 10, 12) for row in range(1, 3)]
        + [wavy(False, 300 * at, 12) for at in range(1, 4)],
        "lanes": [wavy(True, float(rng.uniform(-300, 1200)), 20) for _ in range(7)]
        + [wavy(False, float(rng.uniform(-200, 1400)), 20) for _ in range(7)],
        "river": wavy(bool(rng.random() < 0.5), float(rng.uniform(250, 650)), 45),
        "blocks": blocks,
        "parks": parks,
    }


def tasks(rng: np.random.Generator, app: dict[str, Any], place: Place) -> list[Task]:
    """Tasks of every kind on this map."""
    return [task for make in (_here, _found, _routed, _looked) for task in make(rng, app, place)]


def _astray(app: dict[str, Any]) -> Trap:
    return Trap(0, go(app, "saved"), go(app, "map"), "wrong_place")


def _search(app: dict[str, Any], one: str) -> tuple[Step, ...]:
    return Step("type", "search", app["content"]["places"][one]["name"]), Step("click", f"result.{one}")


def _here(rng: np.random.Generator, app: dict[str, Any], place: Place) -> list[Task]:
    """At the place in the middle of the view: its mark is clicked, or it is searched for."""
    language, name = place.language, app["content"]["places"]["p1"]["name"]
    roomy = min(place.size) >= 420 and place.size[0] >= 480
    way = (Step("click", "place.p1"),) if roomy else _search(app, "p1")
    rate, slip = (int(value) for value in rng.choice(np.arange(1, 6), 2, replace=False))
    said = {"place": name, "saved": label(language, "saved_places"), "count": rate}
    other = content.pick(rng, list(app["content"]["places"])[1:])
    lost = Trap(0, _search(app, other), (Step("click", "place.close"),), "wrong_item")
    return [
        Task(
            goal(rng, language, "map", "save", **said),
            "map.save",
            {"saved.p1": True},
            (*way, Step("click", "place.save")),
            (_astray(app), *(() if roomy else (lost,))),
        ),
        Task(
            goal(rng, language, "map", "rate", **said),
            "map.rate",
            {"rating.p1": rate},
            (*way, Step("click", f"rate.{rate}")),
            (Trap(len(way), (Step("click", f"rate.{slip}"),), (), "wrong_value"), _astray(app)),
        ),
    ]


def _found(rng: np.random.Generator, app: dict[str, Any], place: Place) -> list[Task]:
    """Places that are out of view, and those in the list of saved ones."""
    places, saved, language = app["content"]["places"], app["start"]["saved"], place.language
    one, other = content.several(rng, [each for each in places if each != "p1" and not saved[each]], 2)
    kept, not_kept = content.several(rng, [each for each in places if saved[each]], 2)
    note, names = content.code(rng), {each: places[each]["name"] for each in places}
    label_ = label(language, "saved_places")
    away = Trap(0, _search(app, other), (Step("click", "place.close"),), "wrong_item")
    lost = Trap(len(go(app, "saved")), (Step("click", f"kept.{not_kept}"),), go(app, "saved"), "wrong_item")
    return [
        Task(
            goal(rng, language, "map", "save", place=names[one], saved=label_),
            "map.search",
            {f"saved.{one}": True},
            (*_search(app, one), Step("click", "place.save")),
            (away, _astray(app)),
        ),
        Task(
            goal(rng, language, "map", "note", place=names[other], note=note),
            "map.note",
            {f"notes.{other}": note},
            (*_search(app, other), Step("type", "note", note), Step("click", "note.save")),
            (Trap(2, (Step("type", "note", note[::-1]), Step("click", "note.save")), (), "wrong_value"),),
        ),
        Task(
            goal(rng, language, "map", "unsave", place=names[kept], saved=label_),
            "map.unsave",
            {f"saved.{kept}": False},
            (*go(app, "saved"), Step("click", f"kept.{kept}"), Step("click", "place.save")),
            (lost,),
        ),
    ]


def _routed(rng: np.random.Generator, app: dict[str, Any], place: Place) -> list[Task]:
    start, end, other = content.several(rng, list(app["content"]["places"]), 3)
    mode = content.pick(rng, app["content"]["modes"])
    names = {one: each["name"] for one, each in app["content"]["places"].items()}

    def choice(field: str, one: str) -> tuple[Step, ...]:
        return Step("click", f"route.{field}"), Step("click", f"route.{field}.{one}")

    open_, begin = Step("click", "directions"), Step("click", "route.start")
    mode_ = () if mode["id"] == "by_car" else (Step("click", f"route.mode.{mode['id']}"),)
    return [
        Task(
            goal(rng, place.language, "map", "route", start=names[start], end=names[end], mode=mode["label"]),
            "map.route",
            {"route.from": start, "route.to": end, "route.mode": mode["id"]},
            (open_, *choice("from", start), *choice("to", end), *mode_, begin),
            (
                Trap(1, (Step("click", "route.cancel"),), (open_,), "cancelled"),
                Trap(1, choice("from", other), (), "wrong_value"),
                Trap(3, (begin,), (), "wrong_value"),
            ),
            ("route",),
        )
    ]


def _looked(rng: np.random.Generator, app: dict[str, Any], place: Place) -> list[Task]:
    start, language, found = app["start"], place.language, []
    for key, by in (("zoom_in", 1), ("zoom_out", -1)):
        most = (ZOOMS[1] - start["zoom"]) if by > 0 else start["zoom"] - ZOOMS[0]
        count, turn = min(most, content.number(rng, 1, 3)), Step("click", key)
        if count < 2:
            continue
        back = Step("click", "zoom_out" if by > 0 else "zoom_in")
        found.append(
            Task(
                goal(rng, language, "map", key, count=count),
                f"map.{key}",
                {"zoom": start["zoom"] + by * count},
                (turn,) * count,
                (Trap(1, (back,), (turn,), "wrong_value"), _astray(app)),
            )
        )
    layer, not_layer = content.several(rng, list(LAYERS), 2)
    is_ = start["layers"][layer]
    base, not_base = content.several(rng, [one for one in BASES if one != start["base"]], 2)
    menu, type_, slip = Step("click", "layers"), Step("click", "base"), Step("click", f"layers.menu.{not_layer}")
    return [
        *found,
        Task(
            goal(rng, language, "map", "layer_off" if is_ else "layer_on", layer=label(language, layer)),
            "map.layer",
            {f"layers.{layer}": not is_},
            (menu, Step("click", f"layers.menu.{layer}")),
            (Trap(0, (menu, slip), (menu, slip), "wrong_item"),),
        ),
        Task(
            goal(rng, language, "map", "base", base=label(language, base)),
            "map.base",
            {"base": base},
            (type_, Step("click", f"base.menu.{base}")),
            (Trap(0, (type_, Step("click", f"base.menu.{not_base}")), (), "wrong_value"),),
        ),
    ]
