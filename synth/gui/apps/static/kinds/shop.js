// A shop: catalogue, product, cart, order.
kind('shop', (s, c, ui) => {
  const {t, goods} = c, v = s.view, open = v.open && goods[v.open], {form, mark, vi} = c.money;
  const money = cents => form.replace('{}', mark ? `${Math.floor(cents / 100)}${mark}${two(cents % 100)}` : vi ? String(cents * 100).replace(/\B(?=(\d{3})+$)/g, '.') : String(cents).replace(/\B(?=(\d{3})+$)/g, ','));
  const stars = each => `${Math.floor(each.rating / 10)}${mark || '.'}${each.rating % 10}`;
  const inside = c.order.filter(id => s.cart[id]), pieces = inside.reduce((sum, id) => sum + s.cart[id].count, 0);
  const say = (said, back) => { v.said = said; v.back = back || null; };
  const put_ = (id, count, color) => { const there = s.cart[id]; s.cart[id] = {count: (there ? there.count : 0) + count, color: there ? there.color : color}; say(`${t.added_to_cart} ${goods[id].name}`); };
  const heart = (id, e) => button({e, label: `${t.like}: ${goods[id].name}`, icon: 'heart', bare: true, pressed: s.likes[id], on: () => { s.likes[id] = !s.likes[id]; }});
  const show_good = id => { v.open = id; v.color = goods[id].colors[0].id; v.count = 1; };
  const rated = each => h('div', {class: 'row shop-rate'}, icon('star', 14, true), text(stars(each)), text(`(${each.reviews})`, 'note'));
  const tile = id => {
    const each = goods[id];
    return h('article', {class: 'card shop-tile'}, picture({hue: each.hue, kind: each.icon, class_: 'shop-picture', label: each.name}),
      h('div', {e: `good.${id}`, role: 'link', tabindex: 0, class: 'shop-name strong', on: {click: () => show_good(id)}}, each.name), rated(each),
      h('div', {class: 'row'}, text(money(each.price), 'strong', `price.${id}`), spacer(), each.stock ? null : badge(t.out_of_stock, 'bad'), heart(id, `like.${id}`)),
      button({e: `add.${id}`, label: t.add_to_cart, icon: 'cart', look: 'main', off: !each.stock, rest: {'aria-label': `${t.add_to_cart}: ${each.name}`}, on: () => put_(id, 1, each.colors[0].id)}));
  };
  const grid = ids => ids.length ? h('div', {e: 'goods', role: 'list', class: 'shop-grid'}, ids.map(tile)) : nothing(v.query ? t.no_results : t.nothing_here, 'box');
  const query = (v.query || '').trim().toLowerCase(), by = {price_up: (a, b) => a.price - b.price, price_down: (a, b) => b.price - a.price, best_rated: (a, b) => b.rating - a.rating}[v.sort];
  let shown = c.order.filter(id => (v.page == 'likes' ? s.likes[id] : !v.department || goods[id].department == v.department) && goods[id].name.toLowerCase().includes(query));
  if (by && v.page == 'catalogue') shown = [...shown].sort((a, b) => by(goods[a], goods[b]));
  const sorts = ['recommended', 'price_up', 'price_down', 'best_rated'].map(id => ({id, label: t[id]}));
  const tools = h('div', {class: 'row shop-tools'}, chip({e: 'department.all', label: t.all, is: !v.department, on: () => { v.department = ''; }}), c.departments.map(each => chip({e: `department.${each.id}`, label: each.label, is: v.department == each.id, on: () => { v.department = each.id; }})),
    spacer(), h('div', {class: 'shop-sort'}, choose({e: 'sort', label: t.sort_by, options: sorts, value: v.sort || 'recommended', bare: true, on: to => { v.sort = to; }})));
  const one = open && h('div', {class: 'shop-one'}, picture({e: 'photo', hue: open.hue, kind: open.icon, class_: 'shop-photo', label: open.name}),
    h('div', {class: 'column grow'}, h('h2', {e: 'product', class: 'text h2'}, open.name), rated(open), text(money(open.price), 'big', 'price'), open.stock ? badge(t.in_stock, 'good') : badge(t.out_of_stock, 'bad'), open.facts.map(([name, value], at) => h('div', {class: 'row'}, text(name, 'note'), text(value, '', `fact.${at}`))),
      labelled(t.color, radios({e: 'color', label: t.color, options: open.colors, value: v.color, flat: true, on: to => { v.color = to; }})),
      labelled(t.quantity, h('div', {}, stepper({e: 'count', label: t.quantity, value: v.count, low: 1, high: 9, less: t.decrease, more: t.increase, on: to => { v.count = to; }}))),
      h('div', {class: 'row'}, button({e: 'add', label: t.add_to_cart, icon: 'cart', look: 'main', off: !open.stock, on: () => put_(v.open, v.count, v.color)}), heart(v.open, 'like'))));
  const others = open && !c.tiny ? [h('h3', {class: 'text h3 strong'}, t.recommended), grid(c.order.filter(id => id != v.open).slice(0, ui.wide ? 4 : 2))] : null;
  const sum = inside.reduce((all, id) => all + goods[id].price * s.cart[id].count, 0), off = s.coupon ? Math.round(sum / 10) : 0;
  const rows = [[t.subtotal, money(sum)], off && [t.discount, money(off)], [t.shipping, money(c.shipping)], [t.total, money(sum - off + c.shipping)]].filter(Boolean);
  const totals = h('div', {class: 'column'}, rows.map(([name, value], at) => h('div', {class: `row ${at == rows.length - 1 ? 'strong' : ''}`}, text(name), spacer(), text(value))));
  const drop_ = id => { const kept = s.cart[id]; delete s.cart[id]; say(goods[id].name, {id, kept}); };
  const cart = inside.length ? [card({class_: 'list-card'}, list({e: 'cart', label: t.cart}, inside.map(id => h('div', {class: 'item wide', role: 'listitem'}, c.tiny ? null : h('div', {class: 'start'}, avatar([...goods[id].name][0], goods[id].hue, false)),
      h('div', {class: 'middle'}, h('div', {class: 'title'}, goods[id].name), h('div', {class: 'text note'}, `${goods[id].colors.find(each => each.id == s.cart[id].color).label} · ${money(goods[id].price)}`)),
      h('div', {class: 'end shop-end'}, stepper({e: `count.${id}`, label: `${t.quantity}: ${goods[id].name}`, value: s.cart[id].count, low: 1, high: 9, less: `${t.decrease}: ${goods[id].name}`, more: `${t.increase}: ${goods[id].name}`, on: to => { s.cart[id].count = to; }}), button({e: `remove.${id}`, label: `${t.remove}: ${goods[id].name}`, icon: 'trash', bare: true, on: () => drop_(id)})))))),
    card({}, h('div', {class: 'row'}, h('div', {class: 'grow'}, field({e: 'coupon', label: t.coupon, hint: t.coupon, value: v.code || '', bare: true, on: to => { v.code = to; v.refused = false; }})), button({e: 'coupon.apply', label: t.apply, on: () => { if ((v.code || '').trim() == c.code) s.coupon = c.code; else v.refused = true; }})),
      v.refused ? text(t.no_results, 'error') : s.coupon ? text(`${t.applied}: ${s.coupon}`, 'note') : null, totals, button({e: 'checkout', label: t.checkout, icon: 'forward', look: 'main', on: () => { v.form = {name: '', street: '', city: '', payment: c.payments[0].id == 'credit_card' ? '' : '', express: false, gift: false}; v.tried = false; }}))] : nothing(t.empty_cart, 'cart');
  const f = v.form, edit = name => value => { f[name] = value; }, lacks = name => v.tried && !f[name].trim() ? t.required_field : null;
  const buy = () => { v.tried = true; if (f.name.trim() && f.street.trim() && f.city.trim() && f.payment) { s.order = f; s.cart = {}; v.form = null; v.said = t.order_placed; v.back = null; } };
  const ordering = f && dialog({e: 'form', title: t.order, wide: true, body: [field({e: 'form.name', label: t.full_name, value: f.name, on: edit('name'), required: true, wrong: lacks('name')}), field({e: 'form.street', label: t.street, value: f.street, on: edit('street'), required: true, wrong: lacks('street')}),
    field({e: 'form.city', label: t.city, value: f.city, on: edit('city'), required: true, wrong: lacks('city')}), labelled(t.payment, radios({e: 'form.payment', label: t.payment, options: c.payments, value: f.payment, flat: ui.wide, on: edit('payment')}), {required: true, wrong: lacks('payment')}),
    checkbox({e: 'form.express', label: t.express, is: f.express, on: edit('express')}), checkbox({e: 'form.gift', label: t.gift_wrap, is: f.gift, on: edit('gift')}), h('div', {class: 'row strong'}, text(t.total), spacer(), text(money(sum - off + c.shipping)))],
    actions: [{e: 'form.cancel', label: t.cancel, cancel: true, on: () => { v.form = null; }}, {e: 'order', label: t.place_order, look: 'main', on: buy}]});
  return frame({title: open ? open.name : v.page == 'catalogue' ? spec.apps.find(each => each.kind == 'shop').name : c.nav.find(each => each.id == v.page).label,
    nav: c.nav.map(each => ({...each, count: each.id == 'cart' ? pieces : 0})), page: v.page, deep: !!open, go: id => { Object.assign(v, {page: id, open: '', query: ''}); }, back: open ? () => { v.open = ''; } : null,
    search: open || v.page == 'cart' ? null : field({e: 'search', label: t.search, hint: t.search, kind: 'search', value: v.query || '', bare: true, on: to => { v.query = to; }}),
    body: open ? [one, others] : v.page == 'cart' ? cart : [v.page == 'catalogue' ? tools : null, grid(shown)],
    toast: {text: v.said, clear: () => say(''), action: v.back ? {e: 'toast.undo', label: t.undo, on: () => { s.cart[v.back.id] = v.back.kept; say(''); }} : null}, dialog: ordering || null});
});
