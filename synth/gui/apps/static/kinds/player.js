// A music player: lists of songs, and below them what plays now.
kind('player', (s, c, ui) => {
  const {t, songs} = c, v = s.view, now = songs[s.song], time = seconds => `${Math.floor(seconds / 60)}:${two(seconds % 60)}`;
  const query = (v.query || '').trim().toLowerCase(), of = s.lists[v.page];
  const all = v.page == 'likes' ? c.order.filter(id => s.likes[id]) : of ? of.songs : c.order;
  const shown = all.filter(id => [songs[id].title, songs[id].artist, songs[id].album].some(one => one.toLowerCase().includes(query)));
  const play = id => { Object.assign(s, {song: id, on: true, at: 0}); };
  const skip = by => { const at = c.order.indexOf(s.song) + by; if (at >= 0 && at < c.order.length) Object.assign(s, {song: c.order[at], at: 0}); };
  const say = (said, back) => { v.said = said; v.back = back || null; };
  const heart = (id, e) => button({e, label: `${t.like}: ${songs[id].title}`, icon: 'heart', bare: true, pressed: s.likes[id], on: () => { s.likes[id] = !s.likes[id]; }});
  const more = id => menuButton({e: `more.${id}`, label: `${t.more}: ${songs[id].title}`, icon: 'more', bare: true, items: Object.entries(s.lists).map(([to, each]) => ({id: to, label: `${t.add_to}: ${each.name}`, icon: 'plus', off: each.songs.includes(id), on: () => { each.songs.push(id); say(`${t.add_to}: ${each.name}`, to); }}))});
  const line = id => { const each = songs[id], is = s.song == id; return item({e: `song.${id}`, title: each.title, note: ui.wide ? each.artist : c.tiny ? null : `${each.artist} · ${time(each.seconds)}`, selected: is, bold: is,
    start: button({e: `play.${id}`, label: `${t.play}: ${each.title}`, icon: is && s.on ? 'sound' : 'play', bare: true, on: () => play(id)}),
    end: [ui.wide ? text(each.album, 'note') : null, ui.wide ? text(time(each.seconds), 'note') : null, heart(id, `like.${id}`), more(id)]}); };
  const names = {off: t.off, all: t.repeat_all, one: t.repeat_one};
  const seek = slider({e: 'position', label: t.song_position, value: s.at, low: 0, high: now.seconds, step: c.step, bare: true, on: to => { s.at = to; }});
  const controls = h('div', {class: 'row player-controls'}, button({e: 'shuffle', label: t.shuffle, icon: 'shuffle', bare: true, pressed: s.shuffle, on: () => { s.shuffle = !s.shuffle; }}),
    button({e: 'previous', label: t.previous_track, icon: 'previous', bare: true, off: c.order.indexOf(s.song) == 0, on: () => skip(-1)}),
    button({e: s.on ? 'pause' : 'play', label: s.on ? t.pause : t.play, icon: s.on ? 'pause' : 'play', bare: true, look: 'main', on: () => { s.on = !s.on; }}),
    button({e: 'next', label: t.next_track, icon: 'next', bare: true, off: c.order.indexOf(s.song) == c.order.length - 1, on: () => skip(1)}),
    menuButton({e: 'repeat', label: `${t.repeat}: ${names[s.repeat]}`, icon: 'repeat', bare: true, pressed: s.repeat != 'off', items: Object.entries(names).map(([id, label]) => ({id, label, is: s.repeat == id, on: () => { s.repeat = id; }}))}));
  const volume = h('div', {class: 'row player-volume'}, icon('sound', 18), slider({e: 'volume', label: t.volume, value: s.volume, step: 5, on: to => { s.volume = to; }}));
  const title = h('div', {class: 'player-now'}, c.tiny ? null : picture({hue: now.hue, kind: 'music', class_: 'player-cover', label: now.album}), h('div', {class: 'grow'}, text(now.title, 'strong', 'now'), c.tiny ? null : h('div', {class: 'text note'}, now.artist)));
  const line2 = h('div', {class: 'row player-seek'}, text(time(s.at), 'note', 'now.at'), seek, text(time(now.seconds), 'note'));
  const adding = v.naming != null && dialog({e: 'new.box', title: t.new_playlist, body: field({e: 'new.name', label: t.name, value: v.naming, wrong: v.lacks ? t.required_field : null, required: true, on: to => { v.naming = to; v.lacks = false; }}), actions: [
    {e: 'new.cancel', label: t.cancel, cancel: true, on: () => { v.naming = null; v.lacks = false; }}, {e: 'new.ok', label: t.ok, look: 'main', on: () => { if (!v.naming.trim()) v.lacks = true; else { s.made.push(v.naming.trim()); v.naming = null; say(t.new_playlist); } }}]});
  const made = v.page == 'songs' && s.made.length ? card({class_: 'list-card'}, list({}, s.made.map((name, at) => item({e: `made.${at}`, title: name, note: t.playlist, start: icon('list', 20)})))) : null;
  return frame({title: c.nav.find(each => each.id == v.page).label, nav: c.nav, page: v.page, go: id => { v.page = id; v.query = ''; },
    search: field({e: 'search', label: t.search, hint: t.search, kind: 'search', value: v.query || '', bare: true, on: to => { v.query = to; }}),
    actions: [{e: 'new', label: t.new_playlist, icon: 'plus', on: () => { v.naming = ''; }}],
    body: [made, shown.length ? card({class_: 'list-card'}, list({e: 'songs', label: c.nav.find(each => each.id == v.page).label}, shown.map(line))) : nothing(query ? t.no_results : t.nothing_here, 'music')],
    foot: h('div', {class: `player ${ui.wide ? 'broad' : ''}`}, title, h('div', {class: 'player-middle'}, controls, line2), volume),
    toast: {text: v.said, clear: () => say(''), action: v.back ? {e: 'toast.undo', label: t.undo, on: () => { s.lists[v.back].songs.pop(); say(''); }} : null}, dialog: adding || null});
});
