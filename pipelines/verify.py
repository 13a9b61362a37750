"""Verify: are the shards those that were written, does every proof still hold, and what are the proofs worth?

On purpose this shares nothing with the pipelines that wrote the shards, Beam included: it only opens folders, in as
many processes as there are cores, some documents at a time. It needs no place to write.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from curation import config, media
from curation.document import Document
from curation.errors import ConfigError, MediaError, ShardError, UserError
from curation.shard import ShardSet
from pipelines import mutate
from pipelines.checkers import (
    Recipes,
    checker_of,
    config_recipes,
    finished,
    label,
    opened,
    processes,
    receipt_recipes,
)
from pipelines.mixture import SynthConfig
from synth.generate import audits
from synth.prove import prove, was_audited
from synth.sample import Failure

EVIDENCE = 5  # how many failures are shown of a folder
TOGETHER = 32  # documents that a process is given at a time


@dataclass
class Findings:
    """What was seen of a folder, or of some of its documents."""

    documents: int = 0
    proofs: int = 0  # documents that carry one
    passed: int = 0  # whose proof holds
    audited: int = 0  # whose costly checks ran too
    seconds: float = 0.0
    failed: Counter[str] = field(default_factory=Counter)  # failures by check: one document can have several
    evidence: list[str] = field(default_factory=list)  # the first failures, in the order of the shards

    def fault(self, check: str, seen: str) -> None:
        self.failed[check] += 1
        self.evidence.append(f"{check}: {seen}")

    def add(self, other: "Findings") -> None:
        for name in ("documents", "proofs", "passed", "audited"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.failed += other.failed
        self.evidence = [*self.evidence, *other.evidence][:EVIDENCE]


def run(folders: Sequence[str], path: str | None, audit: float, lies: int, file: str | None) -> int:
    """Prints what was found; the exit code: 1 if a proof fails, or lies are found too seldom.

    `path` is a config of synth, else the receipts say whose proofs they are; `lies` is how many documents of each
    folder are broken on purpose, and `file` where that table is written as JSON.
    """
    if not 0 <= audit <= 1 or lies < 0:
        raise ConfigError("--audit is a share from 0 to 1, and --mutate a number of documents")
    if file and not lies:
        raise ConfigError("--json writes the table of lies: say how many documents to break by --mutate")
    recipes = config_recipes(config.load(path, SynthConfig)) if path else None
    with processes() as pool:
        found = {folder: verify(folder, pool, recipes, audit) for folder in folders}
        print("\n".join(table(found)), flush=True)
        judged = {folder: mutate.mutate(folder, lies, pool, recipes) for folder in folders if lies}
    if judged:
        print("\n".join(["", *mutate.table(judged)]))
    if file:
        Path(file).write_text(json.dumps(mutate.as_json(judged), indent=1) + "\n", encoding="utf-8")
    return int(any(findings.failed for findings in found.values()) or not mutate.holds(judged.values()))


def verify(folder: str, pool: ProcessPoolExecutor, recipes: Recipes | None = None, audit: float = 0.0) -> Findings:
    """All findings of one folder, proofs by the settings of `recipes` (else of the folder's receipt).

    The costly checks of a document run again where they ran when it was made, and on a share `audit` of all seeds.
    Raises ShardError where it is no finished folder of shards.
    """
    start = monotonic()
    shards = ShardSet(folder)
    recipes = receipt_recipes(folder) if recipes is None else recipes
    whole = Findings()
    checks = [pool.submit(check_shard, folder, number) for number in range(len(shards.entries))]
    damaged = {number: said for number, future in enumerate(checks) if (said := future.result())}
    for said in damaged.values():
        whole.fault("shard", said)
    rows = [number for number, shard in enumerate(shards.index["shard"].to_pylist()) if shard not in damaged]
    parts = [rows[start : start + TOGETHER] for start in range(0, len(rows), TOGETHER)]
    for findings in finished([pool.submit(verify_rows, folder, part, recipes, audit) for part in parts], folder):
        whole.add(findings)
    whole.seconds = monotonic() - start
    return whole


def check_shard(folder: str, number: int) -> str:
    """What is wrong with the digest of a shard; nothing where it is right."""
    shards = ShardSet(folder)
    shards.entries = [shards.entries[number]]
    try:
        shards.check()
    except ShardError as error:
        return str(error)
    return ""


def verify_rows(folder: str, rows: Sequence[int], recipes: Recipes, audit: float) -> Findings:
    """Reads these documents and runs their proofs."""
    findings = Findings()
    shards = opened(folder)
    for row in rows:
        findings.documents += 1
        try:
            document = shards.read(row)
        except ShardError as error:
            findings.fault("shard", str(error))
            continue
        if not document.proof:
            continue
        findings.proofs += 1
        failures, audited = _proved(document, recipes, audit)
        findings.audited += audited
        findings.passed += not failures
        for failure in failures:
            findings.fault(failure.check, f"{label(document)}: {failure.evidence}")
    return findings


def _proved(document: Document, recipes: Recipes, audit: float) -> tuple[list[Failure], bool]:
    try:
        checker = checker_of(document, recipes)
        contents = [media.read(item) for item in document.media]
    except MediaError as error:
        return [Failure("media", str(error))], False
    except UserError as error:
        return [Failure("generator", str(error))], False
    seed = document.source.seed
    drawn = seed is not None and audits(document.source.dataset, seed, audit)
    audited = bool(checker.audits) and (drawn or was_audited(document, checker))
    return prove(document, contents, checker, audited), audited


# --- for people ---


def table(found: Mapping[str, Findings]) -> list[str]:
    """Lines for people: a row a folder, then what failed."""
    width = max(len("folder"), *map(len, found))
    lines = [f"{'folder':{width}}  documents     proofs     passed     failed    audited  a second"]
    for folder, findings in found.items():
        numbers = findings.documents, findings.proofs, findings.passed, findings.proofs - findings.passed
        rate = findings.documents / max(findings.seconds, 1e-9)
        counts = "".join(f"{number:11,}" for number in (*numbers, findings.audited))
        lines.append(f"{folder:{width}}{counts}{rate:10,.1f}")
    for folder, findings in found.items():
        if findings.failed:
            counts = ", ".join(f"{check} {count:,}" for check, count in sorted(findings.failed.items()))
            lines += ["", f"{folder}: failures by check: {counts}", *(f"  {line}" for line in findings.evidence)]
    return lines
