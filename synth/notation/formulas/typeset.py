"""Formulas set by KaTeX in the browser: the picture, and every sign's place, font and size as the page has them."""

import base64
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image

from curation.errors import UserError
from synth.notation.figure import Figure, extent, inked
from synth.pages.browser import browser, resize, screenshot

COLOURS = (("#ffffff", "#000000"),) * 5 + (("#fdf8e8", "#22160a"), ("#f2f6fb", "#102a54"), ("#10141c", "#f0f0f0"),
           ("#1e3a2f", "#f4f1de"), ("#ffffff", "#7a1020"), ("#eef7ee", "#0b3d1a"), ("#f6eefb", "#301050"))  # fmt: skip
KATEX = "/usr/share/javascript/katex"  # Debian: libjs-katex and fonts-katex
_SCRIPT = """
(items, colours) => {
  const hook = svg => {
    const body = svg.closest('.sqrt')?.querySelector('.svg-align > .mord');
    return body ? round(parseFloat(getComputedStyle(body).paddingLeft)) : 0;
  };
  const round = value => Math.round(value * 100) / 100;
  document.body.style.cssText = `margin:0;background:${colours[0]};color:${colours[1]}`;
  document.body.innerHTML = '';
  const found = [];
  for (const item of items) {
    const place = document.createElement('div');
    place.style.cssText = `position:absolute;width:max-content;left:${item.x}px;font-size:${item.size}px`;
    document.body.appendChild(place);
    katex.render(item.latex, place, {displayMode: item.display, output: 'html', throwOnError: true, strict: 'ignore'});
    for (const each of place.querySelectorAll('.katex-display')) each.style.cssText = 'margin:0;text-align:left';
    found.push(place);
  }
  const loading = [...document.fonts].map(font => font.status === 'loading' ? font.loaded : null);
  let top = items[0].gap;
  return Promise.all(loading).then(() => found.map((place, number) => {
    top = Math.round(top);
    place.style.top = `${top}px`;
    top += place.getBoundingClientRect().height + (number + 1 < items.length ? items[number + 1].gap : 0);
    const marks = [], fences = [];
    const walker = document.createTreeWalker(place, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const owner = node.nodeType === 3 ? node.parentElement : node;
      const fence = owner.closest('.delimsizing, .mopen.nulldelimiter');
      let number = fence ? fences.indexOf(fence) : -1;
      if (fence && number < 0) { fences.push(fence); number = fences.length - 1; }
      if (node.nodeType === 3) {
        const style = getComputedStyle(owner);
        const range = document.createRange();
        for (let at = 0; at < node.length; at++) {
          const sign = node.data[at];
          if (/[\\s\\u200b\\u2061\\u00a0]/.test(sign)) continue;
          range.setStart(node, at); range.setEnd(node, at + 1);
          const box = range.getBoundingClientRect();
          const family = style.fontFamily.split(',')[0].replaceAll('"', '');
          marks.push(['sign', sign, family, style.fontWeight >= 600, style.fontStyle === 'italic',
            parseFloat(style.fontSize), round(box.left), round(box.top), number]);
        }
      } else {
        const box = owner.getBoundingClientRect();
        if (owner.tagName === 'svg') {
          const clip = owner.parentElement.getBoundingClientRect();
          marks.push(['drawn', round(Math.max(box.left, clip.left)), round(Math.max(box.top, clip.top)),
            round(Math.min(box.right, clip.right)), round(Math.min(box.bottom, clip.bottom)), hook(owner), number]);
        } else if (/\\b(frac-line|overline-line)\\b/.test(owner.className)) {
          const thick = parseFloat(getComputedStyle(owner).borderBottomWidth);
          const edges = [box.left, box.bottom - thick, box.right, box.bottom].map(round);
          if (thick > 0) marks.push(['line', ...edges, -1]);
        }
      }
    }
    const box = place.getBoundingClientRect();
    return {marks: marks, top: box.top, right: box.right, bottom: box.bottom};
  }));
}
"""


class Typesetter:
    """KaTeX of a folder with its script, styles and fonts. Raises UserError where it is not whole."""

    def __init__(self, katex: str):
        folder = Path(katex)
        try:
            style = (folder / "katex.min.css").read_text()
            self._script = (folder / "katex.min.js").read_text()
            self._style = re.sub(r"url\((fonts/[^)]+\.woff2)\)", lambda found: _data(folder / found[1]), style)
        except OSError as error:
            message = f"{error.filename}: {error.strerror}: KaTeX is not whole: apt-get install libjs-katex fonts-katex"
            raise UserError(message) from error
        self._tab = f"katex {katex}"

    def picture(
        self, items: list[dict[str, Any]], colours: tuple[str, str], margin: int, widest: int
    ) -> tuple[list[dict[str, Any]], PIL.Image.Image] | None:
        """Sets formulas below one another: `latex`, `display`, `size` and, in px, `x` and the `gap` above each.

        The marks of each and the picture; None where a side is above `widest` px.
        """
        script = f"([items, colours]) => ({_SCRIPT})(items, colours)"

        def work(page: Any, cdp: Any) -> Any:
            placed = page.evaluate(script, [items, list(colours)])
            right, bottom = max(each["right"] for each in placed), placed[-1]["bottom"]
            size = (-(-int(right + margin) // 28) * 28, -(-int(bottom + margin) // 28) * 28)
            if max(size) > widest:
                return None
            resize(cdp, *size)
            return placed, screenshot(cdp)

        return browser().run(work, tab=self._tab, prepare=self._prepare)

    def _prepare(self, page: Any, cdp: Any) -> None:
        page.set_content(f"<!doctype html><html><head><style>{self._style}</style></head><body></body></html>")
        page.add_script_tag(content=self._script)
        page.evaluate("() => Promise.all([...document.fonts].map(font => font.load()))")


def _data(path: Path) -> str:
    return f"url(data:font/woff2;base64,{base64.b64encode(path.read_bytes()).decode()})"


def draw(typesetter: Typesetter, formulas: list[str], rng: np.random.Generator, widest: int) -> Figure | None:
    """Formulas below one another, each in a size of its own; None where they do not fit into `widest` px.

    The truth: `formulas`, each with `latex`, `display`, its ink's `box` and `marks`: ["sign", sign, font file, size,
    x, top of its line box, fence], ["line", x1, y1, x2, y2, fence], ["drawn",
    x1, y1, x2, y2, width of a root's hook (0: it is no root), fence]; and the `box` of all ink.
    """
    colours = COLOURS[rng.integers(len(COLOURS))]
    items: list[dict[str, Any]] = []
    for latex in formulas:
        size = round(float(rng.uniform(17, 32)), 1)
        gap = float(rng.uniform(0.8, 1.6)) * size if items else float(rng.integers(20, 50))
        display = bool(rng.random() < 0.7 or "begin" in latex)
        items.append({"latex": latex, "display": display, "size": size, "x": int(rng.integers(20, 60)), "gap": gap})
    made = typesetter.picture(items, colours, int(rng.integers(20, 60)), widest)
    if made is None:
        return None
    placed, image = made
    truth = [_truth(item, found) for item, found in zip(items, placed, strict=True)]
    return Figure(image, _boxed(inked(image), placed, truth))


def _truth(item: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    marks: list[list[Any]] = []
    for mark in found["marks"]:
        if mark[0] == "sign":
            _, sign, family, bold, italic, size, x, y, fence = mark
            style = {
                (False, False): "Regular",
                (True, False): "Bold",
                (False, True): "Italic",
                (True, True): "BoldItalic",
            }[(bold, italic)]
            marks.append(["sign", sign, f"{family}-{style}", size, x, y, fence])
        else:
            marks.append(mark)
    return {"latex": item["latex"], "display": item["display"], "marks": marks}


def _boxed(apart: np.ndarray, placed: list[dict[str, Any]], formulas: list[dict[str, Any]]) -> dict[str, Any]:
    """The boxes of each formula's ink, which ends half way to the next one's place, and of all ink: `apart` is it."""
    between = [round((above["bottom"] + below["top"]) / 2) for above, below in pairwise(placed)]
    ends = pairwise([0, *between, len(apart)])
    found = [{**each, "box": extent(apart, low, high)} for each, (low, high) in zip(formulas, ends, strict=True)]
    return {"formulas": found, "box": extent(apart)}
