"""A corpus of a few words, for tests of pages."""

WORDS = ["ferry", "harbour", "lantern", "copper", "winter", "market", "garden", "silver", "window", "thunder"]


class Corpus:
    """Stands in for a corpus: words in any order."""

    languages = ("en",)
    digest = "words"

    def paragraph(self, rng, language, words):
        return " ".join(WORDS[place] for place in rng.integers(len(WORDS), size=words)).capitalize() + "."

    def sentence(self, rng, language, most):
        return self.paragraph(rng, language, 12)[:most].rpartition(" ")[0] or "Ferry"

    def title(self, rng, language, most=60):
        return self.paragraph(rng, language, 4)[:most].rpartition(" ")[0] or "Ferry"

    def unguessable(self, rng, language, length):
        return str(rng.integers(1000, 10 ** min(length, 9)))
