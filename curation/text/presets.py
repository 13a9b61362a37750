"""The rules on text of published corpora, under their names and with their published limits.

A preset is data: limits on a whole document's running text, on a single paragraph (node) of it, and on a single line.
What each limit is a limit of, and what it becomes in other languages than English, is said in `curation.text.rules`.
"""

from typing import Any, Literal

from pydantic import Field, model_validator

from curation.config import Config

Share = float | None
_share = Field(None, ge=0, le=1)
_number = Field(None, ge=0)

GOPHER_REPETITION = {
    "lines": 0.30,
    "line_characters": 0.20,
    "paragraphs": 0.30,
    "paragraph_characters": 0.20,
    "top_2gram": 0.20,
    "top_3gram": 0.18,
    "top_4gram": 0.16,
    "duplicate_5gram": 0.15,
    "duplicate_6gram": 0.14,
    "duplicate_7gram": 0.13,
    "duplicate_8gram": 0.12,
    "duplicate_9gram": 0.11,
    "duplicate_10gram": 0.10,
}


class _Switchable(Config):
    """A limit that is `off` or null is not applied."""

    @model_validator(mode="before")
    @classmethod
    def _off(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        return {name: None if value is False or value == "off" else value for name, value in values.items()}

    def any(self) -> bool:
        """Whether there is a limit at all."""
        return any(value is not None for _, value in self)


class Limits(_Switchable):
    """Least and largest values of the measures of a text; shares are in [0, 1]."""

    min_characters: int | None = _number
    min_words: int | None = _number
    max_words: int | None = _number
    min_mean_word_length: float | None = _number
    max_mean_word_length: float | None = _number
    max_hashes_per_word: float | None = _number
    max_ellipses_per_word: float | None = _number
    max_bullet_lines: Share = _share
    max_ellipsis_lines: Share = _share
    min_alphabetic_words: Share = _share
    min_common_words: int | None = Field(None, ge=0, le=8, description="of the language's eight commonest")
    min_function_words: Share = _share
    max_duplicate_lines: Share = _share
    max_duplicate_line_characters: Share = _share
    max_duplicate_characters_of_lines: Share = _share
    max_duplicate_paragraphs: Share = _share
    max_duplicate_paragraph_characters: Share = _share
    max_top_2gram: Share = _share
    max_top_3gram: Share = _share
    max_top_4gram: Share = _share
    max_duplicate_5gram: Share = _share
    max_duplicate_6gram: Share = _share
    max_duplicate_7gram: Share = _share
    max_duplicate_8gram: Share = _share
    max_duplicate_9gram: Share = _share
    max_duplicate_10gram: Share = _share
    max_repeated_5grams: Share = _share
    max_repeated_10_characters: Share = _share
    min_punctuated_lines: Share = _share
    max_short_lines: Share = _share
    max_newlines_per_word: float | None = _number
    min_sentences: int | None = _number
    max_special_characters: Share = _share
    min_punctuation: Share = _share
    max_uppercase: Share = _share
    max_curly_brackets: int | None = _number
    max_placeholders: int | None = Field(None, ge=0, description="occurrences of `lorem ipsum`")
    min_language_confidence: Share = _share
    min_words_per_image: int | None = Field(None, ge=0, description="in documents of more than two images")


class LineRules(_Switchable):
    """Rules for a line of running text; one that breaks them is cut out of its document."""

    min_words: int | None = _number
    max_word_length: int | None = _number
    end_mark: bool | None = Field(None, description="must end in `.`, `?`, `!` or a quotation mark, not in `...`")
    javascript: bool | None = Field(None, description="must not have the word")
    policies: bool | None = Field(None, description="must not speak of cookies, privacy policies and terms of use")
    notices: bool | None = Field(None, description="must not ask for JavaScript or state policies and rights, if short")
    duplicates: bool | None = Field(None, description="must not have been there before, if of five words or more")


class Preset(Config):
    """`document` judges a document, `node` each paragraph of it, `line` each line of its paragraphs."""

    source: str
    document: Limits = Limits()
    node: Limits = Limits()
    line: LineRules = LineRules()


class Changes(Config):
    """Single limits of a preset that a job sets otherwise, or switches `off`."""

    document: Limits = Limits()
    node: Limits = Limits()
    line: LineRules = LineRules()


Name = Literal["interleaved", "gopher", "gopher-repetition", "c4", "c4-datatrove", "fineweb", "obelics", "omnicorpus"]

_C4_LINE = {"max_word_length": 1000, "end_mark": True, "javascript": True, "policies": True}

PRESETS: dict[Name, Preset] = {
    "interleaved": Preset(
        source="what holds for every page: C4's rules that leave headings, lists, code and talk of JavaScript alone",
        document=Limits(max_placeholders=0),
        line=LineRules(max_word_length=1000, notices=True, duplicates=True),
    ),
    "gopher": Preset(
        source="Rae et al. 2021, arXiv:2112.11446, section A.1.1",
        document=Limits(
            min_words=50,
            max_words=100_000,
            min_mean_word_length=3,
            max_mean_word_length=10,
            max_hashes_per_word=0.1,
            max_ellipses_per_word=0.1,
            max_bullet_lines=0.9,
            max_ellipsis_lines=0.3,
            min_alphabetic_words=0.8,
            min_common_words=2,
        ),
    ),
    "gopher-repetition": Preset(
        source="Rae et al. 2021, arXiv:2112.11446, table A1",
        document=Limits(
            max_duplicate_lines=GOPHER_REPETITION["lines"],
            max_duplicate_line_characters=GOPHER_REPETITION["line_characters"],
            max_duplicate_paragraphs=GOPHER_REPETITION["paragraphs"],
            max_duplicate_paragraph_characters=GOPHER_REPETITION["paragraph_characters"],
            **{f"max_{name}": limit for name, limit in GOPHER_REPETITION.items() if name.endswith("gram")},
        ),
    ),
    "c4": Preset(
        source="Raffel et al. 2020, arXiv:1910.10683, as TensorFlow Datasets builds it (c4_utils.py)",
        document=Limits(min_sentences=3, max_curly_brackets=0, max_placeholders=0),
        line=LineRules(min_words=5, **_C4_LINE),
    ),
    "c4-datatrove": Preset(
        source="Raffel et al. 2020, arXiv:1910.10683, section 2.2, as datatrove reads it (c4_filters.py)",
        document=Limits(min_sentences=5, max_curly_brackets=0, max_placeholders=0),
        line=LineRules(min_words=3, **_C4_LINE),
    ),
    "fineweb": Preset(
        source="Penedo et al. 2024, arXiv:2406.17557; duplicate characters as released (0.01; the text says 0.1)",
        document=Limits(
            min_punctuated_lines=0.12,
            max_short_lines=0.67,
            max_duplicate_characters_of_lines=0.01,
            max_newlines_per_word=0.3,
        ),
    ),
    "obelics": Preset(
        source="Laurençon et al. 2023, arXiv:2306.16527, section A.1.4",
        document=Limits(
            min_words=10,
            max_words=2_000,
            max_repeated_10_characters=0.1,
            max_repeated_5grams=0.2,
            max_special_characters=0.275,
            min_function_words=0.35,
            min_punctuation=0.03,
            min_language_confidence=0.8,
        ),
        node=Limits(
            min_words=4,
            max_words=1_000,
            max_repeated_10_characters=0.1,
            max_repeated_5grams=0.1,
            max_special_characters=0.3,
            min_function_words=0.3,
            min_punctuation=0.001,
        ),
    ),
    "omnicorpus": Preset(
        source="Li et al. 2024, arXiv:2406.08418, and its released text filters",
        document=Limits(min_words_per_image=50),
        node=Limits(min_words=5, max_uppercase=0.8),
    ),
}

# Captions of pictures are judged by this alone.
DATACOMP_CAPTION = Preset(
    source="Gadre et al. 2023, arXiv:2304.14108, basic filtering: more than 2 words and 5 characters",
    document=Limits(min_words=3, min_characters=6),
)


def changed(preset: Preset, changes: Changes) -> Preset:
    """The preset with the limits that the changes name."""
    parts = {
        name: getattr(preset, name).model_copy(update=getattr(changes, name).model_dump(exclude_unset=True))
        for name in changes.model_fields_set
    }
    return preset.model_copy(update=parts)
