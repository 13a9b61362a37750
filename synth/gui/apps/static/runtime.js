// The runtime: a state, a view of it that is drawn again after each event, and what drivers ask of the page.
const spec = JSON.parse(document.getElementById('spec').textContent);
const words = spec.words, kinds = {};
const copy = value => JSON.parse(JSON.stringify(value));
const state = {shell: {front: '', popup: '', ...copy(spec.shell.start)}};
const shell = state.shell;
let app_ = 'shell';  // the application whose widgets are being made: keys are its own
let popups = [];     // [anchor key, node, options] of the drawing that is being made

const kind = (name, view) => { kinds[name] = view; };
const key = name => `${app_}.${name}`;
const wide = () => spec.platform != 'mobile' && (spec.apps.find(one => one.id == app_)?.size || spec.size)[0] >= 640;

// A widget: a tag, attributes (`e` the key, `on` handlers, `class`, ...) and what stands in it (nodes, text, false).
function h(tag, attributes, ...inside) {
  const {e, on, ...rest} = attributes || {};
  return {tag, on: on || {}, e: e == null ? '' : key(e), rest, inside: inside.flat(Infinity).filter(x => x != null && x !== false && x !== '')};
}

const SVG = 'http://www.w3.org/2000/svg';
const DRAWN = new Set(['svg', 'path', 'rect', 'circle', 'line', 'g', 'polyline', 'polygon', 'ellipse']);

function make(node) {
  if (typeof node != 'object') return document.createTextNode(String(node));
  const dom = DRAWN.has(node.tag) ? document.createElementNS(SVG, node.tag) : document.createElement(node.tag);
  dom._rest = {};
  dress(dom, node);
  return dom;
}

function dress(dom, node) {
  const wanted = {...node.rest};
  if (node.e) wanted['data-e'] = node.e;
  for (const name of Object.keys(dom._rest)) if (!(name in wanted) || wanted[name] == null || wanted[name] === false) dom.removeAttribute(name);
  for (const [name, value] of Object.entries(wanted)) {
    if (value == null || value === false) continue;
    if (dom._rest[name] !== value) dom.setAttribute(name, value === true ? '' : value);
  }
  dom._rest = wanted; dom._on = node.on; dom._e = node.e;
  if ('editable' in node.on) {  // what is typed is the state's; written back only where it differs
    if (dom.textContent !== node.on.editable) dom.textContent = node.on.editable;
    return;
  }
  patch(dom, node.inside);
}

const same = (dom, node) => typeof node == 'object'
  ? dom.nodeType == 1 && dom.localName == node.tag.toLowerCase() && (dom._e || '') == node.e && dom._rest.id == node.rest.id
  : dom.nodeType == 3;

// Makes what is in `dom` what `nodes` say. Elements with keys stay the same elements, for focus and scrolling.
function patch(dom, nodes) {
  const keyed = {};
  for (const child of dom.childNodes) if (child._e) keyed[child._e] = child;
  nodes.forEach((node, at) => {
    let there = dom.childNodes[at];
    const known = node.e && keyed[node.e];
    if (known && known !== there && same(known, node)) { dom.insertBefore(known, there || null); there = known; }
    if (!there) dom.append(make(node));
    else if (!same(there, node)) {
      if (there._e && keyed[there._e] === there) dom.insertBefore(make(node), there); else dom.replaceChild(make(node), there);
    } else if (typeof node == 'object') dress(there, node);
    else if (there.data !== String(node)) there.data = String(node);
  });
  while (dom.childNodes.length > nodes.length) dom.lastChild.remove();
}

const within = (id, make_) => { const before = app_; app_ = id; try { return make_(); } finally { app_ = before; } };
const root = document.createElement('main'); root.id = 'root'; root._rest = {};
const over = document.createElement('div'); over.id = 'over'; over._rest = {};

function draw() {
  popups = [];
  patch(root, [within('shell', surroundings)]);
  patch(over, popups.map(each => each.node));
  popups.forEach((each, at) => put(over.childNodes[at], find(each.anchor), each));
  for (const dom of document.querySelectorAll('.input, .hint, .paper, .titlebar, .tasks')) dom.toggleAttribute('data-cut', dom.scrollWidth > dom.clientWidth);
}

const find = name => document.querySelector(`[data-e="${CSS.escape(name)}"]`);

// Sets a popup beside its anchor, where there is room.
function put(dom, anchor, {beside, point, fit}) {
  const [width, height] = spec.size, gap = 2, scrolled = dom.scrollTop;  // lost while its height is free
  const at = point ? {left: point[0], right: point[0], top: point[1], bottom: point[1], width: 0} : anchor.getBoundingClientRect();
  dom.style.minWidth = fit ? `${Math.min(at.width, width - 8)}px` : '';
  dom.style.maxHeight = dom.style.maxWidth = '';
  const size = dom.getBoundingClientRect();
  const below = height - at.bottom - gap - 4, above = at.top - gap - 4;
  const down = size.height <= below || below >= above;
  const tall = Math.min(size.height, beside ? height - 8 : Math.max(down ? below : above, 60));
  let x = spec.rtl ? at.right - size.width : at.left, y = down ? at.bottom + gap : at.top - gap - tall;
  if (beside) { x = spec.rtl ? at.left - size.width + 4 : at.right - 4; y = at.top - 4; if (x + size.width > width - 4) x = at.left - size.width + 4; }
  x = Math.max(4, Math.min(x, width - 4 - size.width)); y = Math.max(4, Math.min(y, height - 4 - tall));
  dom.style.left = `${Math.round(x)}px`; dom.style.top = `${Math.round(y)}px`;
  dom.style.maxHeight = `${Math.floor(tall)}px`; dom.style.maxWidth = `${width - 8}px`;
  dom.scrollTop = scrolled;
}

// A popup (menu, list of a chooser, calendar), shown while `shell.popup` is its key. `anchor` is a key of this app.
function popup(name, anchor, node, options = {}) {
  if (shell.popup == key(name)) popups.push({anchor: key(anchor), node: node(), point: shell.at, ...options});
}
const toggle = (name, at) => { const full = key(name); return () => show(full, at); };
function show(full, at) { shell.popup = shell.popup == full ? '' : full; delete shell.at; if (at && shell.popup) shell.at = at; }
const hide = () => { shell.popup = ''; delete shell.at; };

function seen() {
  const found = copy(state), scroll = {};
  for (const dom of document.querySelectorAll('[data-scroll]'))
    if (dom.scrollTop || dom.scrollLeft) scroll[dom.dataset.e] = [dom.scrollLeft, dom.scrollTop];
  found.shell.scroll = scroll;
  found.shell.focus = document.activeElement?.closest('[data-e]')?.dataset.e || '';
  return found;
}

function begin() {
  for (const one of spec.apps) state[one.id] = {view: {}, ...copy(one.start)};
  document.body.append(root, over);
  draw();
  listen();
  window.app = {state: seen, system, open: openNamed, where, place};
}

// A point of the element that a click reaches; centre first, then a grid.
function reachable(dom, [x1, y1, x2, y2]) {
  const tries = [[.5, .5], [.5, .25], [.5, .75], [.25, .5], [.75, .5], [.1, .5], [.9, .5], [.1, .1], [.9, .9], [.9, .1], [.1, .9]];
  for (const [across, down] of tries) {
    const x = Math.floor(x1 + across * (x2 - x1)), y = Math.floor(y1 + down * (y2 - y1));
    const hit = document.elementFromPoint(x, y);
    if (hit && (hit === dom || dom.contains(hit)) && hit.closest('[data-e]') === dom) return [x, y];
  }
  for (const [across, down] of tries) {
    const x = Math.floor(x1 + across * (x2 - x1)), y = Math.floor(y1 + down * (y2 - y1));
    if (dom.contains(document.elementFromPoint(x, y))) return [x, y];
  }
  return null;
}

function where(name) {
  const dom = find(name);
  if (!dom) return null;
  const r = dom.getBoundingClientRect(), box = [r.left, r.top, r.right, r.bottom];
  const off = dom.disabled || dom.getAttribute('aria-disabled') == 'true';
  let [x1, y1, x2, y2] = box, scroll = null;
  for (let up = dom.parentElement; up; up = up.parentElement) {
    if (getComputedStyle(up).overflow == 'visible' && up !== document.body) continue;
    const o = up.getBoundingClientRect();
    if (up.dataset.scroll != null && !scroll) {
      const miss = (low, high, from, to) => high - low > to - from || low < from ? Math.floor(low - from) - 4 : high > to ? Math.ceil(high - to) + 4 : 0;
      const room = (now, most, by) => Math.max(-now, Math.min(by, most - now));
      const dy = room(up.scrollTop, up.scrollHeight - up.clientHeight, miss(y1, y2, o.top, o.bottom));
      const least = spec.rtl ? up.clientWidth - up.scrollWidth : 0, most = spec.rtl ? 0 : up.scrollWidth - up.clientWidth;
      const dx = Math.max(least - up.scrollLeft, Math.min(miss(x1, x2, o.left, o.right), most - up.scrollLeft));
      const at = reachable(up, [o.left, o.top, o.right, o.bottom]);
      if ((dx || dy) && at) scroll = {point: at, dx, dy, key: up.dataset.e};
    }
    x1 = Math.max(x1, o.left); y1 = Math.max(y1, o.top); x2 = Math.min(x2, o.right); y2 = Math.min(y2, o.bottom);
  }
  const point = off || x2 - x1 < 2 || y2 - y1 < 2 ? null : reachable(dom, [x1, y1, x2, y2]);
  for (let up = dom.parentElement; !point && !off && !scroll && up; up = up.parentElement) {  // covered: to the middle of what scrolls
    if (up.dataset.scroll == null) continue;
    const o = up.getBoundingClientRect(), by = Math.round((r.top + r.bottom - o.top - o.bottom) / 2), dy = Math.max(-up.scrollTop, Math.min(by, up.scrollHeight - up.clientHeight - up.scrollTop));
    const at = reachable(up, [o.left, o.top, o.right, o.bottom]);
    if (dy && at) scroll = {point: at, dx: 0, dy: Math.round(dy), key: up.dataset.e};
  }
  return {box, point, scroll, disabled: !!off};
}
