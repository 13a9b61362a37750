"""Deciding is pure: it reads scores, never the document's content, and can be replayed with other thresholds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from curation.document import Document, Source, Text, Turn
from curation.select import DIMENSIONS, Threshold, Thresholds, decide

SCORES = {"quality": 0.9, "relevance": 0.6, "complementarity": 0.7, "balance": 0.8, "language.confidence": 0.75}


def document(language: str = "en", **changes: float | None) -> Document:
    scores = {name: value for name, value in {**SCORES, **changes}.items() if value is not None}
    return Document((Turn(None, (Text("words"),)),), language=language, source=Source("a.html"), scores=scores)


def test_a_document_at_its_threshold_is_kept():
    assert decide(document(), Thresholds(quality=Threshold(minimum=0.9))) is None


def test_a_reject_says_what_was_low_and_keeps_every_score():
    scored = document(relevance=0.1)
    reject = decide(scored, Thresholds(relevance=Threshold(minimum=0.25)))
    assert reject is not None
    assert (reject.kind, reject.stage, reject.reason) == ("document", "select", "low relevance")
    assert reject.detail == "0.100, at least 0.25"
    assert (reject.uri, reject.key, reject.scores) == ("a.html", scored.key, scored.scores)


@pytest.mark.parametrize(("abstain", "reason"), [("keep", None), ("reject", "no relevance")])
def test_a_scorer_that_abstained_is_treated_as_the_settings_say(abstain: str, reason: str | None):
    thresholds = Thresholds(relevance=Threshold(minimum=0.5, abstain=abstain))
    reject = decide(document(relevance=None), thresholds)
    assert (reject.reason if reject else None) == reason


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"allowed": ("en", "de"), "confidence": 0.7}, None),
        ({"allowed": ("de",)}, "language"),
        ({"confidence": 0.8}, "uncertain language"),
    ],
)
def test_languages(settings: dict, reason: str | None):
    reject = decide(document(), Thresholds.model_validate({"languages": settings}))
    assert (reject.reason if reject else None) == reason


@given(st.fixed_dictionaries({name: st.floats(0, 1) for name in DIMENSIONS}), st.data())
def test_raising_a_threshold_never_keeps_more(minimums: dict[str, float], data: st.DataObject):
    def thresholds(values: dict[str, float]) -> Thresholds:
        return Thresholds(**{name: Threshold(minimum=value) for name, value in values.items()})

    raised = {name: data.draw(st.floats(value, 1)) for name, value in minimums.items()}
    if decide(document(), thresholds(minimums)):
        assert decide(document(), thresholds(raised))


@pytest.mark.parametrize("value", [-0.1, 1.7])
def test_a_threshold_out_of_range_is_refused(value: float):
    with pytest.raises(ValidationError, match="equal to"):
        Threshold(minimum=value)
