"""What a proved page also yields: its text, tables, layout, questions and single places, each a view of its own.

A view is data in the claims of a page (`claims["view"]`): what is asked, and in `said` what is answered. `turns` writes
both down; `failures` finds the answer again in the elements of the page, which the page's own proof finds in the
pixels. So whoever makes pages calls `draw` for drafts, and from its checker `turns`, `failures` and `mutations`.
"""

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any, Literal

import numpy as np
from pydantic import Field

from curation.config import Config
from curation.document import Image, Part, Text, Turn
from synth.pages import model
from synth.pages.view import tables, texts
from synth.pages.view.lies import lies, shifted
from synth.pages.view.wording import ask, listed, placed
from synth.sample import Claims, Draft, Encoded, Evidence, Failure
from synth.weights import Weights

Kind = Literal["html", "text", "markdown", "layout", "table", "table_questions", "outline", "read", "find"]
View = dict[str, Any]
TASKS = {
    **{"html": "html", "text": "ocr", "markdown": "ocr", "layout": "layout", "table": "table"},
    **{"table_questions": "vqa", "outline": "vqa", "read": "ocr", "find": "grounding"},
}


class ViewSettings(Config):
    """`html` is the share of pages with their QwenVL HTML; `more` other views of each, drawn by `weights`."""

    html: float = Field(1.0, ge=0, le=1)
    more: int = Field(2, ge=0, le=8)
    weights: Weights[Kind] = Field(
        {
            **{"text": 1.0, "markdown": 1.0, "layout": 1.0, "table": 1.0, "table_questions": 1.0},
            **{"outline": 0.5, "read": 0.7, "find": 0.7},
        },
        min_length=1,
    )


def draw(rng: np.random.Generator, page: Claims, media: tuple[Encoded, ...], settings: ViewSettings) -> Iterator[Draft]:
    """Drafts of a page: `page` is its claims (as in `synth.pages.model`), `media[0]` its picture."""
    kinds = sorted(settings.weights)
    weights = np.array([settings.weights[kind] for kind in kinds])
    chosen = ["html"] if rng.random() < settings.html else []
    while len(chosen) < settings.more + 1 and (weights > 0).any():
        at = int(rng.choice(len(kinds), p=weights / weights.sum()))
        weights[at] = 0
        if kinds[at] not in chosen and _possible(page, kinds[at]):
            chosen.append(kinds[at])
    for kind in chosen:
        view = draw_view(rng, page, kind)
        if view is not None:
            yield Draft(TASKS[kind], page["language"], media, {**page, "view": view}, view=kind)


def draw_view(rng: np.random.Generator, page: Claims, kind: str) -> View | None:
    """A view of that kind; None where the page has nothing to ask about."""
    view = {"kind": kind, "wording": int(rng.integers(1 << 16)), **(_DRAWN[kind](rng, page) or {})}
    if kind != "html" and len(view) == 2 and kind not in _WHOLE:
        return None
    said = answer(page, view)
    return view if said is None else {**view, "said": said}


def turns(claims: Claims) -> tuple[Turn, ...]:
    """The dialogue of a page's view."""
    return dialogue(claims, claims["view"], 0)


def dialogue(page: Claims, view: View, image: int) -> tuple[Turn, ...]:
    """The dialogue of a view of one page, whose picture is media `image`."""
    shown: tuple[Part, ...] = (Image(image), Text("\n"))
    if view["kind"] in ("table_questions", "outline"):
        spoken: list[Turn] = []
        for number, (question, said) in enumerate(zip(view["asked"], view["said"], strict=True)):
            asked = ask(question["kind"], view["wording"] + number, question)
            spoken += [Turn("user", (*shown, *asked)), Turn("assistant", (Text(said),))]
            shown = ()
        return tuple(spoken)
    place = {"box": placed(image, view["box"], view.get("form", "json"))} if "box" in view else {}
    asked = ask(view["kind"], view["wording"], {**view, **place})
    return Turn("user", (*shown, *asked)), Turn("assistant", _written(page, view, image))


def _written(page: Claims, view: View, image: int) -> tuple[Part, ...]:
    match view["kind"]:
        case "html":
            return model.document(page["elements"], image)
        case "layout":
            return listed([(label, placed(image, box, view["form"])) for label, box in view["said"]], view["form"])
        case "find":
            return listed([("", placed(image, view["said"], view["form"]))], view["form"])
    return (Text(view["said"]),)


def failures(claims: Claims) -> Iterator[Failure]:
    """Where a view does not say what the elements of its page are."""
    view = claims["view"]
    truth = answer(claims, view)
    if truth != view.get("said"):
        yield Failure("view", f"{view['kind']}: {str(view.get('said'))[:80]!r} is said, {str(truth)[:80]!r} is there")


def once(
    claims: Claims, evidence: Evidence, audit: bool, look: Callable[[], Iterator[Failure]], page: int = 0
) -> list[Failure]:
    """What `look` finds of the page itself, looked for once: all views of a page rest on the same proof of it."""
    told = json.dumps({key: value for key, value in claims.items() if key != "view"}, sort_keys=True)
    return evidence.once(("page", page, audit, told), lambda: list(look()))


def mutations(claims: Claims, rng: np.random.Generator) -> Iterator[tuple[str, Claims]]:
    """Untrue versions of what a view says, page and picture left as they are."""
    for lie, said in lies(claims["view"].get("said"), rng):
        changed = copy.deepcopy(claims)
        changed["view"]["said"] = said
        yield f"{claims['view']['kind']}_{lie}", changed
    if "box" in claims["view"]:
        changed = copy.deepcopy(claims)
        changed["view"]["box"] = shifted(changed["view"]["box"], rng)
        yield f"{claims['view']['kind']}_other_box_asked", changed


def resaid(claims: Claims) -> Claims:
    """The claims with their view answered anew: after a lie about the page, only the picture contradicts them."""
    changed = copy.deepcopy(claims)
    try:
        said = answer(changed, changed["view"])
    except (LookupError, ValueError):
        return changed  # what is asked is not on this page: the lie is in the page alone
    if said is not None:
        changed["view"]["said"] = said
    return changed


def answer(page: Claims, view: View) -> Any:
    """What the elements of a page answer to a view; None for HTML, which is written from them as they are."""
    elements = page["elements"]
    match view["kind"]:
        case "text":
            return texts.plain(elements)
        case "markdown":
            return texts.markdown(elements)
        case "layout":
            return [[each["kind"], each["box"]] for each in elements if _is(each, view["what"])]
        case "table":
            return tables.written(_table(page, view["box"]), view["format"])
        case "table_questions":
            cells = tables.grid(_table(page, view["table"]))
            return [tables.answer(cells, question, page["language"]) for question in view["asked"]]
        case "outline":
            return [texts.outline(elements, question) for question in view["asked"]]
        case "read":
            (text,) = [leaf["text"] for leaf in _leaves(page) if leaf["box"] == view["box"]]
            return text
        case "find":
            (found,) = [leaf["box"] for leaf in _leaves(page) if leaf["text"] == view["text"]]
            return found
    return None


CLASSES: dict[str, tuple[str, ...]] = {
    "headings": tuple(f"h{number}" for number in range(1, 7)),
    "tables": ("table",),
    "figures": model.FIGURE_KINDS,
    "paragraphs": ("p",),
    "lists": model.LIST_KINDS,
    "elements": (*model.TEXT_KINDS, *model.LIST_KINDS, "table", *model.FIGURE_KINDS),
}


def _is(element: model.Element, what: str) -> bool:
    return element["kind"] in CLASSES[what]


def _table(page: Claims, box: list[int]) -> model.Element:
    (found,) = [each for each in page["elements"] if each["kind"] == "table" and each["box"] == box]
    return found


def _leaves(page: Claims) -> list[model.Leaf]:
    found = [leaf for element in page["elements"] for leaf in model.leaves(element)]
    return [leaf for leaf in found if leaf.get("text", "").strip()]


def _possible(page: Claims, kind: str) -> bool:
    kinds = {element["kind"] for element in page["elements"]}
    return "table" in kinds if kind.startswith("table") else bool(kinds)


def _draw_layout(rng: np.random.Generator, page: Claims) -> View | None:
    there = [what for what in CLASSES if sum(_is(each, what) for each in page["elements"])]
    what = _one(rng, there)
    return {"what": what, "form": _one(rng, ["json", "xml", "plain"])} if what else None


def _draw_table(rng: np.random.Generator, page: Claims) -> View | None:
    table = _one(rng, [each for each in page["elements"] if each["kind"] == "table"])
    return {"box": table["box"], "format": _one(rng, list(tables.FORMATS))} if table else None


def _draw_questions(rng: np.random.Generator, page: Claims) -> View | None:
    there = [each for each in page["elements"] if each["kind"] == "table"]
    for table in (there[number] for number in rng.permutation(len(there)).tolist()):
        if asked := tables.questions(rng, tables.grid(table), page["language"]):
            return {"table": table["box"], "asked": asked}
    return None


def _draw_outline(rng: np.random.Generator, page: Claims) -> View | None:
    asked = texts.outline_questions(rng, page["elements"])
    return {"asked": asked} if asked else None


def _draw_read(rng: np.random.Generator, page: Claims) -> View | None:
    boxes = [leaf["box"] for leaf in _leaves(page)]
    leaf = _one(rng, [leaf for leaf in _leaves(page) if boxes.count(leaf["box"]) == 1])
    return {"box": leaf["box"], "form": _one(rng, ["json", "xml", "plain"])} if leaf else None


def _draw_find(rng: np.random.Generator, page: Claims) -> View | None:
    texts = [leaf["text"] for leaf in _leaves(page)]
    alone = [text for text in texts if sum(text in other for other in texts) == 1 and len(text) <= 200]
    text = _one(rng, [text for text in alone if len(text) >= 2])
    return {"text": text, "form": _one(rng, ["json", "xml", "plain"])} if text else None


def _one(rng: np.random.Generator, found: list[Any]) -> Any:
    return found[int(rng.integers(len(found)))] if found else None


_WHOLE = ("html", "text", "markdown")  # views with nothing to choose
_DRAWN: dict[str, Callable[[np.random.Generator, Claims], View | None]] = {
    **dict.fromkeys(_WHOLE, lambda rng, page: None),
    **{"layout": _draw_layout, "table": _draw_table, "table_questions": _draw_questions},
    **{"outline": _draw_outline, "read": _draw_read, "find": _draw_find},
}
