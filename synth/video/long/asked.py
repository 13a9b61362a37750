"""Questions about long films that have one answer."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np

from synth.sample import Claims, Failure
from synth.video.long.views import KINDS, holds

CLEAR = 1.0  # seconds between a moment that is asked about and any change
LONGER = 1.15  # times that the longest part must be longer than any other

View = dict[str, Any]


def views(rng: np.random.Generator, claims: Claims, count: int) -> list[View]:
    """`count` different questions, or fewer where no more can be asked. A caption is always among them."""
    found: list[View] = []
    kinds = ["caption", *map(str, rng.permutation([kind for kind in KINDS if kind != "caption"]))]
    for kind in kinds:
        own = _made(rng, claims, kind)
        if own is not None and len(found) < count:
            form = str(rng.choice(["seconds", "hmsf"]))
            found.append({"kind": kind, "form": form, "wording": int(rng.integers(1 << 16)), **own})
    return found


def _made(rng: np.random.Generator, claims: Claims, kind: str) -> View | None:
    parts = claims["parts"]
    counts = Counter(name for part in parts for name in {thing["name"] for thing in part["things"]})
    match kind:
        case "when_title":
            return {"target": int(rng.integers(len(parts)))}
        case "when_line":
            found = [
                (n, m) for n, part in enumerate(parts) for m, item in enumerate(part["items"]) if m and item["read"]
            ]
            if not found:
                return None
            number, item = found[rng.integers(len(found))]
            return {"target": number, "item": item}
        case "when_thing":
            once = sorted(name for name, count in counts.items() if count == 1)
            return {"thing": str(rng.choice(once))} if once else None
        case "count_thing":
            return {"thing": str(rng.choice(sorted(counts)))} if counts else None
        case "at" | "title_at":
            at = _moment(rng, parts)
            return None if at is None else {"at": at}
        case "count_kind":
            return {"of": str(rng.choice(sorted({part["kind"] for part in parts})))}
        case "next":
            return {"target": int(rng.integers(len(parts) - 1))} if len(parts) > 1 else None
        case "order":
            chosen = rng.permutation(len(parts))[: int(rng.integers(3, 7))]
            return {"shuffled": [int(number) for number in chosen]} if len(parts) > 2 else None
        case "longest":
            lengths = sorted(part["end"] - part["start"] for part in parts)
            return {} if len(parts) > 1 and lengths[-1] > LONGER * lengths[-2] else None
    return {}


def _moment(rng: np.random.Generator, parts: list[dict[str, Any]]) -> float | None:
    """A whole second that is clear of all changes."""
    part = parts[rng.integers(len(parts))]
    changes = [part["start"], part["end"], *(item["read"][0] for item in part["items"] if item["read"])]
    free = [
        second
        for second in range(int(part["start"]) + 1, int(part["end"]))
        if all(abs(second - change) >= CLEAR for change in changes)
    ]
    return float(rng.choice(free)) if free else None


def faults(claims: Claims) -> Iterator[Failure]:
    """What is wrong with a question: what it speaks of is not one thing."""
    view, parts = claims["view"], claims["parts"]
    if view["kind"] not in KINDS:
        yield Failure("view", f"{view['kind']} is no kind of question")
    every = [item["text"].casefold() for part in parts for item in part["items"]]
    asked = [parts[number]["title"] for number in view.get("shuffled", ())]
    if "target" in view:
        asked.append(parts[view["target"]]["items"][view.get("item", 0)]["text"])
    for text in asked:
        if sum(text.casefold() in other for other in every) != 1:
            yield Failure("view", f"{text!r} is not said in exactly one line")
    if view["kind"] == "when_thing" and sum(holds(part, view["thing"]) for part in parts) != 1:
        yield Failure("view", f"{view['thing']!r} is not seen in exactly one part")
