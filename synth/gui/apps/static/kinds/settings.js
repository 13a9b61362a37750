// Settings: sections of rows with switches, choosers, sliders, radio buttons; changes apply at once, some ask first.
kind('settings', (s, c, ui) => {
  const page = c.pages[s.view.page], set = (one, value) => {
    if (one.ask && value === one.ask.when) s.view.asked = one.id;
    else { s.values[one.id] = value; if (one.said) s.view.toast = one.said; }
  };
  const control = one => {
    const value = s.values[one.id], off = one.needs && !s.values[one.needs], given = {e: one.id, label: one.label, value, off, on: to => set(one, to), bare: true};
    if (one.sort == 'switch') return toggleSwitch({...given, is: value});
    if (one.sort == 'check') return checkbox({...given, is: value});
    if (one.sort == 'choice') return choose({...given, options: one.options});
    if (one.sort == 'range') return slider({...given, low: one.low, high: one.high, step: one.step, unit: one.unit});
    if (one.sort == 'text') return field({...given, hint: one.hint});
    if (one.sort == 'count') return stepper({...given, low: one.low, high: one.high});
    return null;
  };
  const line = one => one.sort == 'radio' ? h('div', {class: 'item stacked'}, h('div', {class: 'middle'}, h('div', {class: 'title'}, one.label), radios({e: one.id, label: one.label, options: one.options, value: s.values[one.id], on: to => set(one, to)})))
    : h('div', {class: `item ${['switch', 'check', 'count'].includes(one.sort) ? '' : 'wide'}`}, one.icon && h('div', {class: 'start'}, icon(one.icon, 20)), h('div', {class: 'middle'}, h('div', {class: 'title'}, one.label), one.note && h('div', {class: 'text note'}, one.note)), h('div', {class: 'end'}, control(one)));
  const found = s.view.query ? Object.values(c.pages).flatMap(one => one.groups.flatMap(group => group.rows)).filter(one => one.label.toLowerCase().includes(s.view.query.toLowerCase())) : null;
  const asked = s.view.asked && Object.values(c.pages).flatMap(one => one.groups.flatMap(group => group.rows)).find(one => one.id == s.view.asked);
  return frame({title: page.label, nav: c.nav, page: s.view.page, go: id => { s.view.page = id; s.view.query = ''; },
    search: c.search && field({e: 'search', label: c.search, hint: c.search, kind: 'search', value: s.view.query || '', on: to => { s.view.query = to; }, bare: true}),
    body: found ? found.length ? card({class_: 'list-card'}, list({}, found.map(line))) : nothing(c.none, 'search') : page.groups.map(group => [h('h2', {class: 'text h3 strong'}, group.label), card({class_: 'list-card'}, list({}, group.rows.map(line)))]),
    toast: {text: s.view.toast, clear: () => { s.view.toast = ''; }},
    dialog: asked && dialog({e: 'ask', title: asked.ask.title, body: h('p', {}, asked.ask.text), actions: [
      {e: 'ask.cancel', label: c.cancel, on: () => { s.view.asked = ''; }, cancel: true},
      {e: 'ask.yes', label: asked.ask.yes, look: 'main', on: () => { s.values[asked.id] = asked.ask.when; s.view.asked = ''; }}]})});
});
