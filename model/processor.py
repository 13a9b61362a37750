"""From a Document to what the model eats: ChatML or plain text, coordinates at the seen size, pixels as patches."""

import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path

import numpy as np
import PIL.Image

from curation.document import Box, Document, Extent, Image, Media, Part, Point, Text, Time, Turn, Video
from curation.errors import DocumentError
from curation.geometry import Size, write, write_extent, write_time
from curation.media import decode_recorded
from curation.media import read as read_media
from curation.video import frames
from model import tokenizer as tokens
from model.config import VisionConfig
from model.frames import VideoBudget, name_of, sample
from model.pack import IGNORED, Encoded, EncodedMedia
from model.resize import smart_resize
from model.tokenizer import Tokenizer
from model.vision import DEVIATION, MEAN

SYSTEM = Turn("system", (Text("You are a helpful assistant."),))

Images = dict[str, EncodedMedia]  # images and videos, by SHA-256 of the file


@dataclass(frozen=True)
class Run:
    """Neighbouring tokens of one kind; `media` is the index of the image or video that they show, if they show one."""

    ids: list[int]
    supervised: bool
    media: int | None = None


@dataclass(frozen=True)
class Processor:
    """Encodes documents for one tokenizer and one pixel budget (pixels of an image as the model sees it; videos have a
    budget of their own).

    Pre-training text (turns without a role) is supervised whole and closed by <|endoftext|>; a chat is ChatML in which
    only what the assistant says is supervised, its <|im_end|> included. Vision tokens never are.
    """

    tokenizer: Tokenizer
    vision: VisionConfig
    min_pixels: int
    max_pixels: int
    video: VideoBudget = field(default_factory=VideoBudget)

    def encode(
        self, document: Document, read: Callable[[Media], bytes] = read_media, images: Images | None = None
    ) -> Encoded:
        """Reads, decodes and cuts the document's images and videos, and lays out its tokens.

        `images` remembers what was cut, so that documents encoded with the same one share their images and videos: in
        one pack, a shared one goes through the ViT once. Raises MediaError, naming the file, where one is damaged.
        """
        return self._gather(document, list(self._runs(document)), read, images)

    def prompt(
        self,
        document: Document,
        turns: int,
        read: Callable[[Media], bytes] = read_media,
        images: Images | None = None,
    ) -> Encoded:
        """The first `turns` turns of a chat, and the opening of the assistant's answer: what generation starts from."""
        opening = [self.tokenizer.special(tokens.TURN_START), *self.tokenizer.encode("assistant\n")]
        runs = [run for turn in _with_system(document.turns[:turns]) for run in self._turn(document, turn)]
        return self._gather(document, [*runs, Run(opening, False)], read, images)

    def measure(self, document: Document) -> tuple[int, int]:
        """(LLM tokens, ViT patches) of the encoded document, without reading any image or video."""
        runs = list(self._runs(document))
        merged = sum(len(run.ids) for run in runs if run.media is not None)
        return sum(len(run.ids) for run in runs), merged * self.vision.merge_unit

    def seen_size(self, media: Media) -> Size:
        """Width and height in pixels that the model sees of an image, or of each frame of a video."""
        if media.kind == "video":
            return sample(media, self.video, self.vision).size
        cell = self.vision.patch_size * self.vision.spatial_merge_size
        height, width = smart_resize(media.height, media.width, cell, self.min_pixels, self.max_pixels)
        return width, height

    def save(self, folder: str | Path) -> None:
        """Writes the tokenizer and the settings for images and videos as transformers' Qwen2_5_VLProcessor reads them.

        Its videos have one fps: the median of ours. Its token cap counts nine tenths of the number that it is given.
        """
        self.tokenizer.save(folder)
        image = {"image_processor_type": "Qwen2VLImageProcessor", **self._pixels(self.min_pixels, self.max_pixels)}
        video = {
            "video_processor_type": "Qwen2VLVideoProcessor",
            **self._pixels(self.video.min_pixels, self.video.max_pixels),
            "fps": sorted(self.video.fps)[len(self.video.fps) // 2],
            "min_frames": self.video.min_frames,
            "max_frames": self.video.max_frames,
            "do_sample_frames": True,
            "cap_pixels_per_frame": True,
            "max_video_tokens": math.ceil(self.video.max_tokens / 0.9),
        }
        for name, settings in (("preprocessor_config", image), ("video_preprocessor_config", video)):
            (Path(folder) / f"{name}.json").write_text(json.dumps(settings, indent=1))

    def _pixels(self, least: int, most: int) -> dict[str, object]:
        return {
            "processor_class": "Qwen2_5_VLProcessor",
            "min_pixels": least,
            "max_pixels": most,
            "size": {"shortest_edge": least, "longest_edge": most},
            "patch_size": self.vision.patch_size,
            "temporal_patch_size": self.vision.temporal_patch_size,
            "merge_size": self.vision.spatial_merge_size,
            "image_mean": list(MEAN),
            "image_std": list(DEVIATION),
        }

    def _gather(
        self, document: Document, runs: list[Run], read: Callable[[Media], bytes], images: Images | None
    ) -> Encoded:
        ids = np.array([token for run in runs for token in run.ids], np.int64)
        supervised = np.repeat([run.supervised for run in runs], [len(run.ids) for run in runs])
        images = {} if images is None else images
        shown = [document.media[run.media] for run in runs if run.media is not None]
        for media in shown:
            if media.sha256 not in images:
                images[media.sha256] = self._video(media, read) if media.kind == "video" else self._image(media, read)
        return Encoded(ids, np.where(supervised, ids, IGNORED), tuple(images[media.sha256] for media in shown))

    def _image(self, media: Media, read: Callable[[Media], bytes]) -> EncodedMedia:
        picture = decode_recorded(read(media), media)
        return patchify(np.asarray(_resized(picture, self.seen_size(media)))[None], self.vision)

    def _video(self, media: Media, read: Callable[[Media], bytes]) -> EncodedMedia:
        """Frames are resized one by one as they are decoded: the video at its stored size may not fit in memory."""
        seen = sample(media, self.video, self.vision)
        stored = frames(read(media), seen.indices.tolist(), name_of(media))
        shown = np.empty((len(seen.indices), seen.size[1], seen.size[0], 3), np.uint8)
        for place, frame in enumerate(stored):
            shown[place] = np.asarray(_resized(PIL.Image.fromarray(frame), seen.size))
        return replace(patchify(shown, self.vision), seconds_per_grid=seen.seconds_per_grid)

    def _runs(self, document: Document) -> Iterator[Run]:
        if any(turn.role is None for turn in document.turns):
            for turn in document.turns:
                yield from self._parts(document, turn.parts, supervised=True)
            yield Run([self.tokenizer.special(tokens.END_OF_TEXT)], True)
        else:
            for turn in _with_system(document.turns):
                yield from self._turn(document, turn)

    def _turn(self, document: Document, turn: Turn) -> Iterator[Run]:
        answer = turn.role == "assistant"
        yield Run([self.tokenizer.special(tokens.TURN_START), *self.tokenizer.encode(f"{turn.role}\n")], False)
        yield from self._parts(document, turn.parts, answer)
        yield Run([self.tokenizer.special(tokens.TURN_END)], answer)
        yield Run(self.tokenizer.encode("\n"), False)

    def _parts(self, document: Document, parts: Sequence[Part], supervised: bool) -> Iterator[Run]:
        """Text, coordinates and times between two images or videos are tokenised as one string."""
        for is_media, group in groupby(parts, lambda part: isinstance(part, Image | Video)):
            if not is_media:
                text = "".join(self._write(document, part) for part in group)
                yield Run(self.tokenizer.encode(text), supervised)
                continue
            for part in group:
                assert isinstance(part, Image | Video)
                yield Run([self.tokenizer.special(tokens.VISION_START)], False)
                yield Run(self._pads(document.media[part.media]), False, part.media)
                yield Run([self.tokenizer.special(tokens.VISION_END)], False)

    def _pads(self, media: Media) -> list[int]:
        cell = self.vision.patch_size * self.vision.spatial_merge_size
        if media.kind == "image":
            width, height = self.seen_size(media)
            return [self.tokenizer.special(tokens.IMAGE_PAD)] * ((width // cell) * (height // cell))
        seen = sample(media, self.video, self.vision)
        pairs = len(seen.indices) // self.vision.temporal_patch_size
        cells = pairs * (seen.size[0] // cell) * (seen.size[1] // cell)
        return [self.tokenizer.special(tokens.VIDEO_PAD)] * cells

    def _write(self, document: Document, part: Part) -> str:
        match part:
            case Text(text):
                return text
            case Box() | Point():
                media = document.media[part.image]
                return write(part, (media.width, media.height), self.seen_size(media))
            case Time(form="seconds"):
                return write_time(part, ())
            case Time():
                return write_time(part, sample(document.media[part.video], self.video, self.vision).times.tolist())
            case Extent():
                return write_extent(self.seen_size(document.media[part.image]))
        raise DocumentError(f"document {document.key}: {type(part).__name__} cannot be written as text")


def apart(document: Document) -> list[Document]:
    """A chat's questions, each a conversation of its own that begins with the pictures and videos of the first one.

    So that no answer can be copied from the turns before, as in the multi-annotation training of Molmo
    (arXiv 2409.17146, section 3). A document of another shape is returned as it is, and so is one that shows something
    new later on: a trajectory's steps stand on those before.
    """
    users = [number for number, turn in enumerate(document.turns) if turn.role == "user"]
    if not users or [turn.role for turn in document.turns] != ["user", "assistant"] * len(users):
        return [document]
    shown = [[part for part in turn.parts if isinstance(part, Image | Video)] for turn in document.turns]
    if any(shown[1:]):
        return [document]
    conversations = []
    for number in users:
        turn = document.turns[number]
        question = turn if number == 0 else Turn("user", (*shown[0], *turn.parts))
        conversations.append(replace(document, turns=(question, document.turns[number + 1])))
    return conversations


def patchify(frames: np.ndarray, vision: VisionConfig) -> EncodedMedia:
    """Frames (t, height, width, 3) of uint8 to pixel rows in the released order: (C, T, P, P) within a patch, patches
    block-major by merge groups. A still image's rows hold its frame once; an odd video repeats its last.

    Nothing is normalised here: the model does that where it runs, and pixels travel there as the bytes that they are.
    """
    patch, merge = vision.patch_size, vision.spatial_merge_size
    pair = vision.temporal_patch_size if len(frames) > 1 else 1
    if missing := -len(frames) % pair:
        frames = np.concatenate([frames, np.repeat(frames[-1:], missing, axis=0)])
    t, h, w = len(frames) // pair, frames.shape[1] // patch, frames.shape[2] // patch
    cut = frames.reshape(t, pair, h // merge, merge, patch, w // merge, merge, patch, 3)
    return EncodedMedia(cut.transpose(0, 2, 5, 3, 6, 8, 1, 4, 7).reshape(t * h * w, -1), (t, h, w))


def _resized(picture: PIL.Image.Image, size: Size) -> PIL.Image.Image:
    return picture.resize(size, PIL.Image.Resampling.BICUBIC)


def _with_system(turns: Sequence[Turn]) -> Sequence[Turn]:
    return turns if turns and turns[0].role == "system" else (SYSTEM, *turns)
