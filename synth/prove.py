"""The proof of a document: everything that it says is found again in its media, without the generator."""

import hashlib
from collections.abc import Iterator, Sequence

from curation.document import Document
from curation.errors import MediaError
from synth.sample import Checker, Evidence, Failure

# What damaged claims or media make code raise that reads them in good faith.
DAMAGE = (ArithmeticError, AttributeError, LookupError, MediaError, OSError, SyntaxError, TypeError, ValueError)


def prove(document: Document, contents: Sequence[bytes], checker: Checker, audit: bool) -> list[Failure]:
    """Everything that does not hold: nothing for a sound document. `contents` are the bytes of its media.

    `audit` runs the checker's costly checks too, whether or not the document says that they were run.
    """
    return prove_by(document, Evidence(contents), checker, audit)


def prove_by(document: Document, evidence: Evidence, checker: Checker, audit: bool) -> list[Failure]:
    """`prove` for documents that share media: what was seen of them once is not looked for again."""
    try:
        return list(_prove(document, evidence, checker, audit))
    except DAMAGE as error:
        return [Failure("form", f"the proof or its media cannot be read: {type(error).__name__}: {error}")]


def was_audited(document: Document, checker: Checker) -> bool:
    """Whether the costly checks ran when it was made."""
    return bool(checker.audits) and all(name in document.proof.get("checks", {}) for name in checker.audits)


def _prove(document: Document, evidence: Evidence, checker: Checker, audit: bool) -> Iterator[Failure]:
    for number, (item, content) in enumerate(zip(document.media, evidence.contents, strict=True)):
        if hashlib.sha256(content).hexdigest() != item.sha256:
            yield Failure("media", f"{item.origin}: its bytes are not those recorded (sha256 differs)")
            return
        if item.kind == "video" and evidence.film(number).timestamps != item.timestamps:
            yield Failure("media", f"{item.origin}: its frames are not shown at the moments recorded")
            return
    claims = document.proof["claims"]
    told = checker.turns(claims)
    if told != document.turns:
        wrong = [number for number, pair in enumerate(zip(told, document.turns, strict=False)) if pair[0] != pair[1]]
        where = f"turn {wrong[0]}" if wrong else f"{len(document.turns)} turns for {len(told)}"
        yield Failure("turns", f"{where}: the document does not say what its claims say")
        return
    yield from checker.failures(claims, evidence, audit)
