"""Published thresholds under their names, switched and changed one by one, and fair to every language."""

import pytest
from pydantic import ValidationError

from curation.clean import CleanRules
from curation.config import load
from curation.errors import ConfigError
from curation.text.lines import LineChecker
from curation.text.measures import Measures
from curation.text.presets import PRESETS, Changes, Limits, LineRules, changed
from curation.text.rules import RULES, Checker
from curation.text.writing import writing

# The Universal Declaration of Human Rights, articles 1, 3, 4 and 5.
DECLARATION = {
    "en": "All human beings are born free and equal in dignity and rights. They are endowed with reason and conscience "
    "and should act towards one another in a spirit of brotherhood.\nEveryone has the right to life, liberty and "
    "security of person.\nNo one shall be held in slavery or servitude; slavery and the slave trade shall be "
    "prohibited in all their forms.\nNo one shall be subjected to torture or to cruel, inhuman or degrading treatment.",
    "de": "Alle Menschen sind frei und gleich an Würde und Rechten geboren. Sie sind mit Vernunft und Gewissen begabt "
    "und sollen einander im Geist der Brüderlichkeit begegnen.\nJeder hat das Recht auf Leben, Freiheit und Sicherheit "
    "der Person.\nNiemand darf in Sklaverei oder Leibeigenschaft gehalten werden; Sklaverei und Sklavenhandel sind in "
    "allen ihren Formen verboten.\nNiemand darf der Folter oder grausamer, unmenschlicher oder erniedrigender "
    "Behandlung oder Strafe unterworfen werden.",
    "fr": "Tous les êtres humains naissent libres et égaux en dignité et en droits. Ils sont doués de raison et de "
    "conscience et doivent agir les uns envers les autres dans un esprit de fraternité.\nTout individu a droit à la "
    "vie, à la liberté et à la sûreté de sa personne.\nNul ne sera tenu en esclavage ni en servitude ; l'esclavage et "
    "la traite des esclaves sont interdits sous toutes leurs formes.\nNul ne sera soumis à la torture.",
    "ru": "Все люди рождаются свободными и равными в своем достоинстве и правах. Они наделены разумом и совестью и "
    "должны поступать в отношении друг друга в духе братства.\nКаждый человек имеет право на жизнь, на свободу и на "
    "личную неприкосновенность.\nНикто не должен содержаться в рабстве или в подневольном состоянии; рабство и "
    "работорговля запрещаются во всех их видах.\nНикто не должен подвергаться пыткам или жестоким, бесчеловечным или "
    "унижающим его достоинство обращению и наказанию.",
    "ar": "يولد جميع الناس أحرارًا متساوين في الكرامة والحقوق، وقد وهبوا عقلاً وضميرًا وعليهم أن يعامل بعضهم بعضًا بروح "
    "الإخاء.\nلكل فرد الحق في الحياة والحرية وسلامة شخصه.\nلا يجوز استرقاق أو استعباد أي شخص، ويحظر الاسترقاق وتجارة "
    "الرقيق بكافة أوضاعهما.\nلا يعرض أي إنسان للتعذيب ولا للعقوبات أو المعاملات القاسية أو الوحشية أو الحاطة بالكرامة.",
    "zh": "人人生而自由，在尊严和权利上一律平等。他们赋有理性和良心，并应以兄弟关系的精神相对待。\n"
    "人人有权享有生命、自由和人身安全。\n任何人不得使为奴隶或奴役；一切形式的奴隶制度和奴隶买卖，均应予以禁止。\n任何人不得加以酷刑，或施以"
    "残忍的、不人道的或侮辱性的待遇或刑罚。",
    "ja": "すべての人間は、生れながらにして自由であり、かつ、尊厳と権利とについて平等である。人間は、理性と良心とを授け"
    "られており、互いに同胞の精神をもって行動しなければならない。\nすべて人は、生命、自由及び身体の安全に対する権利を有する。"
    "\n何人も、奴隷にされ、又は苦役に服することはない。奴隷制度及び奴隷売買は、いかなる形においても禁止する。",
    "th": "มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกันในเกียรติศักดิ์และสิทธิ ต่างมีเหตุผลและมโนธรรม และควรปฏิบัติต่อกัน"
    "ด้วยเจตนารมณ์แห่งภราดรภาพ\nคนทุกคนมีสิทธิในการดำรงชีวิต เสรีภาพ และความมั่นคงแห่งตัวตน\nบุคคลใดๆ จะถูกยึดเป็นทาส "
    "หรือต้องภาระจำยอมไม่ได้ ความเป็นทาสและการค้าทาสเป็นห้ามขาดทุกรูป",
}
PLAIN = "The cat sat with the dog and it was good to have that. " * 6
ARTICLES = DECLARATION["en"]


def fault(name: str, text: str, language: str = "en", **changes) -> str | None:
    preset = changed(PRESETS[name], Changes(document=Limits(**changes)))  # type: ignore[index]
    found = Checker(name, preset.document).fault(Measures(text, language))
    return found[0] if found else None


def line_fault(name: str, line: str, language: str = "en") -> str | None:
    found = LineChecker(name, PRESETS[name].line).fault(line, writing(language), set())  # type: ignore[index]
    return found[0] if found else None


@pytest.mark.parametrize("language", DECLARATION)
@pytest.mark.parametrize("name", ["gopher", "gopher-repetition", "c4", "fineweb", "obelics", "omnicorpus"])
def test_the_same_text_passes_in_every_language(name: str, language: str):
    assert fault(name, DECLARATION[language], language) is None
    for line in DECLARATION[language].split("\n"):
        assert line_fault(name, line, language) is None


@pytest.mark.parametrize("language", DECLARATION)
def test_half_of_the_text_is_too_short_in_every_language(language: str):
    half = DECLARATION[language][: len(DECLARATION[language]) // 2]
    assert fault("gopher", half, language) == "too few words"


@pytest.mark.parametrize("language", DECLARATION)
def test_the_same_text_four_times_is_repetition_in_every_language(language: str):
    text = "\n".join([DECLARATION[language].replace("\n", " ")] * 4)
    assert fault("gopher-repetition", text, language) == "repetition"
    words_alone = fault("gopher-repetition", text.replace("\n", " "), language)
    assert words_alone == "repetition"  # where no line tells, the n-grams do


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("gopher", "the and of " * 16, "too few words"),
        ("gopher", "the and of to " * 25_001, "too many words"),
        ("gopher", "a b c the and " * 12, "short words"),
        ("gopher", "the and extraordinarily uncharacteristically " * 20, "long words"),
        ("gopher", "the and #cat #dog more words " * 20, "hash signs"),
        ("gopher", "the and cat... dog... more words " * 20, "ellipses"),
        ("gopher", "- the cat and the dog\n" * 20, "bullet points"),
        (
            "gopher",
            ("word of the dog and one cat more to come with it\n" * 2 + "the cat and the dog…\n") * 9,
            "ellipses",
        ),
        ("gopher", "the and 1234 " * 20, "few letters"),
        ("gopher", "cats chase small dogs " * 20, "no running text"),
        ("gopher-repetition", ARTICLES + "\n" + "Buy now.\n" * 9, "repetition"),
        ("gopher-repetition", ARTICLES + " and so on" * 12, "repetition"),
        ("c4", "One sentence is here. Two are here.", "too few sentences"),
        ("c4-datatrove", "One is here. Two are. Three are. Four are.", "too few sentences"),
        ("c4", ARTICLES + " if (x) { y }", "curly bracket"),
        ("c4", ARTICLES + " Lorem ipsum dolor.", "placeholder text"),
        (
            "fineweb",
            "no marks are at the ends of these long lines of words\nnone at all is here of them",
            "line ends",
        ),
        ("fineweb", "Short one.\nAlso short.\nTiny.", "short lines"),
        ("fineweb", ARTICLES + "\n" + ARTICLES.split("\n")[2], "repetition"),
        (
            "fineweb",
            "\n".join(f"{letter * 40}." for letter in "abcdef"),
            "list",
        ),
        ("obelics", "Too few of the words are here.", "too few words"),
        ("obelics", "1 2 3 4 5 6 7 8 9 10 11 12 13 14 the", "special characters"),
        ("obelics", "Cats chase small dogs, birds eat worms, fish swim upstream today.", "no running text"),
        ("obelics", "the cat and the dog are in a house with all of their many small friends", "no punctuation"),
    ],
)
def test_every_published_rule_catches_what_it_is_for(name: str, text: str, reason: str):
    assert fault(name, text) == reason


@pytest.mark.parametrize(
    ("name", "line", "reason"),
    [
        ("c4", "This line ends without a mark", "no end mark"),
        ("c4", "This line trails off with dots...", "no end mark"),
        ("c4", "He said that “it is so.”", None),
        ("c4", "This line has its source behind it.[12]", None),
        ("c4", "Only four words here.", "short line"),
        ("c4-datatrove", "Only four words here.", None),
        ("c4", "Please enable JavaScript to read this page.", "javascript"),
        ("c4", "Read our Privacy Policy before you go on.", "policy phrase"),
        ("c4", f"This word is long: {'x' * 1001}.", "long word"),
        ("interleaved", "JavaScript is a language for the web.", None),
        ("interleaved", "You must enable JavaScript.", "boilerplate phrase"),
        ("interleaved", "Lesen Sie unsere Datenschutzerklärung", "boilerplate phrase"),
        ("interleaved", "No mark and short", None),
    ],
)
def test_rules_for_lines(name: str, line: str, reason: str | None):
    assert line_fault(name, line) == reason


def test_a_line_of_chinese_is_not_one_long_word():
    assert line_fault("c4", "春天来了花园里的树" * 200 + "。", "zh") is None


def test_nodes_of_obelics_and_omnicorpus():
    node = Checker("omnicorpus", PRESETS["omnicorpus"].node)
    assert node.fault(Measures("ALL OF THIS IS IN CAPITALS", "en")) == (
        "capitals",
        "1 of the characters are capitals, at most 0.8 (omnicorpus)",
    )
    node = Checker("obelics", PRESETS["obelics"].node)
    assert node.fault(Measures("It is so.", "en")) == ("too few words", "3 words, at least 4 (obelics)")


def test_every_limit_has_a_rule_or_is_decided_elsewhere():
    elsewhere = {"min_language_confidence", "min_words_per_image"}  # they need more than the text: curation.clean
    assert {rule.limit for rule in RULES} == set(Limits.model_fields) - elsewhere
    assert all(preset.source for preset in PRESETS.values())


def test_thresholds_are_those_published():
    gopher, repetition = PRESETS["gopher"].document, PRESETS["gopher-repetition"].document
    assert (gopher.min_words, gopher.max_words) == (50, 100_000)
    assert (gopher.min_mean_word_length, gopher.max_mean_word_length, gopher.min_alphabetic_words) == (3, 10, 0.8)
    assert [getattr(repetition, f"max_top_{size}gram") for size in (2, 3, 4)] == [0.20, 0.18, 0.16]
    grams = [getattr(repetition, f"max_duplicate_{size}gram") for size in range(5, 11)]
    assert grams == [0.15, 0.14, 0.13, 0.12, 0.11, 0.10]
    assert (PRESETS["c4"].line.min_words, PRESETS["c4"].document.min_sentences) == (5, 3)
    assert (PRESETS["c4-datatrove"].line.min_words, PRESETS["c4-datatrove"].document.min_sentences) == (3, 5)


def test_limits_on_word_length_follow_the_language():
    long = "und die Geschwindigkeitsbegrenzungen der Autobahnverwaltung " * 15  # 11 characters a word
    assert fault("gopher", long, "xx") == "long words"  # nothing is known of it: the published limit
    assert fault("gopher", long, "de") is None


def test_without_a_list_no_function_words_are_asked_for():
    assert fault("gopher", "cats chase small dogs " * 20, "xx") is None
    assert (
        fault(
            "obelics",
            "cats chase, small dogs eat " * 3,
            "xx",
            max_repeated_5grams=None,
            max_repeated_10_characters=None,
        )
        is None
    )


def test_single_limits_are_changed_and_switched_off(tmp_path):
    path = tmp_path / "job.yaml"
    path.write_text(
        "rules: [gopher, c4]\n"
        "changes:\n"
        "  gopher: {document: {min_words: 20, min_common_words: off}}\n"
        "  c4: {line: {end_mark: off}}\n"
    )
    presets = load(path, CleanRules).presets()
    assert presets["gopher"].document.min_words == 20
    assert presets["gopher"].document.min_common_words is None
    assert presets["gopher"].document.max_words == 100_000
    assert presets["c4"].line == LineRules(min_words=5, max_word_length=1000, javascript=True, policies=True)
    assert PRESETS["gopher"].document.min_words == 50


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rules: [gofer]", "rules.0"),
        ("rules: [gopher]\nchanges: {c4: {document: {min_sentences: 1}}}", "not among the rules gopher"),
        ("changes: {gopher: {document: {min_words: 9, max_words: 8}}}", "min_words 9 is over max_words 8"),
        ("changes: {gopher: {document: {max_bullet_lines: 2}}}", "max_bullet_lines"),
        ("changes: {gopher: {document: {nonsense: 2}}}", "there is no such setting"),
        ("min_images: -1", "min_images"),
    ],
)
def test_wrong_settings_are_one_clear_line(tmp_path, text: str, message: str):
    path = tmp_path / "job.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message):
        load(path, CleanRules)


def test_limits_are_bounded():
    with pytest.raises(ValidationError):
        Limits(max_short_lines=1.5)


def test_details_say_what_was_seen_and_the_limit():
    found = Checker("gopher", PRESETS["gopher"].document).fault(Measures("the few words of it", "en"))
    assert found == ("too few words", "5 words, at least 50 (gopher)")
