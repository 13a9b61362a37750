"""From a Document to what the model eats: ChatML or plain text, coordinates at the seen size, pixels as patches."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

import numpy as np
import PIL.Image

from curation.document import Box, Document, Image, Media, Part, Point, Text, Time, Turn, Video
from curation.errors import DocumentError
from curation.geometry import Size, write, write_time
from curation.media import decode
from curation.media import read as read_media
from model import tokenizer as tokens
from model.config import VisionConfig
from model.pack import IGNORED, Encoded, EncodedMedia
from model.resize import smart_resize
from model.tokenizer import Tokenizer

MEAN = np.array([0.48145466, 0.4578275, 0.40821073], np.float32)  # CLIP's, as released
DEVIATION = np.array([0.26862954, 0.26130258, 0.27577711], np.float32)
SYSTEM = Turn("system", (Text("You are a helpful assistant."),))

Images = dict[str, EncodedMedia]  # by SHA-256 of the file


@dataclass(frozen=True)
class Run:
    """Neighbouring tokens of one kind; `media` is the index of the image that they show, if they show one."""

    ids: list[int]
    supervised: bool
    media: int | None = None


@dataclass(frozen=True)
class Processor:
    """Encodes documents for one tokenizer and one pixel budget (pixels of an image as the model sees it).

    Pre-training text (turns without a role) is supervised whole and closed by <|endoftext|>; a chat is ChatML in which
    only what the assistant says is supervised, its <|im_end|> included. Vision tokens never are.
    """

    tokenizer: Tokenizer
    vision: VisionConfig
    min_pixels: int
    max_pixels: int

    def encode(
        self, document: Document, read: Callable[[Media], bytes] = read_media, images: Images | None = None
    ) -> Encoded:
        """Reads, decodes and cuts the document's images, and lays out its tokens.

        `images` remembers what was cut, so that documents encoded with the same one share their images: in one pack,
        a shared image goes through the ViT once.
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
        """(LLM tokens, ViT patches) of the encoded document, without reading any image."""
        runs = list(self._runs(document))
        merged = sum(len(run.ids) for run in runs if run.media is not None)
        return sum(len(run.ids) for run in runs), merged * self.vision.merge_unit

    def seen_size(self, media: Media) -> Size:
        """Width and height in pixels that the model sees of an image."""
        cell = self.vision.patch_size * self.vision.spatial_merge_size
        height, width = smart_resize(media.height, media.width, cell, self.min_pixels, self.max_pixels)
        return width, height

    def save(self, folder: str | Path) -> None:
        """Writes the tokenizer and preprocessor_config.json as transformers' Qwen2_5_VLProcessor reads them."""
        self.tokenizer.save(folder)
        settings = {
            "image_processor_type": "Qwen2VLImageProcessor",
            "processor_class": "Qwen2_5_VLProcessor",
            "min_pixels": self.min_pixels,
            "max_pixels": self.max_pixels,
            "size": {"shortest_edge": self.min_pixels, "longest_edge": self.max_pixels},
            "patch_size": self.vision.patch_size,
            "temporal_patch_size": self.vision.temporal_patch_size,
            "merge_size": self.vision.spatial_merge_size,
            "image_mean": [round(float(value), 8) for value in MEAN],
            "image_std": [round(float(value), 8) for value in DEVIATION],
        }
        (Path(folder) / "preprocessor_config.json").write_text(json.dumps(settings, indent=1))

    def _gather(
        self, document: Document, runs: list[Run], read: Callable[[Media], bytes], images: Images | None
    ) -> Encoded:
        ids = np.array([token for run in runs for token in run.ids], np.int64)
        supervised = np.repeat([run.supervised for run in runs], [len(run.ids) for run in runs])
        images = {} if images is None else images
        shown = [document.media[run.media] for run in runs if run.media is not None]
        for media in shown:
            if media.sha256 not in images:
                picture = decode(read(media)).resize(self.seen_size(media), PIL.Image.Resampling.BICUBIC)
                images[media.sha256] = patchify(np.asarray(picture)[None], self.vision)
        return Encoded(ids, np.where(supervised, ids, IGNORED), tuple(images[media.sha256] for media in shown))

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
        """Text, coordinates and times between two images are tokenised as one string."""
        for is_media, group in groupby(parts, lambda part: isinstance(part, Image | Video)):
            if not is_media:
                text = "".join(self._write(document, part) for part in group)
                yield Run(self.tokenizer.encode(text), supervised)
                continue
            for part in group:
                if not isinstance(part, Image):
                    raise DocumentError(
                        f"document {document.key}: videos cannot be encoded; leave them out of the mixture"
                    )
                yield Run([self.tokenizer.special(tokens.VISION_START)], False)
                yield Run(self._pads(document.media[part.media]), False, part.media)
                yield Run([self.tokenizer.special(tokens.VISION_END)], False)

    def _pads(self, media: Media) -> list[int]:
        width, height = self.seen_size(media)
        cell = self.vision.patch_size * self.vision.spatial_merge_size
        return [self.tokenizer.special(tokens.IMAGE_PAD)] * ((width // cell) * (height // cell))

    def _write(self, document: Document, part: Part) -> str:
        match part:
            case Text(text):
                return text
            case Box() | Point():
                media = document.media[part.image]
                return write(part, (media.width, media.height), self.seen_size(media))
            case Time():
                return write_time(part)
        raise DocumentError(f"document {document.key}: {type(part).__name__} cannot be written as text")


def apart(document: Document) -> list[Document]:
    """A chat's questions, each a conversation of its own that begins with the pictures of the first one.

    So that no answer can be copied from the turns before, as in the multi-annotation training of Molmo
    (arXiv 2409.17146, section 3). A document of another shape is returned as it is.
    """
    users = [number for number, turn in enumerate(document.turns) if turn.role == "user"]
    if not users or [turn.role for turn in document.turns] != ["user", "assistant"] * len(users):
        return [document]
    pictures = tuple(part for part in document.turns[0].parts if isinstance(part, Image))
    conversations = []
    for number in users:
        own = tuple(part for part in document.turns[number].parts if not isinstance(part, Image))
        question = document.turns[0] if number == 0 else Turn("user", (*pictures, *own))
        conversations.append(replace(document, turns=(question, document.turns[number + 1])))
    return conversations


def patchify(frames: np.ndarray, vision: VisionConfig) -> EncodedMedia:
    """Frames (t, height, width, 3) of uint8 to pixel rows in the released order: (C, T, P, P) within a patch, patches
    block-major by merge groups. A still image repeats its frame; an odd video repeats its last."""
    patch, merge, pair = vision.patch_size, vision.spatial_merge_size, vision.temporal_patch_size
    if len(frames) % pair:
        frames = np.concatenate([frames, np.repeat(frames[-1:], pair - len(frames) % pair, axis=0)])
    values = (frames.astype(np.float32) / 255 - MEAN) / DEVIATION
    t, h, w = len(frames) // pair, frames.shape[1] // patch, frames.shape[2] // patch
    values = values.reshape(t, pair, h // merge, merge, patch, w // merge, merge, patch, 3)
    values = values.transpose(0, 2, 5, 3, 6, 8, 1, 4, 7)  # (t, h/2, w/2, 2, 2, C, T, P, P)
    return EncodedMedia(np.ascontiguousarray(values.reshape(t * h * w, -1)), (t, h, w))


def _with_system(turns: Sequence[Turn]) -> Sequence[Turn]:
    return turns if turns and turns[0].role == "system" else (SYSTEM, *turns)
