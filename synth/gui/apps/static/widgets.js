// Widgets. Each takes what it shows and what it does; `e` is its key, unique in its application.
const text = (what, kind_, e, rest) => h(/^h[1-3]$/.test(kind_) ? kind_ : kind_ == 'p' ? 'p' : 'span', {e, class: `text ${kind_ || ''}`, ...rest}, what);
const row = (...inside) => h('div', {class: 'row'}, inside);
const column = (...inside) => h('div', {class: 'column'}, inside);
const box = (class_, ...inside) => h('div', {class: class_}, inside);
const spacer = () => h('span', {class: 'spacer'});

// A button: {e, label, on, icon, plain | main | danger | quiet, off, pressed, opens, size}. Without `label` shown: `bare`.
function button({e, label, on, icon: sign, look, off, bare, pressed: is, opens, current, rest, at, count}) {
  return h('button', {e, type: 'button', class: `button ${look || ''} ${bare ? 'bare' : ''}`, disabled: !!off, 'aria-label': bare ? label : null,
    'aria-pressed': is == null ? null : String(!!is), 'aria-haspopup': opens ? 'menu' : null, 'aria-expanded': opens ? String(shell.popup == key(opens)) : null,
    'data-opens': opens ? key(opens) : null, 'aria-current': current ? 'page' : null, ...rest,
    on: {click: opens ? toggle(opens) : on, ...at}}, sign && icon(sign, bare ? 20 : 18, is && sign == 'star'), !bare && h('span', {class: 'label'}, label), count ? h('span', {class: 'count'}, String(count)) : null);
}
const link = ({e, label, on, current, rest}) => h('a', {e, role: 'link', tabindex: 0, class: 'link', 'aria-current': current ? 'page' : null, ...rest, on: {click: on}}, label);

// A text field: {e, label, value, on(value), hint, kind: text | search | secret | area, off, wrong, required, enter, look, note}.
function field({e, label, value, on, hint, kind: sort, off, wrong, required, enter, bare, note, lines, sign, mode}) {
  const secret = sort == 'secret', shown = secret ? '•'.repeat([...value].length) : value, area = sort == 'area';
  const input = h('div', {e, class: `input ${area ? 'area' : ''}`, role: sort == 'search' ? 'searchbox' : 'textbox', contenteditable: off ? null : 'plaintext-only', spellcheck: 'false', 'aria-label': label,
    'aria-multiline': area ? 'true' : null, 'aria-disabled': off ? 'true' : null, 'aria-invalid': wrong ? 'true' : null, 'aria-required': required ? 'true' : null, 'data-hint': hint || null,
    'aria-placeholder': hint || null, 'data-empty': value ? null : true, 'data-secret': secret || null, inputmode: mode || null, style: lines ? `min-height:calc(${lines} * var(--line-height) + 2 * var(--pad-y) + 2px)` : null,
    on: {editable: shown, edit: on, enter, ...(secret ? {secret: value} : {})}});
  const hinted = hint && !value ? h('span', {class: 'hint', 'aria-hidden': 'true'}, hint) : null;
  const whole = h('div', {class: `entry ${area ? 'tall' : ''} ${wrong ? 'wrong' : ''} ${off ? 'off' : ''} ${sort == 'search' ? 'seeking' : ''}`}, sort == 'search' ? icon('search', 18) : sign ? icon(sign, 18) : null, h('div', {class: 'inner'}, input, hinted));
  return bare ? whole : labelled(label, whole, {required, wrong, note});
}
const labelled = (label, control, {required, wrong, note} = {}) => h('div', {class: 'labelled'}, h('span', {class: 'text name'}, label, required ? ' *' : ''), control,
  wrong && typeof wrong == 'string' ? h('span', {class: 'text error', role: 'alert'}, wrong) : note ? h('span', {class: 'text note'}, note) : null);

const tick = (role, {e, label, is, on, off, bare, note}) => h('div', {e, role, class: `tick ${role}`, tabindex: off ? null : 0, 'aria-checked': is == null ? 'mixed' : String(!!is), 'aria-disabled': off ? 'true' : null, 'aria-label': label,
  on: {click: () => on(!is)}}, h('span', {class: 'mark', 'data-art': true}, role == 'checkbox' && is !== false ? icon(is == null ? 'minus' : 'check', 14) : role == 'radio' ? h('span', {class: 'dot'}) : role == 'switch' ? h('span', {class: 'knob'}) : null),
  bare ? null : h('span', {class: 'label'}, label, note ? h('span', {class: 'text note'}, note) : null));
const checkbox = given => tick('checkbox', given);
const toggleSwitch = given => tick('switch', given);
// {e, label, options: [{id, label, off}], value, on(id)}
const radios = ({e, label, options, value, on, flat}) => h('div', {e, role: 'radiogroup', 'aria-label': label, class: `radios ${flat ? 'flat' : ''}`},
  options.map(each => tick('radio', {e: `${e}.${each.id}`, label: each.label, note: each.note, is: value == each.id, off: each.off, on: () => on(each.id)})));

// A slider from `low` to `high` by `step`: {e, label, value, on(value)}. The arrow keys move it by one step.
function slider({e, label, value, low = 0, high = 100, step = 1, on, off, unit = '', plain, bare}) {
  const set = one => on(Math.max(low, Math.min(high, Math.round((one - low) / step) * step + low)));
  const share = `${Math.round((value - low) / (high - low) * 1e4) / 100}%`;
  const control = h('div', {e, role: 'slider', class: 'slider', tabindex: off ? null : 0, 'data-plain': plain, 'aria-label': label, 'aria-valuemin': String(low), 'aria-valuemax': String(high), 'aria-valuenow': String(value), 'aria-disabled': off ? 'true' : null,
    on: {slide: part => set(low + part * (high - low)), press: name => { const by = {ArrowUp: 1, ArrowRight: spec.rtl ? -1 : 1, ArrowDown: -1, ArrowLeft: spec.rtl ? 1 : -1}[name]; if (by) set(value + by * step); return !!by; }}},
    h('div', {class: 'track', 'data-track': true, 'data-art': true}, h('div', {class: 'done', style: `width:${share}`}), h('div', {class: 'thumb', style: `inset-inline-start:${share}`})));
  return bare ? control : h('div', {class: 'sliding'}, control, h('span', {class: 'text amount'}, `${value}${unit}`));
}

// A number with a button on either side: {e, label, value, low, high, on}
const stepper = ({e, label, value, low = 0, high = 99, by = 1, on, less, more}) => h('div', {e, role: 'spinbutton', class: 'stepper', 'aria-label': label, 'aria-valuenow': String(value), 'aria-valuemin': String(low), 'aria-valuemax': String(high)},
  button({e: `${e}.less`, label: less || words.less, icon: 'minus', bare: true, off: value <= low, on: () => on(value - by)}), h('span', {class: 'text amount'}, String(value)), button({e: `${e}.more`, label: more || words.more, icon: 'plus', bare: true, off: value >= high, on: () => on(value + by)}));

// {e, items: [{id, label, icon, count}], value, on(id)}
const tabs = ({e, items, value, on, label}) => h('div', {e, role: 'tablist', class: 'tabs', 'aria-label': label || null, 'data-scroll': true}, items.map(each => h('button', {e: `${e}.${each.id}`, type: 'button', role: 'tab', class: 'tab', disabled: !!each.off, 'aria-selected': String(value == each.id), on: {click: () => on(each.id)}},
  each.icon && icon(each.icon, 18), h('span', {class: 'label'}, each.label), each.count ? h('span', {class: 'count'}, String(each.count)) : null)));
// Buttons of which one is chosen.
const segments = ({e, label, items, value, on}) => h('div', {e, role: 'radiogroup', 'aria-label': label, class: 'segments'}, items.map(each => h('button', {e: `${e}.${each.id}`, type: 'button', role: 'radio', class: 'segment', 'aria-checked': String(value == each.id), 'aria-label': each.icon && !each.label ? each.name : null, on: {click: () => on(each.id)}}, each.icon && icon(each.icon, 18), each.label && h('span', {class: 'label'}, each.label))));

// A row of a list: {e, title, note, start, end, on, selected, current, hold, context, double, drag, drop}
const item = ({e, title, note, third, start, end, on, selected, bold, at, role, rest, level}) => h('div', {e, role: role || (on ? 'button' : 'listitem'), class: `item ${selected ? 'selected' : ''} ${bold ? 'unread' : ''} ${on ? 'live' : ''}`, tabindex: on ? 0 : null, 'aria-selected': selected == null || role == 'button' ? null : String(!!selected), 'aria-level': level ? String(level) : null, ...rest, on: {...(on ? {click: on} : {}), ...at}},
  start && h('div', {class: 'start'}, start), h('div', {class: 'middle'}, h('div', {class: 'title'}, title), note && h('div', {class: 'text note'}, note), third && h('div', {class: 'text note'}, third)), end && h('div', {class: 'end'}, end));
const list = ({e, label, role}, ...items) => h('div', {e, role: role || 'list', class: 'list', 'aria-label': label}, items);
const scroller = ({e, class_, label, role}, ...inside) => h('div', {e, class: `scroller ${class_ || ''}`, 'data-scroll': true, 'aria-label': label || null, role: role || (label ? 'region' : null)}, inside);

const card = ({e, title, class_, role, end, rest, on}, ...inside) => h('section', {e, role: role || (on ? 'button' : e && title ? 'group' : null), 'aria-label': e && title ? title : null, class: `card ${class_ || ''}`, tabindex: on ? 0 : null, ...rest, on: on ? {click: on} : {}}, title && h('div', {class: 'head'}, h('h3', {class: 'text h3'}, title), spacer(), end), inside);
const badge = (what, look, e) => h('span', {e, class: `badge ${look || ''}`, role: e ? 'status' : null}, what);
const chip = ({e, label, is, on, icon: sign, remove}) => h('button', {e, type: 'button', class: 'chip', 'aria-pressed': is == null ? null : String(!!is), 'aria-label': remove ? remove : null, on: {click: on}}, is ? icon('check', 14) : sign && icon(sign, 14), h('span', {class: 'label'}, label), remove ? icon('close', 14) : null);
const avatar = (letters, hue, round) => h('span', {class: `avatar ${round === false ? 'box' : ''}`, style: `background:hsl(${hue} 55% 42%);color:#fff`, 'aria-hidden': 'true'}, letters);
const picture = ({e, label, hue = 200, kind: sort, class_, at}) => h('div', {e, role: 'img', 'aria-label': label, class: `picture ${class_ || ''}`, 'data-art': true, style: `background:linear-gradient(${sort == 'wide' ? 160 : 135}deg,hsl(${hue} 60% 62%),hsl(${(hue + 50) % 360} 55% 38%))`, on: at || {}}, sort && sort != 'wide' ? icon(sort, 36) : null);
const progress = ({e, label, value, high = 100}) => h('div', {e, role: 'progressbar', 'aria-label': label, 'aria-valuenow': String(value), 'aria-valuemin': '0', 'aria-valuemax': String(high), class: 'progress', 'data-art': true}, h('div', {class: 'done', style: `width:${Math.round(value / high * 1e4) / 100}%`}));
const crumbs = ({e, items, label}) => h('nav', {e, class: 'crumbs', 'aria-label': label}, items.map((each, at) => [at ? h('span', {class: 'sep', 'aria-hidden': 'true'}, icon('forward', 14)) : null, each.on ? link({e: `${e}.${each.id}`, label: each.label, on: each.on}) : h('span', {class: 'text', 'aria-current': 'page'}, each.label)]));
const nothing = (what, sign) => h('div', {class: 'nothing'}, icon(sign || 'box', 40), h('p', {class: 'text note'}, what));
const divider = () => h('div', {class: 'divider', role: 'separator'});

// A part that opens and closes: {e, label, open, on}
const fold = ({e, label, open: is, on, icon: sign}, ...inside) => h('div', {class: 'fold'}, h('button', {e, type: 'button', class: 'folder', 'aria-expanded': String(!!is), on: {click: () => on(!is)}}, sign && icon(sign, 18), h('span', {class: 'label'}, label), spacer(), icon(is ? 'up' : 'down', 18)), is ? h('div', {class: 'folded'}, inside) : null);

// A modal dialog: {e, title, body, actions: [button given], cancel()}; frame({dialog}) shows it over its application.
const dialog = ({e, title, body, actions, cancel, wide: broad}) => h('div', {class: 'backdrop'}, h('div', {e, role: 'dialog', 'aria-modal': 'true', 'aria-label': title, 'data-scroll': true, class: `dialog ${broad ? 'broad' : ''}`}, h('div', {class: 'head'}, h('h2', {class: 'text h2'}, title)),
  h('div', {e: `${e}.body`, class: 'body', 'data-scroll': true}, body), h('div', {class: 'actions'}, actions.map(each => { const made = button(each); if (each.cancel) made.rest['data-cancel'] = true; return made; }))));
const toast = ({e, label, close, action}) => h('div', {e, role: 'status', class: 'toast', 'data-scroll': true}, h('span', {class: 'label'}, label), action && button({...action, look: 'quiet'}), button({e: `${e}.close`, label: words.close, icon: 'close', bare: true, on: close}));
