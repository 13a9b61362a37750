"""Questions about a film's texts that have one answer."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from synth.sample import Claims, Failure
from synth.video.texts.views import KINDS, lines

CLEAR = 0.2  # seconds between a moment that is asked about and any at which the answer changes

View = dict[str, Any]


def views(rng: np.random.Generator, claims: Claims, count: int) -> list[View]:
    """`count` different questions, or fewer where no more can be asked."""
    found: list[View] = []
    for place in rng.permutation(len(KINDS)):
        kind = KINDS[place]
        own = _MAKERS[kind](rng, claims)
        if own is None or len(found) == count:
            continue
        found.append(
            {
                **{"kind": kind, "form": str(rng.choice(["seconds", "hmsf"])), "json": bool(rng.random() < 0.4)},
                **{"own": bool(rng.random() < 0.5), "wording": int(rng.integers(1 << 16)), **own},
            }
        )
    return found


def faults(claims: Claims) -> Iterator[Failure]:
    """What is wrong with a question: a line that is asked about is not the only one of its words."""
    view, items = claims["view"], claims["items"]
    if view["kind"] not in KINDS:
        yield Failure("view", f"{view['kind']!r} is no kind of question")
    for number in (*([view["target"]] if "target" in view else []), *view.get("shuffled", ())):
        text = items[number]["text"].casefold()
        same = [item["text"] for item in items if item["role"] == items[number]["role"] and _within(text, item)]
        if len(same) != 1:
            yield Failure("view", f"{text!r} is in {len(same)} lines")


def _within(text: str, item: dict[str, Any]) -> bool:
    other = item["text"].casefold()
    return text == other if item["role"] == "count" else text in other


def _anything(rng: np.random.Generator, claims: Claims) -> View | None:
    return {} if lines(claims) else None


def _target(rng: np.random.Generator, claims: Claims) -> View | None:
    return _number_of(rng, claims, lines(claims))


def _number_of(rng: np.random.Generator, claims: Claims, found: list[dict[str, Any]]) -> View | None:
    numbers = [number for number, item in enumerate(claims["items"]) if any(item is each for each in found)]
    return {"target": int(rng.choice(numbers))} if numbers else None


def _following(rng: np.random.Generator, claims: Claims) -> View | None:
    known = lines(claims)
    return _number_of(rng, claims, known[:-1]) if len({item["part"] for item in known}) == 1 else None


def _preceding(rng: np.random.Generator, claims: Claims) -> View | None:
    known = lines(claims)
    return _number_of(rng, claims, known[1:]) if len({item["part"] for item in known}) == 1 else None


def _order(rng: np.random.Generator, claims: Claims) -> View | None:
    starts: dict[float, int] = {}
    for number, item in enumerate(claims["items"]):
        if item["role"] == "line" and item["read"]:
            starts.setdefault(item["seen"][0], number)
    if len(starts) < 3:
        return None
    chosen = rng.permutation(sorted(starts.values()))[: int(rng.integers(3, 7))]
    return {"shuffled": [int(number) for number in chosen]}


def _moment(rng: np.random.Generator, last: float, changes: list[float]) -> float | None:
    """A tenth of a second that is clear of all changes."""
    free = [
        tenth / 10 for tenth in range(2, int(last * 10)) if all(abs(tenth / 10 - change) >= CLEAR for change in changes)
    ]
    return float(rng.choice(free)) if free else None


def _last(claims: Claims) -> float:
    return max(item["seen"][1] for item in claims["items"])


def _at(rng: np.random.Generator, claims: Claims) -> View | None:
    known = lines(claims)
    at = _moment(rng, _last(claims), [each for item in known for each in item["read"]]) if known else None
    return None if at is None else {"times": [at]}


def _between(rng: np.random.Generator, claims: Claims) -> View | None:
    starts = [item["seen"][0] for item in lines(claims)]
    one, two = (_moment(rng, _last(claims), starts) if starts else None for _ in range(2))
    if one is None or two is None or abs(two - one) < 1:
        return None
    return {"times": sorted((one, two))}


def _counter(rng: np.random.Generator, claims: Claims) -> View | None:
    found = [item for item in claims["items"] if item["role"] == "count" and item["read"]]
    if not found:
        return None
    changes = [each for item in found for each in item["read"]]
    at = _moment(rng, found[-1]["read"][1], changes)
    return {"times": [at]} if at is not None and at > found[0]["read"][0] else None


def _state(rng: np.random.Generator, claims: Claims) -> View | None:
    return _number_of(rng, claims, [item for item in claims["items"] if item["role"] == "count" and item["read"]])


_MAKERS: dict[str, Callable[[np.random.Generator, Claims], View | None]] = {
    **dict.fromkeys(("read", "spans", "count"), _anything),
    **dict.fromkeys(("when", "comes", "goes"), _target),
    **{"after": _following, "before": _preceding, "order": _order, "at": _at, "between": _between},
    **{"counter_at": _counter, "counter_when": _state},
}
