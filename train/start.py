"""What a phase starts with: its model, its objective, and the fingerprint of all that decides its result."""

import hashlib
import json
from pathlib import Path

from curation.config import load
from curation.errors import UserError
from model.checkpoint import AnyModel, new_model
from model.config import load_config
from model.contrastive import ContrastiveConfig, ContrastiveModel
from model.parts import load_parts
from train.contrastive import Contrastive
from train.data.lengths import Packed
from train.next_token import NextToken
from train.objective import Objective
from train.optimizer import choose_parts
from train.phase import Phase

BLOCKS, BLOCK = 64, 2**16  # of a weight file that its fingerprint looks at, and their bytes


def starting_model(phase: Phase, packed: Packed) -> tuple[AnyModel, list[str]]:
    """The model of a phase with the weights of `phase.start`, frozen where nothing learns; and what of it is fresh.

    Raises UserError where model, weights, tokenizer and learning rates do not fit together.
    """
    tokenizer = packed.processor.tokenizer
    path = phase.model or packed.config.model
    contrastive = phase.objective == "contrastive"
    config = (
        load(path, ContrastiveConfig) if contrastive else load_config(path).model_copy(update=tokenizer.special_ids())
    )
    if len(tokenizer) > config.text.vocab_size:
        raise UserError(f"{path}: vocab_size {config.text.vocab_size} is below the tokenizer's {len(tokenizer)}")
    model = new_model(config, phase.seed)
    fresh = load_parts(model, phase.start.model, phase.start.vision, phase.start.language)
    choose_parts(model, phase.optimizer.learning_rate)
    return model, fresh


def objective_of(phase: Phase, model: AnyModel) -> Objective:
    learning = frozenset(phase.optimizer.learning_rate)
    if isinstance(model, ContrastiveModel):
        return Contrastive(model.config, learning)
    return NextToken(model.config, learning)


def fingerprint_of(phase: Phase, packed: Packed) -> str:
    """Of all that decides the result: settings, measured documents, starting weights; not of how it is computed."""
    settings = phase.model_dump(mode="json", exclude={"output", "loading", "compute", "checkpoint_every"})
    model = (phase.model or packed.config.model).read_text()
    folders = (phase.start.model, phase.start.vision, phase.start.language)
    weights = [_sampled(path) for folder in folders if folder for path in sorted(folder.glob("*.safetensors"))]
    content = json.dumps([settings, phase.compute.dtype, model, packed.fingerprint, weights], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def _sampled(path: Path) -> str:
    """A digest of blocks spread over a file: all of a 72B model would take minutes, and training alters every block."""
    length = path.stat().st_size
    digest = hashlib.sha256(str(length).encode())
    with path.open("rb") as file:
        for number in range(BLOCKS):
            file.seek(length * number // BLOCKS)
            digest.update(file.read(BLOCK))
    return digest.hexdigest()
