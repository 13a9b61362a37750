// A table of records (or their list where it is narrow): searched, filtered, sorted, paged, chosen, changed, deleted.
kind('table', (s, c) => {
  const v = s.view, says = c.says, named_ = id => s.rows[id].cells[c.main];
  const compare = (a, b) => { const [column, up] = v.sort, one = s.rows[a].cells[column], two_ = s.rows[b].cells[column]; return (one < two_ ? -1 : one > two_ ? 1 : 0) * (up ? 1 : -1); };
  const hits = s.order.filter(id => (!v.filter || s.rows[id].status == v.filter) && (!v.query || Object.values(s.rows[id].cells).some(cell => String(cell).toLowerCase().includes(v.query.toLowerCase()))));
  if (v.sort) hits.sort(compare);
  const pages = Math.max(1, Math.ceil(hits.length / c.size)), page = Math.min(v.page, pages - 1), shown = hits.slice(page * c.size, (page + 1) * c.size);
  const chosen = s.order.filter(id => v.chosen[id]), statusOf = id => c.statuses.find(each => each.id == id);
  const choose_ = (id, to) => { if (to) v.chosen[id] = true; else delete v.chosen[id]; };
  const cell = (id, column) => { const row_ = s.rows[id]; return column.id == 'status' ? badge(statusOf(row_.status).label, statusOf(row_.status).look) : column.sum ? row_.shown[column.id] : row_.shown?.[column.id] || row_.cells[column.id]; };
  const remove = ids => { for (const id of ids) { delete s.rows[id]; delete v.chosen[id]; } s.order = s.order.filter(id => !ids.includes(id)); v.asked = null; v.open = ''; v.toast = c.deleted; };
  const ask = ids => { v.asked = ids; };
  const openRow = id => { v.open = id; v.name = named_(id); v.status = s.rows[id].status; };
  const actionsOf = id => [{id: 'open', label: says.open, icon: 'eye', on: () => openRow(id)}, {id: 'delete', label: says.delete, icon: 'trash', on: () => ask([id]), line: true}];
  const columns = [{id: 'pick', label: '', width: 44, node: checkbox({e: 'all', label: says.select_all, bare: true, is: shown.length && shown.every(id => v.chosen[id]) ? true : shown.some(id => v.chosen[id]) ? null : false, on: to => shown.forEach(id => choose_(id, to))})}, ...c.columns.map(each => ({...each, sort: true, end: each.sum})), {id: 'more', label: '', width: 50}];
  const sortBy = id => { v.sort = v.sort && v.sort[0] == id ? [id, !v.sort[1]] : [id, true]; v.page = 0; };
  const rows_ = shown.map(id => ({id, selected: !!v.chosen[id], at: {double: () => openRow(id), ...contextMenu({e: `rows.${id}`, items: actionsOf(id), label: named_(id)})}, cells: {pick: checkbox({e: `pick.${id}`, label: named_(id), bare: true, is: !!v.chosen[id], on: to => choose_(id, to)}), more: menuButton({e: `more.${id}`, label: says.more, icon: 'more', bare: true, items: actionsOf(id)}),
    ...Object.fromEntries(c.columns.map(each => [each.id, each.id == c.main ? link({e: `open.${id}`, label: named_(id), on: () => openRow(id)}) : cell(id, each)]))}}));
  const cards = shown.map(id => item({e: `rows.${id}`, title: named_(id), selected: !!v.chosen[id], note: c.columns.filter(each => each.id != c.main && each.id != 'status').slice(0, 2).map(each => cell(id, each)).join(' · '),
    start: chosen.length || !c.hold ? checkbox({e: `pick.${id}`, label: named_(id), bare: true, is: !!v.chosen[id], on: to => choose_(id, to)}) : null, end: cell(id, {id: 'status'}),
    on: () => openRow(id), at: {hold: () => choose_(id, !v.chosen[id])}}));
  const sorting = menuButton({e: 'sorting', label: says.sort, icon: 'sort', items: c.columns.map(each => ({id: each.id, label: each.label, is: !!v.sort && v.sort[0] == each.id, on: () => sortBy(each.id)}))});
  const filters = [{id: '', label: says.all}, ...c.statuses];
  const filter = c.chips ? row(filters.map(each => chip({e: `filter.${each.id || 'all'}`, label: each.label, is: v.filter == each.id, on: () => { v.filter = each.id; v.page = 0; }}))) : h('div', {class: 'narrowing'}, choose({e: 'filter', label: says.status, bare: true, value: v.filter || 'all', options: filters.map(each => ({id: each.id || 'all', label: each.label})), on: to => { v.filter = to == 'all' ? '' : to; v.page = 0; }}));
  const tools = h('div', {class: 'row tools'}, h('div', {class: 'seek'}, field({e: 'search', label: says.search, hint: says.search, kind: 'search', value: v.query, bare: true, on: to => { v.query = to; v.page = 0; }})), filter, wide() ? null : sorting);
  const picked = chosen.length ? h('div', {e: 'picked', role: 'status', class: 'row picked'}, h('span', {class: 'label'}, c.chosen.replace('{count}', chosen.length)), spacer(), button({e: 'clear', label: says.cancel, look: 'quiet', on: () => { v.chosen = {}; }}), button({e: 'delete', label: says.delete, icon: 'trash', look: 'danger', on: () => ask(chosen)})) : null;
  const body = [tools, picked, !shown.length ? nothing(c.none, 'search') : wide() ? h('div', {e: 'sheet', class: 'card list-card sheet-card', 'data-scroll': true, role: 'region', 'aria-label': c.title}, table({e: 'rows', label: c.title, columns, rows: rows_, order: v.sort, on: sortBy, class_: c.look})) : card({class_: 'list-card'}, list({e: 'list', label: c.title}, cards)),
    h('div', {class: 'row'}, h('span', {e: 'amount', role: 'status', class: 'text note'}, c.amount.replace('{count}', hits.length)), spacer(), pages > 1 && pager({e: 'pages', page, pages, on: to => { v.page = to; }}))];
  const one = v.open && s.rows[v.open];
  const shut = () => { v.open = ''; };
  return frame({title: c.title, body, toast: {text: v.toast, clear: () => { v.toast = ''; }},
    dialog: v.asked ? dialog({e: 'ask', title: c.ask, body: h('p', {}, v.asked.map(named_).join(', ')), actions: [{e: 'ask.cancel', label: says.cancel, cancel: true, on: () => { v.asked = null; }}, {e: 'ask.yes', label: says.delete, look: 'danger', on: () => remove(v.asked)}]})
      : one ? dialog({e: 'record', title: named_(v.open), wide: true, body: [h('dl', {class: 'facts'}, c.columns.filter(each => each.id != c.main && each.id != 'status').map(each => [h('dt', {}, each.label), h('dd', {}, cell(v.open, each))])), field({e: 'record.name', label: c.columns[0].label, value: v.name, on: to => { v.name = to; }}), choose({e: 'record.status', label: says.status, value: v.status, options: c.statuses, on: to => { v.status = to; }})],
        actions: [{e: 'record.cancel', label: says.cancel, cancel: true, on: shut}, {e: 'record.save', label: says.save, look: 'main', off: !v.name || v.name == named_(v.open) && v.status == one.status, on: () => { one.cells[c.main] = v.name; one.status = v.status; one.cells.status = statusOf(v.status).label; shut(); v.toast = c.saved; }}]}) : null});
});
