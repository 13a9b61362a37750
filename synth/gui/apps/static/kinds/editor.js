// A text editor: files in tabs, a bar of tools, paragraphs; menus hold menus.
kind('editor', (s, c, ui) => {
  const {t} = c, v = s.view, desktop = ui.platform == 'desktop', doc = s.docs[v.file], block = doc[v.block], ids = Object.keys(doc).sort((a, b) => a.slice(1) - b.slice(1));
  const say = (said, back) => { v.said = said; v.back = back || null; };
  const change = (id, name, value) => { doc[id][name] = value; s.saved[v.file] = false; };
  const flip = name => () => { if (block) change(v.block, name, !block[name]); };
  const save = () => { s.saved[v.file] = true; say(t.saved); };
  const drop_ = () => { const id = v.block, kept = doc[id], was = s.saved[v.file]; delete doc[id]; s.saved[v.file] = false; v.block = ''; say(t.deleted, {file: v.file, id, kept, was}); };
  const anchor = desktop ? 'menu.format' : 'more';
  menu({e: 'sub.text', anchor, label: t.text_menu, items: ['bold', 'underline'].map(id => ({id, label: t[id], icon: id, is: block ? block[id] : false, off: !block, on: flip(id)}))});
  menu({e: 'sub.align', anchor, label: t.align_menu, items: ['left', 'center', 'right'].map(id => ({id, label: t[`align_${id}`], icon: id, is: block ? block.align == id : false, off: !block, on: () => change(v.block, 'align', id)}))});
  const items = {file: [{id: 'save', label: t.save, icon: 'download', short: 'Ctrl+S', on: save}],
    edit: [{id: 'find', label: t.find_replace, icon: 'search', short: 'Ctrl+H', on: () => { v.find = {what: '', by: '', said: ''}; }}, {id: 'delete', label: t.delete, icon: 'trash', off: !block, on: drop_}],
    format: [{id: 'text', label: `${t.text_menu} …`, icon: 'bold', on: toggle('sub.text')}, {id: 'align', label: `${t.align_menu} …`, icon: 'center', on: toggle('sub.align')}],
    view: [['ruler', t.ruler], ['status', t.status_bar], ['numbers', t.line_numbers]].map(([id, label]) => ({id, label, is: s.show[id], on: () => { s.show[id] = !s.show[id]; }}))};
  const menus = Object.entries(items).map(([id, all]) => ({id, label: t[id], items: all}));
  const joined = menus.slice(1).flatMap((each, at) => each.items.map((one, first) => ({...one, short: null, line: at && !first})));
  const mark = (e, sign, label, is, on) => button({e, label, icon: sign, bare: true, pressed: is, off: !block, on});
  const tools = h('div', {e: 'tools', role: 'toolbar', class: 'row editor-tools', 'aria-label': t.format}, h('div', {class: 'editor-style'}, choose({e: 'style', label: t.style, bare: true, off: !block, value: block ? block.style : 'text', options: ['text', 'heading', 'quote'].map(id => ({id, label: t[`style_${id}`]})), on: to => change(v.block, 'style', to)})),
    mark('bold', 'bold', t.bold, !!block && block.bold, flip('bold')), mark('underline', 'underline', t.underline, !!block && block.underline, flip('underline')),
    ['left', 'center', 'right'].map(id => mark(`align.${id}`, id, t[`align_${id}`], !!block && block.align == id, () => change(v.block, 'align', id))));
  const ruler = s.show.ruler ? h('div', {e: 'ruler', role: 'img', 'aria-label': t.ruler, class: 'editor-ruler', 'data-art': true}, Array.from({length: 24}, (_, at) => h('span', {class: at % 4 ? 'tick-mark' : 'tick-mark long'}))) : null;
  const part = (id, at) => h('div', {class: `editor-line ${v.block == id ? 'here' : ''}`}, s.show.numbers ? h('span', {class: 'text note editor-number'}, String(at + 1)) : null,
    h('div', {e: id, role: 'textbox', 'aria-multiline': 'true', 'aria-label': `${doc[id].style == 'heading' ? t.title : t.text_menu} ${at + 1}`, contenteditable: 'plaintext-only', spellcheck: 'false', class: `editor-block ${doc[id].style} ${doc[id].bold ? 'bold' : ''} ${doc[id].underline ? 'under' : ''}`, style: `text-align:${doc[id].align}`,
      on: {editable: doc[id].text, edit: to => { change(id, 'text', to); v.block = id; }, focus: () => { v.block = id; }}}));
  const letters = ids.map(id => doc[id].text).join(c.spaced ? ' ' : ''), count = c.spaced ? letters.split(/\s+/).filter(Boolean).length : [...letters].length;
  const f = v.find, all = () => {
    const hits = ids.filter(id => f.what && doc[id].text.includes(f.what));
    hits.forEach(id => change(id, 'text', doc[id].text.split(f.what).join(f.by)));
    f.said = hits.length ? t.done : t.no_results;
  };
  const finding = f && dialog({e: 'find', title: t.find_replace, body: [field({e: 'find.what', label: t.find_what, value: f.what, on: to => { f.what = to; f.said = ''; }}), field({e: 'find.by', label: t.replace_with, value: f.by, on: to => { f.by = to; f.said = ''; }}), f.said ? text(f.said, 'note') : null],
    actions: [{e: 'find.close', label: t.close, cancel: true, on: () => { v.find = null; }}, {e: 'find.all', label: t.replace_all, look: 'main', off: !f.what, on: all}]});
  const named = c.files.find(each => each.id == v.file).label;
  return frame({title: named, menus, plain: true,
    actions: [button({e: 'save', label: t.save, icon: 'download', look: 'main', bare: !ui.wide, on: save}), desktop ? null : menuButton({e: 'more', label: t.more, icon: 'more', bare: true, items: joined})].filter(Boolean),
    body: [tabs({e: 'file', label: t.file, value: v.file, items: c.files.map(each => ({...each, label: s.saved[each.id] ? each.label : `${each.label} *`})), on: to => { v.file = to; v.block = ''; }}), tools, ruler, scroller({e: 'paper', class_: 'editor-paper'}, h('div', {class: 'editor-sheet'}, ids.map(part))),
      s.show.status ? h('div', {e: 'status', role: 'status', class: 'status'}, text(`${t.word_count}: ${count}`), text(s.saved[v.file] ? t.saved : t.unsaved)) : null],
    toast: {text: v.said, clear: () => say(''), action: v.back ? {e: 'toast.undo', label: t.undo, on: () => { s.docs[v.back.file][v.back.id] = v.back.kept; s.saved[v.back.file] = v.back.was; say(''); }} : null}, dialog: finding || null});
});
