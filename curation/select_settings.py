"""The settings of a selection: thresholds of any score, and limits that look at groups of documents."""

import math
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from curation.config import Config
from curation.errors import ConfigError

By = Literal["dataset", "domain", "language", "task"]
DIMENSIONS = ("quality", "relevance", "complementarity", "balance")


def _dotted(values: Any, leaf: frozenset[str] | None = None) -> Any:
    """{"judge": {"balance": x}} -> {"judge.balance": x}: what an override makes of a name that has a dot.

    `leaf` are the keys of a value that is itself a section; without it values are numbers.
    """
    if not isinstance(values, dict):
        return values
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if not isinstance(value, dict):
            flat[name] = value
            continue
        own = {key: each for key, each in value.items() if leaf and (key in leaf or not isinstance(each, dict))}
        if own or not value:
            flat[name] = {**flat.get(name, {}), **own}
        below = _dotted({key: each for key, each in value.items() if key not in own}, leaf)
        for key, each in below.items():
            place = f"{name}.{key}"
            flat[place] = {**flat.get(place, {}), **each} if leaf else each
    return flat


class Bounds(Config):
    minimum: float | None = Field(None, allow_inf_nan=False)
    maximum: float | None = Field(None, allow_inf_nan=False)

    @model_validator(mode="after")
    def _in_order(self) -> "Bounds":
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise ValueError(f"the minimum, {self.minimum:g}, is above the maximum, {self.maximum:g}")
        return self


class Threshold(Bounds):
    """Bounds of a score, others for some languages, and what becomes of documents that its scorer could not judge."""

    abstain: Literal["keep", "reject"] = "keep"
    languages: dict[str, Bounds] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _each_in_order(self) -> "Threshold":
        for language in self.languages:
            self.of(language)
        return self

    def of(self, language: str) -> Bounds:
        """What a language does not say is what all the others have."""
        own = self.languages.get(language)
        if own is None:
            return self
        bounds = {"minimum": self.minimum, "maximum": self.maximum} | own.model_dump(exclude_unset=True)
        return Bounds(**bounds)

    def bounds(self, side: Literal["minimum", "maximum"]) -> list[float]:
        """All its minimums or maximums, whatever the language."""
        values = (getattr(bounds, side) for bounds in (self, *self.languages.values()))
        return sorted({value for value in values if value is not None})


class Languages(Config):
    """Languages to keep as their ISO 639 codes (none named: all), if identified with at least this probability."""

    allowed: tuple[str, ...] = ()
    confidence: float = Field(0.0, ge=0, le=1)


class Limit(Config):
    """How many documents of each group are kept: the first ones of a ranking, or of a random order."""

    reason: ClassVar[str]
    by: By | None = None

    @abstractmethod
    def room(self, held: Mapping[str, int]) -> dict[str, int]:
        """How many of each group's documents are kept at most; `held` is how many there are."""

    @abstractmethod
    def said(self, group: str) -> str:
        """The limit of a group in words."""

    def ranking(self) -> Mapping[str, float]:
        """The weight of each score in what is better; nothing for a random order."""
        return {}


class Ranked(Limit):
    """What is better: one score or a weighted mean of several (of those that are known). Neither: a random order."""

    score: str | None = None
    weights: dict[str, float] = Field(default_factory=dict)

    @field_validator("weights", mode="before")
    @classmethod
    def _names(cls, weights: Any) -> Any:
        return _dotted(weights)

    @field_validator("weights")
    @classmethod
    def _positive(cls, weights: dict[str, float]) -> dict[str, float]:
        return _above_zero(weights)

    @model_validator(mode="after")
    def _one(self) -> "Ranked":
        if self.score and self.weights:
            raise ValueError("score and weights: only one of them can rank")
        return self

    def ranking(self) -> Mapping[str, float]:
        return {self.score: 1.0} if self.score else self.weights


class Top(Ranked):
    """The best fraction of all documents, or of each group; of a group with any document at least one."""

    reason: ClassVar[str] = "not in the top"
    fraction: float = Field(gt=0, le=1)

    @model_validator(mode="after")
    def _ranks(self) -> "Top":
        if not self.ranking():
            raise ValueError("name the score, or the weights of several, that rank documents")
        return self

    def room(self, held: Mapping[str, int]) -> dict[str, int]:
        return {group: math.ceil(_exact(self.fraction) * count) for group, count in held.items()}

    def said(self, group: str) -> str:
        return f"{f'{self.by} {group}' if self.by else 'all'}, the best {self.fraction:.4g}"


class Quota(Ranked):
    """At most so many documents of each group: those named in `limits`, and `default` of any other (null: all)."""

    reason: ClassVar[str] = "over quota"
    limits: dict[str, int] = Field(default_factory=dict)
    default: int | None = Field(None, ge=0)

    @field_validator("limits", mode="before")
    @classmethod
    def _groups(cls, limits: Any) -> Any:
        return _dotted(limits)

    @field_validator("limits")
    @classmethod
    def _counts(cls, limits: dict[str, int]) -> dict[str, int]:
        if below := [group for group, limit in limits.items() if limit < 0]:
            raise ValueError(f"{below[0]}: a limit cannot be below 0")
        return limits

    def room(self, held: Mapping[str, int]) -> dict[str, int]:
        return {group: count if (most := self._most(group)) is None else most for group, count in held.items()}

    def said(self, group: str) -> str:
        return f"{self.by} {group}, at most {self._most(group):,}"

    def _most(self, group: str) -> int | None:
        return self.limits.get(group, self.default)


class Mixture(Limit):
    """Proportions of the groups: as many documents as there can be at these proportions. Groups not named are left out.

    Weights need not sum to one. The group that runs out first is kept whole, of the others a random part.
    """

    reason: ClassVar[str] = "over mixture"
    by: Literal["dataset", "language", "task"]
    weights: dict[str, float] = Field(min_length=1)

    @field_validator("weights", mode="before")
    @classmethod
    def _groups(cls, weights: Any) -> Any:
        return _dotted(weights)

    @field_validator("weights")
    @classmethod
    def _positive(cls, weights: dict[str, float]) -> dict[str, float]:
        return _above_zero(weights)

    def room(self, held: Mapping[str, int]) -> dict[str, int]:
        if not held:
            return {}
        if empty := [group for group in self.weights if not held.get(group)]:
            raise ConfigError(
                f"select.mixture.weights.{empty[0]}: no document of this {self.by} is left, so nothing can be mixed"
                f" with it; there are {', '.join(f'{count:,} of {group}' for group, count in sorted(held.items()))}"
            )
        weights = {group: _exact(weight) for group, weight in self.weights.items()}
        most = min(held[group] / weight for group, weight in weights.items())
        return {group: math.floor(weights.get(group, 0) * most) for group in held}

    def said(self, group: str) -> str:
        return f"{self.by} {group}, {self.weights.get(group, 0.0) / sum(self.weights.values()):.4g} of the whole"


def _above_zero(weights: dict[str, float]) -> dict[str, float]:
    for name, weight in weights.items():
        if not 0 < weight < math.inf:
            raise ValueError(f"{name}: {weight:g} is not above 0; leave it out instead")
    return weights


def _exact(number: float) -> Fraction:
    """The number as it was written: 0.1 is a tenth, which as a float it is not."""
    return Fraction(str(number))


class SelectSettings(Config):
    """Rules first, then `top`, each quota and `mixture`, each among the documents that are left by then."""

    languages: Languages = Languages()
    licences: tuple[str, ...] = Field((), description="globs, e.g. CC-BY-*; none: all")
    scores: dict[str, Threshold] = Field(default_factory=dict)
    top: Top | None = None
    quotas: dict[By, Quota] = Field(default_factory=dict)
    mixture: Mixture | None = None

    @field_validator("scores", mode="before")
    @classmethod
    def _names(cls, scores: Any) -> Any:
        return _dotted(scores, frozenset(Threshold.model_fields))

    @field_validator("scores")
    @classmethod
    def _units(cls, scores: dict[str, Threshold]) -> dict[str, Threshold]:
        """A score of a dimension lies between 0 and 1, whoever gives it (`quality`, `judge.quality`)."""
        for name, threshold in scores.items():
            if name.rpartition(".")[2] in (*DIMENSIONS, "confidence"):
                for value in (*threshold.bounds("minimum"), *threshold.bounds("maximum")):
                    if not 0 <= value <= 1:
                        raise ValueError(f"{name}: {value:g} is not between 0 and 1")
        return scores

    @field_validator("quotas")
    @classmethod
    def _by(cls, quotas: dict[By, Quota]) -> dict[By, Quota]:
        """A quota is of what its key says."""
        for by, quota in quotas.items():
            if quota.by not in (None, by):
                raise ValueError(f"{by}: its key says what the quota is of; leave `by` out")
        return {by: quota.model_copy(update={"by": by}) for by, quota in sorted(quotas.items())}

    def limits(self) -> Iterator[tuple[str, Limit]]:
        """In the order in which they apply, each with its setting's name."""
        if self.top:
            yield "top", self.top
        yield from ((f"quotas.{by}", quota) for by, quota in self.quotas.items())
        if self.mixture:
            yield "mixture", self.mixture

    def reads(self) -> tuple[set[str], set[str]]:
        """The labels and the scores that the decision looks at."""
        labels = {"language", *(("licence",) if self.licences else ())}
        labels |= {limit.by for _, limit in self.limits() if limit.by}
        scores = {*self.scores, *(("language.confidence",) if self.languages.confidence else ())}
        scores |= {name for _, limit in self.limits() for name in limit.ranking()}
        return labels, scores
