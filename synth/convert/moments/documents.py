"""A video with its rows as a Document: described by people, so it says where it is from and carries no proof."""

from collections.abc import Sequence
from pathlib import PurePosixPath

from curation.document import Document
from curation.errors import MediaError
from synth.convert.converted import Converted, generator_of, source_of
from synth.convert.moments.gather import gather, lasts
from synth.convert.moments.interview import interview
from synth.convert.moments.settings import MomentQuestions, Videos
from synth.convert.pictures import Pictures
from synth.convert.rows import Row

ENDINGS = ("mp4", "webm", "mkv", "mov")
OTHERS = ("m4v", "avi", "flv", "wmv", "mpg", "mpeg", "ts", "3gp", "gif")  # looked for to say that they cannot be read


class Converter:
    """Of one data set. Lists archives of videos when it is made, which raises UserError where one cannot be read."""

    noun = "video"

    def __init__(self, layout: Videos, questions: MomentQuestions, seed: int):
        self.layout, self.questions, self.seed = layout, questions, seed
        self.videos = Pictures(layout.videos)

    def convert(self, name: str, rows: Sequence[Row]) -> Converted:
        """The document of a video. Raises MediaError, whose reason says why there is none: `annotation`, `missing`,
        `duration`, `nothing to ask`, or that of `curation.video.describe`, such as `format`."""
        from curation import video  # FFmpeg, where it is wanted

        for row in sorted(rows, key=repr):
            if row.kind == "fault":
                raise MediaError(*row.value["fault"])
        found, content = self.videos.find(_names(name, rows))
        seen = video.describe(content, f"{self.layout.dataset}/{found}")
        told = gather(rows, lasts(seen), self.layout.narrated, self.questions)
        turns = interview(generator_of(self.seed, self.layout, name), told, self.questions)
        if not turns:
            lost = "; ".join(f"{number} {reason}" for reason, number in sorted(told.dropped.items()))
            raise MediaError("nothing to ask", f"{found}: {told.kept} annotations can be used; {lost}")
        source = source_of(self.layout, name, self.seed)
        document = Document(turns, (seen,), task="video", language="en", source=source)
        return Converted(((document, (content,)),), told.kept, told.dropped, told.mended)


def _names(name: str, rows: Sequence[Row]) -> list[str]:
    """What the file may be called: the id, or what the rows say, with the ending of a video."""
    stated = sorted({file for row in rows if row.kind == "video" for file in row.value["files"]})
    stems = [name, *stated]
    whole = [stem for stem in stems if PurePosixPath(stem).suffix[1:].lower() in (*ENDINGS, *OTHERS)]
    return list(dict.fromkeys([*whole, *(f"{stem}.{ending}" for ending in (*ENDINGS, *OTHERS) for stem in stems)]))
