"""The rows of an image, brought together: which annotations can be used, and what may be asked for in full.

A box is left out when it is a crowd (`crowd`), a picture of the thing or its inside (`depiction`, `inside`), has no
area (`degenerate`), lies outside the image (`outside`), is too small to be seen (`tiny`), has a label that names
nothing (`no such label`, `unnameable`), or is there twice (`duplicate`). All but the last leave an instance that no
answer would name, so their label is no longer asked for in full, nor counted, nor said to be absent.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from synth.convert.frame import Frame
from synth.convert.labelled import Box, Labelled, Pointed, Thing
from synth.convert.rows import Row, Tables
from synth.convert.settings import Rules

EDGE = 0.005  # of the side: how far outside the image a point is held to be a slip at its edge


def gather(rows: Iterable[Row], tables: Tables, frame: Frame, complete: bool, rules: Rules) -> Labelled:
    """What is known of one image; `rows` are all of its rows, in any order. `complete`: see `settings._Layout`."""
    return _Gathering(sorted(rows, key=repr), tables, frame, complete, rules).result()


class _Gathering:
    def __init__(self, rows: list[Row], tables: Tables, frame: Frame, complete: bool, rules: Rules):
        self.tables, self.frame, self.complete, self.rules = tables, frame, complete, rules
        self.names = names(tables.labels)
        self.rows = rows
        self.dropped: Counter[str] = Counter()
        self.boxed: dict[str, Thing] = {}  # by annotation
        self.things: dict[tuple[str, Box], Thing] = {}
        self.met: set[str] = set()  # labels that some annotation says are there
        self.partial: set[str] = set()
        self.unwanted: set[str] = set()  # certified absent

    def result(self) -> Labelled:
        for row in self._of("image"):
            self.partial.update(row.value.get("partial", ()))
            self.unwanted.update(row.value.get("absent", ()))
        self.unwanted.update(row.value["label"] for row in self._of("absent"))
        for row in self._of("bad"):
            self._drop(row.value["reason"], row.value["label"])
        for row in self._of("box"):
            self._box(row)
        self._kinds()
        phrases, pointed, captions = self._phrases(), self._pointed(), self._captions()
        whole = {label for label in self.met - self.partial if label in self.names}
        absent = {label for label in self._absent() if label in self.names}
        kept = len(self.things) + len(phrases) + len(pointed) + len(captions)
        return Labelled(
            things=tuple(sorted(self.things.values(), key=lambda thing: (thing.box, thing.label))),
            whole=tuple(sorted(self.names[label] for label in whole)),
            absent=tuple(sorted(self.names[label] for label in absent)),
            phrases=phrases,
            pointed=pointed,
            captions=captions,
            kept=kept,
            dropped=self.dropped,
        )

    def _of(self, kind: str) -> Iterator[Row]:
        return (row for row in self.rows if row.kind == kind)

    def _drop(self, reason: str, label: str = "") -> None:
        self.dropped[reason] += 1
        if label:
            self.met.add(label)
            self.partial.add(label)

    def _box(self, row: Row) -> None:
        value, label = row.value, row.value["label"]
        cut = self._cut(self.frame.box(value["box"], value["unit"]))
        if label not in self.names:
            self._drop("unnameable" if label in self.tables.labels else "no such label", label)
        elif "flag" in value:
            self._drop(value["flag"], label)
        elif isinstance(cut, str):
            self._drop(cut, label)
        else:
            thing = Thing(self.names[label], cut)
            self.met.add(label)
            self.boxed[value["id"]] = thing
            if (thing.label, cut) in self.things:
                self._drop("duplicate")
            self.things[thing.label, cut] = thing

    def _cut(self, box: Box) -> Box | str:
        """The part of a box that lies in the image, to a hundredth of a pixel, or why it cannot be used."""
        (width, height), (x1, y1, x2, y2) = self.frame.seen, box
        if x2 <= x1 or y2 <= y1:
            return "degenerate"
        left, top, right, bottom = max(x1, 0.0), max(y1, 0.0), min(x2, width), min(y2, height)
        shown = max(right - left, 0) * max(bottom - top, 0)
        if shown < self.rules.inside * (x2 - x1) * (y2 - y1):
            return "outside"
        if min(right - left, bottom - top) < self.rules.min_side:
            return "tiny"
        return round(left, 2), round(top, 2), round(right, 2), round(bottom, 2)

    def _kinds(self) -> None:
        """Where only the kinds of a label are boxed, its own boxes are not all that it names."""
        for label, kinds in self.tables.parts.items():
            if self.met.intersection(kinds):
                self.partial.add(label)
                self.unwanted.discard(label)

    def _absent(self) -> set[str]:
        missing = set(self.names) - self.partial if self.complete else self.unwanted
        return missing - self.met - self.partial

    def _phrases(self) -> tuple[tuple[str, Thing], ...]:
        found: dict[str, set[Thing]] = {}
        count: Counter[str] = Counter()
        for row in self._of("phrase"):
            for phrase in row.value["texts"]:
                thing = self.boxed.get(row.value["thing"])
                if thing is None or not phrase:
                    self._drop("expression of no box")
                    continue
                found.setdefault(phrase, set()).add(thing)
                count[phrase] += 1
        for phrase, things in found.items():
            several = len(things) > 1
            self.dropped["ambiguous expression" if several else "duplicate"] += count[phrase] - (not several)
        self.dropped = +self.dropped  # without zeros
        return tuple((phrase, next(iter(things))) for phrase, things in sorted(found.items()) if len(things) == 1)

    def _pointed(self) -> tuple[Pointed, ...]:
        """Labels with all their points; of a label that was given twice (by two people), those with more points."""
        found: dict[str, tuple[tuple[float, float], ...]] = {}
        for row in sorted(self._of("points"), key=lambda row: -len(row.value["points"])):
            label, points = row.value["label"], self._points(row)
            if len(row.value["points"]) != row.value["count"]:
                self._drop("count differs")
            elif points is None:
                self._drop("outside")
            elif label in found:
                self._drop("duplicate label")
            else:
                found[label] = points
        return tuple(Pointed(label, points) for label, points in sorted(found.items()))

    def _points(self, row: Row) -> tuple[tuple[float, float], ...] | None:
        width, height = self.frame.seen
        placed = sorted(self.frame.point(x, y, row.value["unit"]) for x, y in row.value["points"])
        slack = EDGE * width, EDGE * height
        if any(not -slack[0] <= x <= width + slack[0] or not -slack[1] <= y <= height + slack[1] for x, y in placed):
            return None
        return tuple((round(min(max(x, 0), width - 1), 2), round(min(max(y, 0), height - 1), 2)) for x, y in placed)

    def _captions(self) -> tuple[str, ...]:
        texts = [row.value["text"] for row in self._of("caption")]
        kept = sorted(text for text in set(texts) if text)
        if len(texts) > len(kept):
            self.dropped["duplicate or empty caption"] += len(texts) - len(kept)
        return tuple(kept)


def names(labels: dict[str, str]) -> dict[str, str]:
    """Labels as they stand in a sentence, by id: `bow_(weapon)` as "bow (weapon)", and as "bow" where it is the only
    one; without those that name no one thing ("Other Shoes")."""
    plain = {label: " ".join(name.replace("_", " ").split()) for label, name in labels.items()}
    short = {label: re.sub(r" ?\([^()]*\)", "", name).strip() for label, name in plain.items()}
    often = Counter(short.values())
    chosen = {label: short[label] if often[short[label]] == 1 and short[label] else plain[label] for label in plain}
    met = Counter(chosen.values())
    return {
        label: name
        for label, name in chosen.items()
        if name and met[name] == 1 and not name.lower().startswith("other ")
    }
