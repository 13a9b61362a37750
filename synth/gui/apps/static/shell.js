// The surroundings of applications: the page of a browser, windows on a desktop, the screen of a mobile.
const made = spec.shell;
const show_ = one => within(one.id, () => kinds[one.kind](state[one.id], one.content, {wide: wide(), platform: spec.platform}));
const named = id => spec.apps.find(each => each.id == id) || (made.decoys || []).find(each => each.id == id);

const goHome = () => { if (spec.platform == 'mobile') { shell.front = ''; shell.drawer = ''; } };
const enter = id => { hide(); shell.front = id; shell.drawer = ''; shell.visited = [...(shell.visited || []), id]; };
function openNamed(name) {
  const one = [...spec.apps, ...(made.decoys || [])].find(each => each.name == name);
  if (!one || spec.platform != 'mobile') return false;
  enter(one.id); draw();
  return true;
}

const strike = (sign, label, sign_, look) => h('button', {e: `key.${label}`, type: 'button', class: `stroke ${look || ''}`, 'aria-label': sign_ ? label : null, on: {click: () => struck(sign)}}, sign_ ? icon(sign_, 20) : h('span', {class: 'label'}, shell.keyboard == 'large' ? label.toUpperCase() : label));
const keys_ = () => h('div', {e: 'keyboard', role: 'group', 'aria-label': words.keyboard, class: 'keyboard', style: `bottom:${made.buttons}px`}, made.keys.map((line, at) => h('div', {class: 'strokes'}, at == made.keys.length - 1 && made.cased ? strike('shift', 'shift', 'up', 'broad') : null, [...line].map(sign => strike(sign, sign)), at == made.keys.length - 1 ? strike('rub', 'delete', 'back', 'broad') : null)),
  h('div', {class: 'strokes'}, strike(',', ','), strike('space', 'space', 'minus', 'bar_'), strike('.', '.'), strike('enter', 'enter', 'check', 'broad go')));

const empty = one => h('div', {class: 'frame'}, h('div', {class: 'flow'}, h('header', {class: 'bar'}, h('h1', {e: `blank.${one.id}`, class: 'text h1'}, one.name)), h('div', {class: 'content'}, nothing(words.nothing_here, one.icon))));
const notice = () => shell.notice && h('div', {e: 'notice', role: 'alert', class: 'notice'}, icon('bell', 20), h('span', {class: 'label'}, made.notice), button({e: 'notice.close', label: words.close, icon: 'close', bare: true, on: () => { shell.notice = false; }}));
const surroundings = () => h('div', {class: `screen ${spec.platform}`}, {web, desktop, mobile}[spec.platform](), notice());

function web() {
  const one = spec.apps[0];
  if (!made.tabs) return [h('div', {class: 'page'}, show_(one)), banner()];
  const names = [one.name, ...made.tabs], shut = shell.tab > 0;
  return [h('div', {class: 'browser'}, h('div', {e: 'tabs', role: 'tablist', class: 'strip'}, names.map((name, at) => h('button', {e: `tab.${at}`, type: 'button', role: 'tab', class: 'paper', 'aria-selected': String(shell.tab == at), on: {click: () => { hide(); shell.tab = at; }}}, icon(at ? 'globe' : one.icon, 16), h('span', {class: 'label'}, name)))),
    h('div', {class: 'address'}, button({e: 'back', label: words.before, icon: 'back', bare: true, off: !shut, on: () => { shell.tab = 0; }}), button({e: 'reload', label: words.refresh, icon: 'refresh', bare: true, on: () => { shell.loads = (shell.loads || 0) + 1; }}),
      field({e: 'address', label: words.address, value: shell.address ?? (shut ? 'about:blank' : `https://${made.host}`), on: to => { shell.address = to; }, bare: true, sign: 'lock'}))),
  h('div', {class: 'page below'}, shut ? empty({id: 'tab', name: names[shell.tab], icon: 'globe'}) : show_(one)), banner()];
}

const banner = () => shell.banner && h('div', {e: 'banner', role: 'dialog', 'aria-label': made.cookies, class: `banner ${made.look}`}, h('span', {class: 'label'}, made.cookies), h('div', {class: 'row'}, button({e: 'banner.decline', label: made.decline, on: () => { shell.banner = false; }}), button({e: 'banner.accept', label: made.accept, look: 'main', on: () => { shell.banner = false; }})));

// Windows: `shell.windows` has where they are, `shell.order` their ids from the hindmost to the foremost.
const raise = id => { shell.order = [...shell.order.filter(each => each != id), id]; shell.front = id; };
function lower(id, how) {
  shell.windows[id][how] = true;
  shell.front = [...shell.order].reverse().find(each => !shell.windows[each].min && !shell.windows[each].closed) || '';
}
const bring = id => { shell.windows[id].min = shell.windows[id].closed = false; raise(id); };

function pane(one) {
  const at = shell.windows[one.id], e = `window.${one.id}`, [width, height] = spec.size;
  if (at.min || at.closed) return null;
  const style = at.full ? `left:0;top:0;width:${width}px;height:${height - made.tasks}px` : `left:${at.x}px;top:${at.y}px;width:${at.w}px;height:${at.h}px`;
  const pull = (dx, dy) => { if (!at.full) { at.x = Math.max(40 - at.w, Math.min(width - 40, at.x + Math.round(dx))); at.y = Math.max(0, Math.min(height - made.tasks - 32, at.y + Math.round(dy))); } };
  const turn = () => { at.full = !at.full; };
  return h('section', {e, role: 'region', 'aria-label': one.name, class: `window ${at.full ? 'full' : ''} ${shell.front == one.id ? 'front' : ''}`, style: `${style};z-index:${shell.order.indexOf(one.id) + 1}`, on: {touch: () => { if (shell.front != one.id) raise(one.id); }}},
    h('div', {e: `${e}.bar`, class: 'titlebar', on: {pull, double: turn}}, icon(one.icon, 16), h('span', {class: 'text caption'}, one.name), spacer(),
      button({e: `${e}.min`, label: words.minimize, icon: 'min', bare: true, on: () => lower(one.id, 'min'), at: {pull: () => {}}}), button({e: `${e}.max`, label: words.maximize, icon: 'max', bare: true, on: turn, at: {pull: () => {}}}), button({e: `${e}.close`, label: words.close, icon: 'close', bare: true, on: () => lower(one.id, 'closed'), at: {pull: () => {}}})),
    h('div', {class: 'inside'}, show_(one)));
}

const desktop = () => h('div', {class: `desk ${made.look}`}, made.icons ? h('div', {class: 'icons'}, spec.apps.map(one => h('div', {e: `icon.${one.id}`, role: 'button', tabindex: 0, class: `launch ${shell.chosen == one.id ? 'selected' : ''}`, on: {click: () => { shell.chosen = one.id; }, double: () => bring(one.id)}}, h('span', {class: 'tile', 'data-art': true}, icon(one.icon, 26)), h('span', {class: 'label'}, one.name)))) : null,
  spec.apps.map(pane),
  made.tasks ? h('div', {e: 'tasks', role: 'toolbar', class: 'tasks'}, h('span', {class: 'tile small', 'data-art': true}, icon('grid', 20)), spec.apps.map(one => shell.windows[one.id].closed ? null : button({e: `task.${one.id}`, label: one.name, icon: one.icon, look: 'task', pressed: shell.front == one.id, on: () => { if (shell.front == one.id) lower(one.id, 'min'); else bring(one.id); }})), spacer(), icon('wifi', 16), icon('sound', 16), h('span', {e: 'clock', role: 'timer', class: 'text'}, made.clock)) : null);

function mobile() {
  const one = shell.front && named(shell.front);
  const launch = each => h('button', {e: `app.${each.id}`, type: 'button', class: 'launch', on: {click: () => enter(each.id)}}, h('span', {class: 'tile', 'data-art': true, style: `background:hsl(${([...each.id].reduce((sum, sign) => sum * 31 + sign.charCodeAt(0), 7) >>> 0) % 360} 60% 38%)`}, icon(each.icon, 28)), h('span', {class: 'label'}, each.name));
  return [made.status ? h('div', {class: `statusbar ${one ? '' : 'clear'}`}, h('span', {e: 'clock', role: 'timer', class: 'text'}, made.clock), spacer(), icon('wifi', 15), icon('battery', 18), h('span', {e: 'battery', role: 'status', 'aria-label': `${words.battery} ${made.battery}%`, class: 'text'}, `${made.battery}%`)) : null,
    h('div', {class: 'stage', style: `top:${made.status}px;bottom:${made.buttons + (shell.keyboard ? 228 : 0)}px`}, !one ? h('div', {e: 'home', role: 'main', 'aria-label': words.home, class: 'home', 'data-scroll': true}, [...spec.apps, ...made.decoys].map(launch)) : one.kind ? show_(one) : empty(one)),
    shell.keyboard ? keys_() : null,
    made.buttons == 44 ? h('div', {class: 'systembar'}, button({e: 'system.back', label: words.back, icon: 'back', bare: true, on: () => system('Back')}), button({e: 'system.home', label: words.home, icon: 'circle', bare: true, on: () => system('Home')}), button({e: 'system.menu', label: words.menu, icon: 'square', bare: true, on: () => system('Menu')})) : made.buttons ? h('div', {class: 'systembar', 'data-art': true}, h('span', {class: 'pill'})) : null];
}
