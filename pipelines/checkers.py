"""Whose proof is it, and who runs it: what verifying and mutating shards have in common."""

import json
import multiprocessing
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from curation import media
from curation.document import Document
from curation.errors import MediaError, UserError
from curation.shard import ShardSet
from pipelines.log import Progress
from pipelines.mixture import SynthConfig
from synth import generators
from synth.sample import Checker, Generator

RECEIPT = "_DONE.json"

Recipes = Mapping[str, tuple[type[Generator], str]]  # name of a recipe -> its generator, and the settings as JSON


def receipt_recipes(folder: str) -> Recipes:
    """The recipe that the receipt of a folder tells of; none where it tells of none.

    Raises UserError where its generator is not one of ours.
    """
    try:
        receipt = json.loads(media.read_bytes(f"{folder.rstrip('/')}/{RECEIPT}"))
        recipe, name, settings = receipt["stage"], receipt["depends"]["generator"], receipt["depends"]["settings"]
    except (MediaError, ValueError, LookupError, TypeError):
        return {}
    try:
        return {recipe: (generators.find(name), json.dumps(settings, sort_keys=True))}
    except UserError as error:
        raise UserError(f"{folder}: {error}") from error


def config_recipes(config: SynthConfig) -> Recipes:
    """Those of a config."""
    return {name: (config.generator(name), config.settings(name).model_dump_json()) for name in config.recipes}


def checker_of(document: Document, recipes: Recipes) -> Checker:
    """Raises UserError where nobody knows how its samples are proved."""
    recipe, proof = document.source.dataset, document.proof
    if recipe not in recipes:
        raise UserError(f"no receipt beside the shards tells of its recipe {recipe!r}: name a config of synth")
    kind, settings = recipes[recipe]
    if (proof.get("generator"), proof.get("version")) != (kind.name, kind.version):
        made = f"{proof.get('generator')}/{proof.get('version')}"
        raise UserError(f"it was made by {made}, and {kind.name}/{kind.version} is what is here: use that vlforge")
    return _checker(kind, settings)


@lru_cache(32)
def _checker(kind: type[Generator], settings: str) -> Checker:
    try:
        return kind.make_checker(kind.settings.model_validate_json(settings))
    except ValueError as error:
        raise UserError(f"the settings of {kind.name} are those of another version: {error}") from error


# --- who runs it ---


@contextmanager
def processes() -> Iterator[ProcessPoolExecutor]:
    """As many as there are cores. Spawned, not forked: a fork of a process that has threads (Beam's) can hang."""
    with ProcessPoolExecutor(len(os.sched_getaffinity(0)), multiprocessing.get_context("spawn")) as pool:
        yield pool


def finished(futures: Sequence[Future[Any]], folder: str) -> list[Any]:
    """Their results in their own order; says how many documents were seen. Raises UserError where a process died."""
    progress = Progress(f"verify {folder}", "documents")
    try:
        for future in as_completed(futures):
            progress.step(future.result().documents)
    except BrokenProcessPool as error:
        raise UserError(f"{folder}: a process that ran its proofs was killed: is there memory enough?") from error
    except BaseException:
        for future in futures:
            future.cancel()
        raise
    return [future.result() for future in futures]


def label(document: Document) -> str:
    return f"document {document.key} (seed {document.source.seed} of {document.source.dataset})"


@lru_cache(4)
def opened(folder: str) -> ShardSet:
    return ShardSet(folder)
