"""A gallery of a recipe's samples: pictures with what is pointed at drawn on them, and the dialogue beside them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from curation.document import Document, Turn, Video
from curation.shard import ShardSet
from pipelines.report.data import Split
from pipelines.report.pictures import LARGE, SCREEN, SMALL, Picture, picture
from pipelines.report.samples import evenly, said, shorten
from pipelines.report.synthetic.films import Film, film
from pipelines.report.synthetic.marks import LABELS, Named, labelled, marks, numbered
from pipelines.report.synthetic.steps import ShownStep, shown_steps

SHOWN = 12  # samples of a recipe
PAGES = 4  # pictures of a sample
SCREENS = 1000  # longest side, in pixels, from which on a picture is one of fine things
FILMS = 2  # videos of a sample
CLIPS = 400_000  # bytes of all videos of a gallery that are to be played
SAID = 1500  # characters of a turn
RENDERED = range(400, 20_000)  # characters of HTML that is also shown as a page


@dataclass(frozen=True)
class Said:
    """A turn; `html` is its document where it writes one, to be shown as a page too."""

    role: str
    text: str
    html: str = ""


@dataclass(frozen=True)
class Shown:
    title: str
    facts: list[str]  # task, language, size
    pictures: list[Picture]
    proofs: list[Picture]  # media that no turn shows
    chat: list[Said]
    checks: dict[str, bool]
    listed: list[Named] = field(default_factory=list)  # what the numbers on its only picture stand for
    films: list[Film] = field(default_factory=list)
    steps: list[ShownStep] = field(default_factory=list)
    more_steps: int = 0

    @property
    def wide(self) -> bool:
        """Whether it needs the width of the page."""
        return bool(self.films or self.listed or len(self.steps) > 1)


def gallery(split: Split) -> list[Shown]:
    """As many of every task, each at equal distances."""
    return list(_shown(split))


def _shown(split: Split) -> Iterator[Shown]:
    room = CLIPS
    for row in chosen(split.shards, SHOWN):
        found = shown(split.shards.read(row), room)
        room -= sum(each.clip_bytes for each in found.films)
        yield found


def chosen(shards: ShardSet, count: int) -> list[int]:
    """Rows of an index."""
    tasks = shards.index["task"].to_pylist()
    rows = {task: [row for row, each in enumerate(tasks) if each == task] for task in sorted(set(tasks))}
    each = -(-count // len(rows)) if rows else 0
    return sorted(row for found in rows.values() for row in evenly(found, each))[:count]


def shown(document: Document, room: int = CLIPS) -> Shown:
    """A sample as the page shows it; videos are to be played where they come to no more than `room` bytes."""
    steps, more = shown_steps(document)
    looked_at = list(dict.fromkeys(document.images_shown()))
    played = list(dict.fromkeys(part.media for part in document.parts() if isinstance(part, Video)))
    proofs = [number for number in range(len(document.media)) if number not in (*looked_at, *played)]
    pictures, listed = ([], []) if steps else _pictures(document, looked_at)
    seed = document.source.seed
    view = document.proof.get("view", "")
    first = document.media[0] if document.media else None
    return Shown(
        f"seed {seed}" + f" · {view}" * bool(view) if seed is not None else document.key,
        [document.task, document.language, *([f"{first.width} × {first.height}"] if first else [])],
        pictures,
        _there([picture(document.media[at], SMALL, smooth=document.media[at].format != "png") for at in proofs[:1]]),
        [_said(turn, document) for turn in document.turns],
        dict(document.proof.get("checks", {})),
        listed,
        _films(document, played, room),
        steps,
        more,
    )


def _pictures(document: Document, looked_at: Sequence[int]) -> tuple[list[Picture], list[Named]]:
    """The first ones with their marks; of a single one with many of them, also the list that tells what they are."""
    found = {at: marks(document, at) for at in looked_at[:PAGES]}
    alone = looked_at[0] if len(looked_at) == 1 else None
    if alone is not None and len(found[alone]) > LABELS and any(mark.label for mark in found[alone]):
        marked, listed = numbered(found[alone])
        return _there([picture(document.media[alone], SCREEN, marked, text=1 / 75)]), listed
    if alone is not None and max(document.media[alone].width, document.media[alone].height) >= SCREENS:
        return _there([picture(document.media[alone], LARGE + SMALL, labelled(found[alone]), text=1 / 38)]), []
    longest = SMALL if alone is None else LARGE
    return _there([picture(document.media[at], longest, labelled(each)) for at, each in found.items()]), []


def _films(document: Document, played: Sequence[int], room: int) -> list[Film]:
    found: list[Film] = []
    for number in played[:FILMS]:
        each = film(document, number, room - sum(one.clip_bytes for one in found))
        found += [each] if each else []
    return found


def _there(found: Sequence[Picture | None]) -> list[Picture]:
    return [each for each in found if each]


def _said(turn: Turn, document: Document) -> Said:
    text = said(turn, document)
    html = text if turn.role != "user" and "data-bbox" in text and len(text) in RENDERED else ""
    return Said(turn.role or "", shorten(text, SAID), html)
