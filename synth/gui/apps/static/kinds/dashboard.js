// A dashboard: figures, charts, things to do and alerts as cards, for a period that is chosen.
const plot = (e, label, figures, names, look) => {
  const high = Math.max(...figures) * 1.1, n = figures.length, x = at => 10 + 300 * (at + .5) / n, y = value => 110 - 100 * value / high;
  const marks = look == 'line' ? [h('polyline', {points: figures.map((one, at) => `${x(at)},${y(one)}`).join(' '), fill: 'none', stroke: 'var(--accent)', 'stroke-width': 3}), figures.map((one, at) => h('circle', {cx: x(at), cy: y(one), r: 4, fill: 'var(--accent)'}))]
    : figures.map((one, at) => h('rect', {x: x(at) - 100 / n, y: y(one), width: 200 / n, height: 110 - y(one), fill: at % 2 && look == 'bands' ? 'var(--mark)' : 'var(--accent)'}));
  return h('div', {class: 'plot'}, h('svg', {e, role: 'img', 'aria-label': label, viewBox: '0 0 320 120', preserveAspectRatio: 'none', 'data-art': true}, [10, 43, 76, 110].map(at => h('line', {x1: 10, x2: 310, y1: at, y2: at, stroke: 'var(--line)'})), spec.rtl ? h('g', {transform: 'translate(320 0) scale(-1 1)'}, marks) : marks), h('div', {class: 'ticks'}, names.map(name => h('span', {class: 'text note'}, name))));
};
const ring = (e, label, parts) => {
  const total = parts.reduce((sum, one) => sum + one.value, 0); let from = 0;
  const tint = at => `hsl(${205 + at * 67} 55% ${at % 2 ? 60 : 45}%)`;
  const arcs = parts.map((one, at) => { const part = one.value / total, start = from; from += part; return h('circle', {cx: 50, cy: 50, r: 36, fill: 'none', stroke: tint(at), 'stroke-width': 20, 'stroke-dasharray': `${part * 226.19} 226.19`, 'stroke-dashoffset': -start * 226.19, transform: 'rotate(-90 50 50)'}); });
  return h('div', {class: 'ring'}, h('svg', {e, role: 'img', 'aria-label': label, viewBox: '0 0 100 100', width: 120, height: 120, 'data-art': true}, arcs), h('div', {class: 'column'}, parts.map((one, at) => h('span', {class: 'key'}, h('span', {class: 'swatch', 'data-art': true, style: `background:${tint(at)}`}), h('span', {class: 'text'}, one.label), h('span', {class: 'text note'}, `${Math.round(one.value / total * 100)}%`)))));
};

kind('dashboard', (s, c) => {
  const v = s.view, says = c.says, at = s.period;
  const items = one => [{id: 'hide', label: says.hide, icon: 'eye', on: () => { s.cards[one.id] = false; v.gone = one.id; }}, {id: 'refresh', label: says.refresh, icon: 'refresh', on: () => { v.toast = c.fresh; }}];
  const end = one => menuButton({e: `${one.id}.more`, label: says.more, icon: 'more', bare: true, items: items(one)});
  const inside = {
    figure: one => [h('div', {class: 'text big'}, one.values[at].shown), h('span', {class: `badge ${one.values[at].up ? 'good' : 'bad'}`}, one.values[at].change)],
    plot: one => [segments({e: `${one.id}.look`, label: one.label, value: s.looks[one.id], items: c.looks, on: to => { s.looks[one.id] = to; }}), plot(`${one.id}.plot`, one.label, one.values[at], c.names[at], s.looks[one.id])],
    ring: one => ring(`${one.id}.ring`, one.label, one.parts),
    todo: one => [h('div', {class: 'row tight'}, h('div', {class: 'grow'}, field({e: 'new', label: says.new, hint: says.new, value: v.draft, bare: true, on: to => { v.draft = to; }, enter: () => add()})), button({e: 'add', label: says.add, icon: 'plus', bare: !wide(), off: !v.draft, on: () => add()})),
      list({e: 'todo', label: one.label}, s.order.map(id => h('div', {e: `todo.${id}`, role: 'listitem', class: `item ${shell.drag == key(`todo.${id}`) ? 'selected' : ''}`, 'aria-label': s.todo[id].text, on: {drop: from => move_(from.slice(5), id)}}, h('span', {e: `grip.${id}`, role: 'button', 'aria-label': says.move, class: 'grip', on: {drag: `todo.${id}`}}, icon('drag', 18)), h('div', {class: 'middle'}, checkbox({e: `done.${id}`, label: s.todo[id].text, is: s.todo[id].done, on: to => { s.todo[id].done = to; }})))))],
    alerts: one => s.alerts.length ? list({e: 'alerts', label: one.label}, s.alerts.map(id => item({e: `alert.${id}`, title: c.alerts[id].text, note: c.alerts[id].when, start: icon(c.alerts[id].icon, 20), end: button({e: `alert.${id}.close`, label: words.close, icon: 'close', bare: true, on: () => { s.alerts = s.alerts.filter(each => each != id); }})}))) : nothing(c.nothing, 'bell'),
  };
  const add = () => { if (!v.draft) return; const id = `n${s.order.length}`; s.todo[id] = {text: v.draft, done: false}; s.order.push(id); v.draft = ''; };
  const move_ = (from, to) => { const id = from.replace('grip.', '').split('.').pop(); if (id == to || !s.todo[id]) return; const place_ = s.order.indexOf(to); s.order = s.order.filter(each => each != id); s.order.splice(place_, 0, id); };
  const shown = c.cards.filter(one => s.cards[one.id]);
  return frame({title: c.title, nav: c.nav, page: v.page, go: id => { v.page = id; }, search: null,
    body: [h('div', {class: 'row'}, segments({e: 'period', label: c.title, value: at, items: c.periods, on: to => { s.period = to; }}), spacer(), v.gone && button({e: 'undo', label: says.undo, icon: 'undo', look: 'quiet', on: () => { s.cards[v.gone] = true; v.gone = ''; }})),
      h('div', {class: 'board'}, shown.filter(one => c.nav == null || one.page == v.page).map(one => card({e: one.id, title: one.label, class_: one.sort == 'figure' ? 'figure-card' : 'broad-card', end: end(one)}, inside[one.sort](one))))],
    toast: {text: v.toast, clear: () => { v.toast = ''; }}});
});
