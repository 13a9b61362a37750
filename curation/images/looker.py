"""Looking at pictures: each decoded once in a child process, checked against the benchmarks, rated for safety."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import Field

from curation import media as media_files
from curation.config import Config
from curation.document import Media
from curation.errors import MediaError
from curation.images.benchmarks import Benchmark
from curation.images.fetcher import FetchSettings
from curation.images.guard import Guard
from curation.images.pictures import Fault, Found, PictureRules, Sight, UnsafeRules, answer, look, request
from curation.images.prints import Print, Prints, SameRules


class ImageSettings(Config):
    """How images are found, looked at and decided on."""

    rules: PictureRules = PictureRules()
    fetch: FetchSettings = FetchSettings()
    same: SameRules = SameRules()
    nsfw: UnsafeRules | None = None
    benchmarks: tuple[Benchmark, ...] = ()
    decode_seconds: float = Field(20.0, gt=0, description="after which a picture counts as hostile")
    groups: int = Field(64, ge=1, description="parts that the hosts are divided into, each fetched by one process")


@dataclass(frozen=True, slots=True)
class Looked:
    """What became of a picture, and what it is known by where it is one."""

    found: Found
    print: Print | None = None


class Looker:
    """Made once a worker; for one thread at a time."""

    def __init__(self, settings: ImageSettings, benchmarks: Prints | None = None):
        self.settings, self.benchmarks = settings, benchmarks
        self.guard = Guard(look, settings.decode_seconds)
        self.rate = None
        if settings.nsfw:
            from curation.safety.nsfw import Nsfw

            self.rate = Nsfw(settings.nsfw.model).score

    def __call__(self, pictures: Sequence[tuple[Media, bytes | Fault]]) -> list[Looked]:
        """What each is, in order: from its reference and its bytes (or the fault that there are none)."""
        looked = [self._look(media, data) for media, data in pictures]
        if self.rate:
            rated = [place for place, (_, thumbnail) in enumerate(looked) if thumbnail]
            scores = self.rate([looked[place][1] for place in rated])
            for place, score in zip(rated, scores, strict=True):
                item, thumbnail = looked[place]
                assert isinstance(item.found, Sight)
                looked[place] = replace(item, found=replace(item.found, unsafe=score)), thumbnail
        return [item for item, _ in looked]

    def read(self, media: Media) -> bytes | Fault:
        """The picture's bytes, from a disk or a bucket."""
        most = self.settings.rules.max_bytes
        try:
            if media.length is not None and media.length > most:
                raise MediaError("too large", f"{media.length:,} bytes, at most {most:,}")
            data = media_files.read_bytes(media.uri, media.offset, most + 1 if media.length is None else media.length)
            if len(data) > most:
                raise MediaError("too large", f"over {most:,} bytes")
            return data
        except MediaError as error:
            return Fault(error.reason, f"{media.origin}: {error.args[1]}")

    def close(self) -> None:
        self.guard.close()

    def _look(self, media: Media, data: bytes | Fault) -> tuple[Looked, Any]:
        if isinstance(data, Fault):
            return Looked(data), None
        try:
            seen, known, thumbnail = answer(
                self.guard(request(data, self.settings.rules.max_pixels, self.rate is not None))
            )
            if media.seen and media.sha256 != seen.sha256:
                raise MediaError("altered", "its bytes are not those recorded (sha256 differs)")
        except MediaError as error:
            return Looked(Fault(error.reason, f"{media.origin}: {error.args[1]}")), None
        except Exception as error:  # an answer that makes no sense: the picture has broken its decoder
            return Looked(Fault("crashed", f"{media.origin}: {type(error).__name__}: {error}")), None
        place = replace(seen, origin=media.origin, uri=media.uri, offset=media.offset, length=media.length)
        benchmark = self.benchmarks.find(known) if self.benchmarks else None
        return Looked(Sight(place, None, benchmark or ""), known), thumbnail
