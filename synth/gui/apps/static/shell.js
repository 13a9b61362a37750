// The surroundings of applications: the page of a browser, windows on a desktop, the screen of a mobile.
const show_ = one => within(one.id, () => kinds[one.kind](state[one.id], one.content, {wide: wide(), platform: spec.platform}));
const goHome = () => {};
const openNamed = () => false;

function surroundings() {
  return h('div', {class: 'screen'}, show_(spec.apps[0]));
}
