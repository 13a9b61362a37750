"""The settings of `vlforge synth`: which generators, with which settings, make how many seeds' samples."""

from collections.abc import Iterator
from typing import Any

import pydantic
from pydantic_core import InitErrorDetails, PydanticCustomError

from curation.config import Config
from curation.errors import UserError
from synth import generators
from synth.sample import Generator


class Recipe(Config):
    """Samples of a run of seeds. Its name is part of each seed: no two recipes of a mixture tell the same story."""

    generator: str = pydantic.Field(description="a row of synth/generators.py")
    seeds: int | None = pydantic.Field(None, ge=1, description="how many, beside those that are shared out")
    weight: float | None = pydantic.Field(None, gt=0, description="its share of the mixture's seeds")
    settings: dict[str, Any] = pydantic.Field({}, description="of the generator; they replace its defaults")

    @pydantic.model_validator(mode="after")
    def _one_of(self) -> "Recipe":
        if (self.seeds is None) == (self.weight is None):
            raise ValueError("give either seeds or weight")
        return self


class SynthConfig(Config):
    """A seed makes one sample or several, and the first 1,000 seeds of a recipe are those of its first 2,000."""

    output: str = pydantic.Field(min_length=1)
    licence: str = pydantic.Field("", description="of the samples as a work, beside that of what they are made from")
    seeds: int | None = pydantic.Field(None, ge=1, description="shared out among the recipes that have a weight")
    shard_seeds: int = pydantic.Field(500, ge=1, description="a shard is made and written by one worker in one go")
    audit: float = pydantic.Field(0.02, ge=0, le=1, description="the share of seeds whose costly checks run too")
    defaults: dict[str, dict[str, Any]] = pydantic.Field({}, description="generator -> settings of all its recipes")
    recipes: dict[str, Recipe] = pydantic.Field(min_length=1, description="each becomes the folder <output>/<name>")

    def generator(self, name: str) -> type[Generator]:
        """The class that a recipe names."""
        return generators.find(self.recipes[name].generator)

    def settings(self, name: str) -> Config:
        """What the generator of a recipe is made from: a setting of the recipe replaces the default whole."""
        recipe = self.recipes[name]
        return self.generator(name).settings.model_validate(self.defaults.get(recipe.generator, {}) | recipe.settings)

    def shares(self) -> dict[str, int]:
        """Recipe -> its seeds; those of weights are rounded so that they add up."""
        weights = {name: recipe.weight for name, recipe in self.recipes.items() if recipe.weight}
        exact = {name: (self.seeds or 0) * weight / sum(weights.values()) for name, weight in weights.items()}
        shares = {name: int(share) for name, share in exact.items()}
        missing = (self.seeds or 0) - sum(shares.values()) if weights else 0
        for name in sorted(exact, key=lambda name: (shares[name] - exact[name], name))[:missing]:
            shares[name] += 1
        return {name: recipe.seeds or shares[name] for name, recipe in self.recipes.items()}

    @pydantic.field_validator("recipes")
    @classmethod
    def _names(cls, recipes: dict[str, Recipe]) -> dict[str, Recipe]:
        for name in recipes:
            if not name.replace("_", "").replace("-", "").isalnum() or not name.isascii():
                raise ValueError(f"{name!r}: letters, digits, - and _ are wanted: it becomes a folder")
        return recipes

    @pydantic.model_validator(mode="after")
    def _sound(self) -> "SynthConfig":
        weighted = [name for name, recipe in self.recipes.items() if recipe.weight]
        if weighted and self.seeds is None:
            raise ValueError(f"recipes.{weighted[0]} has a weight, and there are no `seeds` to share out")
        if self.seeds and not weighted:
            raise ValueError("`seeds` are shared out by weight, and no recipe has one")
        if empty := [name for name, seeds in self.shares().items() if not seeds]:
            raise ValueError(f"recipes.{empty[0]}: its weight gives it no seed: raise it, or `seeds`")
        if faults := {fault["loc"]: fault for name in self.recipes for fault in self._faults(name)}:
            raise pydantic.ValidationError.from_exception_data(type(self).__name__, list(faults.values()))
        if unused := set(self.defaults) - {recipe.generator for recipe in self.recipes.values()}:
            raise ValueError(f"defaults.{min(unused)}: no recipe names this generator")
        return self

    def _faults(self, name: str) -> Iterator[InitErrorDetails]:
        """What is wrong with a recipe's settings, told where it stands: with the recipe or among the defaults."""
        recipe = self.recipes[name]
        try:
            self.settings(name)
        except UserError as error:  # there is no such generator
            said = PydanticCustomError("no_generator", "{said}", {"said": str(error)})
            yield InitErrorDetails(type=said, loc=("recipes", name, "generator"), input=recipe.generator)
        except pydantic.ValidationError as error:
            usual = self.defaults.get(recipe.generator, {})
            for fault in error.errors():
                own = not fault["loc"] or fault["loc"][0] in recipe.settings or fault["loc"][0] not in usual
                where = ("recipes", name, "settings") if own else ("defaults", recipe.generator)
                yield InitErrorDetails(
                    type=fault["type"], loc=(*where, *fault["loc"]), input=fault["input"], ctx=fault.get("ctx", {})
                )
