"""From a seed to proven samples."""

import hashlib
import json
import zlib
from collections.abc import Iterator

import numpy as np

from curation.document import Document, Media, Source
from synth.prove import prove_by
from synth.sample import Draft, Evidence, Generator, Sample, Unproven, versions


def samples(generator: Generator, recipe: str, seed: int, audit: float = 0.0) -> Iterator[Sample | Unproven]:
    """The samples of a seed (0 or more) of a recipe, each proven, or why it is not.

    Equal on every machine with equal settings and tools. `audit` is the share of seeds whose costly checks run too.
    Other errors than Unproven are the generator's faults and go through.
    """
    # The recipe's name is part of the seed: no two recipes tell the same story.
    rng = np.random.Generator(np.random.PCG64([zlib.crc32(recipe.encode()), seed]))
    audited = audits(recipe, seed, audit)
    evidence = Evidence(())
    try:
        for draft in generator.drafts(rng):
            contents = tuple(item.content for item in draft.media)
            if contents != evidence.contents:  # else it is another view of the same picture
                evidence = Evidence(contents)
            try:
                yield _sample(generator, recipe, seed, draft, evidence, audited)
            except Unproven as unproven:
                yield unproven
    except Unproven as unproven:
        yield unproven


def audits(recipe: str, seed: int, share: float) -> bool:
    """Whether a seed is among the `share` whose costly checks run: decided by its number alone."""
    return zlib.crc32(f"audit {recipe} {seed}".encode()) < share * (1 << 32)


def _sample(generator: Generator, recipe: str, seed: int, draft: Draft, evidence: Evidence, audit: bool) -> Sample:
    name, checker = f"{generator.name}/{generator.version}", generator.checker
    claims = json.loads(json.dumps(draft.claims, allow_nan=False))  # as whoever proves it later will read them
    view = f"&view={draft.view}" if draft.view else ""
    media = tuple(
        Media(
            *(item.kind, item.format, item.width, item.height, hashlib.sha256(item.content).hexdigest()),
            f"{name}?recipe={recipe}&seed={seed}{view}#{item.part}",
            timestamps=item.timestamps,
        )
        for item in draft.media
    )
    passed = (*checker.checks, *(checker.audits if audit else ()))
    licence = "; ".join(dict.fromkeys(filter(None, (generator.licence, draft.licence))))
    document = Document(
        checker.turns(claims),
        media,
        task=draft.task,
        language=draft.language,
        source=Source(licence=licence, dataset=recipe, generator=name, seed=seed),
        proof={
            **{"generator": generator.name, "version": generator.version, "seed": seed, "view": draft.view},
            **{"tools": dict(versions(generator.tools)), "digest": generator.digest},
            **{"checks": dict.fromkeys(("media", "turns", *passed), True), "claims": claims},
        },
    )
    if failures := prove_by(document, evidence, checker, audit):
        raise Unproven(failures)
    return Sample(document, tuple(evidence.contents))
