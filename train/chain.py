"""A chain of phases: each starts from the weights of the one before (paper section 2.2.2), in one command.

    output: runs/3b
    start: {language: Qwen2.5-3B}
    settings: {model: configs/model/3b.yaml}     # put over those of every phase
    settings_of: {contrastive: {model: configs/model/clip-3b.yaml}}  # and over those of one
    phases: [phases/contrastive.yaml, phases/visual.yaml, ...]

A phase is called as its file is, and writes to `<output>/<name>`.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import Field

from curation import config
from curation.config import Config
from curation.errors import ConfigError
from train.phase import Phase, Start


class Chain(Config):
    """`vlforge train` of a file with `phases`: files beside it, in the order in which they are trained.

    `settings_of` are settings of one phase, by its name, put over all others. `only` names the phases to train; those
    before them must be finished.
    """

    output: Path
    start: Start = Start()
    settings: dict[str, Any] = Field(default={})
    settings_of: dict[str, dict[str, Any]] = Field(default={})
    phases: tuple[Path, ...] = Field(min_length=1)
    only: tuple[str, ...] = ()


def load_phases(path: str | Path, overrides: Sequence[str] = ()) -> list[Phase]:
    """The phases that a file asks for, be it one phase or a chain, all of them checked. Raises ConfigError."""
    values = config.read(path, overrides)
    if "phases" not in values:
        return [config.check(path, values, Phase)]
    chain = config.check(path, values, Chain)
    linked = list(_linked(Path(path), chain))
    _require_own_folders(path, linked)
    phases = dict(linked)
    for key, names in (("only", chain.only), ("settings_of", chain.settings_of)):
        if unknown := sorted(set(names) - set(phases)):
            raise ConfigError(f"{path}: {key}: {', '.join(unknown)}: the phases are {', '.join(phases)}")
    return [phase for name, phase in phases.items() if name in (chain.only or phases)]


def _require_own_folders(path: str | Path, linked: Sequence[tuple[str, Phase]]) -> None:
    """Of two phases in one folder the second would take the place of the first."""
    seen: dict[Path, str] = {}
    for name, phase in linked:
        if phase.output in seen:
            both = f"{seen[phase.output]} and {name}"
            raise ConfigError(f"{path}: phases: {both} would be written to one folder, {phase.output}")
        seen[phase.output] = name


def _linked(path: Path, chain: Chain) -> Iterator[tuple[str, Phase]]:
    """Each phase by name, told where to write and what to start from, unless its own file says otherwise."""
    held = chain.start
    for file in chain.phases:
        own = config.merge(config.read(path.parent / file), chain.settings)
        own = config.merge(own, chain.settings_of.get(file.stem, {}))
        contrastive = own.get("objective") == "contrastive"
        start = Start(vision=held.vision or held.model) if contrastive else held
        beneath = {"output": str(chain.output / file.stem), "start": start.model_dump(mode="json", exclude_none=True)}
        phase = config.check(path.parent / file, {**beneath, **own}, Phase)
        done = phase.output / "model"
        # a contrastive model has a ViT and no decoder: the one held so far stays
        held = Start(vision=done, language=held.language or held.model) if contrastive else Start(model=done)
        yield file.stem, phase
