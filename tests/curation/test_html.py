"""What of an HTML page is its content, and in which order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.reading.html import Page, Picture, decode, extract
from curation.reading.page import read_page
from curation.reading.record import MalformedError


def kinds(page: Page) -> list[tuple[str, str]]:
    return [(block.kind, block.text) for block in page.blocks]


TEXT = "This sentence is long enough to be what the page is about, and it says so in several words. " * 3


def test_blocks_come_in_reading_order():
    page = extract(
        b"<html lang=en><title> A  title </title><body><h1>Head</h1><p>One <b>bold</b>\n word</p>"
        b"<ul><li>first<li>second<ul><li>inner</ul></ul><ol start=3><li>third</ol><pre>a\n  b</pre><p>end</body>"
    )
    assert (page.title, page.language) == ("A title", "en")
    assert kinds(page) == [
        ("heading", "Head"),
        ("paragraph", "One bold word"),
        ("item", "first"),
        ("item", "second"),
        ("item", "inner"),
        ("item", "third"),
        ("code", "a\n  b"),
        ("paragraph", "end"),
    ]
    assert [(block.level, block.marker) for block in page.blocks if block.kind == "item"] == [
        (0, "-"),
        (0, "-"),
        (1, "-"),
        (0, "3."),
    ]


def test_an_image_keeps_its_place_inside_a_sentence():
    page = extract(b"<p>Press <img src='a.png' alt=' the  button' title=Go> to start.</p>")
    assert page.blocks[0].content == ("Press ", Picture("a.png", "the button", "Go"), " to start.")


def test_a_figure_keeps_its_caption_beside_its_image():
    page = extract(b"<figure><img src=a.png><figcaption>What <i>it</i> shows</figcaption></figure>")
    (block,) = page.blocks
    assert block.kind == "figure"
    assert block.pictures == (Picture("a.png", caption="What it shows"),)
    assert block.text.strip() == "What it shows"


def test_a_lazily_loaded_image_is_the_one_that_will_be_shown():
    page = extract(b"<p><img src='data:image/gif;base64,R0lGOD' data-src=real.jpg></p>")
    assert page.blocks[0].pictures[0].src == "real.jpg"


def test_a_table_stays_a_table_with_its_header_row():
    page = extract(
        b"<table><thead><tr><th>Key</th><th>Does</th></tr></thead>"
        b"<tr><td>a|b</td><td><p>one</p><p>two</p></td></tr><tr><td colspan=2>both <img src=x.png></td></tr></table>"
    )
    (table,) = page.blocks
    assert table.kind == "table"
    assert table.text == "| Key | Does |\n| --- | --- |\n| a\\|b | one two |\n| both  |  |"
    assert [picture.src for picture in table.pictures] == ["x.png"]


def test_a_spanned_row_leaves_its_place_empty_below():
    page = extract(b"<table><tr><td rowspan=2>a<td>b<tr><td>c</table>")
    assert page.blocks[0].text == "|  |  |\n| --- | --- |\n| a | b |\n|  | c |"


def test_a_table_that_lays_out_the_page_is_read_through():
    page = extract(b"<table><tr><td><h1>Head</h1><p>text</td><td><p>more</td></tr><tr><td>x<td>y</table>")
    assert kinds(page)[:3] == [("heading", "Head"), ("paragraph", "text"), ("paragraph", "more")]


@pytest.mark.parametrize(
    "furniture",
    [
        "<nav><p>Go here</p></nav>",
        "<div role=navigation><p>Go here</p></div>",
        "<div class='site-footer'><p>Go here</p></div>",
        "<div id=leftSidebar><p>Go here</p></div>",
        "<p class=breadcrumbs>Go here</p>",
        "<p class='naviNextPrevious'>Go here</p>",
        "<header><p>Go here</p></header>",
        "<ul><li><a href=1>Go here</a><li><a href=2>Go here</a><li><a href=3>Go here</a></ul>",
        "<p hidden>Go here</p>",
        "<p style='color: red; display: none'>Go here</p>",
        "<script>Go here</script>",
        "<template><p>Go here</p></template>",
        "<select><option>Go here</select>",
    ],
)
def test_furniture_and_hidden_elements_are_left_out(furniture: str):
    page = extract(f"<body>{furniture}<h1>Head</h1><p>{TEXT}</p>{furniture}</body>".encode())
    assert [kind for kind, _ in kinds(page)] == ["heading", "paragraph"]
    assert "Go here" not in str(kinds(page))


def test_what_is_left_out_is_told():
    page = extract(f"<div class=footer>Some <img src=logo.png> words</div><p>{TEXT}</p>".encode())
    (dropped,) = page.dropped
    assert (dropped.reason, dropped.element, dropped.characters, dropped.images) == ("navigation", "div.footer", 9, 1)


def test_a_name_does_not_condemn_most_of_the_page():
    page = extract(f"<div class=header><p>{TEXT}</p></div>".encode())
    assert len(page.blocks) == 1


def test_the_id_of_a_section_is_its_headings_slug_and_not_a_hint():
    page = extract(f"<p>{TEXT}</p><section id=navigation><h2>Navigation</h2><p>How to steer.</p></section>".encode())
    assert ("paragraph", "How to steer.") in kinds(page)


def test_the_main_container_wins_over_what_stands_beside_it():
    page = extract(f"<div>Some words</div><main><p>{TEXT}</p></main><div>Other words</div>".encode())
    assert [text for _, text in kinds(page)] == [TEXT.strip()]


def test_the_title_above_the_main_container_is_kept():
    page = extract(f"<body><div><h1>Head</h1></div><div><p>{TEXT}</p></div></body>".encode())
    assert kinds(page)[0] == ("heading", "Head")


@pytest.mark.parametrize("html", [b"", b"   ", b"<html><frameset><frame src=a></frameset></html>"])
def test_a_page_without_content_is_empty(html: bytes):
    assert extract(html).blocks == ()


@pytest.mark.parametrize(
    ("encoded", "how"),
    [
        ("<p>naïve 日本</p>".encode("utf-8-sig"), "byte order mark"),
        ("<p>naïve 日本</p>".encode("utf-16"), "UTF-16 with its mark"),
        ("<p>naïve 日本</p>".encode(), "undeclared UTF-8"),
        ("<meta charset=latin-1><p>naïve 日本</p>".encode(), "UTF-8 declared as something else"),
        ("<meta charset='Shift_JIS'><p>日本</p>".encode("shift_jis"), "declared"),
        ('<meta http-equiv=a content="text/html; charset=iso-2022-jp"><p>日本</p>'.encode("iso-2022-jp"), "seven bits"),
        ("<p>naïve “quoted”</p>".encode("cp1252"), "undeclared Windows-1252"),
        ("<meta charset=iso-8859-1><p>naïve “quoted”</p>".encode("cp1252"), "Windows-1252 declared as Latin-1"),
        ("<meta charset=utf-8><p>naïve</p>".encode("cp1252"), "declared wrongly"),
        ("<meta charset=no-such-thing><p>naïve</p>".encode(), "declared as what does not exist"),
    ],
)
def test_encodings(encoded: bytes, how: str):
    text = extract(encoded).blocks[0].text
    assert text in ("naïve 日本", "日本", "naïve “quoted”", "naïve"), how


def test_a_few_damaged_bytes_do_not_turn_utf8_into_mojibake():
    assert "日本語の文章" in decode(("日本語の文章" * 20).encode() + b"\xe6")


def test_the_charset_of_the_http_response_goes_before_the_pages_own():
    html = "<meta charset=koi8-r><p>日本</p>".encode("shift_jis")
    assert extract(html, "Shift_JIS").blocks[0].text == "日本"
    assert extract("<p>naïve</p>".encode(), "iso-8859-1").blocks[0].text == "naïve"  # it is UTF-8 whatever they say


def test_what_a_page_declares_of_its_rights_is_kept():
    page = extract(
        b"<meta name=Robots content='noindex, noai'><meta name=CCBot content=nofollow><meta name=viewport content=x>"
        b"<meta name=tdm-reservation content=1><meta name=tdm-policy content='https://e.org/policy.json'>"
        b"<link rel='license' href='https://creativecommons.org/licenses/by/4.0/'><p>text"
    ).declared
    assert page.rights == (
        ("robots", "noindex, noai"),
        ("ccbot", "nofollow"),
        ("tdm-reservation", "1"),
        ("tdm-policy", "https://e.org/policy.json"),
    )
    assert page.licence == "https://creativecommons.org/licenses/by/4.0/"


def test_two_licences_are_not_the_pages():
    assert extract(b"<p><a rel=license href=a>A</a> and <a rel=license href=b>B</a>").declared.licence == ""


@pytest.mark.parametrize(
    ("html", "language"),
    [
        (b"<html lang=EN-gb>", "en-gb"),
        (b"<html lang=''><meta http-equiv=Content-Language content='de, en'>", "de"),
        (b"<html lang='no language'><meta property=og:locale content=pt_BR>", "pt-br"),
        (b"<html>", ""),
    ],
)
def test_a_pages_language_is_a_tag_wherever_it_is_declared(html: bytes, language: str):
    assert extract(html + b"<p>text").language == language


@pytest.mark.parametrize(("root", "base"), [("", "https://cdn.example/x/"), ("folder", "folder/page.html")])
def test_only_a_page_on_the_web_sets_another_base(root: str, base: str):
    page = read_page(b"<base href='//cdn.example/x/'><p>text", "page", base if root else "https://e.org/a", root)
    assert page.base == base


def test_a_page_nested_deeper_than_any_that_people_read_is_malformed():
    with pytest.raises(MalformedError, match="nested"):
        read_page(b"<div>" * 6000, "page", "page")


def test_deep_nesting_does_not_overflow():
    depth = 10_000
    page = extract(b"<div>" * depth + b"deep" + b"<b>" * depth)
    assert kinds(page) == [("paragraph", "deep")]


@given(st.lists(st.sampled_from(["<p>", "</p>", "<table>", "<tr>", "<td>", "</td>", "<li>", "<ul>", "</ul>", "<pre>",
    "<figure>", "</figure>", "<h2>", "</h3>", "<a href=#>", "</a>", "<img src=x>", "text ", "<!--", "-->", "<br>",
    "</table>", "<caption>", "<nav>", "<main>", "<svg>", "&amp", "<b", "\x00"])))  # fmt: skip
def test_broken_html_never_raises(pieces: list[str]):
    page = extract("".join(pieces).encode())
    assert all(block.content for block in page.blocks)


@given(st.binary())
def test_bytes_of_any_kind_never_raise(html: bytes):
    extract(html)
