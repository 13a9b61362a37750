"""Pseudo-labels as a Document: marked as a model's, with its scores, and without any proof.

Only what was found is asked for: neither counts nor absence can be vouched for by a detector.
"""

import hashlib
import zlib
from collections.abc import Sequence

import numpy as np

from curation.document import Document, Media, Source
from curation.errors import MediaError
from synth.convert.interview import interview
from synth.convert.labelled import Labelled, Pointed, Thing
from synth.convert.settings import Questions
from synth.label.labeller import Found, Labels
from synth.label.settings import LabelSettings

GENERATOR, VERSION = "model_labels", "1"
MOST_PIECES = 4  # polygons of a thing: one in more pieces is not asked to be outlined


def document(image: Media, labels: Labels, source: Source, settings: LabelSettings, seed: int) -> Document:
    """The document of an image; equal for equal labels. `source` is the image's own, whose licence and name it keeps.

    Raises MediaError with the reason `nothing found`, `nothing sure` or `nothing to ask`.
    """
    if not labels.sure:
        lost = ", ".join(f"{number} {reason}" for reason, number in sorted(labels.dropped.items()))
        reason = "nothing sure" if labels.things or labels.dropped else "nothing found"
        raise MediaError(
            reason, f"{image.origin}: {len(labels.things)} boxes can be used" + (f"; {lost}" if lost else "")
        )
    rng = np.random.Generator(np.random.PCG64([seed, zlib.crc32(image.sha256.encode())]))
    sure = [thing for thing in labels.things if thing.label in labels.sure]
    questions = Questions(
        count=settings.questions, kinds=dict(settings.kinds), forms=settings.forms, most_places=settings.most
    )
    turns = interview(rng, _labelled(sure, labels.sure), questions)
    if not turns:
        raise MediaError("nothing to ask", f"{image.origin}: none of the kinds that are asked")
    scores = {
        "label.score.min": round(min(thing.score for thing in sure), 4),
        "label.score.mean": round(sum(thing.score for thing in sure) / len(sure), 4),
        "label.agreement.min": round(min(thing.agreement for thing in sure), 4),
    }
    return Document(
        turns,
        (image,),
        task="grounding",
        language="en",
        source=Source(source.uri, source.licence, source.dataset, identity(settings), seed),
        scores=scores,
    )


def identity(settings: LabelSettings) -> str:
    """Names the models, and a digest of all that decides what they find."""
    decides = settings.model_dump_json(exclude={"device"})
    digest = hashlib.sha256(decides.encode()).hexdigest()[:8]
    names = "+".join(path.rstrip("/").rpartition("/")[2] for path in (settings.detector, settings.segmenter))
    return f"{GENERATOR}.{names}/{VERSION}.{digest}"


def _labelled(things: Sequence[Found], sure: Sequence[str]) -> Labelled:
    groups = {label: [thing for thing in things if thing.label == label] for label in sure}
    return Labelled(
        things=tuple(Thing(thing.label, thing.box) for thing in things),
        whole=tuple(sure),
        pointed=tuple(Pointed(label, tuple(thing.point for thing in group)) for label, group in groups.items()),
        outlined=tuple(
            (label, group[0].polygons)
            for label, group in groups.items()
            if len(group) == 1 and len(group[0].polygons) <= MOST_PIECES
        ),
    )
