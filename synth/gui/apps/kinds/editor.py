"""A text editor: files in tabs, paragraphs that are written, styled, aligned and searched, menus with menus in them."""

from typing import Any

import numpy as np

from synth.gui.apps.place import Place
from synth.gui.apps.task import Step, Task, Trap
from synth.gui.words import content
from synth.gui.words.tables import goal, label

LABELS = (
    *("file", "edit", "view", "format", "save", "delete", "find_replace", "find_what", "replace_with", "replace_all"),
    *(
        "close",
        "bold",
        "underline",
        "align_left",
        "align_center",
        "align_right",
        "style",
        "style_text",
        "style_heading",
    ),
    *(
        "style_quote",
        "ruler",
        "status_bar",
        "line_numbers",
        "text_menu",
        "align_menu",
        "word_count",
        "saved",
        "unsaved",
    ),
    *("no_results", "more", "done", "undo", "deleted", "title"),
)
ALIGNS = ("left", "center", "right")
STYLES = ("text", "heading", "quote")
PANELS = {"ruler": "ruler", "status": "status_bar", "numbers": "line_numbers"}


def draw(rng: np.random.Generator, place: Place) -> dict[str, Any]:
    """Two or three documents of 5 to 9 paragraphs."""
    language = place.language
    names = [f"{name.rsplit('.', 1)[0]}.txt" for name in content.file_names(rng, language, int(rng.integers(2, 4)))]
    docs, codes = {}, {}
    for at in range(len(names)):
        code = content.code(rng)
        texts = [content.subject(rng, language), *content.body(rng, language, int(rng.integers(4, 9)))]
        for one in rng.choice(np.arange(1, len(texts)), 2, replace=False):
            texts[one] = f"{texts[one]} ({code})"
        docs[f"f{at + 1}"] = {f"b{number}": _block(rng, number, text, language) for number, text in enumerate(texts)}
        codes[f"f{at + 1}"] = code
    return {
        "name": label(language, "editor"),
        "icon": "edit",
        "content": {
            "t": {key: label(language, key) for key in LABELS},
            "files": [{"id": f"f{at + 1}", "label": name, "icon": "file"} for at, name in enumerate(names)],
            "codes": codes,
            "spaced": language not in ("zh", "ja"),
        },
        "start": {
            "view": {"file": "f1", "block": ""},
            "docs": docs,
            "saved": dict.fromkeys(docs, True),
            "show": {
                "ruler": bool(rng.random() < 0.4),
                "status": bool(rng.random() < 0.7),
                "numbers": bool(rng.random() < 0.4),
            },
        },
    }


def _block(rng: np.random.Generator, number: int, text: str, language: str) -> dict[str, Any]:
    side = "right" if language == "ar" else "left"
    return {
        "text": text,
        "bold": bool(number and rng.random() < 0.15),
        "underline": bool(number and rng.random() < 0.1),
        "align": side if rng.random() < 0.85 else "center",
        "style": "heading" if not number else "text",
    }


def tasks(rng: np.random.Generator, app: dict[str, Any], place: Place) -> list[Task]:
    """Tasks of every kind in this editor."""
    return [task for make in (_formatted, _written, _replaced, _elsewhere, _shown) for task in make(rng, app, place)]


def _menu(place: Place, menu: str, *entries: str) -> tuple[Step, ...]:
    """The steps to an entry of a menu: of the bar of menus on a desktop, of the one menu elsewhere."""
    first = f"menu.{menu}" if place.platform == "desktop" else "more"
    steps = [Step("click", first), Step("click", f"{first}.menu.{entries[0]}")]
    return (*steps, *(Step("click", f"sub.{entries[0]}.{entry}") for entry in entries[1:]))


def _beginning(app: dict[str, Any], file: str, block: str) -> str:
    """As few words as tell a paragraph from the others of its file."""
    texts = {one: each["text"] for one, each in app["start"]["docs"][file].items()}
    text, spaced = texts[block], app["content"]["spaced"]
    for size in range(3 if spaced else 6, len(text)):
        words = " ".join(text.split()[:size]) if spaced else text[:size]
        if sum(each.startswith(words) for each in texts.values()) == 1:
            return words
    return text


def _some(rng: np.random.Generator, app: dict[str, Any], file: str, key: str, count: int) -> list[str]:
    """Paragraphs that are not yet of a kind: neither bold, say, nor a heading."""
    docs = app["start"]["docs"][file]
    return content.several(rng, [one for one, each in docs.items() if one != "b0" and not each.get(key)], count)


def _chosen(app: dict[str, Any], block: str) -> Step:
    return Step("click", block)


def _formatted(rng: np.random.Generator, app: dict[str, Any], place: Place) -> list[Task]:
    language, docs, found = place.language, app["start"]["docs"]["f1"], []
    for key in ("bold", "underline"):
        some = _some(rng, app, "f1", key, 2)
        if len(some) < 2:
            continue
        one, other = some
        button = (Step("click", key),) if rng.random() < 0.5 else _menu(place, "format", "text", key)
        found.append(
            Task(
                goal(rng, language, "editor", key, words=_beginning(app, "f1", one)),
                f"editor.{key}",
                {f"docs.f1.{one}.{key}": True},
                (_chosen(app, one), *button),
                (Trap(0, (_chosen(app, other), Step("click", key)), (Step("click", key),), "wrong_item"),),
                ("saved",),
            )
        )
    one, two, three = _some(rng, app, "f1", "", 3)
    align, not_align = content.several(rng, [each for each in ALIGNS if each != docs[one]["align"]], 2)
    pressed = (Step("click", f"align.{align}"),) if rng.random() < 0.5 else _menu(place, "format", "align", align)
    style, not_style = content.several(rng, ["heading", "quote"], 2)
    chooser, slip = Step("click", "style"), Step("click", f"style.{not_style}")
    delete = _menu(place, "edit", "delete")
    return [
        *found,
        Task(
            goal(
                rng,
                language,
                "editor",
                "align",
                words=_beginning(app, "f1", one),
                align=label(language, f"align_{align}"),
            ),
            "editor.align",
            {f"docs.f1.{one}.align": align},
            (_chosen(app, one), *pressed),
            (Trap(1, (Step("click", f"align.{not_align}"),), (), "wrong_value"),),
            ("saved",),
        ),
        Task(
            goal(
                rng,
                language,
                "editor",
                "style",
                words=_beginning(app, "f1", two),
                style=label(language, f"style_{style}"),
            ),
            "editor.style",
            {f"docs.f1.{two}.style": style},
            (_chosen(app, two), chooser, Step("click", f"style.{style}")),
            (Trap(2, (slip,), (chooser,), "wrong_value"),),
            ("saved",),
        ),
        Task(
            goal(rng, language, "editor", "delete", words=_beginning(app, "f1", three)),
            "editor.delete",
            {f"docs.f1.{three}": None},
            (_chosen(app, three), *delete),
            (Trap(0, (_chosen(app, one), *delete), (Step("click", "toast.undo"),), "wrong_item"),),
            ("saved",),
        ),
    ]


def _written(rng: np.random.Generator, app: dict[str, Any], place: Place) -> list[Task]:
    title, other = content.subject(rng, place.language), content.subject(rng, place.language)
    docs = app["start"]["docs"]["f1"]
    wanted = {"docs.f1.b0.text": title}
    typed, save = Step("type", "b0", title), Step("click", "save")
    one = content.pick(rng, [each for each in docs if each != "b0"])
    slip = Trap(0, (Step("type", one, title),), (Step("type", one, docs[one]["text"]),), "wrong_item")
    return [
        Task(
            goal(rng, place.language, "editor", "write", text=title),
            "editor.write",
            wanted,
            (typed,),
            (slip,),
            ("saved",),
        ),
        Task(
            goal(rng, place.language, "editor", "save", text=other),
            "editor.save",
            {"docs.f1.b0.text": other, "saved.f1": True},
            (Step("type", "b0", other), save),
            (Trap(0, (Step("type", "b0", title), save), (), "wrong_value"),),
        ),
    ]


def _replaced(rng: np.random.Generator, app: dict[str, Any], place: Place) -> list[Task]:
    old, new = app["content"]["codes"]["f1"], content.code(rng)
    blocks = {one: each["text"] for one, each in app["start"]["docs"]["f1"].items() if old in each["text"]}
    wanted = {f"docs.f1.{one}.text": text.replace(old, new) for one, text in blocks.items()}
    find, replace = Step("type", "find.what", old), Step("type", "find.by", new)
    open_, all_ = _menu(place, "edit", "find"), Step("click", "find.all")
    return [
        Task(
            goal(rng, place.language, "editor", "replace", old=old, new=new),
            "editor.replace",
            wanted,
            (*open_, find, replace, all_, Step("click", "find.close")),
            (
                Trap(2, (Step("click", "find.close"),), open_, "cancelled"),
                Trap(2, (Step("type", "find.what", f"{old}{old[-1]}"), all_), (), "wrong_value"),
            ),
            ("saved",),
        )
    ]


def _elsewhere(rng: np.random.Generator, app: dict[str, Any], place: Place) -> list[Task]:
    file = content.pick(rng, app["content"]["files"][1:])
    some = _some(rng, app, file["id"], "bold", 1)
    if not some:
        return []
    words = _beginning(app, file["id"], some[0])
    slip = Trap(0, (Step("click", "b1"),), (), "distracted")
    return [
        Task(
            goal(rng, place.language, "editor", "other", file=file["label"], words=words),
            "editor.other",
            {f"docs.{file['id']}.{some[0]}.bold": True},
            (Step("click", f"file.{file['id']}"), _chosen(app, some[0]), Step("click", "bold")),
            (slip,),
            ("saved",),
        )
    ]


def _shown(rng: np.random.Generator, app: dict[str, Any], place: Place) -> list[Task]:
    one, other = content.several(rng, list(PANELS), 2)
    is_ = app["start"]["show"][one]
    steps, slip = _menu(place, "view", one), _menu(place, "view", other)
    said = goal(rng, place.language, "editor", "hide" if is_ else "show", what=label(place.language, PANELS[one]))
    return [Task(said, "editor.panel", {f"show.{one}": not is_}, steps, (Trap(0, slip, slip, "wrong_item"),))]
