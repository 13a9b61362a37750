"""Tasks on an application: what is wanted in the end, and the steps by which an expert gets there."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

Spec = dict[str, Any]  # plain JSON: all that decides an application (`synth.gui.apps.app`)

Do = Literal[
    "click",
    "double_click",
    "right_click",
    "long_press",  # mobile: hold for half a second, or what the right mouse button sends
    "type",  # `text` into the text field `on`, in place of what it holds
    "press",  # the key `text`, as playwright names it: "Enter", "Escape", "Control+a"
    "drag",  # from `on` to the middle of `to`
    "slide",  # the thumb of the slider `on` to the value `text`: the page's `app.place(on, text)` says where that is
    "scroll_to",  # until `on` is in view: where looking is the point
    "back",
    "home",
    "open",  # mobile, on the home screen: the application named `text`
    "wait",
]


@dataclass(frozen=True)
class Step:
    """One semantic step. `on` and `to` are `data-e` keys.

    The element may have to be scrolled into view first: whoever drives does so (the page's `app.where(key)` says how
    far), by the wheel or by a swipe, and may count that as steps of its own.
    """

    do: Do
    on: str = ""
    text: str = ""
    to: str = ""


@dataclass(frozen=True)
class Trap:
    """Before step number `at` (0-based) one may do `wrong`; `mend` then leads back to where step `at` can be done."""

    at: int
    wrong: tuple[Step, ...]
    mend: tuple[Step, ...]
    why: Literal["wrong_place", "wrong_item", "wrong_value", "cancelled", "distracted"] = "wrong_place"


@dataclass(frozen=True)
class Task:
    """`goal` is said in the language of the spec; `kind` names the sort of task: `settings.switch`.

    `wanted` has paths into `app.state()` (`settings.values.wifi`, list indices as numbers) with the values that must
    stand there in the end; None: nothing or null stands there. Nothing else may have changed, but for what is below
    a key `view` or `shell` (where one is, what is open, scrolled and focused) and below the paths in `free`.
    """

    goal: str
    kind: str
    wanted: dict[str, Any]
    steps: tuple[Step, ...]
    traps: tuple[Trap, ...] = ()
    free: tuple[str, ...] = field(default=())


def faults(task: Task, start: dict[str, Any], state: dict[str, Any]) -> list[str]:
    """What is not as the task wants it, between the `app.state()` of the start and of the end; empty: it is reached."""
    found = [
        f"{path} is {_at(state, path)!r}, not {value!r}"
        for path, value in sorted(task.wanted.items())
        if _at(state, path) != value
    ]
    before, after = dict(_leaves(start)), dict(_leaves(state))
    allowed = (*task.wanted, *task.free)
    for path in sorted(before.keys() | after.keys()):
        if before.get(path) != after.get(path) and not _seen(path) and not any(_below(path, one) for one in allowed):
            found.append(f"{path} was {before.get(path)!r} and is {after.get(path)!r}")
    return found


def after(steps: Sequence[Step], task: Task) -> Task:
    """A task that begins with other steps."""
    traps = tuple(replace(trap, at=trap.at + len(steps)) for trap in task.traps)
    return replace(task, steps=(*steps, *task.steps), traps=traps)


def within(task: Task, app: str) -> Task:
    """A task of a kind, which knows nothing of where it runs, as one of the application `app` of a spec."""
    return replace(
        task,
        wanted={f"{app}.{path}": value for path, value in task.wanted.items()},
        free=tuple(f"{app}.{path}" for path in task.free),
        steps=_moved(task.steps, app),
        traps=tuple(replace(trap, wrong=_moved(trap.wrong, app), mend=_moved(trap.mend, app)) for trap in task.traps),
    )


def _moved(steps: Sequence[Step], app: str) -> tuple[Step, ...]:
    def key(name: str) -> str:
        return name if not name or name.startswith("shell.") else f"{app}.{name}"

    return tuple(replace(step, on=key(step.on), to=key(step.to)) for step in steps)


def _at(state: Any, path: str) -> Any:
    for name in path.split("."):
        if isinstance(state, list):
            state = state[int(name)] if name.isdigit() and int(name) < len(state) else None
        else:
            state = state.get(name) if isinstance(state, dict) else None
    return state


def _leaves(state: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    items: list[tuple[Any, Any]] = []
    if isinstance(state, dict):
        items = list(state.items())
    elif isinstance(state, list):
        items = list(enumerate(state))
    if not items:
        yield path, state
    for name, value in items:
        yield from _leaves(value, f"{path}.{name}" if path else str(name))


def _seen(path: str) -> bool:
    return not {"view", "shell"}.isdisjoint(path.split("."))


def _below(path: str, other: str) -> bool:
    return path == other or path.startswith(other + ".") or other.startswith(path + ".")
