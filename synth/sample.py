"""What a generator is and what it makes: drafts, that become samples when their proof holds.

A generator draws media from a seed and says in `claims` what they show. Its checker, which shares no drawing code with
it, turns claims into what the document says, and finds the claims again in the media alone. So a sample can be proved
by whoever holds it, and the same claims, changed on purpose, show what the proof is worth (`synth.mutation`).
"""

import io
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, ClassVar, TypeVar

import numpy as np
import PIL.Image

from curation import media, video
from curation.config import Config
from curation.document import Document, Media, MediaKind, Turn
from curation.errors import UserError

Found = TypeVar("Found")
Claims = dict[str, Any]  # plain JSON: what the media show, in pixels of the stored media


@dataclass(frozen=True, slots=True)
class Failure:
    """A check that did not hold, and what was seen."""

    check: str
    evidence: str


class Unproven(UserError):  # noqa: N818  it is a verdict
    """A sample was not made, or fails its proof; `failures` say why."""

    def __init__(self, failures: Sequence[Failure]):
        super().__init__("; ".join(f"{failure.check}: {failure.evidence}" for failure in failures))
        self.failures = tuple(failures)

    def __reduce__(self):
        return Unproven, (self.failures,)


@dataclass(frozen=True)
class Encoded:
    """A medium as it will be stored; `part` says what it is: scene, ids, page.

    A video has `timestamps`, the moments of its frames in seconds as `curation.video.describe` reads them.
    """

    part: str
    format: str
    width: int
    height: int
    content: bytes = field(repr=False)
    timestamps: tuple[float, ...] = ()

    @property
    def kind(self) -> MediaKind:
        return "video" if self.timestamps else "image"


@dataclass(frozen=True)
class Draft:
    """What a generator makes: `media` (those that the turns show first, then those that only prove), and the claims.

    `task` is the kind of document (grounding, ocr, html, table, chart, caption, vqa, ...); `view` tells several drafts
    of one seed apart; `licence` adds to that of the generator where a draft's own material has one.
    """

    task: str
    language: str
    media: tuple[Encoded, ...]
    claims: Claims
    view: str = ""
    licence: str = ""


@dataclass(frozen=True)
class Sample:
    """A proven document and the bytes of its media."""

    document: Document
    contents: tuple[bytes, ...]


class Evidence:
    """The media of a document, decoded when they are asked for."""

    def __init__(self, contents: Sequence[bytes]):
        self.contents = contents
        self._decoded: dict[int, np.ndarray] = {}
        self._found: dict[Hashable, Any] = {}

    def picture(self, number: int = 0) -> np.ndarray:
        """(height, width, 3) uint8, as people see it. Not to be written to."""
        if number not in self._decoded:
            self._decoded[number] = np.asarray(media.decode(self.contents[number]))
        return self._decoded[number]

    def buffer(self, number: int = 1) -> np.ndarray:
        """(height, width) whole numbers: an instance-ID buffer, as `synth.encode.buffer` wrote it."""
        if number not in self._decoded:
            self._decoded[number] = np.asarray(PIL.Image.open(io.BytesIO(self.contents[number])))
        return self._decoded[number]

    def film(self, number: int = 0) -> Media:
        """A video as its file tells of it: size, and the moments of its frames."""
        return self.once(("film", number), lambda: video.describe(self.contents[number]))

    def frames(self, number: int, indices: Sequence[int]) -> Iterator[np.ndarray]:
        """Frames (height, width, 3) uint8 of a video, at rising `indices`. Decoded anew each time: they are large."""
        return video.frames(self.contents[number], indices)

    def once(self, key: Hashable, look: Callable[[], Found]) -> Found:
        """What `look` finds in these media, looked for once: several views of a picture rest on the same findings.

        `key` must hold everything besides the media that the finding depends on.
        """
        if key not in self._found:
            self._found[key] = look()
        return self._found[key]


class Checker(ABC):
    """Proves claims. `checks` always run; `audits`, which cost more (an OCR engine), on a share of the samples."""

    checks: ClassVar[tuple[str, ...]]
    audits: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def turns(self, claims: Claims) -> tuple[Turn, ...]:
        """What a document with these claims says: a pure function, wording included."""

    @abstractmethod
    def failures(self, claims: Claims, evidence: Evidence, audit: bool) -> Iterator[Failure]:
        """Every claim that the media do not bear out. Damaged claims may raise: that counts as a failure."""

    @abstractmethod
    def mutations(self, claims: Claims, rng: np.random.Generator) -> Iterator[tuple[str, Claims]]:
        """Untrue versions of the claims, one or more for each kind of lie, named; made on a copy.

        Each must be clearly untrue: a box moved by 2 px or 2% is within what the claim means, a digit changed is not.
        """


class Generator(ABC):
    """Made once a worker from its settings, which raises UserError where a font, folder or browser is missing."""

    name: ClassVar[str]
    version: ClassVar[str]
    settings: ClassVar[type[Config]]
    tools: ClassVar[tuple[str, ...]] = ("pillow",)  # packages that decide what is drawn: their versions are recorded
    licence: str = ""
    digest: str = ""  # of what it draws from: sprites, corpora, fonts
    checker: Checker  # what `make_checker` gives

    @abstractmethod
    def __init__(self, settings: Any): ...

    @classmethod
    @abstractmethod
    def make_checker(cls, settings: Any) -> Checker:
        """The checker of samples made with these settings (of the class' own type), without what only drawing needs."""

    @abstractmethod
    def drafts(self, rng: np.random.Generator) -> Iterator[Draft]:
        """What this state of `rng` decides, equal on every machine. Raises Unproven where nothing can be made."""

    def close(self) -> None:  # noqa: B027  most have nothing to give back
        """Gives back what is not memory: browsers, servers."""


@lru_cache
def versions(tools: tuple[str, ...]) -> Mapping[str, str]:
    """Package -> installed version."""
    from importlib.metadata import version

    return {tool: version(tool) for tool in tools}
