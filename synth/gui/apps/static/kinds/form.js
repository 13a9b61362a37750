// A form of one or several steps; it can be sent when all that is wanted is there, or says what is missing.
kind('form', (s, c) => {
  const steps = c.steps, last = s.view.step == steps.length - 1, shown = steps[s.view.step].map(id => c.fields.find(each => each.id == id));
  const fault = one => {
    const value = s.values[one.id];
    if (one.required && (value === '' || value === false || value == null)) return c.errors.required;
    return one.mail && value && !/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(value) ? c.errors.email : '';
  };
  const ready = shown.every(one => !fault(one));
  const control = one => {
    const off = one.needs && !s.values[one.needs];
    const given = {e: one.id, label: one.label, value: s.values[one.id], on: to => { s.values[one.id] = to; s.view.touched[one.id] = true; }, required: one.required, hint: one.hint, off, wrong: (c.late ? s.view.tried : s.view.touched[one.id]) && fault(one)};
    if (one.sort == 'text' || one.sort == 'secret' || one.sort == 'area') return field({...given, kind: one.sort, lines: one.sort == 'area' ? 3 : 0, sign: one.icon});
    if (one.sort == 'choice') return choose({...given, options: one.options});
    if (one.sort == 'date') return date({...given, month: c.month});
    if (one.sort == 'check') return checkbox({...given, is: given.value});
    if (one.sort == 'switch') return toggleSwitch({...given, is: given.value});
    if (one.sort == 'radio') return labelled(one.label, radios({...given, options: one.options, flat: one.options.length < 4}), given);
    if (one.sort == 'count') return labelled(one.label, stepper({...given, low: one.low, high: one.high}));
    return labelled(one.label, slider({...given, low: one.low, high: one.high, step: one.step, unit: one.unit || ''}));
  };
  const forth = () => {
    if (!ready) { s.view.tried = true; return; }
    s.view.tried = false;
    if (last) { s.sent = copy(s.values); s.view.done = true; } else s.view.step++;
  };
  const off = !c.late && !ready;
  const body = s.view.done ? card({e: 'thanks', title: c.thanks, class_: 'sheet'}, h('p', {}, c.received), row(button({e: 'again', label: c.close, on: () => { s.view.done = false; s.view.step = 0; }})))
    : h('section', {class: `sheet card ${c.two && wide() ? 'two' : ''}`}, steps.length > 1 && h('ol', {class: 'steps'}, steps.map((_, at) => h('li', {e: `step.${at + 1}`, 'aria-current': at == s.view.step ? 'step' : null, class: at <= s.view.step ? 'on' : ''}, h('span', {class: 'label'}, c.step.replace('{number}', at + 1))))),
      c.intro && h('p', {class: 'text note intro'}, c.intro), h('div', {class: 'fields'}, shown.map(one => h('div', {class: `cell ${one.sort == 'area' ? 'broad' : ''}`}, control(one)))),
      h('div', {class: 'row ends'}, s.view.step ? button({e: 'back', label: c.back, on: () => { s.view.step--; }}) : c.reset && button({e: 'reset', label: c.reset, look: 'quiet', on: () => { if (c.ask) s.view.asked = true; else s.values = copy(c.blank); }}), spacer(), button({e: last ? 'send' : 'next', label: last ? c.send : c.next, look: 'main', off, on: forth})));
  return frame({title: c.title, crumbs: c.path && wide() && crumbs({e: 'path', label: c.title, items: c.path.map((label, at) => ({id: String(at), label}))}), body,
    dialog: s.view.asked && dialog({e: 'ask', title: c.reset, body: h('p', {}, c.unsaved), actions: [{e: 'ask.cancel', label: c.cancel, cancel: true, on: () => { s.view.asked = false; }}, {e: 'ask.yes', label: c.reset, look: 'danger', on: () => { s.values = copy(c.blank); s.view.asked = false; s.view.touched = {}; s.view.step = 0; }}]})});
});
