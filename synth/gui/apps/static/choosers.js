// What opens over the page: menus, choosers, calendars, trees; and tables.

// Items of a menu: [{id, label, icon, on, off, is (checked), line (a rule before it)}]
function menu({e, anchor, items, label, beside}) {
  popup(e, anchor || e, () => h('div', {e: `${e}.list`, role: 'menu', class: 'popup menu', 'aria-label': label || null, 'data-scroll': true}, items.map(each => [each.line ? divider() : null,
    h('div', {e: `${e}.${each.id}`, role: each.is == null ? 'menuitem' : 'menuitemcheckbox', class: 'option', tabindex: -1, 'aria-checked': each.is == null ? null : String(!!each.is), 'aria-disabled': each.off ? 'true' : null, on: {click: () => { hide(); each.on(); }}},
      each.icon ? icon(each.icon, 18) : each.is ? icon('check', 18) : h('span', {class: 'gap'}), h('span', {class: 'label'}, each.label), each.short && h('span', {class: 'text short'}, each.short))])), {beside});
}
// A button that opens a menu of the same key with `.menu` after it.
const menuButton = ({e, items, ...rest}) => { menu({e: `${e}.menu`, anchor: e, items, label: rest.label}); return button({e, opens: `${e}.menu`, ...rest}); };
// Handlers for `at` that open a menu at the pointer: right click, or a long press on mobile.
const contextMenu = ({e, items, label}) => { menu({e, anchor: e, items, label}); const open_ = toggle(e), full = key(e); return {context: point => { if (shell.popup == full) hide(); show(full, point); }}; };

// A chooser of one of several: {e, label, options: [{id, label, off}], value, on(id), hint}. We draw its list ourselves.
function choose({e, label, options, value, on, off, hint, bare, required, wrong, note}) {
  const chosen = options.find(each => each.id === value);
  popup(`${e}.list`, e, () => h('div', {e: `${e}.list`, role: 'listbox', class: 'popup listbox', 'aria-label': label, 'data-scroll': true}, options.map(each => h('div', {e: `${e}.${each.id}`, role: 'option', class: 'option', 'aria-selected': String(each.id === value), 'aria-disabled': each.off ? 'true' : null,
    on: {click: () => { hide(); on(each.id); }}}, h('span', {class: 'label'}, each.label), each.id === value ? icon('check', 16) : null))), {fit: true});
  const control = h('button', {e, type: 'button', role: 'combobox', class: `chooser ${wrong ? 'wrong' : ''}`, disabled: !!off, 'aria-label': label, 'aria-haspopup': 'listbox', 'aria-expanded': String(shell.popup == key(`${e}.list`)), 'aria-required': required ? 'true' : null, 'aria-invalid': wrong ? 'true' : null, 'data-opens': key(`${e}.list`),
    on: {click: toggle(`${e}.list`)}}, h('span', {class: `label ${chosen ? '' : 'empty'}`}, chosen ? chosen.label : hint || ''), icon('down', 16));
  return bare ? control : labelled(label, control, {required, wrong, note});
}

// A date, "2024-05-31" or "": {e, label, value, on(date), today}. `month` "2024-05" is shown when it opens.
const days = (year, month) => [31, year % 4 == 0 && (year % 100 || year % 400 == 0) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1];
function weekday(year, month, day) {  // 0 is Sunday (Sakamoto)
  const y = month < 3 ? year - 1 : year;
  return (y + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400) + [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4][month - 1] + day) % 7;
}
const two = number => String(number).padStart(2, '0');
const said = date => date && words.date.replace('yyyy', date.slice(0, 4)).replace('mm', date.slice(5, 7)).replace('dd', date.slice(8, 10));
const monthName = (year, month) => words.month.replace('yyyy', year).replace('mmmm', words.months[month - 1]);
function monthGrid({e, year, month, cell}) {
  const first = (weekday(year, month, 1) - words.first + 7) % 7, count = days(year, month), cells = [];
  for (let at = 0; at < Math.ceil((first + count) / 7) * 7; at++) cells.push(at < first || at >= first + count ? h('span', {class: 'day none'}) : cell(at - first + 1));
  return h('div', {e, role: 'grid', class: 'month', 'aria-label': monthName(year, month)}, words.weekdays.map((_, at) => h('span', {class: 'text weekday'}, words.weekdays[(at + words.first) % 7])), cells);
}
function date({e, label, value, on, month, off, required, wrong, bare, hint, low, high}) {
  const full = key(`${e}.days`);
  popup(`${e}.days`, e, () => {
    const [year, shown] = (shell.month || (value || month).slice(0, 7)).split('-').map(Number);
    const by = step => () => { const at = year * 12 + shown - 1 + step; shell.month = `${Math.floor(at / 12)}-${two(at % 12 + 1)}`; };
    return h('div', {e: `${e}.days`, role: 'dialog', class: 'popup calendar', 'aria-label': label, 'data-scroll': true}, h('div', {class: 'row head'}, button({e: `${e}.before`, label: words.before, icon: 'back', bare: true, on: by(-1)}), h('span', {class: 'text h3'}, monthName(year, shown)), button({e: `${e}.after`, label: words.after, icon: 'forward', bare: true, on: by(1)})),
      monthGrid({e: `${e}.grid`, year, month: shown, cell: day => { const one = `${year}-${two(shown)}-${two(day)}`; return h('button', {e: `${e}.${one}`, type: 'button', role: 'gridcell', class: 'day', disabled: !!(low && one < low || high && one > high), 'aria-label': said(one), 'aria-selected': String(one == value), on: {click: () => { hide(); delete shell.month; on(one); }}}, String(day)); }}));
  });
  const control = h('button', {e, type: 'button', class: `chooser ${wrong ? 'wrong' : ''}`, disabled: !!off, 'aria-label': label, 'aria-haspopup': 'dialog', 'aria-expanded': String(shell.popup == full), 'aria-required': required ? 'true' : null, 'data-opens': full,
    on: {click: () => { delete shell.month; show(full); }}}, h('span', {class: `label ${value ? '' : 'empty'}`}, value ? said(value) : hint || words.date), icon('calendar', 16));
  return bare ? control : labelled(label, control, {required, wrong});
}

// A tree: {e, label, nodes: [{id, label, icon, inside}], open {id: true}, value, on(id), fold(id)}
function tree({e, label, nodes, open: unfolded, value, on, fold: turn, at}) {
  const part = (list_, level) => list_.map(each => [h('div', {e: `${e}.${each.id}`, role: 'treeitem', class: `branch ${value == each.id ? 'selected' : ''}`, tabindex: 0, 'aria-level': String(level), 'aria-selected': String(value == each.id), 'aria-expanded': each.inside ? String(!!unfolded[each.id]) : null, style: `padding-inline-start:${4 + 16 * (level - 1)}px`, on: {click: () => on(each.id), ...(at ? at(each.id) : {})}},
    each.inside ? h('button', {e: `${e}.${each.id}.fold`, type: 'button', class: 'twist', 'aria-label': each.label, on: {click: () => turn(each.id)}}, icon(unfolded[each.id] ? 'down' : 'forward', 14)) : h('span', {class: 'twist'}), each.icon && icon(each.icon, 18), h('span', {class: 'label'}, each.label), each.count ? h('span', {class: 'count'}, String(each.count)) : null), each.inside && unfolded[each.id] ? part(each.inside, level + 1) : null]);
  return h('div', {e, role: 'tree', class: 'tree', 'aria-label': label}, part(nodes, 1));
}

// A table: {e, label, columns: [{id, label, end, sort, width}], rows: [{id, cells: {column: node}, selected, at}], order [column, up], on(column)}
const table = ({e, label, columns, rows, order, on, class_}) => h('table', {e, class: `table ${class_ || ''}`, 'aria-label': label}, h('thead', {}, h('tr', {}, columns.map(each => h('th', {scope: 'col', class: each.end ? 'end' : '', style: each.width ? `width:${each.width}px` : null, 'aria-sort': order && order[0] == each.id ? order[1] ? 'ascending' : 'descending' : null, e: each.sort ? null : `${e}.${each.id}`},
  each.sort ? h('button', {e: `${e}.${each.id}`, type: 'button', class: 'sorter', on: {click: () => on(each.id)}}, h('span', {class: 'label'}, each.label), order && order[0] == each.id ? icon(order[1] ? 'up' : 'down', 14) : null) : each.node || each.label)))),
  h('tbody', {}, rows.map(each => h('tr', {e: `${e}.${each.id}`, class: `${each.selected ? 'selected' : ''} ${each.at?.click ? 'live' : ''}`, 'aria-selected': each.selected == null ? null : String(!!each.selected), on: each.at || {}}, columns.map(one => h('td', {class: one.end ? 'end' : '', e: one.cell ? `${e}.${each.id}.${one.id}` : null}, each.cells[one.id]))))));
// Pages of a list: {e, page (0-based), pages, on(page), label}
const pager = ({e, page, pages, on, label}) => h('nav', {e, class: 'pager', 'aria-label': label || words.pages}, button({e: `${e}.before`, label: words.before, icon: 'back', bare: true, off: page <= 0, on: () => on(page - 1)}),
  Array.from({length: pages}, (_, at) => at).filter(at => at == 0 || at == pages - 1 || Math.abs(at - page) < (wide() ? 3 : 2)).map(at => button({e: `${e}.${at + 1}`, label: String(at + 1), look: at == page ? 'here' : 'quiet', current: at == page, on: () => on(at)})),
  button({e: `${e}.after`, label: words.after, icon: 'forward', bare: true, off: page >= pages - 1, on: () => on(page + 1)}));
