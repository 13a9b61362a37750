"""The facade: what is admitted, masked and rejected under given settings."""

from pathlib import Path

import pytest

from curation import config
from curation.document import Document, Source, Text, Turn
from curation.errors import ConfigError
from curation.reading.record import Record
from curation.safety.policy import Safety, SafetySettings
from curation.safety.rights import LicenceRules
from curation.safety.words import WordRules


def document(text: str, language: str = "en") -> Document:
    return Document((Turn(None, (Text(text),)),), language=language, source=Source("https://a.example.com/x"))


@pytest.fixture
def settings(tmp_path: Path) -> SafetySettings:
    (tmp_path / "blocked").write_text("blocked.com\n")
    (tmp_path / "words").mkdir()
    (tmp_path / "words" / "en.txt").write_text("badword\n")
    return SafetySettings(
        domains=(str(tmp_path / "blocked"),),
        licences=LicenceRules(refused=("*-NC-*",)),
        toxic=WordRules(path=tmp_path / "words"),
    )


@pytest.mark.parametrize(
    ("record", "fault"),
    [
        (Record("https://ok.com/", (), headers=(("x-robots-tag", "noindex"),)), None),
        (Record("https://ok.com/", (), headers=(("robots", "noai"),)), ("opt-out", "robots: noai")),
        (Record("https://ok.com/", (), task="text", headers=(("robots", "noimageai"),)), None),
        (Record("https://a.blocked.com/", ()), ("blocked domain", "blocked.com is listed")),
        (Record("blocked.com/index.html", ()), None),
        (Record("https://ok.com/", (), licence="CC-BY-NC-4.0"), ("licence", "CC-BY-NC-4.0 is refused by *-NC-*")),
    ],
)
def test_a_record_is_admitted_or_says_why_not(
    settings: SafetySettings, record: Record, fault: tuple[str, str] | None
) -> None:
    assert Safety(settings).admit(record) == fault
    if record.task != "text":
        assert Safety(settings).admits(record.uri, record.licence, record.headers) == fault


def test_by_default_opt_outs_are_honoured_and_personal_data_masked() -> None:
    safety = Safety(SafetySettings())
    assert safety.admits("https://a.com", "", (("tdm-reservation", "1"),)) == ("opt-out", "tdm-reservation: 1")
    masked = safety.mask(document("Write to jo@gmail.com"))
    assert masked.text == "Write to email@example.com"
    assert masked.scores == {"pii.email": 1.0}


def test_what_is_turned_off_is_left() -> None:
    safety = Safety(SafetySettings(personal=(), opt_out=None, spam=None))
    assert safety.admits("https://a.com", "", (("tdm-reservation", "1"),)) is None
    text = document("jo@gmail.com")
    assert safety.mask(text) is text


def test_listed_words_reject_a_document(settings: SafetySettings) -> None:
    safety = Safety(settings)
    assert safety.fault(document("good " * 99)) is None
    assert safety.fault(document("badword " + "good " * 100)) is None
    assert safety.fault(document("badword " * 2 + "good " * 98)) == (
        "toxic words",
        "2.00% of 100 words, at most 1.00%: badword",
    )
    assert safety.fault(document("badword " * 9, "de")) is None
    reason, _ = safety.fault(document("buy viagra, cheap cialis, online casino, free spins")) or ("", "")
    assert reason == "spam words"


def test_settings_are_checked_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("personal: [email, fax]\n")
    with pytest.raises(ConfigError, match=r"personal\.1"):
        config.load(tmp_path / "a.yaml", SafetySettings)
    with pytest.raises(ConfigError, match="no word lists there"):
        Safety(SafetySettings(toxic=WordRules(path=tmp_path)))
    with pytest.raises(ConfigError, match="cannot read this list of domains"):
        Safety(SafetySettings(domains=(str(tmp_path / "none"),)))
