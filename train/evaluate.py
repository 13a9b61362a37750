"""Evaluation on held-out scenes: is it the picture that the model answers from?

Every question of a document's proof is asked alone, of three: the trained model, the same architecture untrained, and
the trained model shown a blank picture. Differences are given with bootstrap intervals over documents, for the
questions of one scene are not independent.
"""

import hashlib
import json
import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pydantic import Field

from curation.config import Config
from curation.document import Box, Document, Part, Point, Text
from curation.errors import UserError
from curation.geometry import write
from curation.shard import ShardSet
from model.checkpoint import load_model, new_model
from model.generate import generate
from model.loss import token_losses
from model.pack import Encoded, pack
from model.processor import Images, Processor, apart
from model.qwen import QwenVL
from model.vision import MEAN
from train.data.lengths import Packed
from train.scoring import SCORED, Answer, score

TRAINED, UNTRAINED, BLANK = "trained", "untrained", "blank image"


class EvaluateConfig(Config):
    """`vlforge evaluate`: a model directory against held-out shards of documents with claims."""

    model: Path
    packs: Path
    shards: str
    output: Path
    documents: int = Field(default=200, ge=2, description="the first so many of the shards")
    batch: int = Field(default=64, ge=1)
    longest_answer: int = Field(default=160, ge=1, description="tokens")
    resamples: int = Field(default=2000, ge=100)
    seed: int = Field(default=0, ge=0)


@dataclass(frozen=True)
class Question:
    """One turn of a document, asked alone; `claim` is the line of its proof."""

    document: int
    alone: Document
    claim: dict[str, Any]
    seen: tuple[int, int]  # width and height of the picture as the model sees it


Blanker = Callable[[Encoded], Encoded]


def evaluate(config: EvaluateConfig) -> dict[str, Any]:
    """Scores, intervals and losses, written to `output/evaluation.json`; not computed again where nothing changed."""
    packed, shards = Packed(config.packs), ShardSet(config.shards)
    fingerprint, path = _fingerprint(config, packed, shards), config.output / "evaluation.json"
    if path.exists() and (found := json.loads(path.read_text()))["fingerprint"] == fingerprint:
        print(f"evaluate: up to date: {path}")
        return found
    trained = load_model(config.model).eval()
    variants: dict[str, tuple[QwenVL, Blanker]] = {
        TRAINED: (trained, lambda encoded: encoded),
        UNTRAINED: (new_model(trained.config, config.seed).eval(), lambda encoded: encoded),
        BLANK: (trained, blanked),
    }
    processor = packed.processor
    documents = [document for document, _ in zip(shards, range(config.documents), strict=False)]
    questions = [
        question for number, document in enumerate(documents) for question in _alone(number, document, processor)
    ]
    if not questions:
        raise UserError(f"{config.shards}: its documents carry no claims to be asked about")
    answers: dict[str, list[str]] = {}
    losses: dict[str, dict[str, float]] = {}
    for name, (model, change) in variants.items():
        print(f"evaluate: {name}: {len(questions):,} questions about {len(documents):,} documents", flush=True)
        answers[name] = _answer(model, processor, questions, change, config)
        losses[name] = _losses(model, processor, questions, change, config)
    scores = _scores(questions, answers, config)
    result = {
        "fingerprint": fingerprint,
        "documents": len(documents),
        "questions": len(questions),
        "scores": scores,
        "losses": losses,
        "examples": _examples(documents, questions, answers),
    }
    config.output.mkdir(parents=True, exist_ok=True)
    partial = config.output / "evaluation.json.partial"
    partial.write_text(json.dumps(result, indent=1))
    os.replace(partial, path)
    for row in scores:
        print("evaluate: " + _line(row))
    return json.loads(path.read_text())  # as it will be read back


def blanked(encoded: Encoded) -> Encoded:
    """The same prompt about a picture of one even grey, the mean of pictures: what can be said without looking."""
    grey = np.round(255 * np.array(MEAN)).astype(np.uint8)
    media = [
        replace(item, rows=np.broadcast_to(np.repeat(grey, item.rows.shape[1] // 3), item.rows.shape))
        for item in encoded.media
    ]
    return replace(encoded, media=tuple(media))


def bootstrap(values: np.ndarray, documents: np.ndarray, resamples: int, seed: int) -> tuple[float, float]:
    """The 95% interval of the mean of `values` (n,) when whole documents (n,) are drawn anew with replacement."""
    _, own = np.unique(documents, return_inverse=True)
    sums, counts = np.bincount(own, values), np.bincount(own)
    drawn = np.random.default_rng(seed).integers(0, len(counts), (resamples, len(counts)))
    means = sums[drawn].sum(1) / counts[drawn].sum(1)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def _alone(number: int, document: Document, processor: Processor) -> Iterator[Question]:
    """Each scored claim's question as a conversation of its own that begins with the picture."""
    conversations = apart(document)
    for claim in document.proof.get("claims", {}).get("questions", ()):
        if claim["kind"] in SCORED:
            yield Question(number, conversations[claim["turn"] // 2], claim, processor.seen_size(document.media[0]))


def _answer(
    model: QwenVL, processor: Processor, questions: Sequence[Question], change: Blanker, config: EvaluateConfig
) -> list[str]:
    stops = {model.config.eos_token_id, model.config.pad_token_id}
    said: list[str] = []
    for start in range(0, len(questions), config.batch):
        batch = questions[start : start + config.batch]
        images: Images = {}
        prompts = [change(processor.prompt(question.alone, 1, images=images)) for question in batch]
        said += [processor.tokenizer.decode(ids) for ids in generate(model, prompts, config.longest_answer, stops)]
    return said


@torch.inference_mode()
def _losses(
    model: QwenVL, processor: Processor, questions: Sequence[Question], change: Blanker, config: EvaluateConfig
) -> dict[str, float]:
    """Nats a supervised token of the true answers, by the kind of question and over `all`."""
    by_kind: dict[str, list[np.ndarray]] = defaultdict(list)
    for start in range(0, len(questions), config.batch):
        batch = questions[start : start + config.batch]
        images: Images = {}
        packed = pack([change(processor.encode(question.alone, images=images)) for question in batch], model.config)
        losses = token_losses(model(packed), model.output_weight, packed).numpy()
        owner = packed.target_document.numpy()
        for number, question in enumerate(batch):
            by_kind[question.claim["kind"]].append(losses[owner == number])
        by_kind["all"].append(losses)
    return {kind: float(np.concatenate(losses).mean()) for kind, losses in sorted(by_kind.items())}


def _scores(
    questions: Sequence[Question], answers: dict[str, list[str]], config: EvaluateConfig
) -> list[dict[str, Any]]:
    rows = []
    for kind in SCORED:
        asked = [number for number, question in enumerate(questions) if question.claim["kind"] == kind]
        if not asked:
            continue
        values = {
            name: np.array([score(_truth(questions[number]), said[number]) for number in asked])
            for name, said in answers.items()
        }
        documents = np.array([questions[number].document for number in asked])
        gains = {
            name: bootstrap(values[TRAINED] - values[name], documents, config.resamples, config.seed)
            for name in (UNTRAINED, BLANK)
        }
        rows.append(
            {
                "kind": kind,
                "measure": SCORED[kind],
                "questions": len(asked),
                "documents": len(set(documents.tolist())),
                "means": {name: float(each.mean()) for name, each in values.items()},
                "gain_interval": gains,
            }
        )
    return rows


def _truth(question: Question) -> Answer:
    """The claim with its boxes in the pixels that the model sees."""
    claim, (media, seen) = question.claim, (question.alone.media[0], question.seen)
    boxes = {item["id"]: item for item in question.alone.proof["claims"]["objects"]}
    scale = (seen[0] / media.width, seen[1] / media.height) * 2
    found = [boxes[number] for number in claim["objects"]]
    return Answer(
        kind=claim["kind"],
        form=claim["form"],
        said=str(claim.get("answer", "")),
        boxes=tuple(tuple(edge * factor for edge, factor in zip(item["box"], scale, strict=True)) for item in found),
    )


def _examples(
    documents: Sequence[Document], questions: Sequence[Question], answers: dict[str, list[str]], count: int = 12
) -> list[dict[str, Any]]:
    """What was asked and said about the first documents, for the report to draw."""
    return [
        {
            "document": question.document,
            "key": documents[question.document].key,
            "kind": question.claim["kind"],
            "form": question.claim["form"],
            "question": _spoken(question, 0),
            "truth": _spoken(question, 1),
            "objects": question.claim["objects"],
            "score": score(_truth(question), answers[TRAINED][number]),
            "seen": question.seen,
            **{name: said[number] for name, said in answers.items()},
        }
        for number, question in enumerate(questions)
        if question.document < count
    ]


def _spoken(question: Question, turn: int) -> str:
    """A turn in words, its coordinates in the pixels that the model sees."""
    media = question.alone.media[0]
    stored = (media.width, media.height)
    parts = question.alone.turns[turn].parts
    written = (write(part, stored, question.seen) if isinstance(part, Box | Point) else _words(part) for part in parts)
    return "".join(written).strip()


def _words(part: Part) -> str:
    return part.text if isinstance(part, Text) else ""


def _line(row: dict[str, Any]) -> str:
    means, gains = row["means"], row["gain_interval"]
    return (
        f"{row['kind']:<12} {row['measure']:<28} {means[TRAINED]:6.1%}  untrained {means[UNTRAINED]:6.1%}"
        f"  blank {means[BLANK]:6.1%}  gain over blank [{gains[BLANK][0]:+.1%}, {gains[BLANK][1]:+.1%}]"
        f"  ({row['questions']} questions, {row['documents']} scenes)"
    )


def _fingerprint(config: EvaluateConfig, packed: Packed, shards: ShardSet) -> str:
    weights = [hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(config.model.glob("*.safetensors"))]
    content = [config.model_dump(mode="json"), packed.fingerprint, shards.digest(), weights]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]
