"""Pages to documents: images found, looked at and cut; text mended; nothing lost without a reason."""

import io
from pathlib import Path

import PIL.Image
import pytest
from pydantic import ValidationError

from curation.clean import CleanRules, build, mend_text, resolve
from curation.document import Document, Image, Text
from curation.errors import MediaError
from curation.media import read, read_bytes
from curation.reject import Reject

WORDS = " ".join(f"word{letter}{digit}" for letter in "abcdef" for digit in "abcdefghij")
LENIENT = CleanRules(min_words=0, min_images=0)


def picture(width: int = 100, height: int = 80, form: str = "PNG", **options) -> bytes:
    encoded = io.BytesIO()
    PIL.Image.linear_gradient("L").resize((width, height)).convert("RGB").save(encoded, form, **options)
    return encoded.getvalue()


@pytest.fixture
def site(tmp_path: Path):
    """Writes files below an input root, and builds the document of `docs/page.html` there."""

    class Site:
        root = tmp_path / "in"

        def put(self, path: str, data: bytes) -> None:
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            (self.root / path).write_bytes(data)

        def build(self, html: str, rules: CleanRules = LENIENT) -> tuple[Document | None, list[Reject]]:
            origin = "docs/page.html"
            return build(html.encode(), f"{self.root}/{origin}", origin, "CC0", rules, read_bytes)

    return Site()


def reasons(rejects: list[Reject], kind: str) -> list[str]:
    return [reject.reason for reject in rejects if reject.kind == kind]


def shown(document: Document | None) -> list[str]:
    assert document is not None
    parts = [part for part in document.parts() if isinstance(part, Text | Image)]
    return [part.text if isinstance(part, Text) else f"<{part.media}>" for part in parts]


def test_a_page_becomes_markdown_with_its_images_in_place(site):
    site.put("docs/a.png", picture())
    document, rejects = site.build(
        "<h2>Hat</h2><p>1.</p><p><img src=a.png></p><ul><li>x<li>y</ul><pre>if a:\n  b</pre><p>Then <img src=a.png> so"
    )
    assert shown(document) == [
        "## Hat\n\n1.\n\n", "<0>", "\n\n- x\n- y\n\n```\nif a:\n  b\n```\n\nThen ", "<0>", " so",
    ]  # fmt: skip
    assert rejects == []
    media = document.media[0]
    assert (media.origin, media.width, media.height) == ("docs/a.png", 100, 80)
    assert read(media) == picture()
    assert document.source.licence == "CC0"


@pytest.mark.parametrize(
    ("src", "path"),
    [
        ("a.png", "docs/a.png"),
        ("./a.png?v=3#x", "docs/a.png"),
        ("../up/my%20file.png", "up/my file.png"),
        ("/top.png", "top.png"),
        ("sub\\a.png", "docs/sub/a.png"),
    ],
)
def test_images_are_found_from_the_page(src: str, path: str):
    assert resolve(src, "docs/page.html") == path


@pytest.mark.parametrize(
    ("src", "reason"),
    [
        ("../../etc/passwd", "outside"),
        ("..%2f..%2fsecret.png", "outside"),
        ("/../x.png", "outside"),
        ("file:///etc/passwd", "outside"),
        ("C:\\x.png", "outside"),
        ("a%00.png", "outside"),
        ("https://example.org/a.png", "remote"),
        ("//example.org/a.png", "remote"),
    ],
)
def test_images_elsewhere_are_refused(src: str, reason: str):
    with pytest.raises(MediaError) as caught:
        resolve(src, "docs/page.html")
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("gone.png", None, "missing"),
        ("a.png", b"no picture", "corrupt"),
        ("a.png", picture()[:-60], "truncated"),
        ("a.svg", b"<svg xmlns='x'/>", "svg"),
        ("a.gif", picture(form="GIF"), "format"),
        ("a.webp", picture(form="WEBP", save_all=True, append_images=[PIL.Image.new("RGB", (100, 80))]), "animated"),
        ("a.png", picture(63, 200), "small"),
        ("a.png", picture(700, 100), "aspect"),
    ],
)
def test_a_bad_image_is_cut_and_its_document_kept(site, name: str, data: bytes | None, reason: str):
    if data:
        site.put(f"docs/{name}", data)
    document, rejects = site.build(f"<p>Before <img src={name}> after.</p>")
    assert shown(document) == ["Before after."]
    assert reasons(rejects, "image") == [reason]
    assert document.media == ()


def test_a_giant_image_is_refused_before_it_is_decoded(site):
    site.put("docs/a.png", picture(300, 300))
    _, rejects = site.build("<img src=a.png>", LENIENT.model_copy(update={"max_pixels": 80_000}))
    assert reasons(rejects, "image") == ["too large"]


def test_an_image_within_the_pages_text_is_cut(site):
    document, rejects = site.build("<p>Text <img src='data:image/png;base64,iVBORw0KGgo='></p>")
    assert document.media == ()
    assert reasons(rejects, "image") == ["inline"]


def test_a_caption_goes_with_its_image(site):
    document, rejects = site.build("<p>Text</p><figure><img src=gone.png><figcaption>Shows it</figcaption></figure>")
    assert shown(document) == ["Text"]
    assert reasons(rejects, "text") == ["caption without image"]


def test_one_picture_under_two_names_is_stored_once(site):
    site.put("docs/a.png", picture())
    site.put("docs/b.png", picture())
    document, _ = site.build("<img src=a.png><p>and</p><img src=b.png>")
    assert len(document.media) == 1
    assert document.images_shown() == [0, 0]


def test_repeated_paragraphs_and_boilerplate_are_cut_with_a_reason(site):
    same = "The same sentence is said here again."
    document, rejects = site.build(
        f"<p>{same}</p><p>Other words.</p><p>{same.upper()}</p><p>Please enable JavaScript to read on.</p>"
        f"<p>{'x' * 1001}</p>",
        LENIENT.model_copy(update={"repetition": LENIENT.repetition.model_copy(update={"paragraph_characters": 1.0})}),
    )
    assert shown(document) == [f"{same}\n\nOther words."]
    assert reasons(rejects, "text") == ["duplicate paragraph", "boilerplate phrase", "long word"]


@pytest.mark.parametrize(
    ("html", "changes", "reason"),
    [
        ("", {}, "empty"),
        ("<p>few words</p>", {"min_words": 3}, "too few words"),
        (f"<p>{WORDS}</p>", {"max_words": 50}, "too many words"),
        (f"<p>{WORDS}</p>", {"min_images": 1}, "too few images"),
        ("<p>a</p><img src=a.png><img src=b.png>", {"max_images": 1}, "too many images"),
        ("<p>Lorem ipsum dolor sit amet</p>", {}, "placeholder text"),
        ("".join(f"<p>Spam {n} buy cheap pills online here now today</p>" for n in range(30)), {}, "repetition"),
    ],
)
def test_documents_are_rejected_with_one_reason(site, html: str, changes: dict[str, int], reason: str):
    site.put("docs/a.png", picture())
    site.put("docs/b.png", picture(90, 90))
    document, rejects = site.build(html, LENIENT.model_copy(update=changes))
    assert document is None
    assert reasons(rejects, "document") == [reason]
    assert rejects[-1].uri.endswith("docs/page.html")


def test_chinese_text_is_not_short_because_it_has_no_spaces(site):
    text = (
        "春天来了花园里的树木开始发芽小鸟在枝头歌唱"
        "孩子们跑到河边放风筝老人坐在长椅上晒太阳远处传来悠扬的笛声让人心旷神怡"
    )
    document, _ = site.build(f"<p>{text}</p>", CleanRules(min_images=0))
    assert document is not None


def test_text_is_mended():
    assert mend_text("schÃ¶n  \xa0 and\u00adsoft\u200b \x07 e\u0301", keep_lines=False) == "schön andsoft é"
    assert mend_text("a  b   \n  c", keep_lines=True) == "a  b\n  c"
    assert mend_text("&lt;b&gt; “as it is” ｆｕｌｌ", keep_lines=False) == "&lt;b&gt; “as it is” ｆｕｌｌ"


def test_special_tokens_are_left_for_the_encoder(site):
    document, _ = site.build("<p>The token &lt;|im_start|&gt; is text.</p>")
    assert shown(document) == ["The token <|im_start|> is text."]


@pytest.mark.parametrize(
    "values", [{"min_words": 9, "max_words": 8}, {"min_images": 2, "max_images": 1}, {"nonsense": 1}]
)
def test_rules_that_contradict_each_other_are_refused(values: dict[str, int]):
    with pytest.raises(ValidationError):
        CleanRules(**values)


def test_a_page_nested_without_end_is_rejected_at_once(site):
    document, rejects = site.build("<div>" * 200_000 + "text")
    assert document is None
    assert reasons(rejects, "document") == ["too deep"]
