"""Deciding is pure: it reads scores and labels, never the content; what looks at other documents is a small plan."""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from curation.config import load
from curation.document import Document, Source, Text, Turn
from curation.errors import ConfigError
from curation.select import LABELS, Plan, decide, judge, plan, rows_of
from curation.select_settings import DIMENSIONS, SelectSettings

SCORES = {"quality": 0.9, "relevance": 0.6, "complementarity": 0.7, "balance": 0.8, "language.confidence": 0.75}


def document(
    language: str = "en", licence: str = "CC-BY-4.0", dataset: str = "web", text: str = "words", **changes: float | None
) -> Document:
    scores = {name: value for name, value in {**SCORES, **changes}.items() if value is not None}
    source = Source("https://example.org/a.html", licence, dataset)
    return Document((Turn(None, (Text(text),)),), language=language, source=source, scores=scores)


def setting(**sections: Any) -> SelectSettings:
    return SelectSettings.model_validate(sections)


def table(documents: Sequence[Document]) -> pa.Table:
    names = sorted({name for each in documents for name in each.scores})
    columns: dict[str, Any] = {"key": pa.array([each.key for each in documents], pa.string())}
    for label in LABELS:
        texts = [getattr(each.source, label, getattr(each, label, "")) for each in documents]
        columns[label] = pa.array(texts, pa.string())
    for name in names:
        columns[f"scores.{name}"] = pa.array([each.scores.get(name) for each in documents], pa.float64())
    return pa.table(columns)


def reasons(documents: Sequence[Document], select: SelectSettings) -> list[str]:
    """Why each is rejected, "" where it is kept, as the table has it."""
    rows = rows_of(table(documents))
    verdict = judge(rows, select, plan(rows, select))
    return [verdict.reasons[code] for code in verdict.codes]


def survivors(documents: Sequence[Document], select: SelectSettings) -> list[Document]:
    return [each for each, reason in zip(documents, reasons(documents, select), strict=True) if not reason]


# --- rules: of a document alone ---


def refused(one: Document, **sections: Any) -> str | None:
    reject = decide(one, setting(**sections), Plan())
    return reject.reason if reject else None


def test_a_document_at_its_threshold_is_kept():
    assert refused(document(), scores={"quality": {"minimum": 0.9, "maximum": 0.9}}) is None


def test_a_reject_says_what_was_low_and_keeps_every_score():
    scored = document(relevance=0.1)
    reject = decide(scored, setting(scores={"relevance": {"minimum": 0.25}}), Plan())
    assert reject is not None
    assert (reject.kind, reject.stage, reject.reason) == ("document", "select", "low relevance")
    assert reject.detail == "0.100, at least 0.25"
    assert (reject.uri, reject.key) == ("https://example.org/a.html", scored.key)
    assert (reject.scores, reject.dataset) == (scored.scores, "web")


def test_any_score_may_have_a_threshold_on_either_side():
    one = document(**{"nsfw.max": 0.7, "pii.email": 3.0})
    assert refused(one, scores={"nsfw.max": {"maximum": 0.5}}) == "high nsfw.max"
    assert refused(one, scores={"pii.email": {"maximum": 2}}) == "high pii.email"
    assert refused(one, scores={"pii.email": {"maximum": 3}}) is None


def test_a_language_may_have_bounds_of_its_own():
    scores = {"quality": {"minimum": 0.95, "languages": {"de": {"minimum": 0.5}, "fr": {"minimum": None}}}}
    assert [refused(document(code), scores=scores) for code in ("en", "de", "fr")] == ["low quality", None, None]


@pytest.mark.parametrize(("abstain", "reason"), [("keep", None), ("reject", "no relevance")])
def test_a_scorer_that_abstained_is_treated_as_the_settings_say(abstain: str, reason: str | None):
    scores = {"relevance": {"minimum": 0.5, "abstain": abstain}}
    assert refused(document(relevance=None), scores=scores) == reason


@pytest.mark.parametrize(
    ("languages", "reason"),
    [
        ({"allowed": ("en", "de"), "confidence": 0.7}, None),
        ({"allowed": ("de",)}, "language"),
        ({"confidence": 0.8}, "uncertain language"),
    ],
)
def test_languages(languages: dict, reason: str | None):
    assert refused(document(), languages=languages) == reason


def test_a_document_whose_language_nobody_identified_is_uncertain():
    one = document(**{"language.confidence": None})
    assert refused(one, languages={"confidence": 0.1}) == "uncertain language"


@pytest.mark.parametrize(
    ("licence", "reason"),
    [
        ("https://creativecommons.org/licenses/by/4.0/", None),
        ("CC-BY-4.0", None),
        ("cc-by-sa-3.0", None),
        ("GFDL", "licence"),
        ("", "licence"),
    ],
)
def test_licences_are_globs(licence: str, reason: str | None):
    assert refused(document(licence=licence), licences=["CC0*", "CC-BY-*"]) == reason


@given(st.fixed_dictionaries({name: st.floats(0, 1) for name in DIMENSIONS}), st.data())
def test_raising_a_threshold_never_keeps_more(minimums: dict[str, float], data: st.DataObject):
    def thresholds(values: dict[str, float]) -> dict[str, Any]:
        return {name: {"minimum": value} for name, value in values.items()}

    raised = {name: data.draw(st.floats(value, 1)) for name, value in minimums.items()}
    if refused(document(), scores=thresholds(minimums)):
        assert refused(document(), scores=thresholds(raised))


# --- limits: of a document among the others ---

SCORE = st.none() | st.integers(0, 4).map(lambda number: number / 4)  # few values, so that many tie
CROWD = st.lists(
    st.tuples(st.sampled_from(["en", "de", "zh"]), st.sampled_from(["web", "books"]), SCORE, SCORE), max_size=40
).map(
    lambda rows: [
        document(language, dataset=dataset, text=f"document {number}", quality=quality, relevance=relevance)
        for number, (language, dataset, quality, relevance) in enumerate(rows)
    ]
)
LIMITS = st.fixed_dictionaries(
    {},
    optional={
        "scores": st.just({"quality": {"minimum": 0.25, "languages": {"de": {"minimum": 0.5}}, "abstain": "reject"}}),
        "top": st.fixed_dictionaries(
            {"fraction": st.sampled_from([0.1, 0.3, 0.5, 1.0]), "by": st.sampled_from([None, "language", "dataset"])}
        ).map(lambda top: {**top, "weights": {"quality": 0.4, "relevance": 0.6}}),
        "quotas": st.fixed_dictionaries(
            {},
            optional={
                "language": st.fixed_dictionaries({"default": st.none() | st.integers(0, 9)}).map(
                    lambda quota: {**quota, "limits": {"en": 3}, "score": "quality"}
                ),
                "dataset": st.fixed_dictionaries({"default": st.integers(0, 12)}),
            },
        ),
    },
)


@settings(max_examples=60, deadline=None)
@given(CROWD, LIMITS, st.randoms())
def test_a_row_and_its_document_are_judged_alike_in_any_order(crowd: list[Document], limits: dict, random: Any):
    """So that the plan is all that a worker needs."""
    select = setting(**limits)
    made = plan(rows_of(table(crowd)), select)
    alone = [reject.reason if (reject := decide(each, select, made)) else "" for each in crowd]
    assert alone == reasons(crowd, select)
    shuffled = random.sample(crowd, len(crowd))
    assert plan(rows_of(table(shuffled)), select) == made


@settings(max_examples=60, deadline=None)
@given(CROWD, LIMITS)
def test_what_is_kept_is_what_sorting_each_group_would_keep(crowd: list[Document], limits: dict):
    """An oracle that reads like the definition: sort every group, keep its first ones."""
    select = setting(**limits)
    left = [each for each in crowd if decide(each, setting(scores=limits.get("scores", {})), Plan()) is None]
    for _, limit in select.limits():
        groups = defaultdict(list)
        for each in left:
            label = getattr(each.source, str(limit.by), getattr(each, str(limit.by), "all"))
            groups[label].append(each)
        left = []
        for name, group in groups.items():
            group.sort(key=lambda each: (mean(each, limit.ranking()), each.key[16:]), reverse=True)
            left += group[: limit.room({name: len(group)})[name]]
    assert {each.key for each in survivors(crowd, select)} == {each.key for each in left}


def mean(one: Document, weights: dict[str, float]) -> float:
    known = {name: weight for name, weight in weights.items() if name in one.scores}
    if not weights:
        return 0.0
    total = sum(known[name] * one.scores[name] for name in sorted(known))
    return total / sum(known[name] for name in sorted(known)) if known else -math.inf


@settings(max_examples=60, deadline=None)
@given(CROWD, st.dictionaries(st.sampled_from(["en", "de", "zh"]), st.integers(1, 9), min_size=1))
def test_a_mixture_has_its_proportions_and_is_as_large_as_it_can_be(crowd: list[Document], weights: dict[str, int]):
    held = Counter(each.language for each in crowd)
    select = setting(mixture={"by": "language", "weights": weights})
    if crowd and not set(weights) <= set(held):
        with pytest.raises(ConfigError, match="is left, so nothing can be mixed"):
            reasons(crowd, select)
        return
    kept = Counter(each.language for each in survivors(crowd, select))
    assert set(kept) <= set(weights)
    if crowd:
        scale = min(held[language] / weight for language, weight in weights.items())
        assert all(abs(kept[language] - weight * scale) < 1 for language, weight in weights.items())
        assert any(kept[language] == held[language] for language in weights), "one more of it there is not"


def test_limits_apply_one_after_the_other():
    crowd = [document("en", text=str(n), quality=n / 100) for n in range(100)]
    crowd += [document("de", text=str(n), quality=n / 100) for n in range(100, 60, -1)]
    select = setting(
        scores={"quality": {"minimum": 0.2, "maximum": 0.99}},
        top={"score": "quality", "fraction": 0.5, "by": "language"},
        quotas={"language": {"limits": {"en": 30}, "score": "quality"}},
        mixture={"by": "language", "weights": {"en": 1, "de": 1}},
    )
    counted = Counter(zip([each.language for each in crowd], reasons(crowd, select), strict=True))
    assert counted == {
        ("en", "low quality"): 20,
        ("en", "not in the top"): 40,
        ("en", "over quota"): 10,
        ("en", "over mixture"): 10,
        ("en", ""): 20,
        ("de", "high quality"): 1,
        ("de", "not in the top"): 19,
        ("de", ""): 20,
    }


def test_a_tenth_of_thirty_is_three():
    """0.1 is not a tenth to a float: 0.1 * 30 is above 3."""
    crowd = [document(text=str(n), quality=n / 100) for n in range(30)]
    kept = survivors(crowd, setting(top={"score": "quality", "fraction": 0.1}))
    assert sorted(each.scores["quality"] for each in kept) == [0.27, 0.28, 0.29]


def test_a_reject_says_how_far_it_was_from_the_last_one_kept():
    crowd = [document(text=str(n), quality=n / 10) for n in range(10)]
    select = setting(top={"score": "quality", "fraction": 0.3})
    reject = decide(crowd[4], select, plan(rows_of(table(crowd)), select))
    assert reject is not None
    assert reject.detail == "all, the best 0.3: 0.4000, the last one kept has 0.7000"


def test_a_larger_quota_only_adds():
    crowd = [document(text=str(n)) for n in range(50)]
    smaller, larger = (
        {each.key for each in survivors(crowd, setting(quotas={"domain": {"default": limit}}))} for limit in (5, 9)
    )
    assert len(smaller) == 5
    assert smaller < larger


# --- settings ---


@pytest.mark.parametrize(
    ("sections", "said"),
    [
        ({"scores": {"quality": {"minimum": 1.7}}}, r"quality: 1\.7 is not between 0 and 1"),
        ({"scores": {"judge.balance": {"languages": {"de": {"minimum": -1}}}}}, "-1 is not between 0 and 1"),
        ({"scores": {"pii.email": {"minimum": 2, "maximum": 1}}}, "the minimum, 2, is above the maximum, 1"),
        ({"scores": {"x": {"minimum": 2, "languages": {"de": {"maximum": 1}}}}}, "above the maximum"),
        ({"scores": {"quality": {"minimun": 0.5}}}, "minimun"),
        ({"top": {"fraction": 0.3}}, "name the score"),
        ({"top": {"fraction": 0.3, "score": "quality", "weights": {"balance": 1}}}, "only one of them"),
        ({"top": {"fraction": 0, "score": "quality"}}, "greater than 0"),
        ({"quotas": {"colour": {"default": 3}}}, "'dataset', 'domain', 'language' or 'task'"),
        ({"quotas": {"language": {"by": "domain"}}}, "leave `by` out"),
        ({"quotas": {"language": {"limits": {"en": -1}}}}, "cannot be below 0"),
        ({"mixture": {"by": "language", "weights": {"en": 0}}}, "en: 0 is not above 0"),
        ({"mixture": {"by": "domain", "weights": {"en": 1}}}, "'dataset', 'language' or 'task'"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(sections: dict, said: str):
    with pytest.raises(ValidationError, match=said):
        setting(**sections)


def test_names_with_dots_can_be_overridden(tmp_path):
    (tmp_path / "select.yaml").write_text("scores: {judge.relevance: {minimum: 0.5}, quality: {minimum: 0.3}}")
    overrides = [
        "scores.judge.relevance.maximum=0.9",
        "scores.quality.languages.de.minimum=0.1",
        "scores.quality.words.minimum=7",
        "quotas.domain.limits.example.org=3",
        "top.fraction=0.5",
        "top.weights.judge.balance=2",
    ]
    select = load(tmp_path / "select.yaml", SelectSettings, overrides)
    assert set(select.scores) == {"judge.relevance", "quality", "quality.words"}
    assert (select.scores["judge.relevance"].minimum, select.scores["judge.relevance"].maximum) == (0.5, 0.9)
    assert (select.scores["quality"].minimum, select.scores["quality"].of("de").minimum) == (0.3, 0.1)
    assert select.quotas["domain"].limits == {"example.org": 3}
    assert select.top is not None
    assert select.top.weights == {"judge.balance": 2.0}
    assert SelectSettings.model_validate(select.model_dump(mode="json")) == select
