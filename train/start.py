"""What a phase starts with: its model, its objective, and the fingerprint of all that decides its result."""

import hashlib
import json
from pathlib import Path

from curation.config import load, read
from curation.errors import UserError
from model.checkpoint import AnyModel, meta_model
from model.config import load_config
from model.contrastive import ContrastiveConfig, ContrastiveModel
from model.parts import start_weights
from model.tokenizer import Tokenizer
from train.contrastive import Contrastive
from train.data.lengths import Packed
from train.next_token import NextToken
from train.objective import Objective
from train.optimizer import choose_parts
from train.phase import Phase

# settings that are no part of a phase's fingerprint; of files it is what they hold that counts
NO_RESULT = {"output", "packs", "model", "start", "loading", "compute", "checkpoint_every", "guard", "corrupt"}
BLOCKS, BLOCK = 64, 2**16  # of a weight file that its fingerprint looks at, and their bytes


def model_of(phase: Phase, packed: Packed) -> AnyModel:
    """The model of a phase, frozen where nothing learns, on the meta device: for `prepare`, then `set_weights`.

    Raises UserError where model, tokenizer and learning rates do not fit together.
    """
    tokenizer = packed.processor.tokenizer
    path = phase.model or packed.config.model
    contrastive = phase.objective == "contrastive"
    config = (
        load(path, ContrastiveConfig) if contrastive else load_config(path).model_copy(update=tokenizer.special_ids())
    )
    if len(tokenizer) > config.text.vocab_size:
        raise UserError(f"{path}: vocab_size {config.text.vocab_size} is below the tokenizer's {len(tokenizer)}")
    for folder in (phase.start.model, phase.start.language):
        if folder and (folder / "tokenizer.json").is_file():
            _require_same_words(folder, tokenizer, packed)
    model = meta_model(config)
    choose_parts(model, phase.optimizer.learning_rate)
    return model


def _require_same_words(folder: Path, own: Tokenizer, packed: Packed) -> None:
    """Weights know tokens by their ids alone: under another tokenizer they would start as if shuffled."""
    words = [each.core.get_vocab(with_added_tokens=False) for each in (Tokenizer(folder), own)]
    if words[0] != words[1]:
        raise UserError(f"{folder}: its tokenizer is not that of {packed.folder}: pack with tokenizer.folder: {folder}")


def set_weights(model: AnyModel, phase: Phase) -> list[str]:
    """Gives a model of the phase, sharded or not, the weights of `phase.start`; returns what of it is fresh.

    Raises UserError where they are not of this model.
    """
    return start_weights(model, phase.seed, phase.start.model, phase.start.vision, phase.start.language)


def objective_of(phase: Phase, model: AnyModel) -> Objective:
    learning = frozenset(phase.optimizer.learning_rate)
    if isinstance(model, ContrastiveModel):
        return Contrastive(model.config, learning)
    return NextToken(model.config, learning)


def fingerprint_of(phase: Phase, packed: Packed) -> str:
    """Of all that decides the result: settings, measured documents, starting weights; not of how it is computed, nor of
    where its files lie, nor of what is done about faults, so that a run that these rules stopped can go on with others.
    """
    settings = phase.model_dump(mode="json", exclude=NO_RESULT)
    model = read(phase.model or packed.config.model)
    weights = {
        part: [_sampled(path) for path in sorted(folder.glob("*.safetensors"))]
        for part, folder in phase.start.folders.items()
    }
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
