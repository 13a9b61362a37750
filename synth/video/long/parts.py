"""The parts of a long film: slides whose points come in one by one, photographs, pictured things, diagrams."""

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import PIL.Image

from synth.diagrams.render import render
from synth.diagrams.specs import spec
from synth.grounding.library.backgrounds import Backgrounds
from synth.grounding.library.sprites import Sprites
from synth.ocr.drawing import grounds
from synth.sample import Failure, Unproven
from synth.video.texts.kit import Kit, Line
from synth.video.texts.stage import Ground, Item

Kind = Literal["slide", "photo", "things", "diagram"]
INSET = 12  # px
LIVELY = 26.0  # levels that the luminance of a photograph spreads by, at least; calmed grounds stay far below
CALM = (14, 34)  # levels of its own that a calmed ground keeps
SEEN = 70.0  # levels that much of a thing differs from its ground
ROOM = 10  # px between things
TRIES = 8


@dataclass
class Part:
    """What is shown from `start` to `end`, seconds; `picture` is its ground, float32 while it is drawn on."""

    kind: Kind
    start: float
    end: float
    picture: np.ndarray
    items: list[Item] = field(default_factory=list)
    things: list[dict[str, Any]] = field(default_factory=list)  # name, sprite, box
    spec: dict[str, Any] | None = None
    origin: tuple[int, int] = (0, 0)  # of a diagram in the frame
    ground: Ground | None = None
    passes: bool = False
    medium: int = 0


class Draughtsman:
    """Draws the parts of one film of frames of one size, in one language and face."""

    def __init__(
        self,
        rng: np.random.Generator,
        kit: Kit,
        size: tuple[int, int],
        photographs: Backgrounds | None,
        sprites: Sprites | None,
    ):
        self.rng, self.kit, self.size = rng, kit, size
        self.photographs, self.sprites = photographs, sprites
        self._boards = [self._board() for _ in range(int(rng.integers(3, 7)))]

    def part(self, kind: Kind, times: np.ndarray, end: float) -> Part:
        """A part whose frames are at `times`, before `end`. Raises Unproven where it finds no room."""
        width, _ = self.size
        title = self.kit.line(width - 2 * INSET, "title", size=round(self.kit.size * 1.25))
        made = getattr(self, f"_{kind}")(title, times, end)
        made.items.insert(0, self._placed(title, float(times[0]), 4.0, end))
        return made

    def _placed(self, line: Line, start: float, y: float, end: float, inset: int = INSET) -> Item:
        width, height = self.size
        x = width - inset - line.width if self.kit.language == "ar" else inset
        return Item(line, (0, 0, width, height), [(start, float(x), float(y))], False, end)

    def _slide(self, title: Line, times: np.ndarray, end: float) -> Part:
        """Points come in at moments of frames, one by one."""
        passes = self.photographs is not None and self.rng.random() < 0.25
        made = Part(
            "slide",
            float(times[0]),
            end,
            self._board(far=True) if passes else self._boards[self.rng.integers(len(self._boards))],
        )
        made.passes = passes
        y, number = float(title.height), 0
        for _ in range(int(self.rng.integers(1, 5))):
            line = self.kit.line(self.size[0] - 5 * INSET, rows=2)
            number += int(self.rng.integers(1, 4)) if number or self.rng.random() < 0.7 else 0
            if y + line.height > self.size[1] or number >= len(times) - 1:
                break
            made.items.append(self._placed(line, float(times[number]), y, end, 3 * INSET))
            y += line.height - 6
        return made

    def _photo(self, title: Line, times: np.ndarray, end: float) -> Part:
        """A photograph below a strip for its heading."""
        assert self.photographs is not None
        for _ in range(TRIES):
            picture = self._photograph(*self.size)
            if float((picture[title.height + 8 :] @ grounds.LUMA).std()) > LIVELY:
                calm(self.rng, picture[: title.height + 8])
                return Part("photo", float(times[0]), end, picture)
        raise Unproven([Failure("layout", "no photograph that was drawn is lively enough")])

    def _things(self, title: Line, times: np.ndarray, end: float) -> Part:
        """A few kinds of things, some of them several times, in cells of a grid."""
        assert self.sprites is not None
        picture = self._boards[self.rng.integers(len(self._boards))].copy()
        top, (width, height) = title.height + 6, self.size
        side = int(self.rng.integers(54, 86))
        cells = [
            (x, y)
            for y in range(top, height - side - ROOM, side + ROOM)
            for x in range(ROOM, width - side - ROOM, side + ROOM)
        ]
        kinds = self._kinds(int(self.rng.integers(1, 4)))
        counts = self.rng.integers(1, 5, len(kinds))
        places = self.rng.permutation(len(cells))[: int(counts.sum())]
        if len(places) < counts.sum():
            raise Unproven([Failure("layout", "there is no room for the things")])
        made = Part("things", float(times[0]), end, picture)
        owners = np.repeat(kinds, counts)
        for place, number in zip(places.tolist(), owners.tolist(), strict=True):
            self._paste(made, int(number), cells[place], side)
        made.things.sort(key=lambda thing: (thing["box"][1], thing["box"][0]))
        return made

    def _kinds(self, count: int) -> list[int]:
        """Drawings in colours whose names and looks differ."""
        assert self.sprites is not None
        found: list[int] = []
        families = self.sprites.by_colour[0]
        for _ in range(60):
            own = families[self.rng.integers(len(families))]
            number = int(own[self.rng.integers(len(own))])
            if self.sprites.usable(number) and self.sprites.apart(number, found):
                found.append(number)
            if len(found) == count:
                break
        return found

    def _paste(self, made: Part, number: int, cell: tuple[int, int], side: int) -> None:
        assert self.sprites is not None
        drawing, whole = self.sprites.drawings[number], self.sprites.picture(number)
        scale = side / max(whole.size)
        wide, high = (max(round(edge * scale), 8) for edge in whole.size)
        small = whole.convert("RGBa").resize((wide, high), PIL.Image.Resampling.BOX)
        x, y = cell[0] + (side - wide) // 2, cell[1] + (side - high) // 2
        values = np.asarray(small, np.float32)
        part = made.picture[y : y + high, x : x + wide]
        off = np.abs(values[:, :, :3] - part * values[:, :, 3:] / 255).max(axis=2)
        if (off > SEEN).mean() < 0.15:
            raise Unproven([Failure("layout", f"{drawing.name} can hardly be seen on its ground")])
        part[:] = part * (1 - values[:, :, 3:] / 255) + values[:, :, :3]
        made.things.append({"name": drawing.name, "sprite": drawing.key, "box": [x, y, x + wide, y + high]})

    def _diagram(self, title: Line, times: np.ndarray, end: float) -> Part:
        """A diagram below its heading."""
        top = title.height + 4
        inside = self.size[0], self.size[1] - top
        for _ in range(4 * TRIES):
            try:
                told = spec(self.rng, self.kit.language, inside, (3, 6))
                break
            except Unproven:
                continue
        else:
            raise Unproven([Failure("layout", "no diagram fits into the frame")])
        picture = np.empty((self.size[1], self.size[0], 3), np.float32)
        drawn = np.asarray(render(told).convert("RGB"), np.float32)
        picture[:top] = drawn[2, 2]
        picture[top:] = drawn
        return Part("diagram", float(times[0]), end, picture, spec=told, origin=(0, top))

    def _board(self, far: bool = False) -> np.ndarray:
        """A calm ground, larger than the frame where it is to pass."""
        width, height = (side + (side // 6 if far else 0) for side in self.size)
        if self.photographs is not None and (far or self.rng.random() < 0.4):
            picture = self._photograph(width, height)
        else:
            picture = grounds.surface(self.rng, width, height)
        calm(self.rng, picture)
        return picture

    def _photograph(self, width: int, height: int) -> np.ndarray:
        assert self.photographs is not None
        return np.asarray(self.photographs.draw(self.rng, width, height)[1], np.float32).copy()


def calm(rng: np.random.Generator, part: np.ndarray) -> None:
    """Darkens or lightens a part (h, w, 3) float32 of a picture, so that ink of one colour can be read all over it."""
    light = part @ grounds.LUMA
    board = np.array(rng.uniform(4, 40, 3) if rng.random() < 0.6 else rng.uniform(212, 250, 3), np.float32)
    share = min(float(rng.uniform(*CALM)) / max(float(light.max() - light.min()), 1e-3), 0.6)
    part[:] = board + (part - part.mean(axis=(0, 1))) * share
