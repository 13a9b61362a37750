"""Records to documents: images named, text mended and cut, rules of the document's language; nothing lost unsaid."""

import base64
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.address import locate
from curation.clean import Cleaned, Cleaner, CleanRules
from curation.document import Document, Image, Media, Source, Text, Turn
from curation.errors import MediaError
from curation.reading.record import Block, Dropped, Picture, Record
from curation.text.language import Language, LanguageModel
from curation.text.markdown import apart
from curation.text.mend import mend_text

LENIENT = CleanRules(rules=("interleaved",), min_images=0)
GOPHER = CleanRules(rules=("gopher",), min_images=0)
PROSE = (
    "The harbour lies at the end of the road, and the boats that come with the morning tide bring fish to the market. "
    "Most of the people have lived here for years. They mend the nets, paint the hulls and talk of the weather, as "
    "their parents did before them, while the gulls wait on the roofs of the old houses for what the boats throw away."
)
PIXELS = base64.b64encode(b"not really a picture").decode()


class Languages(LanguageModel):
    """Says what the test wants to hear."""

    def __init__(self, code: str = "en", confidence: float = 0.9):
        self.answer = Language(code, confidence)

    def identify(self, text: str) -> Language:
        return self.answer if text.strip() else Language("", 0.0)


def cleaned(*blocks: Block, rules: CleanRules = LENIENT, code: str = "en", **fields) -> Cleaned:
    place = {"base": "/in/docs/page.html", "root": "/in"}
    return Cleaner(rules, Languages(code)).clean(Record("docs/page.html", blocks, **{**place, **fields}))


def paragraph(*pieces: str | Picture) -> Block:
    return Block("paragraph", pieces)


def shown(document: Document | None) -> list[str]:
    assert document is not None
    parts = [part for part in document.parts() if isinstance(part, Text | Image)]
    return [part.text if isinstance(part, Text) else f"<{part.media}>" for part in parts]


def reasons(found: Cleaned, kind: str) -> list[str]:
    return [reject.reason for reject in found.rejects if reject.kind == kind]


def test_blocks_become_markdown_with_their_images_in_place():
    found = cleaned(
        Block("heading", ("Hat",), level=2),
        paragraph("One."),
        paragraph(Picture("a.png")),
        Block("item", ("x",), marker="-"),
        Block("item", ("y",), marker="-"),
        Block("code", ("if a:\n  b",)),
        Block("table", ("| a | b |\n| --- | --- |",)),
        paragraph("Then ", Picture("a.png"), " so"),
        licence="CC0",
        dataset="manuals",
    )
    assert shown(found.document) == [
        "## Hat\n\nOne.\n\n", "<0>",
        "\n\n- x\n- y\n\n```\nif a:\n  b\n```\n\n| a | b |\n| --- | --- |\n\nThen ", "<0>", " so",
    ]  # fmt: skip
    assert found.rejects == []
    assert found.document.media == (Media.unseen("image", "docs/a.png", "/in/docs/a.png"),)
    assert found.document.source == Source("docs/page.html", "CC0", "manuals")
    assert (found.document.language, found.document.scores) == ("en", {"language.confidence": 0.9})


@pytest.mark.parametrize(
    ("src", "uri"),
    [
        ("a.png", "/in/docs/a.png"),
        ("./a.png?v=3#x", "/in/docs/a.png"),
        ("../up/my%20file.png", "/in/up/my file.png"),
        ("/top.png", "/in/top.png"),
        ("sub\\a.png", "/in/docs/sub/a.png"),
        ("https://example.org/a.png#part", "https://example.org/a.png"),
        ("//example.org/a b.png", "https://example.org/a%20b.png"),
    ],
)
def test_images_are_found_from_a_page_on_disk(src: str, uri: str):
    assert locate(Picture(src), "/in/docs/page.html", "/in")[0].uri == uri


@pytest.mark.parametrize(
    ("src", "uri"),
    [
        ("a.png", "https://example.org/docs/a.png"),
        ("/a.png?v=3", "https://example.org/a.png?v=3"),
        ("../../../etc/passwd", "https://example.org/etc/passwd"),
        ("//cdn.example.org/a.png", "https://cdn.example.org/a.png"),
    ],
)
def test_images_are_found_from_a_page_on_the_web(src: str, uri: str):
    media, data = locate(Picture(src), "https://example.org/docs/page.html", "")
    assert (media.uri, media.origin, data) == (uri, uri, None)


@pytest.mark.parametrize(
    ("src", "reason"),
    [
        ("../../etc/passwd", "outside"),
        ("..%2f..%2fsecret.png", "outside"),
        ("/../x.png", "outside"),
        ("file:///etc/passwd", "outside"),
        ("C:\\x.png", "outside"),
        ("a%00.png", "outside"),
        ("#top", "outside"),
        ("http://", "address"),
        ("http://[::1/a.png", "address"),
        ("https://example.org:99999/a.png", "address"),
        ("data:image/png;base64,???", "inline"),
        ("data:image/png", "inline"),
    ],
)
def test_what_is_no_image_below_the_root_or_on_the_web_is_cut(src: str, reason: str):
    found = cleaned(paragraph("Before ", Picture(src), " after."))
    assert shown(found.document) == ["Before after."]
    assert reasons(found, "image") == [reason]
    assert found.document.media == ()


@pytest.mark.parametrize("src", ["file:///etc/passwd", "javascript:alert(1)", "ftp://example.org/a.png"])
def test_a_page_on_the_web_names_images_on_the_web_alone(src: str):
    with pytest.raises(MediaError):
        locate(Picture(src), "https://example.org/page.html", "")


@given(st.text(st.sampled_from("./\\%2ef abc~:"), max_size=20))
def test_no_path_leaves_the_root(src: str):
    try:
        media, _ = locate(Picture(src), "/in/docs/page.html", "/in")
    except MediaError:
        return
    assert media.uri.startswith(("/in/", "https://"))
    assert ".." not in media.uri.split("/")


def test_a_root_is_no_prefix_of_another_folder():
    assert locate(Picture("a.png"), "/input/page.html", "/in")[0].uri == "/in/a.png"
    assert locate(Picture("a.png"), "s3://b/in/docs/page.html", "s3://b/in/")[0].uri == "s3://b/in/docs/a.png"


def test_bytes_within_the_source_come_beside_the_document():
    picture = Picture("", data=b"bytes of the row")
    found = cleaned(paragraph("a ", Picture(f"data:image/png;base64,{PIXELS}")), paragraph(picture), paragraph(picture))
    assert found.inline == {0: b"not really a picture", 1: b"bytes of the row"}
    assert [(media.uri, media.origin[:7]) for media in found.document.media] == [("", "inline:")] * 2
    assert found.document.images_shown() == [0, 1, 1]


def test_images_that_an_archive_holds_keep_their_place_in_it():
    found = cleaned(paragraph("a", Picture("s3://b/pairs.tar", offset=512, length=99, origin="pairs.tar/0.jpg")))
    assert found.document.media == (Media.unseen("image", "pairs.tar/0.jpg", "s3://b/pairs.tar", 512, 99),)


def test_a_caption_goes_with_its_image():
    figure = Block("figure", (Picture("file:///x.png"), "\n", "Shows it"))
    found = cleaned(paragraph("Text"), figure)
    assert shown(found.document) == ["Text"]
    assert reasons(found, "text") == ["caption without image"]


def test_repeated_paragraphs_and_boilerplate_are_cut_with_a_reason():
    same = "The same sentence is said here again."
    found = cleaned(
        paragraph(same),
        paragraph("Other words."),
        paragraph(same.upper()),
        paragraph("Please enable JavaScript to read on."),
        paragraph("x" * 1001),
        Block("heading", ("Privacy policy",), level=1),
    )
    assert shown(found.document) == [f"{same}\n\nOther words.\n\n# Privacy policy"]
    assert reasons(found, "text") == ["duplicate paragraph", "boilerplate phrase", "long word"]


def test_images_stay_where_the_text_around_them_is_cut():
    found = cleaned(paragraph("See our privacy policy ", Picture("a.png"), " now"), paragraph("Text."))
    assert shown(found.document) == ["<0>", "\n\nText."]
    assert reasons(found, "text") == ["boilerplate phrase"]


def test_c4_cuts_lines_of_paragraphs_and_leaves_headings_lists_and_code():
    rules = CleanRules(rules=("c4",), changes={"c4": {"document": {"min_sentences": 1}}}, min_images=0)
    found = cleaned(
        Block("heading", ("A heading without a mark",), level=1),
        paragraph("This line is a whole sentence.\nThis one is not\nNor this..."),
        Block("item", ("item",), marker="-"),
        Block("code", ("int main() {}",)),
        rules=rules,
    )
    assert shown(found.document) == [
        "# A heading without a mark\n\nThis line is a whole sentence.\n\n- item\n\n```\nint main() {}\n```"
    ]
    assert reasons(found, "text") == ["no end mark", "no end mark"]


def test_obelics_cuts_single_paragraphs():
    rules = CleanRules(rules=("obelics",), min_images=0)
    found = cleaned(paragraph(PROSE), paragraph("Cats, birds."), paragraph("1 - 2 - 3 - 4 - 5 - 6 a"), rules=rules)
    assert shown(found.document) == [PROSE]
    assert reasons(found, "text") == ["too few words", "special characters"]


@pytest.mark.parametrize(
    ("blocks", "rules", "reason"),
    [
        ((), LENIENT, "empty"),
        ((paragraph("few words"),), GOPHER, "too few words"),
        ((paragraph(PROSE),), CleanRules(), "too few images"),
        ((paragraph("Lorem ipsum dolor sit amet"),), LENIENT, "placeholder text"),
        (
            tuple(paragraph(f"Spam {n} for you: buy the cheap pills online here and now") for n in range(30)),
            CleanRules(min_images=0),
            "repetition",
        ),
        (
            tuple(paragraph("Buy cheap pills online here now today") for _ in range(30)),
            CleanRules(rules=("interleaved", "gopher-repetition"), min_images=0),
            "repetition",
        ),
    ],
)
def test_documents_are_rejected_with_one_reason(blocks: tuple[Block, ...], rules: CleanRules, reason: str):
    found = cleaned(*blocks, rules=rules, dataset="web")
    assert found.document is None
    assert reasons(found, "document") == [reason]
    last = found.rejects[-1]
    assert (last.uri, last.dataset, last.stage) == ("docs/page.html", "web", "clean")
    assert last.key
    assert "language.confidence" in last.scores


def test_every_image_of_a_rejected_document_has_a_row():
    found = cleaned(paragraph("a ", Picture("a.png"), Picture("b.png"), Picture("file:///c")), rules=GOPHER)
    assert found.document is None
    assert found.inline == {}
    assert Counter(reasons(found, "image")) == {"document rejected": 2, "outside": 1}


def test_what_the_reader_dropped_is_told():
    found = cleaned(paragraph("Text."), dropped=(Dropped("navigation", "nav", 80, 2),))
    assert found.rejects[0].detail == "nav: 80 characters, 2 images"


def test_code_and_tables_count_as_words_and_are_no_lines_of_prose():
    code = Block("code", ("\n".join(f"call_{n} {{ }}" for n in range(60)),))
    rules = CleanRules(rules=("gopher", "c4"), changes={"c4": {"document": {"min_sentences": 1}}}, min_images=0)
    found = cleaned(paragraph("This is the list of what there is, with all of the names."), code, rules=rules)
    assert found.document is not None


def test_captions_have_limits_of_their_own():
    def caption(text: str, *pictures: Picture) -> Cleaned:
        return cleaned(Block("figure", (*pictures, text)), rules=CleanRules(), task="caption")

    picture = Picture("a.png")
    assert shown(caption("A red boat", picture).document) == ["<0>", "A red boat"]
    assert reasons(caption("Boat, red", picture), "document") == ["too few words"]
    assert reasons(caption("A b c", picture), "document") == ["too few characters"]
    assert reasons(cleaned(paragraph("A red boat"), task="caption"), "document") == ["too few images"]


def test_pure_text_needs_no_images():
    assert cleaned(paragraph(PROSE), rules=CleanRules(), task="text").document is not None


def test_a_document_is_judged_in_its_own_language():
    chinese = paragraph(
        "春天来了，花园里的树木开始发芽，小鸟在枝头歌唱。孩子们跑到河边放风筝，老人坐在长椅上晒太阳，远处传来悠扬的笛声，"
        "让人心旷神怡。他们在这里住了很多年，每天早上都会一起去市场买菜，然后回家做饭。"
    )
    assert cleaned(chinese, rules=GOPHER, code="zh").document is not None
    assert reasons(cleaned(paragraph(PROSE), rules=GOPHER, code="pl"), "document") == ["no running text"]


def test_an_uncertain_language_is_no_document_of_obelics():
    rules = CleanRules(rules=("obelics",), min_images=0)
    found = Cleaner(rules, Languages("en", 0.7)).clean(Record("a", (paragraph(PROSE),)))
    assert reasons(found, "document") == ["language uncertain"]


def check(document: Document, rules: CleanRules) -> Cleaned:
    return Cleaner(rules, Languages("en", 0.8)).check(document)


def test_documents_that_come_as_such_are_judged_whole():
    document = Document((Turn(None, (Text(f"# Title\n\n{PROSE}\n\n```\n{{}}\n```"),)),), task="text")
    rules = CleanRules(rules=("gopher", "c4"))
    found = check(document, rules).document
    assert (found.language, found.scores, found.turns) == ("en", {"language.confidence": 0.8}, document.turns)
    short = Document((Turn(None, (Text("Too short."),)),), task="text", source=Source("a", dataset="own"))
    assert [(row.reason, row.dataset) for row in check(short, rules).rejects] == [("too few words", "own")]


def test_chats_and_generated_samples_are_not_judged_as_web_pages():
    chat = Document((Turn("user", (Text("Hi"),)), Turn("assistant", (Text("Hello"),))), task="chat")
    grounding = Document((Turn(None, (Text("cat"),)),), task="grounding")
    for document in (chat, grounding):
        assert check(document, CleanRules()).document is not None


def test_words_an_image_are_asked_for_when_the_images_are_known():
    unseen = tuple(Media.unseen("image", f"{n}.png", f"{n}.png") for n in range(3))
    seen = tuple(Media("image", "png", 9, 9, f"{n}", f"{n}.png") for n in range(3))
    turn = Turn(None, (Text(PROSE), Image(0), Image(1), Image(2)))
    rules = CleanRules(rules=("omnicorpus",))
    assert check(Document((turn,), unseen), rules).document is not None
    assert reasons(check(Document((turn,), seen), rules), "document") == ["few words an image"]


def test_text_is_mended():
    assert mend_text("schÃ¶n  \xa0 and\u00adsoft\u200b \x07 e\u0301", keep_lines=False) == "schön andsoft é"
    assert mend_text("a  b   \n  c", keep_lines=True) == "a  b\n  c"
    assert mend_text("a \t b\x00\r\n \n c", keep_lines=False) == "a b\nc"
    assert mend_text("&lt;b&gt; “as it is” ｆｕｌｌ", keep_lines=False) == "&lt;b&gt; “as it is” ｆｕｌｌ"


def test_special_tokens_are_left_for_the_encoder():
    assert shown(cleaned(paragraph("The token <|im_start|> is text.")).document) == ["The token <|im_start|> is text."]


@given(st.text(" \t\n\rab\x00\xa0\u200b\u0301é，"))
def test_mending_twice_changes_nothing_more(text: str):
    once = mend_text(text, keep_lines=False)
    assert mend_text(once, keep_lines=False) == once


def test_markdown_comes_apart():
    prose, aside = apart("# Title\n\nText | here.\n\n```\na = {}\n```\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n\n- item")
    assert prose.split() == ["Title", "Text", "|", "here.", "-", "item"]
    assert aside.split() == ["a", "=", "{}", "a", "b", "1", "2"]


@given(st.lists(st.sampled_from([PROSE, "x", "Buy now!", "privacy policy", "```", "| a |", ""]), max_size=8))
def test_every_image_is_kept_or_has_a_row(texts: list[str]):
    blocks = tuple(paragraph(text, Picture(f"{n}.png"), Picture("file:///x")) for n, text in enumerate(texts))
    found = cleaned(*blocks, rules=CleanRules())
    kept = len(found.document.images_shown()) if found.document else 0
    assert kept + len(reasons(found, "image")) == 2 * len(texts)
    assert (found.document is None) == (len(reasons(found, "document")) == 1)
