"""Verify: are the shards those that were written, and does every proof still hold when it is run again?

On purpose this shares nothing with the pipelines that wrote the shards, Beam included: it only opens folders, in as
many processes as there are cores, a shard at a time. It needs no place to write, and its findings come back as values.
"""

import json
import multiprocessing
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache

from curation import media
from curation.document import Document
from curation.errors import MediaError, ShardError
from curation.shard import ShardSet
from pipelines.log import Progress
from synth import proof
from synth.grounding import GroundingSettings
from synth.proof import Failure
from synth.sprites import Sprites

EVIDENCE = 5  # how many failures are shown of a folder


@dataclass
class Findings:
    """What was seen of a folder, or of one of its shards."""

    documents: int = 0
    proofs: int = 0  # documents that carry one
    passed: int = 0  # whose proof holds
    failed: Counter[str] = field(default_factory=Counter)  # failures by check: one document can have several
    evidence: list[str] = field(default_factory=list)  # the first failures, in the order of the shards

    def fault(self, check: str, seen: str) -> None:
        self.failed[check] += 1
        self.evidence.append(f"{check}: {seen}")

    def add(self, other: "Findings") -> None:
        self.documents += other.documents
        self.proofs += other.proofs
        self.passed += other.passed
        self.failed += other.failed
        self.evidence = [*self.evidence, *other.evidence][:EVIDENCE]


def run(folders: Sequence[str], sprites: GroundingSettings | None = None) -> int:
    """Prints what was found; the exit code: 1 if anything failed. Without `sprites`, a folder's receipt names them."""
    found = {folder: verify(folder, sprites) for folder in folders}
    print("\n".join(table(found)))
    return int(any(findings.failed for findings in found.values()))


def verify(folder: str, sprites: GroundingSettings | None = None) -> Findings:
    """All findings of one folder. Raises ShardError where it is no finished folder of shards."""
    shards = ShardSet(folder)
    sprites = sprites or _receipt_settings(folder)
    processes = min(len(os.sched_getaffinity(0)), len(shards.entries)) or 1
    progress = Progress(f"verify {folder}", "documents")
    # Spawned, not forked: a fork of a process that has threads (Beam's, torch's) can hang.
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
        numbers = range(len(shards.entries))
        futures = [pool.submit(verify_shard, folder, number, sprites) for number in numbers]
        for future in as_completed(futures):
            progress.step(future.result().documents)
    whole = Findings()
    for future in futures:
        whole.add(future.result())
    return whole


def verify_shard(folder: str, number: int, sprites: GroundingSettings | None) -> Findings:
    """Checks the digest of one shard, reads all of it, and runs its proofs."""
    findings = Findings()
    try:
        shard = ShardSet(folder)
        shard.entries = [shard.entries[number]]
        shard.check()
        for document in shard:
            findings.documents += 1
            _verify_document(document, sprites, findings)
    except ShardError as error:
        findings.fault("shard", str(error))
    return findings


def _verify_document(document: Document, sprites: GroundingSettings | None, findings: Findings) -> None:
    findings.proofs += bool(document.proof)
    failures = list(_failures(document, sprites))
    findings.passed += bool(document.proof) and not failures
    for failure in failures:
        findings.fault(failure.check, f"document {document.key}: {failure.evidence}")


def _failures(document: Document, sprites: GroundingSettings | None) -> Iterator[Failure]:
    try:
        contents = [media.read(item) for item in document.media]
    except MediaError as error:
        yield Failure("media", str(error))
        return
    if document.proof and sprites is None:
        yield Failure("library", "no receipt beside the shards says which sprites they were made with: name a config")
    elif document.proof and sprites is not None:
        yield from proof.check(document, contents, _library(sprites.sprites, json.dumps(sprites.names)))


@lru_cache(1)
def _library(path: str, names: str) -> Sprites:
    return Sprites.load(path, json.loads(names) or None)


def _receipt_settings(folder: str) -> GroundingSettings | None:
    """The generator's settings from the receipt of the stage that wrote the folder, if it was made by a generator."""
    with suppress(MediaError, ValueError, KeyError):
        receipt = json.loads(media.read_bytes(f"{folder.rstrip('/')}/_DONE.json"))
        return GroundingSettings.model_validate(receipt["depends"]["generator"])
    return None


def table(found: dict[str, Findings]) -> list[str]:
    """Lines for people: a row a folder, then what failed."""
    width = max(len("folder"), *map(len, found))
    lines = [f"{'folder':{width}}  documents     proofs     passed     failed"]
    for folder, findings in found.items():
        numbers = (findings.documents, findings.proofs, findings.passed, findings.proofs - findings.passed)
        lines.append(f"{folder:{width}}" + "".join(f"{number:11,}" for number in numbers))
    for folder, findings in found.items():
        if findings.failed:
            counts = ", ".join(f"{check} {count:,}" for check, count in sorted(findings.failed.items()))
            lines += ["", f"{folder}: failures by check: {counts}", *(f"  {line}" for line in findings.evidence)]
    return lines
