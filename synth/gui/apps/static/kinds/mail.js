// Mail: a list of messages, one that is read (beside it where there is room), one that is written.
kind('mail', (s, c, ui) => {
  const {t} = c, v = s.view, mail = v.open && c.mails[v.open], chosen = v.chosen || {};
  const picked = c.order.filter(id => chosen[id] && s.folder[id] == v.page), where_ = id => c.nav.find(each => each.id == id).label;
  const say = (said, back) => { v.said = said; v.back = back || null; };
  const move_ = (ids, to, said) => { const back = Object.fromEntries(ids.map(id => [id, s.folder[id]])); ids.forEach(id => { s.folder[id] = to; }); v.open = ''; v.chosen = {}; say(said, back); };
  const write = start => { v.draft = {to: '', subject: '', body: '', of: null, wrong: '', ...start}; };
  const query = (v.query || '').trim().toLowerCase();
  const has = each => [each.from, each.address, each.subject, ...each.body].some(one => one.toLowerCase().includes(query));
  const shown = c.order.filter(id => query ? has(c.mails[id]) : s.folder[id] == v.page);
  const star = (id, e) => button({e, label: `${t.star}: ${c.mails[id].subject}`, icon: 'star', bare: true, pressed: s.star[id], on: () => { s.star[id] = !s.star[id]; }});
  const line = id => {
    const each = c.mails[id];
    return item({e: `mail.${id}`, title: each.from, note: each.subject, third: ui.wide && !c.split ? each.body[0] : null, bold: !s.read[id], selected: v.open == id,
      start: [checkbox({e: `pick.${id}`, label: `${t.select}: ${each.subject}`, is: !!chosen[id], bare: true, on: is => { v.chosen = {...chosen, [id]: is}; }}), c.tiny || !ui.wide ? null : avatar([...each.from][0], each.hue)],
      end: [c.tiny ? null : text(each.date, 'note'), star(id, `star.${id}`)], on: () => { v.open = id; s.read[id] = true; }});
  };
  const sent = v.page == 'sent' && !query ? s.sent.map((each, at) => item({e: `sent.${at}`, title: each.to, note: each.subject, third: each.body})) : [];
  const bulk = picked.length ? h('div', {class: 'row mail-bulk'}, text(`${t.selected}: ${picked.length}`, 'strong'), spacer(),
    button({e: 'bulk.archive', label: t.archive, icon: 'archive', on: () => move_(picked, 'archived', t.moved)}),
    button({e: 'bulk.delete', label: t.delete, icon: 'trash', on: () => { v.ask = picked; }}),
    button({e: 'bulk.clear', label: t.clear, look: 'quiet', on: () => { v.chosen = {}; }})) : null;
  const all = [bulk, shown.length || sent.length ? list({e: 'mails', label: where_(v.page)}, sent, shown.map(line)) : nothing(query ? t.no_results : t.nothing_here, 'mail')];
  const reading = mail ? [
    h('div', {class: 'row mail-tools'}, star(v.open, 'read.star'), button({e: 'read.archive', label: t.archive, icon: 'archive', bare: true, off: s.folder[v.open] == 'archived', on: () => move_([v.open], 'archived', t.moved)}),
      button({e: 'read.delete', label: t.delete, icon: 'trash', bare: true, off: s.folder[v.open] == 'trash', on: () => { v.ask = [v.open]; }}),
      button({e: 'read.unread', label: t.mark_unread, icon: 'mail', bare: true, on: () => { s.read[v.open] = false; v.open = ''; }}),
      menuButton({e: 'read.move', label: t.move, icon: 'folder', items: c.nav.filter(each => each.id != s.folder[v.open] && each.id != 'sent').map(each => ({id: each.id, label: each.label, icon: each.icon, on: () => move_([v.open], each.id, t.moved)}))})),
    h('h2', {e: 'read.subject', class: 'text h2'}, mail.subject),
    h('div', {class: 'row mail-who'}, c.tiny ? null : avatar([...mail.from][0], mail.hue), h('div', {class: 'grow'}, h('div', {class: 'text strong'}, mail.from), h('div', {class: 'text note'}, mail.address)), text(mail.date, 'note')),
    mail.body.map((each, at) => h('p', {e: `read.p${at}`, class: 'text p'}, each)),
    h('div', {class: 'row'}, button({e: 'read.reply', label: t.reply, icon: 'reply', on: () => write({to: mail.address, subject: `Re: ${mail.subject}`, of: v.open})}),
      button({e: 'read.forward', label: t.forward, icon: 'forward', on: () => write({subject: `Fwd: ${mail.subject}`, of: v.open})}))] : null;
  const d = v.draft, edit = name => value => { d[name] = value; d.wrong = ''; };
  const send = () => {
    if (!d.to.trim()) d.wrong = t.required_field;
    else if (!/^\S+@\S+\.\S+$/.test(d.to.trim())) d.wrong = t.invalid_email;
    else { s.sent.push({to: d.to.trim(), subject: d.subject, body: d.body, of: d.of}); v.draft = null; say(t.message_sent); }
  };
  const writing = d && dialog({e: 'compose.box', title: t.compose, wide: true, body: [
    field({e: 'compose.to', label: t.to, value: d.to, on: edit('to'), required: true, wrong: d.wrong, mode: 'email'}), field({e: 'compose.subject', label: t.subject, value: d.subject, on: edit('subject')}),
    field({e: 'compose.body', label: t.message, value: d.body, on: edit('body'), kind: 'area', lines: c.tiny ? 2 : ui.wide ? 7 : 5})], actions: [
    {e: 'compose.cancel', label: t.cancel, on: () => { v.draft = null; }, cancel: true}, {e: 'compose.send', label: t.send, icon: 'send', look: 'main', on: send}]});
  const asking = v.ask && dialog({e: 'ask', title: t.delete, body: h('p', {}, t.confirm_delete), actions: [{e: 'ask.cancel', label: t.cancel, on: () => { v.ask = null; }, cancel: true},
    {e: 'ask.yes', label: t.delete, look: 'danger', on: () => { const ids = v.ask; v.ask = null; move_(ids, 'trash', t.deleted); }}]});
  const deep = mail && !c.split, fab = !ui.wide && !deep && !c.tiny, compose = {e: 'compose', label: t.compose, icon: 'edit', on: () => write({})};
  const count = id => c.order.filter(each => s.folder[each] == id && !s.read[each]).length;
  return frame({title: where_(v.page), nav: c.nav.map(each => ({...each, count: each.id == 'trash' || each.id == 'sent' ? 0 : count(each.id)})), page: v.page, deep,
    go: id => { Object.assign(v, {page: id, open: '', chosen: {}, query: ''}); }, back: deep ? () => { v.open = ''; } : null,
    search: deep ? null : field({e: 'search', label: t.search, hint: t.search, kind: 'search', value: v.query || '', on: to => { v.query = to; v.open = ''; }, bare: true}),
    actions: fab || deep ? [] : [button({...compose, look: 'main', bare: c.tiny})], fab: fab && !d && !v.ask ? compose : null, plain: c.split,
    body: c.split ? h('div', {class: 'halves'}, scroller({e: 'list', class_: 'half start'}, all), scroller({e: 'reading', class_: 'half'}, reading || nothing(t.nothing_here, 'mail'))) : deep ? reading : all,
    toast: {text: v.said, clear: () => say(''), action: v.back ? {e: 'toast.undo', label: t.undo, on: () => { Object.assign(s.folder, v.back); say(''); }} : null}, dialog: asking || writing || null});
});
