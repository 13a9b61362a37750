"""Real HTML documents: what is read of them, and the pages that are made of it."""

from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from curation.errors import UserError
from synth.generate import samples
from synth.pages import sources
from synth.pages.real import RealPages, RealSettings
from synth.pages.sources import HtmlSource
from synth.sample import Sample, Unproven

HTML = """<!DOCTYPE html><html><head><title>no</title><script>document.write("scripted")</script></head><body>
<nav>Home Next</nav><div class="content"><h1>Mending nets<a class="headerlink" href="#x">¶</a></h1>
<p>A net of <b>37</b> knots holds, <i>as a rule</i>,
   for two winters.</p>
<ul><li>Cut the torn part<ul><li>never the rope</li></ul></li><li>Tie 4 new knots</li></ul>
<table border="1"><tr><th>Rope</th><th>Length</th></tr><tr><td>hemp</td><td>12 m</td></tr></table>
<table><tr><td colspan="2">broken</td></tr><tr><td>a</td></tr></table>
<pre>cut --at 12
  tie --knots 4</pre>
<p>A formula \\(x^2\\) that nothing draws.</p>
<div><img src="net.png"><p>The net after a winter.</p></div>
<p><img src="gone.png"><img src="http://example.org/far.png">Beside a picture that is not there.</p></div>
</body></html>"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    made = tmp_path_factory.mktemp("docs")
    (made / "nets.html").write_text(HTML, encoding="utf-8")
    noise = np.random.default_rng(2).integers(0, 255, (6, 9, 3), np.uint8)
    PIL.Image.fromarray(noise).resize((180, 120)).save(made / "net.png")
    return made


@pytest.fixture(scope="module")
def source(folder) -> HtmlSource:
    return HtmlSource(language="en", folder=str(folder), licence="CC0-1.0", root="div.content")


def test_a_document_is_read_as_blocks_in_order(folder, source):
    blocks = sources.read(folder / "nets.html", source)
    assert [block["kind"] for block in blocks] == ["h1", "p", "ul", "table", "p", "image", "p", "p"]
    assert blocks[0]["text"] == "Mending nets"
    assert blocks[1]["text"] == "A net of 37 knots holds, as a rule, for two winters."
    assert [(item["text"], item["depth"]) for item in blocks[2]["items"]] == [
        ("Cut the torn part", 0), ("never the rope", 1), ("Tie 4 new knots", 0),
    ]  # fmt: skip
    assert [[cell["text"] for cell in row] for row in blocks[3]["rows"]] == [["Rope", "Length"], ["hemp", "12 m"]]
    assert blocks[4]["code"]
    assert blocks[4]["text"] == "cut --at 12\ntie --knots 4"


def test_scripts_menus_formulas_and_broken_tables_are_left_out(folder, source):
    said = "\n".join(map(sources.letters, sources.read(folder / "nets.html", source)))
    assert not any(word in said for word in ("scripted", "Home", "broken", "x^2", "¶"))


def test_a_document_that_is_not_translated_is_left_out(tmp_path):
    text = "This paragraph was never translated, although its folder says that it is in Russian."
    (tmp_path / "a.html").write_text(f"<body><p>{text}</p></body>", encoding="utf-8")
    source = HtmlSource(language="ru", folder=str(tmp_path), licence="CC0-1.0")
    assert sources.read(tmp_path / "a.html", source) == []


def test_an_empty_folder_is_named(tmp_path):
    with pytest.raises(UserError, match="no HTML files"):
        sources.files(HtmlSource(language="en", folder=str(tmp_path), licence="CC0-1.0"))


@pytest.fixture(scope="module")
def generator(source):
    settings = {"sources": [source.model_dump()], "canvas": {"pixels": [300_000, 400_000]}, "parts": 1.0}
    made = RealPages(RealSettings.model_validate(settings))
    yield made
    made.close()


@pytest.mark.slow
def test_pages_are_proved_trimmed_and_equal_for_equal_seeds(generator):
    first, second = ([each for seed in range(3) for each in samples(generator, "real", seed)] for _ in range(2))
    assert any(isinstance(each, Sample) for each in first), first
    assert [str(each) if isinstance(each, Unproven) else each for each in first] == [
        str(each) if isinstance(each, Unproven) else each for each in second
    ]
    parts = [each for each in first if isinstance(each, Sample) and each.document.proof["view"].startswith("part_")]
    assert parts
    assert all(1 <= len(part.document.proof["claims"]["elements"]) <= 3 for part in parts)
    for sample in (each for each in first if isinstance(each, Sample) and each not in parts):
        shown = sample.document.media[0]
        last = max(element["box"][3] for element in sample.document.proof["claims"]["elements"])
        assert shown.width % 28 == shown.height % 28 == 0
        assert shown.height - last < 28 + min(shown.width, 700) / 5, "the empty end of a page is cut away"
        assert sample.document.source.licence == "CC0-1.0"
