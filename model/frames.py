"""Which frames of a video the model sees, and how large (paper section 2.1.2): dynamic fps under two caps."""

import hashlib
from dataclasses import dataclass

import numpy as np
from pydantic import Field, PositiveFloat, model_validator

from curation.config import Config
from curation.document import Media
from curation.errors import MediaError
from curation.geometry import SAME_MOMENT, Size
from model.config import VisionConfig
from model.resize import smart_resize


class VideoBudget(Config):
    """How videos are sampled; the defaults are the released ones (qwen-vl-utils; tokens: paper section 3.3).

    Each video draws one of `fps` by its digest and the seed, all being equally likely. The pixel budget of the whole
    video is shared evenly over its frames; a share below `min_pixels` is what the frames get.
    """

    fps: tuple[PositiveFloat, ...] = Field(default=(2.0,), min_length=1)  # frames a second
    min_frames: int = Field(default=4, ge=2, multiple_of=2)
    max_frames: int = Field(default=768, ge=2, multiple_of=2)
    max_tokens: int = Field(default=24_576, ge=2)  # LLM tokens of one video
    min_pixels: int = Field(default=128 * 784, ge=784)  # of one frame
    max_pixels: int = Field(default=768 * 784, ge=784)
    seed: int = 0

    @model_validator(mode="after")
    def _order(self) -> "VideoBudget":
        for least, most in (("min_frames", "max_frames"), ("min_pixels", "max_pixels")):
            if getattr(self, least) > getattr(self, most):
                raise ValueError(f"{least} {getattr(self, least)} is above {most} {getattr(self, most)}")
        return self

    def fps_of(self, media: Media) -> float:
        """The frames a second that a video is sampled at, before the caps."""
        digest = hashlib.sha256(f"{self.seed} {media.sha256}".encode()).digest()
        return self.fps[int.from_bytes(digest[:8]) % len(self.fps)]


@dataclass(frozen=True)
class Sampled:
    """The frames of a video that the model sees: an even number of them."""

    indices: np.ndarray  # (frames,) int64, rising; a frame is repeated where the video has fewer than are needed
    times: np.ndarray  # (frames,) seconds from the start of the video that they stand for
    size: Size  # width and height in pixels that each is resized to
    seconds_per_grid: float  # from one pair of frames to the next: 2 / the fps that the caps allow


def sample(media: Media, budget: VideoBudget, vision: VisionConfig) -> Sampled:
    """A pure function of its arguments, without a look at the file.

    Moments are evenly spaced over the video, and each shows the frame that stands then: at a constant frame rate the
    released choice, and right at any other. Raises MediaError for a video without (rising) timestamps, or so long and
    narrow that `min_frames` of it are above `max_tokens`.
    """
    name = name_of(media)
    if not media.timestamps:
        raise MediaError("timestamps", f"{name}: no timestamps; curation.video.describe reads them from the file")
    pair, cell = vision.temporal_patch_size, vision.patch_size * vision.spatial_merge_size
    moments = np.array(media.timestamps) - media.timestamps[0]
    if not (np.diff(moments) >= 0).all():
        raise MediaError("timestamps", f"{name}: its timestamps do not rise")
    # The last frame stands for as long as the others do on average. Rounded, for timestamps are: 20 frames of
    # 9.9999997 s would put a pair one step too early on the axis of time.
    duration = round(float(moments[-1]) * len(moments) / max(len(moments) - 1, 1), 5)
    most = min(budget.max_frames, max(len(moments), budget.min_frames))
    due = round(duration * budget.fps_of(media), 3)
    count = pair * int(min(max(due, budget.min_frames), most) // pair)
    share = budget.max_tokens * cell**2 * pair // count
    limits = min(budget.min_pixels, share), min(budget.max_pixels, share)
    height, width = smart_resize(media.height, media.width, cell, *limits)
    tokens = (height // cell) * (width // cell)  # of one pair; whole cells may make it a little more than its share
    count = min(count, pair * (budget.max_tokens // tokens))
    if count < budget.min_frames:
        shape = f"{media.width}x{media.height} px"
        raise MediaError("aspect", f"{name}: {budget.min_frames} frames of {shape} are over {budget.max_tokens} tokens")
    times = np.arange(count) * (duration / count)
    indices = np.searchsorted(moments, times + SAME_MOMENT, side="right") - 1
    return Sampled(indices, times, (width, height), pair * duration / count)


def name_of(media: Media) -> str:
    """What an error calls a file: where it lies (a shard, perhaps) and where it came from."""
    return ": ".join(filter(None, (media.uri, media.origin)))
