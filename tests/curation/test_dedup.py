"""Near duplicates: signatures and buckets are those of datasketch, components those of a plain union-find."""

import random
import unicodedata
from itertools import combinations

import numpy as np
import pydantic
import pytest
from datasketch import MinHash, MinHashLSH
from hypothesis import given
from hypothesis import strategies as st

from curation.dedup.clusters import components, keepers
from curation.dedup.minhash import MinHasher, NearSettings
from curation.dedup.words import gram_size, grams, mix, split_hashes, word_hashes
from curation.text.language import words

SETTINGS = NearSettings()
HASHER = MinHasher(SETTINGS)


def text(rng: random.Random, words: int) -> str:
    return " ".join(f"word{rng.randrange(5000)}" for _ in range(words))


def edited(original: str, rng: random.Random, share: float) -> str:
    """With about this share of its words replaced."""
    words = original.split()
    for place in rng.sample(range(len(words)), round(share * len(words))):
        words[place] = f"other{rng.randrange(5000)}"
    return " ".join(words)


def family(seed: int, count: int, words: int = 200) -> list[str]:
    """Texts of which each is an edition of an earlier one or new."""
    rng = random.Random(seed)
    texts = [text(rng, words)]
    while len(texts) < count:
        texts.append(text(rng, words) if rng.random() < 0.4 else edited(rng.choice(texts), rng, rng.uniform(0, 0.05)))
    return texts


def shingles(of: str) -> set[int]:
    return set(grams(word_hashes(of), 5).tolist())


def jaccard(one: str, other: str) -> float:
    a, b = shingles(one), shingles(other)
    return len(a & b) / len(a | b)


def signatures(texts: list[str]) -> np.ndarray:
    return np.array([HASHER.signature(word_hashes(each)) for each in texts])


def by_datasketch(of: str) -> MinHash:
    numbers = [number >> 32 for number in shingles(of)]
    minhash = MinHash(num_perm=HASHER.size, hashfunc=lambda number: number)
    minhash.update_batch(numbers)
    return minhash


# --- words ---


TEXTS = st.text(st.sampled_from("aZ09_ '’“…™°.,\n-éß花園"), max_size=40)


@given(TEXTS)
def test_each_word_has_its_number_whatever_stands_around_it(text):
    alone = [number for word in words(unicodedata.normalize("NFC", text)) for number in word_hashes(word).tolist()]
    assert word_hashes(text).tolist() == alone
    assert word_hashes(f"é {text}").tolist()[1:] == alone


@given(st.lists(TEXTS, max_size=4))
def test_parts_have_the_words_of_the_whole(parts):
    text = "\n\n".join(parts)
    starts = [len("\n\n".join([*parts[:number], ""])) for number in range(len(parts))]
    spans = [(start, start + len(part)) for start, part in zip(starts, parts, strict=True)]
    found = split_hashes(text, spans)
    assert [each.tolist() for each in found] == [word_hashes(part).tolist() for part in parts]


def test_a_word_has_the_same_number_on_every_machine():
    polynomial = sum(byte * 0x9E3779B97F4A7C15**place for place, byte in enumerate(b"harbour")) % (1 << 64)
    expected = int(mix(np.array([polynomial], np.uint64))[0]) & ~1
    assert word_hashes("harbour").tolist() == word_hashes("Harbour é").tolist()[:1] == [expected]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The quick, brown fox.", "the QUICK brown fox"),
        ("caf\u00e9 cr\u00e8me", "cafe\u0301 cre\u0300me"),
        ("ＷＩＤＥ letters", "wide letters"),
        ("Straße", "STRASSE"),
        ("don’t", "don't"),
    ],
    ids=["case and punctuation", "combining marks", "full width", "sharp s", "apostrophe"],
)
def test_what_does_not_count_in_a_word(one, other):
    assert word_hashes(one).tolist() == word_hashes(other).tolist()


def test_ngrams_are_of_characters_where_there_are_no_spaces():
    chinese, english = word_hashes("花园后面的房子有一堵红砖墙"), word_hashes("the garden behind the house has a wall")
    assert len(chinese) == 13
    assert (gram_size(chinese, 5), gram_size(english, 5)) == (10, 5)


@given(st.lists(st.integers(0, 3), max_size=40), st.integers(1, 6))
def test_ngrams_are_equal_where_the_runs_of_words_are(words, size):
    hashes = np.array(words, np.uint64) * np.uint64(0x1234567)
    found = grams(hashes, size).tolist()
    runs = [tuple(words[start : start + size]) for start in range(len(words) - size + 1)]
    assert len(found) == len(runs)
    assert len(set(found)) == len(set(runs))
    assert len({*zip(found, runs, strict=True)}) == len(set(runs))


# --- signatures ---


@pytest.mark.parametrize("words", [5, 200, 20_000])
def test_signatures_are_datasketchs(words):
    each = text(random.Random(words), words)
    assert np.array_equal(HASHER.signature(word_hashes(each)), by_datasketch(each).hashvalues)


def test_a_text_shorter_than_an_ngram_is_one():
    assert np.array_equal(HASHER.signature(word_hashes("two words")), HASHER.signature(word_hashes("Two words!")))
    assert not np.array_equal(HASHER.signature(word_hashes("two words")), HASHER.signature(word_hashes("words two")))


def test_candidates_are_datasketchs():
    texts = family(1, 120)
    lsh = MinHashLSH(num_perm=HASHER.size, params=(14, 8))
    for number, each in enumerate(texts):
        lsh.insert(number, by_datasketch(each))
    expected = {
        (min(n, m), max(n, m)) for n, each in enumerate(texts) for m in lsh.query(by_datasketch(each)) if m != n
    }
    keys = HASHER.band_keys(signatures(texts))
    found = {(n, m) for n, m in combinations(range(len(texts)), 2) if (keys[n] == keys[m]).any()}
    assert found == expected
    assert len(expected) > 50


def test_bands_and_rows_can_be_chosen_by_datasketch():
    chosen = NearSettings(threshold=0.7, permutations=128)
    lsh = MinHashLSH(threshold=0.7, num_perm=128)
    assert chosen.banding == (lsh.b, lsh.r)
    with pytest.raises(pydantic.ValidationError, match="either bands and rows, or permutations"):
        NearSettings(permutations=128, bands=4)


def test_the_estimate_is_near_the_true_similarity():
    texts = family(2, 150)
    sketches = HASHER.sketches(signatures(texts))
    errors = []
    for n, m in combinations(range(len(texts)), 2):
        true = jaccard(texts[n], texts[m])
        estimate = float(HASHER.similarity(sketches[n], sketches[m]))
        agree = 0.25 + 0.75 * true  # the share of pairs of bits that are expected to be equal
        deviation = (agree * (1 - agree) / HASHER.size) ** 0.5 / 0.75
        errors.append((estimate - true) / max(deviation, 1e-9) if 0 < true < 1 else 0.0)
        assert true < 1 or estimate == 1
    inner = [error for error in errors if error]
    assert max(map(abs, inner)) < 5
    assert abs(np.mean(inner)) < 0.3


# --- pairs, components, what is kept ---


def rows_of(texts: list[str]) -> np.ndarray:
    made = signatures(texts)
    return HASHER.band_rows(made, np.arange(len(texts), dtype=np.uint64), HASHER.sketches(made))


def test_pairs_share_a_bucket_and_resemble_each_other():
    texts = family(3, 150)
    rows = rows_of(texts)
    sketches = HASHER.sketches(signatures(texts))
    keys = HASHER.band_keys(signatures(texts))
    alike = [
        (n, m)
        for n, m in combinations(range(len(texts)), 2)
        if (keys[n] == keys[m]).any() and HASHER.similarity(sketches[n], sketches[m]) >= SETTINGS.threshold
    ]
    found = HASHER.near_pairs(rows)
    assert dict(components(found).tolist()) == union_find(alike)
    assert np.array_equal(HASHER.near_pairs(np.random.default_rng(0).permutation(rows)), found)


def test_the_work_in_a_bucket_is_linear(monkeypatch):
    rows = np.tile(rows_of([text(random.Random(4), 100)])[0], (20_000, 1))
    rows[:, 1] = np.arange(len(rows))
    compared = []
    real = HASHER.similarity
    monkeypatch.setattr(HASHER, "similarity", lambda one, other: compared.append(len(one)) or real(one, other))
    assert components(HASHER.near_pairs(rows)).tolist() == [[number, 0] for number in range(len(rows))]
    assert sum(compared) < 18 * len(rows)


def test_texts_that_share_a_bucket_by_chance_are_no_pair():
    rows = rows_of([text(random.Random(seed), 200) for seed in (5, 6)])
    rows[:, 0] = 7
    assert len(HASHER.near_pairs(rows)) == 0


PAIRS = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=40)


def union_find(pairs: list[tuple[int, int]]) -> dict[int, int]:
    sets = {number: {number} for pair in pairs for number in pair}
    for one, other in pairs:
        joined = sets[one] | sets[other]
        sets.update(dict.fromkeys(joined, joined))
    return {number: min(members) for number, members in sets.items()}


@given(PAIRS, st.integers(0, 40))
def test_components_are_those_of_a_union_find_and_parts_can_be_joined(pairs, cut):
    expected = union_find(pairs)
    every = np.array(pairs, np.uint64)
    assert dict(components(every).tolist()) == expected
    parts = [components(part) for part in (every[:cut], every[cut:]) if len(part)]
    assert dict(components(np.concatenate(parts[::-1])).tolist()) == expected


def test_a_chain_does_not_take_its_far_end_away():
    near = {(0, 1), (1, 2), (2, 3)}

    def alike(one: int, others: np.ndarray) -> np.ndarray:
        return np.array([(min(one, n), max(one, n)) in near for n in others.tolist()], bool)

    assert keepers(np.array([0, 1, 2, 3]), alike).tolist() == [0, 0, 2, 2]
    assert keepers(np.array([1, 0, 2, 3]), alike).tolist() == [1, 1, 1, 3]
