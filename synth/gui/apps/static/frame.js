// What stands around the content of an application, in the manner of its platform.

// {title, back(), nav: [{id, label, icon, count}], page, go(id), search (a node), actions: [button given or node], menus: [{id, label, items}],
//  crumbs (a node), body (nodes), aside, foot (nodes), fab (button given), dialog, toast: {text, clear, action}, status, plain (no scroller)}
function frame(given) {
  const me = spec.apps.find(each => each.id == app_), how = me.nav, {nav, page} = given;
  const go = id => { hide(); shell.drawer = ''; given.go(id); };
  const entries = (role, class_) => nav.map(each => h('button', {e: `nav.${each.id}`, type: 'button', class: class_, role, 'aria-current': role ? null : page == each.id ? 'page' : null, 'aria-selected': role ? String(page == each.id) : null, on: {click: () => go(each.id)}},
    each.icon && icon(each.icon, 20), h('span', {class: 'label'}, each.label), each.count ? h('span', {class: 'count'}, String(each.count)) : null));
  const drawer = nav && how == 'drawer', opened = drawer && shell.drawer == app_, mine = app_;
  const actions = (given.actions || []).map(each => each.tag ? each : button({bare: true, ...each}));
  const bar = h('header', {class: 'bar'},
    given.back ? button({e: 'back', label: words.back, icon: 'back', bare: true, on: given.back, rest: {'data-back': true}}) : drawer ? button({e: 'menu', label: words.menu, icon: 'menu', bare: true, on: () => { shell.drawer = mine; }, rest: {'aria-expanded': String(!!opened)}}) : null,
    spec.platform == 'web' && !given.back ? h('span', {class: 'logo', 'data-art': true}, icon(me.icon, 20)) : null,
    h('h1', {e: 'title', class: 'text h1'}, given.title), spacer(), given.search ? h('div', {class: 'searching'}, given.search) : null, actions);
  const menus = given.menus && spec.platform == 'desktop' ? h('div', {class: 'menubar', role: 'menubar'}, given.menus.map(each => menuButton({e: `menu.${each.id}`, label: each.label, items: each.items, look: 'quiet'}))) : null;
  const inside = given.plain ? h('div', {class: 'content plain'}, given.body) : scroller({e: 'content', class_: 'content', role: 'main'}, given.crumbs, given.body);
  const tiny = Math.min(...me.size) < 300;  // no room: bars and content scroll together
  return h('div', {class: `frame nav-${nav ? how : 'none'} ${spec.theme.bar}`}, h('div', {e: tiny ? 'flow' : null, class: `flow ${tiny ? 'tiny' : ''}`, 'data-scroll': tiny || null},
    menus, bar,
    nav && how == 'tabs' ? h('nav', {e: 'nav', class: 'tabs', role: 'tablist', 'data-scroll': true}, entries('tab', 'tab')) : null,
    h('div', {class: 'middle'}, nav && how == 'side' ? h('nav', {e: 'nav', class: 'side', 'data-scroll': true, 'aria-label': words.menu}, entries(null, 'entry')) : null, inside, given.aside,
      given.fab ? h('div', {class: 'fab'}, button({look: 'main', bare: true, ...given.fab})) : null),
    given.foot ? h('div', {class: 'foot'}, given.foot) : null,
    nav && how == 'bottom' && !given.deep ? h('nav', {e: 'nav', class: 'bottom', 'aria-label': words.menu}, entries(null, 'entry')) : null,
    given.status && spec.platform == 'desktop' ? h('footer', {class: 'status'}, given.status) : null),
    opened ? h('div', {class: 'backdrop start'}, h('nav', {e: 'nav', class: 'drawer', 'data-scroll': true, 'aria-label': words.menu}, h('div', {class: 'row head'}, h('span', {class: 'text h2'}, me.name), spacer(), button({e: 'menu.close', label: words.close, icon: 'close', bare: true, rest: {'data-back': true}, on: () => { shell.drawer = ''; }})), entries(null, 'entry'))) : null,
    given.toast && given.toast.text ? toast({e: 'toast', label: given.toast.text, close: given.toast.clear, action: given.toast.action}) : null,
    given.dialog || null);
}
