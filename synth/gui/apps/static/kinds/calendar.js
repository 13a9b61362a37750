// A calendar: a month of days with their events (dots and a list, where there is room for little), or a list of all.
kind('calendar', (s, c, ui) => {
  const {t} = c, v = s.view, [year, month] = v.month.split('-').map(Number), roomy = ui.wide;
  const say = said => { v.said = said; };
  const by = step => { const at = year * 12 + month - 1 + step; v.month = `${Math.floor(at / 12)}-${two(at % 12 + 1)}`; v.day = ''; };
  const order = (a, b) => (s.events[a].date + (s.events[a].all ? '' : s.events[a].start)).localeCompare(s.events[b].date + (s.events[b].all ? '' : s.events[b].start)) || (a < b ? -1 : 1);
  const all = Object.keys(s.events).sort(order), on = date => all.filter(id => s.events[id].date == date);
  const hue = id => c.colors.find(each => each.id == s.events[id].color).hue, time = each => each.all ? t.all_day : `${each.start} – ${each.end}`;
  const edit = id => { v.editing = id; v.draft = copy(s.events[id]); v.tried = false; };
  const make_ = () => { v.editing = 'new'; v.tried = false; v.draft = {title: '', date: v.day || (v.month == c.today.slice(0, 7) ? c.today : `${v.month}-01`), start: '09:00', end: '10:00', all: false, color: 'c0', remind: false, place: ''}; };
  const chip_ = id => h('button', {e: `event.${id}`, type: 'button', class: 'cal-event', style: `background:hsl(${hue(id)} 60% 88%);color:#16181d;border-color:hsl(${hue(id)} 60% 42%)`, on: {click: () => edit(id), drag: true}}, s.events[id].all ? null : h('span', {class: 'cal-time'}, s.events[id].start), h('span', {}, s.events[id].title));
  const cell = day => {
    const date = `${v.month}-${two(day)}`, there = on(date);
    if (!roomy) return h('button', {e: `day.${date}`, type: 'button', role: 'gridcell', class: `day cal-small ${date == c.today ? 'today' : ''}`, 'aria-label': said(date), 'aria-selected': String(v.day == date), on: {click: () => { v.day = date; }}}, h('span', {}, String(day)), h('span', {class: 'cal-dots', 'data-art': true}, there.slice(0, 3).map(id => h('span', {style: `background:hsl(${hue(id)} 60% 42%)`}))));
    return h('div', {e: `day.${date}`, role: 'gridcell', class: `cal-day ${date == c.today ? 'today' : ''} ${v.day == date ? 'selected' : ''}`, 'aria-label': said(date), 'aria-selected': String(v.day == date), on: {click: () => { v.day = date; }, drop: from => { const id = from.slice(6); if (from.startsWith('event.') && s.events[id]) s.events[id].date = date; }}}, h('span', {class: 'cal-number'}, String(day)), there.map(chip_));
  };
  const line = (id, key_) => { const each = s.events[id]; return item({e: `${key_}.${id}`, title: each.title, note: time(each), third: each.place || null, start: h('span', {class: 'cal-bar', 'data-art': true, style: `background:hsl(${hue(id)} 60% 42%)`}), end: each.remind ? icon('bell', 18) : null, on: () => edit(id)}); };
  const head = h('div', {class: 'row cal-head'}, button({e: 'before', label: words.before, icon: 'back', bare: true, on: () => by(-1)}), h('h2', {e: 'month', class: 'text h2 grow'}, monthName(year, month)), button({e: 'today', label: t.today, on: () => { v.month = c.today.slice(0, 7); v.day = c.today; }}), button({e: 'after', label: words.after, icon: 'forward', bare: true, on: () => by(1)}));
  const grid = h('div', {class: roomy ? 'cal-big' : ''}, monthGrid({e: 'grid', year, month, cell}));
  const below = !roomy && v.day ? card({class_: 'list-card'}, h('div', {class: 'item strong'}, said(v.day)), on(v.day).length ? list({e: 'events', label: said(v.day)}, on(v.day).map(id => line(id, 'event'))) : nothing(t.nothing_here, 'calendar')) : null;
  const query = (v.query || '').trim().toLowerCase(), dates = [...new Set(all.filter(id => s.events[id].title.toLowerCase().includes(query)).map(id => s.events[id].date))];
  const agenda = dates.length ? dates.map(date => [h('h3', {class: 'text h3'}, said(date)), card({class_: 'list-card'}, list({}, on(date).filter(id => s.events[id].title.toLowerCase().includes(query)).map(id => line(id, 'agenda'))))]) : nothing(query ? t.no_results : t.nothing_here, 'calendar');
  const d = v.draft, set = name => value => { d[name] = value; }, times = c.times.map(id => ({id, label: id})), late = d && !d.all && d.end <= d.start;
  const keep = () => {
    v.tried = true;
    if (!d.title.trim() || late) return;
    let id = v.editing;
    if (id == 'new') { let at = 1; while (s.events[`x${at}`]) at++; id = `x${at}`; }
    s.events[id] = {...d, title: d.title.trim()}; v.draft = null; say(t.saved);
  };
  const ask = v.ask && s.events[v.ask] && dialog({e: 'ask', title: `${t.delete}: ${s.events[v.ask].title}`, body: h('p', {}, t.confirm_delete), actions: [{e: 'ask.cancel', label: t.cancel, cancel: true, on: () => { v.ask = ''; }}, {e: 'ask.yes', label: t.delete, look: 'danger', on: () => { delete s.events[v.ask]; v.ask = ''; say(t.deleted); }}]});
  const editing = d && dialog({e: 'edit', title: v.editing == 'new' ? t.new_event : t.edit_event, body: [field({e: 'edit.title', label: t.title, value: d.title, required: true, wrong: v.tried && !d.title.trim() ? t.required_field : null, on: set('title')}), date({e: 'edit.date', label: t.date, value: d.date, month: v.month, on: set('date')}),
    toggleSwitch({e: 'edit.all', label: t.all_day, is: d.all, on: set('all')}), h('div', {class: 'cal-times'}, choose({e: 'edit.start', label: t.start, options: times, value: d.start, off: d.all, on: set('start')}), choose({e: 'edit.end', label: t.end, options: times, value: d.end, off: d.all, wrong: v.tried && late ? t.invalid : null, on: set('end')})),
    choose({e: 'edit.color', label: t.color, options: c.colors, value: d.color, on: set('color')}), field({e: 'edit.place', label: t.event_place, value: d.place, on: set('place')}), toggleSwitch({e: 'edit.remind', label: t.reminder, is: d.remind, on: set('remind')})],
    actions: [v.editing != 'new' ? {e: 'edit.delete', label: t.delete, icon: 'trash', look: 'danger', on: () => { v.ask = v.editing; v.draft = null; }} : null, {e: 'edit.cancel', label: t.cancel, cancel: true, on: () => { v.draft = null; }}, {e: 'edit.save', label: t.save, look: 'main', on: keep}].filter(Boolean)});
  const add = {e: 'new', label: t.new_event, icon: 'plus', on: make_};
  return frame({title: c.nav.find(each => each.id == v.page).label, nav: c.nav, page: v.page, go: id => { Object.assign(v, {page: id, query: '', day: ''}); },
    search: v.page == 'agenda' ? field({e: 'search', label: t.search, hint: t.search, kind: 'search', value: v.query || '', bare: true, on: to => { v.query = to; }}) : null,
    actions: roomy || c.tiny ? [button({...add, look: 'main', bare: c.tiny})] : [], fab: roomy || c.tiny || d || v.ask ? null : add, body: v.page == 'month' ? [head, grid, below] : agenda,
    toast: {text: v.said, clear: () => say('')}, dialog: ask || editing || null});
});
