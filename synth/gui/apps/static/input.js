// Real events of mouse, pointer, wheel and keyboard, given to the handlers of the widgets under them.
const HOLD = 500, SLIP = 5;  // ms of a long press; px that a click may move
let held = null;      // what goes on between pointer down and up: {x, y, t, slider, moved, dragged, pan}
let swallow = false;  // the click that follows a drag, a pan or a long press is none

const ready = dom => dom && !dom.disabled && dom.getAttribute('aria-disabled') != 'true';
function handler(from, name) {
  for (let dom = from; dom; dom = dom.parentElement)
    if (dom._on && name in dom._on) return ready(dom) ? dom : null;
    else if (dom._on && name != 'press' && 'stop' in dom._on) return null;
  return null;
}
const call = (from, name, ...given) => {
  const dom = handler(from, name);
  if (dom) { dom._on[name](...given); draw(); }
  return !!dom;
};

function listen() {
  const at = (name, does) => document.addEventListener(name, does, {capture: true, passive: false});
  at('pointerdown', down); at('pointermove', move); at('pointerup', up);
  at('click', event => {
    if (swallow) { swallow = false; event.preventDefault(); return; }
    call(event.target, 'click', event);
    keyboard();
  });
  at('dblclick', event => call(event.target, 'double', event));
  at('contextmenu', event => { event.preventDefault(); if (!swallow) pressed(event.target, event.clientX, event.clientY); });
  at('wheel', event => { event.preventDefault(); scroll(event.target, event.deltaX || (event.shiftKey ? event.deltaY : 0), event.shiftKey ? 0 : event.deltaY); });
  at('mousedown', event => { if (event.target.closest?.('.keyboard')) event.preventDefault(); });
  at('beforeinput', typing); at('input', typed); at('keydown', keys);
  at('focusin', event => { const dom = handler(event.target, 'focus'); if (dom) { dom._on.focus(); draw(); } });
  at('dragstart', event => event.preventDefault());
}

const pressed = (from, x, y) => { const name = handler(from, 'context') ? 'context' : 'hold'; return call(from, name, [Math.round(x), Math.round(y)]); };

function down(event) {
  swallow = false;
  const from = event.target;
  if (from.closest?.('.keyboard')) event.preventDefault();  // the field keeps the focus
  if (shell.popup && !over.contains(from) && !from.closest?.(`[data-e="${CSS.escape(shell.popup)}"],[data-opens="${CSS.escape(shell.popup)}"]`)) { hide(); draw(); }
  for (let dom = from; dom; dom = dom.parentElement) if (dom._on?.touch) { dom._on.touch(); draw(); break; }
  if (event.button) return;
  held = {x: event.clientX, y: event.clientY, t: event.timeStamp, from, moved: false};
  held.slider = handler(from, 'slide'); held.dragged = handler(from, 'drag'); held.pulled = handler(from, 'pull');
  if (held.slider) slide(event);
}

function slide(event) {
  const track = held.slider.querySelector('[data-track]') || held.slider, r = track.getBoundingClientRect();
  const share = Math.max(0, Math.min(1, (event.clientX - r.left) / r.width));
  held.slider._on.slide(spec.rtl && !held.slider.dataset.plain ? 1 - share : share); draw();
}

function move(event) {
  if (!held) return;
  const dx = event.clientX - held.x, dy = event.clientY - held.y;
  if (held.slider) return slide(event);
  if (!held.moved && Math.hypot(dx, dy) <= SLIP) return;
  if (held.pulled) { held.pulled._on.pull(dx - (held.dx || 0), dy - (held.dy || 0)); held.dx = dx; held.dy = dy; held.moved = true; return draw(); }
  if (held.dragged && !(spec.platform == 'mobile' && held.dragged.dataset.whole != null)) {
    held.moved = true; shell.drag = held.dragged._e; return draw();
  }
  if (spec.platform == 'mobile' && !event.target.closest('[contenteditable]')) {
    scroll(held.from, (held.dx || 0) - dx, (held.dy || 0) - dy); held.dx = dx; held.dy = dy; held.moved = true;
  }
}

function up(event) {
  if (!held) return;
  const {moved, from, t, slider} = held, still = Math.hypot(event.clientX - held.x, event.clientY - held.y) <= SLIP;
  held = null;
  if (shell.drag) {
    const dragged = shell.drag; delete shell.drag;
    const over_ = handler(document.elementFromPoint(event.clientX, event.clientY), 'drop');
    if (over_) over_._on.drop(dragged.slice(dragged.indexOf('.') + 1));
    swallow = true; draw();
  } else if (moved || slider) swallow = true;
  else if (spec.platform == 'mobile' && event.timeStamp - t >= HOLD && still) swallow = pressed(from, event.clientX, event.clientY);
}

// Scrolls the nearest scroller that can, by whole px; the rest is lost.
function scroll(from, dx, dy) {
  for (let dom = from; dom; dom = dom.parentElement) {
    if (dom._on?.wheel) { dom._on.wheel(dy); return draw(); }
    if (dom.dataset?.scroll == null) continue;
    const left = dom.scrollLeft, top = dom.scrollTop;
    dom.scrollLeft += Math.round(dx); dom.scrollTop += Math.round(dy);
    if (dom.scrollLeft != left || dom.scrollTop != top) return draw();
    if (dom._on?.stop || dom.closest('#over')) return;
  }
}

// Text fields: the browser edits them; what stands there afterwards is told. Secrets are kept aside, as dots.
function typing(event) {
  const dom = handler(event.target, 'edit');
  if (!dom) return event.preventDefault();
  const several = dom.getAttribute('aria-multiline') == 'true';
  if (/Paragraph|LineBreak/.test(event.inputType) && !several) return event.preventDefault();
  if (dom._on.secret == null) return;
  event.preventDefault();
  const chosen = !getSelection().isCollapsed, old = chosen ? '' : dom._on.secret;
  dom._on.edit(event.inputType.startsWith('delete') ? [...old].slice(0, -1).join('') : old + (event.data || '')); draw(); ended(dom);
}
function typed(event) {
  const dom = handler(event.target, 'edit');
  if (!dom || dom._on.secret != null) return;
  const text = dom.innerText === '\n' ? '' : dom.textContent;
  if (!text) dom.textContent = '';  // the browser leaves a line break
  dom._on.edit(text); draw();
}
const ended = dom => { getSelection().selectAllChildren(dom); getSelection().collapseToEnd(); };

function keys(event) {
  const from = document.activeElement || document.body, name = event.key;
  if (name == 'Escape' && escape_()) return event.preventDefault();
  const field = from.closest('[contenteditable]');
  if (handler(from, 'press')) {
    const dom = handler(from, 'press');
    if (dom._on.press(name, event)) { event.preventDefault(); draw(); return; }
  }
  if (field) {
    if (name == 'Enter' && field.getAttribute('aria-multiline') != 'true') { event.preventDefault(); entered(field); }
    return;
  }
  if ((name == 'Enter' || name == ' ') && from.localName != 'button' && from.localName != 'a' && handler(from, 'click') === from) {
    event.preventDefault(); from._on.click(event); return draw();
  }
  const page = {PageDown: .9, PageUp: -.9, End: 1e6, Home: -1e6}[name];
  if (page) { event.preventDefault(); const dom = from.closest('[data-scroll]') || document.querySelector('[data-scroll]'); if (dom) scroll(dom, 0, page * dom.clientHeight); }
}
const entered = field => { if (field._on.enter) { field._on.enter(); draw(); } };
function escape_() {
  if (shell.popup) { hide(); draw(); return true; }
  const box = document.querySelector('[role=dialog] [data-cancel]');
  if (box) { box._on.click(); draw(); }
  return !!box;
}

// The keyboard of a mobile stands below a field that has the focus, and takes its room from the application.
function keyboard() {
  const field = made.keys && document.activeElement?.closest('[contenteditable]');
  if (!!field == !!shell.keyboard) return;
  if (field) shell.keyboard = 'small'; else delete shell.keyboard;
  draw();
  if (field) field.scrollIntoView({block: 'nearest'});
}
function struck(sign) {
  const field = document.activeElement?.closest('[contenteditable]');
  if (sign == 'enter') return system('Enter');
  if (sign == 'shift') { shell.keyboard = shell.keyboard == 'small' ? 'large' : 'small'; return; }
  if (!field) return;
  if (sign == 'rub') document.execCommand('delete'); else document.execCommand('insertText', false, sign == 'space' ? ' ' : shell.keyboard == 'large' ? sign.toUpperCase() : sign);
}

// What the buttons of a mobile do. The first of these that there is: keyboard, popup, dialog, way back, home.
function system(name) {
  if (name == 'Enter') { const field = document.activeElement?.closest('[contenteditable]'); if (field) entered(field); return !!field; }
  if (name == 'Home') { hide(); document.activeElement?.blur(); goHome(); draw(); keyboard(); return true; }
  const control = document.querySelector(name == 'Menu' ? '[data-e$=".more"],[data-e$=".menu"]' : '[data-back]');
  if (name == 'Back') {
    if (document.activeElement?.closest('[contenteditable]')) { document.activeElement.blur(); draw(); keyboard(); if (made.keys) return true; }
    if (escape_()) return true;
    if (!control) { goHome(); draw(); return true; }
  }
  if (control) { control._on.click(); draw(); }
  return !!control;
}

function place(name, value) {
  const dom = find(name), track = dom?.querySelector('[data-track]');
  if (!track) return null;
  const r = track.getBoundingClientRect(), middle = where(name)?.point?.[1] ?? (r.top + r.bottom) / 2, low = +dom.getAttribute('aria-valuemin'), high = +dom.getAttribute('aria-valuemax');
  const spot = one => { const share = (one - low) / (high - low); return [r.left + r.width * (spec.rtl && !dom.dataset.plain ? 1 - share : share), middle]; };
  return [spot(+dom.getAttribute('aria-valuenow')), spot(+value)];
}
