"""Rules on the measures of a text: what each limit limits, and what it becomes in each language.

Published limits were found on English text. A rule here is one of these:

- *everywhere*: it is about repetition, marks, or counts of words. Marks of all scripts count
  (`curation.text.measures`), and words are those of the language: in Chinese, Japanese or Thai 50 words are 50 times
  the characters that say as much as one word, and an n-gram is as many characters.
- *length*: it is about characters a word, and scales with the language's mean word (German 4.9, Finnish 6.0 to
  English 4.4), so that a translation passes where its original does. Lengths of lines scale in the measure. Without a
  known mean the published limit holds; where words are single characters by definition nothing is measured.
- *function words*: the share scales with the share that the list of the language has of its running text (Arabic and
  Turkish write as endings and prefixes what English writes as words). Gopher's eight words become the eight commonest
  of the language. Without a list nothing is measured.
- *sentence marks*: nothing is measured in Thai and Lao, which write none.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from curation.text.measures import Measures
from curation.text.presets import Limits
from curation.text.writing import ENGLISH, Writing, writing

Fault = tuple[str, str]  # reason, detail
Measure = Callable[[Measures], float | None]


def everywhere(_: Writing) -> float:
    return 1.0


def length(language: Writing) -> float:
    """Scale of a limit on characters a word."""
    return language.word_length / _ENGLISH_LENGTH if language.word_length and language.spaced else 1.0


def function_words(language: Writing) -> float:
    """Scale of a limit on the share of function words."""
    share = language.function_share
    return share / (writing(ENGLISH).function_share or 1.0) if share else 1.0


_ENGLISH_LENGTH = 4.39  # `languages.tsv`


@dataclass(frozen=True, slots=True)
class Rule:
    """A field of Limits (`min_...` or `max_...`), the measure that it limits, and how it scales with the language."""

    limit: str
    reason: str
    measure: Measure
    what: str
    scale: Callable[[Writing], float] = everywhere

    def fault(self, limit: float, measures: Measures) -> Fault | None:
        value = self.measure(measures)
        if value is None:
            return None
        limit *= self.scale(measures.writing)
        least = self.limit.startswith("min_")
        if value >= limit if least else value <= limit:
            return None
        return self.reason, f"{_number(value)} {self.what}, at {'least' if least else 'most'} {_number(limit)}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == round(value) or abs(value) >= 100 else f"{value:.3g}"


def _top(size: int) -> Rule:
    return Rule(
        f"max_top_{size}gram", "repetition", lambda m: m.top_ngram(size), f"of the characters in one {size}-gram"
    )


def _duplicate(size: int) -> Rule:
    what = f"of the characters in duplicate {size}-grams"
    return Rule(f"max_duplicate_{size}gram", "repetition", lambda m: m.duplicate_ngrams(size), what)


# In the order in which they are tried: what is cheap to measure first.
RULES = (
    Rule("min_characters", "too few characters", lambda m: m.characters, "characters"),
    Rule("min_words", "too few words", lambda m: m.words, "words"),
    Rule("max_words", "too many words", lambda m: m.words, "words"),
    Rule("max_placeholders", "placeholder text", lambda m: m.text.lower().count("lorem ipsum"), "times `lorem ipsum`"),
    Rule("max_curly_brackets", "curly bracket", lambda m: m.text.count("{"), "curly brackets"),
    Rule("min_mean_word_length", "short words", lambda m: m.mean_word_length, "characters a word", length),
    Rule("max_mean_word_length", "long words", lambda m: m.mean_word_length, "characters a word", length),
    Rule("max_hashes_per_word", "hash signs", lambda m: m.hashes_per_word, "`#` a word"),
    Rule("max_ellipses_per_word", "ellipses", lambda m: m.ellipses_per_word, "ellipses a word"),
    Rule("max_bullet_lines", "bullet points", lambda m: m.bullet_lines, "of the lines are bullet points"),
    Rule("max_ellipsis_lines", "ellipses", lambda m: m.ellipsis_lines, "of the lines end in an ellipsis"),
    Rule("min_alphabetic_words", "few letters", lambda m: m.alphabetic_words, "of the words have a letter"),
    Rule("min_common_words", "no running text", lambda m: m.common_words, "of the language's eight commonest words"),
    Rule("min_punctuated_lines", "line ends", lambda m: m.punctuated_lines, "of the lines end a sentence"),
    Rule("max_short_lines", "short lines", lambda m: m.short_lines, "of the lines are short"),
    Rule("max_newlines_per_word", "list", lambda m: m.newlines_per_word, "line breaks a word"),
    Rule("max_duplicate_paragraphs", "repetition", lambda m: m.duplicate_paragraphs, "of paragraphs are duplicates"),
    Rule(
        "max_duplicate_paragraph_characters",
        "repetition",
        lambda m: m.duplicate_paragraph_characters,
        "of the characters in duplicate paragraphs",
    ),
    Rule("max_duplicate_lines", "repetition", lambda m: m.duplicate_lines, "of lines are duplicates"),
    Rule(
        "max_duplicate_line_characters",
        "repetition",
        lambda m: m.duplicate_line_characters,
        "of the characters in duplicate lines",
    ),
    Rule(
        "max_duplicate_characters_of_lines",
        "repetition",
        lambda m: m.duplicate_characters_of_lines,
        "of the lines' characters in duplicate lines",
    ),
    *(_top(size) for size in (2, 3, 4)),
    *(_duplicate(size) for size in range(5, 11)),
    Rule("max_repeated_5grams", "repetition", lambda m: m.repeated_ngrams(5), "of the 5-grams are repeated"),
    Rule(
        "max_repeated_10_characters",
        "repetition",
        lambda m: m.repeated_characters(10),
        "of the runs of 10 characters are the same few",
    ),
    Rule("max_special_characters", "special characters", lambda m: m.special_characters, "of the characters"),
    Rule("min_function_words", "no running text", lambda m: m.function_words, "function words", function_words),
    Rule("min_punctuation", "no punctuation", lambda m: m.punctuation, "marks among words and marks"),
    Rule("max_uppercase", "capitals", lambda m: m.uppercase, "of the characters are capitals"),
    Rule("min_sentences", "too few sentences", lambda m: m.sentences, "sentences"),
)


class Checker:
    """Some limits with the rules that they belong to, under the name of their preset."""

    def __init__(self, name: str, limits: Limits):
        self.name = name
        self.limits = limits
        self._rules = tuple(_with_limits(limits))

    def fault(self, measures: Measures) -> Fault | None:
        """Reason and detail of the first rule that is broken."""
        for rule, limit in self._rules:
            if fault := rule.fault(limit, measures):
                return fault[0], f"{fault[1]} ({self.name})"
        return None


def _with_limits(limits: Limits) -> Iterator[tuple[Rule, float]]:
    for rule in RULES:
        if (limit := getattr(limits, rule.limit)) is not None:
            yield rule, limit
