"""Pages in Chromium: laid out and shown; where each leaf is painted follows from the layout."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import PIL.Image

from synth.ocr.languages import LANGUAGES
from synth.pages.browser import Browser, resize, screenshot

EASTERN = ("zh", "ja", "ko")  # Latin words stand among theirs, often without a space

# Every leaf is `data-i` (--i, a colour, is its id), every decoration `data-d`, every text leaf `data-t`, every block
# `data-b`, inside a `data-flow` that must hold it whole. What is set in a font of its own says so by `data-f`.
_SHELL = """<!DOCTYPE html><html><head><meta charset="utf-8"><style>
html,body{margin:0;padding:0;overflow:hidden} *{box-sizing:border-box}
body{position:absolute;inset:0;display:flex;flex-direction:column;text-spacing-trim:space-all;
text-autospace:no-autospace;font-kerning:normal;font-variant-ligatures:normal;font-synthesis:none;
overflow-wrap:anywhere;hyphens:none}
[data-b]{break-inside:avoid} table{border-spacing:0}
</style><style id="s"></style></head><body></body></html>"""

_LAYOUT = r"""async ({css, html, language, rtl, mixed}) => {
  document.documentElement.dir = rtl ? 'rtl' : 'ltr';
  document.documentElement.lang = language;  // fonts have other digits for Chinese
  document.getElementById('s').textContent = css;
  document.body.innerHTML = html;
  await document.fonts.ready;
  for (const flow of document.querySelectorAll('[data-flow]')) {
    const f = flow.getBoundingClientRect();
    const without = b => { const r = b.getBoundingClientRect();  // no room for it, or broken over columns
      return r.right > f.right + .5 || r.bottom > f.bottom + .5 || r.left < f.left - .5
        || b.getClientRects().length > 1; };
    for (let b; b = [...flow.querySelectorAll('[data-b]')].find(without);) b.remove();
    while (flow.lastElementChild && /^H[1-6]$/.test(flow.lastElementChild.tagName)) flow.lastElementChild.remove();
  }
  const p = document.body.getBoundingClientRect();  // what stands above or below the flow may find no room either
  const outside = b => { const r = b.getBoundingClientRect();
    return r.right > p.right || r.bottom > p.bottom || r.left < p.left || r.top < p.top; };
  for (let b; b = [...document.querySelectorAll('[data-b]')].findLast(outside);) b.remove();
  const kept = [...document.querySelectorAll('[data-b]')].map(b => +b.dataset.b);
  const words = [], range = document.createRange();
  const letters = '[\\u0600-\\u060b\\u060d-\\u061a\\u061c-\\u061e\\u0620-\\u065f\\u066e-\\u06ff]+';
  const arabic = new RegExp(letters + '|[0-9A-Za-z]+(?:[.,:][0-9A-Za-z]+)*|\\S', 'gu');
  const eastern = /[!-\u2fff]+|[^\s!-\u2fff]+/gu;
  for (const leaf of document.querySelectorAll('[data-t]')) {
    const walk = document.createTreeWalker(leaf, NodeFilter.SHOW_TEXT);
    for (let node; node = walk.nextNode();) {
      const font = +node.parentElement.closest('[data-f]').dataset.f;
      for (const hit of node.data.matchAll(rtl ? arabic : mixed ? eastern : /\S+/gu)) {
        const start = hit.index, end = start + hit[0].length;
        range.setStart(node, start); range.setEnd(node, end);
        const rects = range.getClientRects();
        if (rects.length == 1) {
          const r = rects[0]; words.push([+leaf.dataset.i, r.left, r.top, r.width, hit[0], font]); continue;
        }
        let last = null;  // broken over lines: what stands on each is a word
        for (let at = start; at < end;) {
          const size = node.data.codePointAt(at) > 0xffff ? 2 : 1;
          range.setStart(node, at); range.setEnd(node, at + size);
          const r = range.getBoundingClientRect(), text = node.data.slice(at, at + size);
          if (last && Math.abs(last[2] - r.top) < 2) { last[3] = r.right - last[1]; last[4] += text; }
          else words.push(last = [+leaf.dataset.i, r.left, r.top, r.width, text, font]);
          at += size;
        }
      }
    }
  }
  const context = document.createElement('canvas').getContext('2d');
  const ascents = {};
  for (const e of document.querySelectorAll('[data-f]')) {
    if (e.dataset.f in ascents) continue;
    const s = getComputedStyle(e); context.font = `${s.fontWeight} ${s.fontSize} ${s.fontFamily}`;
    ascents[e.dataset.f] = Math.round(context.measureText('x').fontBoundingBoxAscent);
  }
  const painted = [];
  for (const e of document.querySelectorAll('[data-i],[data-d]')) {
    const id = parseInt(e.style.getPropertyValue('--i').slice(1), 16);
    for (const r of e.getClientRects()) painted.push([id, r.left, r.top, r.right, r.bottom]);
  }
  return {kept, words, ascents, painted};
}"""


@dataclass(frozen=True)
class Rendered:
    """`image` RGB; `ids` (height, width) uint16; `kept`: blocks that found room; `words` as in `synth.pages.model`."""

    image: PIL.Image.Image
    ids: np.ndarray
    kept: list[int]
    words: list[list[Any]]


def render(browser: Browser, css: str, html: str, size: tuple[int, int], language: str) -> Rendered:
    """Lays a page of a language out. Raises BrowserError."""
    told = LANGUAGES[language]
    given = {"css": css, "html": html, "language": language, "rtl": told.right_to_left, "mixed": language in EASTERN}

    def work(page: Any, cdp: Any) -> Rendered:
        resize(cdp, *size)
        found = page.evaluate(_LAYOUT, given)
        image = screenshot(cdp)
        words = [
            [leaf, round(x, 2), math.floor(top + found["ascents"][str(font)] + 0.5), round(width, 2), text, font]
            for leaf, x, top, width, text, font in found["words"]
        ]
        return Rendered(image, _buffer(found["painted"], size), found["kept"], words)

    return browser.run(work, tab="pages", prepare=lambda page, cdp: page.set_content(_SHELL))


def _buffer(painted: list[list[float]], size: tuple[int, int]) -> np.ndarray:
    """The instance-ID buffer (height, width) of [id, x1, y1, x2, y2] in the order in which Chromium paints them.

    Chromium fills whole pixels, to the nearest: a second look at the page, each leaf in a flat colour of its own,
    gives the same buffer.
    """
    ids = np.zeros(size[::-1], np.uint16)
    for number, *edges in painted:
        x1, y1, x2, y2 = (max(math.floor(edge + 0.5), 0) for edge in edges)
        ids[y1:y2, x1:x2] = number
    return ids
