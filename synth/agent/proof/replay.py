"""A trajectory carried out again, from its record alone, in a fresh page of a browser.

What the page says of its elements is read by a few lines of script here, and what a pointer goes down on by listening
to its events: neither `synth.gui.look` nor the expert has a part in it.
"""

import hashlib
import json
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from synth.agent.actions.action import Action
from synth.agent.play.stage import ActingError, Stage, fresh
from synth.pages.browser import browser
from synth.sample import Claims

_SECONDS = 120.0
_KEPT = 3  # replays that are kept: the views of a trajectory come one after another
_LISTEN = """() => {
  window.replayHeard = [];
  window.addEventListener('pointerdown', event => {
    const keys = [];
    for (let e = event.target; e; e = e.parentElement) if (e.dataset?.e) keys.push(e.dataset.e);
    window.replayHeard.push(keys);
  }, {capture: true});
}"""
_TELL = """() => {
  const found = {}, yes = (e, name) => e.getAttribute(name) === 'true';
  const hidden = e => e.getAttribute('aria-hidden') === 'true';
  const named = e => {
    let said = '';
    for (const child of e.childNodes) {
      if (child.nodeType === 3) said += child.data;
      else if (child.nodeType === 1 && !hidden(child)) said += ` ${child.getAttribute('aria-label') || named(child)} `;
    }
    return said;
  };
  const shown = e => {
    const r = e.getBoundingClientRect(), step = 9;
    const x1 = Math.max(r.left, 0), x2 = Math.min(r.right, innerWidth);
    const y1 = Math.max(r.top, 0), y2 = Math.min(r.bottom, innerHeight);
    if (x2 <= x1 || y2 <= y1) return false;
    for (let i = 0; i < step; i++) for (let j = 0; j < step; j++) {
      const hit = document.elementFromPoint(x1 + (i + 0.5) / step * (x2 - x1), y1 + (j + 0.5) / step * (y2 - y1));
      if (hit && e.contains(hit)) return true;
    }
    return false;
  };
  const focus = document.activeElement?.closest('[data-e]')?.dataset.e || '';
  for (const e of document.querySelectorAll('[data-e]')) {
    const field = e.isContentEditable || e.getAttribute('role') === 'textbox' || e.getAttribute('role') === 'searchbox';
    found[e.dataset.e] = {
      name: e.getAttribute('aria-label') || named(e), read: e.innerText ?? e.textContent ?? '',
      value: field ? e.textContent : e.getAttribute('aria-valuetext') || e.getAttribute('aria-valuenow') || '',
      shown: shown(e), focused: e.dataset.e === focus, checked: yes(e, 'aria-checked'), pressed: yes(e, 'aria-pressed'),
      selected: yes(e, 'aria-selected'), expanded: yes(e, 'aria-expanded'),
      disabled: yes(e, 'aria-disabled') || !!e.disabled,
    };
  }
  return found;
}"""


@dataclass(frozen=True)
class Moment:
    """The application between two actions: its state, what each element says of itself, and the screen."""

    state: dict[str, Any]
    told: dict[str, dict[str, Any]] = field(repr=False)
    picture: np.ndarray = field(repr=False)  # (height, width, 3) uint8


@dataclass(frozen=True)
class Replay:
    """`moments` before the first action and after each; `heard` for each action the keys of the elements, innermost
    first, that each press of a pointer went down on; `fault` why an action could not be carried out, if so."""

    moments: list[Moment]
    heard: list[list[list[str]]]
    fault: str = ""


_known: OrderedDict[str, Replay] = OrderedDict()


def replay(claims: Claims) -> Replay:
    """Carries the claimed actions out again. Raises ValueError where one is none, BrowserError without a browser."""
    record = [claims["app"], claims["scale"], [step["action"] for step in claims["steps"]]]
    key = hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()
    if key in _known:
        _known.move_to_end(key)
        return _known[key]
    actions = [Action.from_json(step["action"]) for step in claims["steps"]]
    found = browser().run(lambda page, cdp: _run(page, claims, actions), tab="replay", seconds=_SECONDS)
    _known[key] = found
    while len(_known) > _KEPT:
        _known.popitem(last=False)
    return found


def _run(page: Any, claims: Claims, actions: list[Action]) -> Replay:
    with fresh(page) as (tab, cdp):
        stage = Stage(tab, cdp, claims["app"], claims["scale"])
        stage.show()
        tab.evaluate(_LISTEN)
        moments = [_moment(stage)]
        heard: list[list[list[str]]] = []
        for action in actions:
            try:
                stage.do(action)
            except ActingError as error:
                return Replay(moments, heard, f"{action.name}: {error}")
            heard.append(tab.evaluate("() => window.replayHeard.splice(0)"))
            still = action.name in ("terminate", "wait", "mouse_move")
            moments.append(moments[-1] if still else _moment(stage))
        return Replay(moments, heard)


def _moment(stage: Stage) -> Moment:
    return Moment(stage.state(), stage.page.evaluate(_TELL), np.asarray(stage.picture()))
