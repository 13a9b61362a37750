"""Charades-STA, ActivityNet Captions, QVHighlights and tables of captions: their files as rows by video.

    video    {files?, duration?}          names to look for, and the seconds that the video is said to last
    moment   {text, spans, scores?}       a sentence and the spans [start, end] in seconds that it is true of, all of
                                          them; scores are [clip, mean saliency], clips of two seconds from 0
    caption  {text}                       of the whole video
    bad      {reason}                     an annotation that is none
    fault    {fault}                      a record that is none

Gao et al. 2017 (arXiv 1705.02101), Krishna et al. 2017 (arXiv 1705.00754), Lei et al. 2021 (arXiv 2107.09609), Bain et
al. 2021 (arXiv 2104.00650).
"""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from curation.errors import UserError
from synth.convert.records import Fault, fault_row, identifier, plain, records
from synth.convert.rows import Row, numbers, text

_LINE = re.compile(r"(?P<video>\S+)\s+(?P<start>\S+)\s+(?P<end>\S+?)\s*##(?P<text>.*)")
VIDEO_COLUMNS = ("videoid", "video_id", "vid", "video", "id", "file_name", "file", "path")
TEXT_COLUMNS = ("caption", "text", "sentence", "description", "name")
LONGEST_FIELD = 1 << 20  # characters


def read_charades(file: BinaryIO, path: str) -> Iterator[Row]:
    """A sentence a line; a line that is none is a fault of its own."""
    name = PurePosixPath(path).name
    for number, line in enumerate(io.TextIOWrapper(file, encoding="utf-8", errors="replace")):
        if not line.strip():
            continue
        found = _LINE.fullmatch(line.strip())
        if not found:
            yield fault_row(f"{name}:{number}", f"{line.strip()[:80]!r} is not `VIDEO start end##sentence`")
        else:
            yield _moment(found["video"], found["text"], [[_number(found["start"]), _number(found["end"])]])


def read_activitynet(file: BinaryIO, path: str) -> Iterator[Row]:
    """By video its duration, and a sentence for each of its timestamps. Raises UserError where the file is no JSON."""
    import ijson

    try:
        for name, value in ijson.kvitems(file, "", use_float=True):
            yield from _activity(name, value)
    except (ijson.JSONError, UnicodeDecodeError) as error:
        said = " ".join(str(error).split())[:120]
        raise UserError(f"{path}: not whole JSON (truncated or damaged): {said}") from error


def _activity(name: str, value: Any) -> Iterator[Row]:
    """Published ids begin with `v_`; files are called so, or by the rest alone."""
    spans, sentences = (value.get(key) if isinstance(value, dict) else None for key in ("timestamps", "sentences"))
    if not isinstance(spans, list) or not isinstance(sentences, list) or len(spans) != len(sentences):
        yield fault_row(name, "no timestamps with as many sentences")
        return
    yield _video(name, value.get("duration"), [name, name.removeprefix("v_")])
    for span, sentence in zip(spans, sentences, strict=True):
        yield _moment(name, sentence, [span])


def read_highlights(file: BinaryIO, path: str) -> Iterator[Row]:
    """A query a record. Raises UserError as `records` does."""
    for found in records(file, path):
        if isinstance(found, Fault):
            yield found.row()
            continue
        place, record = found
        name = identifier(record.get("vid"))
        if not name:
            yield fault_row(place, "no query of QVHighlights: vid is lacking")
            continue
        yield _video(name, record.get("duration"), [name])
        row = _moment(name, record.get("query"), record.get("relevant_windows"))
        if row.kind == "moment" and (scores := _scores(record)):
            row.value["scores"] = scores
        yield row


def _scores(record: dict[str, Any]) -> list[list[float]]:
    """[clip, mean of what the annotators gave it] for each clip; none where one cannot be read."""
    clips, scores = record.get("relevant_clip_ids"), record.get("saliency_scores")
    if not isinstance(clips, list) or not isinstance(scores, list) or len(clips) != len(scores):
        return []
    found = []
    for clip, given in zip(clips, scores, strict=True):
        values = numbers(given, len(given)) if isinstance(given, list) and given else None
        if not isinstance(clip, int) or isinstance(clip, bool) or clip < 0 or values is None:
            return []
        found.append([float(clip), sum(values) / len(values)])
    return found


def read_captions(file: BinaryIO, path: str, video: str, column: str) -> Iterator[Row]:
    """A video and a caption a record. Raises UserError where the file has no such columns."""
    for number, record in enumerate(_table(file, path)):
        if isinstance(record, Fault):
            yield record.row()
            continue
        named = [name for name in ((video,) if video else VIDEO_COLUMNS) if identifier(record.get(name))]
        said = text(record, *((column,) if column else TEXT_COLUMNS))
        if not named or not said:
            yield fault_row(f"{PurePosixPath(path).name}:{number}", "no video or no caption in this row")
            continue
        name = identifier(record[named[0]])
        folder = text(record, "page_dir")
        yield _video(name, _duration(record.get("duration")), [f"{folder}/{name}", name] if folder else [name])
        yield Row(name, "caption", {"text": plain(said)})


def _table(file: BinaryIO, path: str) -> Iterator[dict[str, Any] | Fault]:
    ending = PurePosixPath(path).suffix
    if ending not in (".csv", ".tsv"):
        yield from (found if isinstance(found, Fault) else found[1] for found in records(file, path))
        return
    csv.field_size_limit(LONGEST_FIELD)
    lines = io.TextIOWrapper(file, encoding="utf-8-sig", errors="replace", newline="")
    try:
        yield from csv.DictReader(lines, delimiter="," if ending == ".csv" else "\t")
    except csv.Error as error:
        raise UserError(f"{path}: not a table that can be read: {error}") from error


def _duration(value: Any) -> Any:
    """WebVid writes PT00H00M20S, and others seconds."""
    if not isinstance(value, str):
        return value
    found = re.fullmatch(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?", value)
    if not found:
        return _number(value)
    hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + seconds


def _video(name: str, duration: Any, files: list[str]) -> Row:
    lasts = numbers([duration], 1)
    return Row(name, "video", {"files": files, **({"duration": lasts[0]} if lasts and lasts[0] > 0 else {})})


def _moment(name: str, said: Any, spans: Any) -> Row:
    """A sentence with its spans as they stand; whether they lie in the video is seen when it is opened."""
    sentence = plain(said)
    if not sentence:
        return Row(name, "bad", {"reason": "no sentence"})
    found = [numbers(span, 2) for span in spans] if isinstance(spans, list) else []
    if not found or None in found:
        return Row(name, "bad", {"reason": "no span"})
    return Row(name, "moment", {"text": sentence, "spans": found})


def _number(written: str) -> float | None:
    try:
        return float(written)
    except ValueError:
        return None
