"""The report, of a small world that the real jobs made: pages, scenes, packs, two phases and an evaluation."""

import hashlib
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from curation.errors import UserError
from curation.shard import ShardSet
from pipelines import synthesize
from pipelines.report.examples import ANSWERED, ASKED, TRUTH, examples
from pipelines.report.page import ReportConfig, report
from pipelines.report.samples import evenly, in_turn, shorten
from pipelines.synthesize import SynthConfig
from tests.conftest import encode
from tests.pipelines.curated import curation
from tests.synth.conftest import SHAPES, draw_sprite
from tests.train.conftest import MODEL
from train.data.lengths import PackConfig
from train.data.measure import measure_sources
from train.evaluate import EvaluateConfig, evaluate
from train.loop import train
from train.phase import Phase

CURATION = [
    *("curation", "rejects", "scores", "thresholds", "duplicates", "fetched", "safety", "documents"),
    *("calibration", "student"),
]
SECTIONS = [*CURATION, "synthetic", "packing", "training", "evaluation"]


def make_scenes(root: Path) -> None:
    for name, (colour, outline) in SHAPES.items():
        (root / "sprites").mkdir(exist_ok=True)
        draw_sprite(colour, outline).save(root / "sprites" / f"{name}.png")
    (root / "backgrounds").mkdir()
    noise = np.random.default_rng(7).integers(0, 256, (9, 12, 3), dtype=np.uint8)
    photo = PIL.Image.fromarray(noise).resize((640, 480), PIL.Image.Resampling.BICUBIC)
    (root / "backgrounds" / "photo.jpg").write_bytes(encode(photo, "JPEG", quality=95))
    grounding = {
        "sprites": str(root / "sprites"),
        "backgrounds": str(root / "backgrounds"),
        "scene": {"canvases": [[224, 168]], "objects": [2, 4], "kinds": [1, 3], "sizes": [0.2, 0.35]},
        "style": "terse",
        "forms": ["json"],
    }
    recipes = {name: {"generator": "grounding", "seeds": seeds} for name, seeds in {"train": 6, "held_out": 4}.items()}
    defaults = {"grounding": grounding}
    synthesize.run(
        SynthConfig.model_validate({"output": str(root / "synth"), "defaults": defaults, "recipes": recipes})
    )


def train_and_evaluate(root: Path) -> None:
    (root / "tiny.yaml").write_text(yaml.safe_dump(MODEL))
    sources = {"pages": {"shards": str(root / "curate/shards")}, "scenes": {"shards": str(root / "synth/train")}}
    pack = {
        "output": root / "packs",
        "model": root / "tiny.yaml",
        "sources": sources,
        "tokenizer": {"vocabulary": 512, "learn_from": ["pages", "scenes"]},
        "min_pixels": 56 * 56,
        "max_pixels": 112 * 112,
        "sequence": 1024,
    }
    measure_sources(PackConfig.model_validate(pack))
    phase = {
        "packs": root / "packs",
        "mixture": {"pages": 0.25, "scenes": 0.75},
        "pack": {"tokens": 1024, "patches": 512, "per_step": 1},
        "tokens": 3000,
        "optimizer": {"learning_rate": {"language": 1e-3}},
        "loading": {"workers": 0},
    }
    train(Phase.model_validate(phase | {"output": root / "first"}))
    train(Phase.model_validate(phase | {"output": root / "second", "start": root / "first/model"}))
    held_out = {"model": root / "second/model", "packs": root / "packs", "shards": str(root / "synth/held_out")}
    limits = {"documents": 4, "longest_answer": 8, "resamples": 100, "output": root / "evaluation"}
    evaluate(EvaluateConfig.model_validate(held_out | limits))


def cells(quality: float, relevance: float) -> dict[str, dict[str, object]]:
    """A row of the matrix: a score that sees more than chance under a fault of the other's is not calm."""
    whole = {"low": 0.4, "high": 0.99, "documents": 90, "judged": 90, "judged_corrupted": 90}
    own = "quality" if quality > 0.5 else "relevance"
    return {
        name: {**whole, "auc": auc, "role": "own", "calm": None}
        if name == own
        else {**whole, "auc": auc, "role": "calm", "calm": auc == 0.5}
        for name, auc in (("quality", quality), ("relevance", relevance))
    }


def write_opinions(root: Path) -> None:
    """What `calibrate` and `distil` leave, as far as the report reads it."""
    threshold = {"wanted": 0.95, "minimum": 0.4321, "precision": 0.953, "recall": 0.9}
    calibration = {
        "documents": {"scored": 90},
        "suggested": 0.95,
        "matrix": [
            {"corruption": "shuffled", "dimension": "relevance", "says": "", "scores": cells(0.5, 0.97)},
            {"corruption": "garbled", "dimension": "quality", "says": "", "scores": cells(0.8, 0.7)},
        ],
        "thresholds": {"quality": [threshold], "relevance": [{"wanted": 0.95, "minimum": None}]},
        "histograms": {name: {"real": [0, 9], "corrupted": [9, 0]} for name in ("quality", "relevance")},
    }
    (root / "calibration").mkdir()
    (root / "calibration/calibration.json").write_text(json.dumps(calibration))
    facts = {"documents": 50, "spearman": 0.8, "spearman_95": [0.7, 0.9], "auc": 0.9, "accuracy": 0.85, "mae": 0.1}
    dimensions = {"quality": {"held_out": {"student": facts, "constant": facts}}, "balance": {"not_learnt": "too few"}}
    (root / "student").mkdir()
    student = {"documents_a_cpu_second": 812.0, "cost": {"requests": 120}, "dimensions": dimensions}
    (root / "student/report.json").write_text(json.dumps(student))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("world")
    curation(root)
    write_opinions(root)
    make_scenes(root)
    train_and_evaluate(root)
    return root


def inputs(root: Path) -> dict[str, object]:
    return {
        "curate": str(root / "curate"),
        "calibration": root / "calibration",
        "student": root / "student",
        "synth": str(root / "synth"),
        "packs": root / "packs",
        "phases": [root / "first", root / "second"],
        "evaluation": root / "evaluation",
    }


@pytest.fixture(scope="module")
def path(world: Path) -> Path:
    return report(ReportConfig(output=world / "report", title="A <small> world", **inputs(world)))


@pytest.fixture(scope="module")
def page(path: Path) -> str:
    return path.read_text()


class Elements(HTMLParser):
    """Every start tag with its attributes, and the text that a reader sees."""

    def __init__(self, page: str):
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page.replace("<style>", "<!--").replace("</style>", "-->"))
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        self.text += " "

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


@pytest.fixture(scope="module")
def elements(page: str) -> Elements:
    return Elements(page)


def test_each_configured_input_has_its_sections_in_the_order_of_the_road(elements: Elements) -> None:
    assert [section["id"] for section in elements.all("section")] == SECTIONS
    assert [link["href"] for link in elements.all("a")][: len(SECTIONS) + 1] == [
        "#overview",
        *(f"#{name}" for name in SECTIONS),
    ]


def test_what_is_not_configured_is_left_out(world: Path, tmp_path: Path) -> None:
    page = report(ReportConfig(output=tmp_path, synth=str(world / "synth"))).read_text()
    assert [section["id"] for section in Elements(page).all("section")] == ["synthetic"]


def test_the_tiles_sum_the_road_up(elements: Elements) -> None:
    assert "5 documents kept of 10 read" in elements.text
    assert "5 images kept of 9 found, 4 cut" in elements.text
    assert "1/2 on the diagonal" in elements.text
    assert "10 samples proved of 10 generated" in elements.text


def test_a_fault_that_its_own_score_does_not_see_is_marked(page: str, elements: Elements) -> None:
    assert [page.count(f'<td class="n {mark}"') for mark in ("seen", "unseen", "stirred")] == [1, 1, 1]
    assert "0.4321 95.3% 90.0%" in elements.text
    assert "no score reaches it" in elements.text


def test_the_student_is_shown_beside_what_is_there_without_it(elements: Elements) -> None:
    assert "quality student 0.800 0.70–0.90 0.900 0.850 0.100 50 constant 0.800" in elements.text
    assert "balance: too few. The student scores 812 documents a CPU-second." in elements.text


def test_tokens_trained_are_the_sum_of_the_logs(world: Path, elements: Elements) -> None:
    rows = [json.loads(line) for name in ("first", "second") for line in (world / name / "log.jsonl").open()]
    assert f"{sum(row['tokens'] for row in rows):,} tokens trained in 2 phases" in elements.text


def test_what_a_page_says_is_shown_and_never_run(page: str, elements: Elements) -> None:
    assert not elements.all("script")
    assert all(not name.startswith("on") for _, attributes in elements.found for name in attributes)
    assert '<script>document.title = "owned"</script>' in elements.text
    assert "<title>A &lt;small&gt; world</title>" in page


def test_the_page_names_nothing_outside_itself(elements: Elements) -> None:
    named = [attributes.get(name) for _, attributes in elements.found for name in ("src", "href", "srcset", "data")]
    assert all(value.startswith(("data:", "#")) for value in named if value)
    assert len(elements.all("img")) > 20


def test_equal_inputs_give_equal_bytes(world: Path, path: Path, tmp_path: Path) -> None:
    again = report(ReportConfig(output=tmp_path / "b", title="A <small> world", **inputs(world)))
    assert hashlib.sha256(again.read_bytes()).digest() == hashlib.sha256(path.read_bytes()).digest()


def test_examples_are_the_first_right_and_the_first_wrong_of_each_kind(world: Path, page: str) -> None:
    rows = json.loads((world / "evaluation/evaluation.json").read_text())["examples"]
    section = page.partition('<section id="evaluation">')[2]
    assert section.count("<article") == len({(row["kind"], row["score"] == 1) for row in rows})
    assert "in none of the shards" not in section


def test_an_example_shows_what_was_asked_the_truth_and_the_answer_in_stored_pixels(world: Path) -> None:
    shards = ShardSet(str(world / "synth/held_out"))
    document = shards.read(0)
    thing = document.proof["claims"]["objects"][0]
    row = {"key": document.key, "kind": "refer", "form": "json", "objects": [thing["id"]], "score": 0.0}
    row |= {"question": "and [0, 0, 56, 42]?", "truth": "", "trained": "[28, 42, 112, 84]", "seen": [112, 84]}
    evaluation = {"examples": [row], "scores": [{"kind": "refer"}], "losses": {"trained": {}}}
    [example] = examples(evaluation, [shards])
    assert example.picture is not None
    assert [(mark.at, mark.colour, mark.dashed) for mark in example.picture.marks] == [
        (tuple(thing["box"]), TRUTH, False),
        ((0, 0, 112, 84), ASKED, True),  # the model sees half of the stored 224 by 168 pixels
        ((56, 84, 224, 168), ANSWERED, False),
    ]
    point = row | {"kind": "name_point", "question": "What is at [28, 42]?", "trained": "a ball"}
    [example] = examples(evaluation | {"examples": [point], "scores": [{"kind": "name_point"}]}, [shards])
    assert example.picture is not None
    assert example.picture.marks[1].at == (56, 84)


@pytest.mark.parametrize(
    ("name", "command"),
    [
        *(("curate", "curate"), ("calibration", "calibrate"), ("student", "distil"), ("synth", "synth")),
        *(("packs", "pack"), ("phases", "train"), ("evaluation", "evaluate")),
    ],
)
def test_a_missing_input_says_which_command_makes_it(name: str, command: str, tmp_path: Path) -> None:
    missing = [tmp_path / "none"] if name == "phases" else str(tmp_path / "none")
    with pytest.raises(UserError, match=rf"none.*run `vlforge {command}` first") as error:
        report(ReportConfig.model_validate({"output": tmp_path / "report", name: missing}))
    assert "\n" not in str(error.value)
    assert not (tmp_path / "report").exists()


def test_a_broken_input_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "evaluation.json").write_text('{"scores": [')
    with pytest.raises(UserError, match="not JSON"):
        report(ReportConfig(output=tmp_path / "report", evaluation=tmp_path))
    (tmp_path / "evaluation.json").write_text('{"losses": {}}')
    with pytest.raises(UserError, match=r"of another version .*run `vlforge evaluate` again"):
        report(ReportConfig(output=tmp_path / "report", evaluation=tmp_path))


def test_a_report_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="name at least one of curate, calibration"):
        ReportConfig(output=Path("report"))


# --- in a browser ---

FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars"),
)


@pytest.fixture(scope="module")
def browser() -> str:
    found = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    if not found:
        pytest.skip("no chromium is installed")
    return found


def browse(browser: str, page: Path, scratch: Path, *options: str) -> str:
    command = [browser, *FLAGS, f"--user-data-dir={scratch / 'profile'}", *options, page.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout


def test_a_browser_asks_the_network_for_nothing(browser: str, path: Path, tmp_path: Path) -> None:
    dom = browse(browser, path, tmp_path, "--dump-dom", f"--log-net-log={tmp_path / 'net.json'}")
    assert "<title>A &lt;small&gt; world</title>" in dom  # no script of a page changed it
    log = (tmp_path / "net.json").read_text()
    asked = set(re.findall(r'"url":"([a-z-]+):', log))
    assert asked <= {"data", "file", "chrome-extension"}


LOOK = """<script>onload = async () => {
  const broken = [...document.images].filter(image => !image.naturalWidth).length;
  const wide = document.documentElement.scrollWidth > innerWidth;
  document.title = `${document.images.length} images, ${broken} broken, ${wide ? "too wide" : "fits"}`;
};</script>"""


@pytest.mark.parametrize("width", [1280, 500])
def test_every_picture_loads_and_the_page_fits(browser: str, page: str, tmp_path: Path, width: int) -> None:
    """Measured by a script that only this copy of the page is given, without the policy that forbids scripts."""
    copy = tmp_path / "copy.html"
    copy.write_text(re.sub("<meta http-equiv=.*?>", LOOK, page))
    dom = browse(browser, copy, tmp_path, "--dump-dom", f"--window-size={width},900")
    title = dom.partition("<title>")[2].partition("</title>")[0]
    assert title == f"{len(Elements(page).all('img'))} images, 0 broken, fits"


def test_a_screenshot_shows_the_page(browser: str, path: Path, tmp_path: Path) -> None:
    browse(browser, path, tmp_path, "--window-size=1280,1600", f"--screenshot={tmp_path / 'page.png'}")
    pixels = np.asarray(PIL.Image.open(tmp_path / "page.png").convert("RGB"))
    assert pixels.shape == (1600, 1280, 3)
    assert (pixels == (0x25, 0x63, 0xEB)).all(-1).sum() > 5000  # the bars of the funnel


# --- choosing ---


@given(st.integers(0, 200), st.integers(0, 50))
def test_evenly_takes_as_many_as_there_are_without_repeating(length: int, count: int) -> None:
    chosen = evenly(range(length), count)
    assert len(chosen) == min(length, count)
    assert chosen == sorted(set(chosen))
    assert np.ptp(np.diff(chosen)) <= 1 if len(chosen) > 2 else True


@given(st.lists(st.sampled_from("abc")), st.integers(0, 20))
def test_in_turn_no_group_is_ahead_of_another_by_two(items: list[str], count: int) -> None:
    chosen = in_turn(items, str, count)
    assert len(chosen) == min(len(items), count)
    for group in set(items):
        taken, there = chosen.count(group), items.count(group)
        assert taken == there or all(chosen.count(other) <= taken + 1 for other in set(items))


def test_a_text_is_cut_between_words() -> None:
    assert shorten("one two three", 9) == "one two …"
    assert shorten("x" * 20, 9) == "x" * 9 + " …"
    assert shorten("one two", 9) == "one two"
