"""Settings: YAML files checked whole, before any work starts, against pydantic models that forbid unknown keys."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pydantic
import yaml

from curation.errors import ConfigError


class Config(pydantic.BaseModel):
    """Base of every job's settings."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)


Schema = TypeVar("Schema", bound=pydantic.BaseModel)


def load(path: str | Path, schema: type[Schema], overrides: Sequence[str] = ()) -> Schema:
    """Reads a YAML file (and those that it `extends`), applies `key.path=value` overrides and checks the whole.

    Raises ConfigError with one line: file, key, what is wrong.
    """
    return check(path, read(path, overrides), schema)


def read(path: str | Path, overrides: Sequence[str] = ()) -> dict[str, Any]:
    """The settings of a file, those that it `extends` and the overrides among them, not checked yet."""
    values = _read(Path(path))
    for override in overrides:
        _apply(values, override)
    return values


def check(path: str | Path, values: dict[str, Any], schema: type[Schema]) -> Schema:
    """Settings that came from the file `path` as their schema."""
    try:
        return schema.model_validate(values)
    except pydantic.ValidationError as error:
        raise ConfigError("; ".join(_explain(path, fault, values) for fault in error.errors())) from error


def _read(path: Path, above: tuple[Path, ...] = ()) -> dict[str, Any]:
    path = path.resolve() if above else path
    if path in above:
        raise ConfigError(f"{path}: extends itself")
    try:
        values = yaml.load(path.read_text(encoding="utf-8"), _Strict) or {}
    except OSError as error:
        raise ConfigError(f"{path}: cannot read it: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(values, dict):
        raise ConfigError(f"{path}: expected `key: value` lines, found a {type(values).__name__}")
    base = values.pop("extends", None)
    return merge(_read(path.parent / base, (*above, path)), values) if base else values


class _Strict(yaml.SafeLoader):
    """YAML's own loader lets the last of two equal keys win, and nobody would know."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                line = key.start_mark.line + 1
                raise yaml.YAMLError(f"line {line}: {key.value} stands here a second time, and one would be lost")
            if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
                seen.add(key.value)
        return super().construct_mapping(node, deep)


def merge(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Settings of `over` replace those of `base`; sections are merged key by key, and `null` takes a key away."""
    merged = dict(base)
    for key, value in over.items():
        both = isinstance(value, dict) and isinstance(base.get(key), dict)
        merged[key] = merge(base[key], value) if both else value
    return {key: value for key, value in merged.items() if value is not None}


def _apply(values: dict[str, Any], override: str) -> None:
    key, equals, text = override.partition("=")
    if not equals:
        raise ConfigError(f"{override}: an override is written key=value")
    *sections, last = key.split(".")
    for section in sections:
        values = values.setdefault(section, {})
        if not isinstance(values, dict):
            raise ConfigError(f"{override}: {section} is a value, not a section")
    try:
        values[last] = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"{override}: {text!r} is not a YAML value") from error
    if values[last] is None:
        del values[last]  # as in a file, `null` takes a key away


def _explain(path: str | Path, fault: Any, values: Any) -> str:
    key = ".".join(_place(fault["loc"], values)) or "the whole file"
    if fault["type"].startswith("union_tag"):
        kind = fault["ctx"]["discriminator"].strip("'")
        if fault["type"] == "union_tag_not_found":
            return f"{path}: {key}.{kind}: this setting is required"
        return f"{path}: {key}.{kind}: {fault['ctx']['tag']!r}: it is one of {fault['ctx']['expected_tags']}"
    if fault["type"] == "extra_forbidden":
        return f"{path}: {key}: there is no such setting"
    if fault["type"] == "missing":
        return f"{path}: {key}: this setting is required"
    message = fault["msg"].removeprefix("Value error, ")
    if fault["type"] in ("model_type", "dict_type", "model_attributes_type"):
        message = "expected a section of `key: value` lines"
    whole_section = isinstance(fault["input"], dict | list)  # its content is no help on one line
    return f"{path}: {key}: {message}" if whole_section else f"{path}: {key}: {fault['input']!r}: {message}"


def _place(steps: Sequence[str | int], values: Any) -> Iterator[str]:
    """The way to a setting as the file has it: pydantic also names which of several models a section was taken for."""
    for number, step in enumerate(steps):
        if isinstance(values, dict) and step not in values and number < len(steps) - 1:
            continue
        yield str(step)
        held = isinstance(values, dict) and step in values
        listed = isinstance(values, list) and isinstance(step, int) and step < len(values)
        values = values[step] if held or listed else None
