"""Keeping or rejecting a scored document: a pure decision, so thresholds can be tried again without scoring again."""

from typing import Literal

from pydantic import Field

from curation.config import Config
from curation.document import Document
from curation.reject import Reject

STAGE = "select"


class Threshold(Config):
    """The least score of one dimension, and what becomes of a document that its scorer had no evidence to judge."""

    minimum: float = Field(0.0, ge=0, le=1)
    abstain: Literal["keep", "reject"] = "keep"


class Languages(Config):
    """Languages to keep as their ISO 639 codes (none named: all), if identified with at least this probability."""

    allowed: tuple[str, ...] = ()
    confidence: float = Field(0.0, ge=0, le=1)


class Thresholds(Config):
    languages: Languages = Languages()
    quality: Threshold = Threshold()
    relevance: Threshold = Threshold()
    complementarity: Threshold = Threshold()
    balance: Threshold = Threshold()


DIMENSIONS = ("quality", "relevance", "complementarity", "balance")


def decide(document: Document, thresholds: Thresholds) -> Reject | None:
    """The first threshold that the document is below, as a reject that keeps all its scores; None to keep it."""
    fault = _language(document, thresholds.languages) or next(
        filter(None, (_dimension(document, name, getattr(thresholds, name)) for name in DIMENSIONS)), None
    )
    if fault is None:
        return None
    return Reject("document", document.source.uri, STAGE, *fault, key=document.key, scores=document.scores)


def _language(document: Document, languages: Languages) -> tuple[str, str] | None:
    if languages.allowed and document.language not in languages.allowed:
        return "language", f"{document.language or 'none'}, not one of {', '.join(languages.allowed)}"
    confidence = document.scores.get("language.confidence", 0.0)
    if confidence < languages.confidence:
        seen = f"{document.language or 'none'} at {confidence:.3f}"
        return "uncertain language", f"{seen}, at least {languages.confidence:g}"
    return None


def _dimension(document: Document, name: str, threshold: Threshold) -> tuple[str, str] | None:
    score = document.scores.get(name)
    if score is None:
        return (f"no {name}", "the scorer had no evidence") if threshold.abstain == "reject" else None
    return (f"low {name}", f"{score:.3f}, at least {threshold.minimum:g}") if score < threshold.minimum else None
