"""Gopher's rules against text that repeats itself (Rae et al. 2021, table A1), on paragraphs and on words.

Of its six lengths of duplicate n-grams the shortest and the longest are looked at. In scripts that write no spaces a
word is one character (`curation.text.language`), so n-grams there are twice as long.
"""

from collections import Counter

from pydantic import Field

from curation.config import Config
from curation.text.language import is_unspaced

_TOP = {2: "top_2gram", 3: "top_3gram", 4: "top_4gram"}


class RepetitionRules(Config):
    """Largest shares, all of them Gopher's. Those of n-grams are of characters."""

    paragraphs: float = Field(0.30, ge=0, le=1)
    paragraph_characters: float = Field(0.20, ge=0, le=1)
    top_2gram: float = Field(0.20, ge=0, le=1)
    top_3gram: float = Field(0.18, ge=0, le=1)
    top_4gram: float = Field(0.16, ge=0, le=1)
    duplicate_5gram: float = Field(0.15, ge=0, le=1)
    duplicate_10gram: float = Field(0.10, ge=0, le=1)


def repetition_fault(paragraphs: list[str], words: list[str], rules: RepetitionRules) -> tuple[str, str] | None:
    """("repetition", which share is over which limit), or None."""
    for name, share in shares(paragraphs, words).items():
        limit = getattr(rules, name)
        if share > limit:
            return "repetition", f"{name.replace('_', ' ')}: {share:.2f}, at most {limit:.2f} (Gopher)"
    return None


def shares(paragraphs: list[str], words: list[str]) -> dict[str, float]:
    """Every share that `RepetitionRules` limits, by its name there."""
    repeats = [(count - 1, len(text)) for text, count in Counter(paragraphs).items()]
    total = sum(map(len, paragraphs))
    found = {
        "paragraphs": sum(count for count, _ in repeats) / max(len(paragraphs), 1),
        "paragraph_characters": sum(count * size for count, size in repeats) / max(total, 1),
    }
    words = [word.lower() for word in words]
    characters = max(sum(map(len, words)), 1)
    longer = 2 if is_unspaced(words) else 1
    for size, name in _TOP.items():
        found[name] = _top_share(words, size * longer, characters)
    found["duplicate_5gram"] = duplicate_share(words, 5 * longer, characters)
    found["duplicate_10gram"] = duplicate_share(words, 10 * longer, characters)
    return found


def _top_share(words: list[str], size: int, characters: int) -> float:
    """Characters in the commonest n-gram, as a share of all; 0 where none is found twice."""
    counts = Counter(zip(*(words[start:] for start in range(size)), strict=False))
    if not counts:
        return 0.0
    gram, count = counts.most_common(1)[0]
    return min(count * sum(map(len, gram)) / characters, 1.0) if count > 1 else 0.0


def duplicate_share(words: list[str], size: int, characters: int) -> float:
    """Characters of words that lie in an n-gram seen before, each counted once, as a share of all."""
    seen: set[tuple[str, ...]] = set()
    covered, reach = 0, 0
    for start in range(len(words) - size + 1):
        gram = tuple(words[start : start + size])
        if gram in seen:
            covered += sum(map(len, words[max(start, reach) : start + size]))
            reach = start + size
        seen.add(gram)
    return covered / max(characters, 1)
