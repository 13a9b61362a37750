"""A file manager: folders and files that are renamed, moved, starred, locked and deleted, in a grid or a list."""

from typing import Any

import numpy as np

from synth.gui.apps.place import Place, go
from synth.gui.apps.task import Do, Step, Task, Trap
from synth.gui.words import content
from synth.gui.words.tables import goal, label

LABELS = (
    *("search", "rename", "delete", "move", "star", "unstar", "properties", "cancel", "ok", "new_folder", "new_name"),
    *(
        "grid_view",
        "list_view",
        "name",
        "size",
        "modified",
        "read_only",
        "hidden",
        "move_to",
        "confirm_delete",
        "folder",
    ),
    *(
        "nothing_here",
        "no_results",
        "required_field",
        "my_files",
        "documents",
        "more",
        "deleted",
        "moved",
        "undo",
        "close",
    ),
    *("type", "open"),
)
ICONS = {"png": "image", "jpg": "image", "mp3": "music", "xlsx": "table", "csv": "table", "zip": "box", "pdf": "book"}


def draw(rng: np.random.Generator, place: Place) -> dict[str, Any]:
    """Three folders and 9 to 12 files, most of them at the top."""
    language = place.language
    taken = {label(language, key) for key in ("my_files", "favorites", "trash")}
    folders = content.several(rng, [name for name in content.some(language, "folder") if name not in taken], 3)
    names = {f"d{at + 1}": name for at, name in enumerate(folders)}
    sizes = rng.choice(np.arange(11, 990), 12, replace=False)
    nodes: dict[str, dict[str, Any]] = {one: {"folder": True, "icon": "folder"} for one in names}
    parent = dict.fromkeys(names, "root")
    for at, name in enumerate(content.file_names(rng, language, int(rng.integers(9, 13)))):
        one = f"n{at + 1}"
        names[one] = name
        nodes[one] = {
            "icon": ICONS.get(name.rsplit(".", 1)[1], "file"),
            "size": int(sizes[at]),
            "date": content.date(language, content.day(rng)),
        }
        parent[one] = "root" if at < 5 else content.pick(rng, ("root", "d1", "d2", "d3", "d1"))
    return {
        "name": label(language, "files"),
        "icon": "folder",
        "content": {
            "t": {key: label(language, key) for key in LABELS},
            "nav": [
                {"id": "root", "label": label(language, "my_files"), "icon": "folder"},
                {"id": "stars", "label": label(language, "favorites"), "icon": "star"},
                {"id": "trash", "label": label(language, "trash"), "icon": "trash"},
            ],
            "nodes": nodes,
            "order": content.several(rng, list(nodes), len(nodes)),
            "split": place.size[0] >= 860 and not place.narrow,
            "tiny": place.tiny,
        },
        "start": {
            "view": {"page": "root", "at": "root", "open": {"root": True}},
            "names": names,
            "parent": parent,
            "star": {one: bool(rng.random() < 0.2) for one in nodes},
            "locked": {one: bool(rng.random() < 0.2) for one in nodes},
            "hidden": dict.fromkeys(nodes, False),
            "made": [],
            "look": content.pick(rng, ("grid", "list")),
        },
    }


def tasks(rng: np.random.Generator, app: dict[str, Any], place: Place) -> list[Task]:
    """Tasks of every kind in this file manager."""
    return [task for make in (_by_menu, _moved, _made, _largest) for task in make(rng, app, place)]


def _menu(node: str, place: Place, entry: str) -> tuple[Step, Step]:
    """The steps to an entry of the menu of a node."""
    how: Do = "long_press" if place.platform == "mobile" else "right_click"
    return Step(how, f"node.{node}"), Step("click", f"ctx.{node}.{entry}")


def _opened(folder: str, place: Place) -> Step:
    return Step("double_click" if place.platform == "desktop" else "click", f"node.{folder}")


def _in(app: dict[str, Any], folder: str) -> list[str]:
    return [one for one in app["content"]["order"] if one[0] == "n" and app["start"]["parent"][one] == folder]


def _astray(app: dict[str, Any]) -> Trap:
    return Trap(0, go(app, "stars"), go(app, "root"), "wrong_place")


def _by_menu(rng: np.random.Generator, app: dict[str, Any], place: Place) -> list[Task]:
    one, two, three, four, other = content.several(rng, _in(app, "root"), 5)
    start, language, names = app["start"], place.language, app["start"]["names"]
    ends = names[one].rsplit(".", 1)[1]
    name = f"{content.pick(rng, content.some(language, 'file'))}-{content.number(rng, 100, 999)}.{ends}"
    wrong = _menu(other, place, "rename")
    typed, fine = Step("type", "rename.name", name), Step("click", "rename.ok")
    undone = Trap(2, (Step("click", "rename.cancel"),), _menu(one, place, "rename"), "cancelled")
    found = [
        Task(
            goal(rng, language, "files", "rename", file=names[one], name=name),
            "files.rename",
            {f"names.{one}": name},
            (*_menu(one, place, "rename"), typed, fine),
            (undone, Trap(0, wrong, (Step("click", "rename.cancel"),), "wrong_item"), _astray(app)),
        ),
        Task(
            goal(rng, language, "files", "delete", file=names[two]),
            "files.delete",
            {f"parent.{two}": "trash"},
            (*_menu(two, place, "delete"), Step("click", "ask.yes")),
            (
                Trap(2, (Step("click", "ask.cancel"),), _menu(two, place, "delete"), "cancelled"),
                Trap(0, _menu(other, place, "delete"), (Step("click", "ask.cancel"),), "wrong_item"),
            ),
        ),
    ]
    if not start["star"][three]:
        found.append(
            Task(
                goal(rng, language, "files", "star", file=names[three], favorites=label(language, "favorites")),
                "files.star",
                {f"star.{three}": True},
                _menu(three, place, "star"),
                (Trap(0, _menu(other, place, "star"), _menu(other, place, "star"), "wrong_item"), _astray(app)),
            )
        )
    flag, not_flag = ("hidden", "locked") if start["locked"][four] or rng.random() < 0.4 else ("locked", "hidden")
    slip = Step("click", f"properties.{not_flag}")
    found.append(
        Task(
            goal(rng, language, "files", "locked", file=names[four],
                 flag=label(language, "read_only" if flag == "locked" else "hidden")),
            "files.properties",
            {f"{flag}.{four}": True},
            (*_menu(four, place, "properties"), Step("click", f"properties.{flag}"), Step("click", "properties.close")),
            (
                Trap(2, (slip,), (slip,), "wrong_item"),
                Trap(0, _menu(other, place, "properties"), (Step("click", "properties.close"),), "wrong_item"),
            ),
        )
    )  # fmt: skip
    return found


def _moved(rng: np.random.Generator, app: dict[str, Any], place: Place) -> list[Task]:
    one, two, other = content.several(rng, _in(app, "root"), 3)
    to, not_to = content.several(rng, ["d1", "d2", "d3"], 2)
    names, language = app["start"]["names"], place.language
    chosen = (*_menu(two, place, "move"), Step("click", f"move.to.{to}"), Step("click", "move.ok"))
    undo = Step("click", "toast.undo")
    found = [
        Task(
            goal(rng, language, "files", "move", file=names[two], folder=names[to]),
            "files.move",
            {f"parent.{two}": to},
            chosen,
            (
                Trap(2, (Step("click", "move.cancel"),), _menu(two, place, "move"), "cancelled"),
                Trap(2, (Step("click", f"move.to.{not_to}"),), (), "wrong_value"),
                Trap(0, (*_menu(other, place, "move"), *chosen[2:]), (undo,), "wrong_item"),
            ),
        )
    ]
    if place.platform != "mobile" and min(place.size) >= 560:
        drag = Step("drag", f"node.{one}", to=f"node.{to}")
        found.append(
            Task(
                goal(rng, language, "files", "move", file=names[one], folder=names[to]),
                "files.drag",
                {f"parent.{one}": to},
                (drag,),
                (Trap(0, (Step("drag", f"node.{one}", to=f"node.{not_to}"),), (undo,), "wrong_value"), _astray(app)),
            )
        )
    inside = [one for folder in ("d1", "d2", "d3") for one in _in(app, folder)]
    if inside:
        one = content.pick(rng, inside)
        from_ = app["start"]["parent"][one]
        not_from = next(folder for folder in ("d1", "d2", "d3") if folder != from_)
        said = {"file": names[one], "from_": names[from_], "folder": label(language, "my_files")}
        home = Step("click", "path.root")
        found.append(
            Task(
                goal(rng, language, "files", "out", **said),
                "files.out",
                {f"parent.{one}": "root"},
                (
                    _opened(from_, place),
                    *_menu(one, place, "move"),
                    Step("click", "move.to.root"),
                    Step("click", "move.ok"),
                ),
                (Trap(0, (_opened(not_from, place),), (home,), "wrong_place"),),
            )
        )
    return found


def _made(rng: np.random.Generator, app: dict[str, Any], place: Place) -> list[Task]:
    language, names, start = place.language, app["start"]["names"], app["start"]
    inside = content.pick(rng, ("root", "d1", "d2"))
    where = label(language, "my_files") if inside == "root" else names[inside]
    name = f"{content.pick(rng, content.some(language, 'folder'))} {content.number(rng)}"
    way = () if inside == "root" else (_opened(inside, place),)
    new = Step("click", "new")
    look = "list" if start["look"] == "grid" else "grid"
    return [
        Task(
            goal(rng, language, "files", "folder", name=name, where=where),
            "files.folder",
            {"made.0.name": name, "made.0.parent": inside},
            (*way, new, Step("type", "new.name", name), Step("click", "new.ok")),
            (
                Trap(len(way) + 1, (Step("click", "new.cancel"),), (new,), "cancelled"),
                Trap(len(way) + 1, (Step("click", "new.ok"),), (), "wrong_value"),
                *((Trap(0, (_opened("d3", place),), (Step("click", "path.root"),), "wrong_place"),)),
            ),
        ),
        Task(
            goal(rng, language, "files", "look", look=label(language, f"{look}_view")),
            "files.look",
            {"look": look},
            (Step("click", f"look.{look}"),),
            (_astray(app),),
        ),
    ]


def _largest(rng: np.random.Generator, app: dict[str, Any], place: Place) -> list[Task]:
    files, nodes = _in(app, "root"), app["content"]["nodes"]
    one = max(files, key=lambda each: nodes[each]["size"])
    other = content.pick(rng, [each for each in files if each != one])
    look = (Step("click", "look.list"),) if app["start"]["look"] == "grid" else ()
    return [
        Task(
            goal(rng, place.language, "files", "largest", where=label(place.language, "my_files")),
            "files.largest",
            {f"parent.{one}": "trash"},
            (*look, *_menu(one, place, "delete"), Step("click", "ask.yes")),
            (
                Trap(len(look), _menu(other, place, "delete"), (Step("click", "ask.cancel"),), "wrong_item"),
                _astray(app),
            ),
            ("look",),
        )
    ]
