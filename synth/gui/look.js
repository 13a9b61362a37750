// What a live page holds, read from outside: no page is written for it. An expression whose value is an object of
// functions, each called by look.py, which numbers elements by the attribute `data-look`.
({
  // Every rendered element, numbered from 1 in document order. Lengths are CSS px of the viewport.
  mark() {
    const skip = new Set(['SCRIPT', 'STYLE', 'LINK', 'META', 'NOSCRIPT', 'TEMPLATE', 'BR', 'OPTION', 'OPTGROUP', 'HEAD',
      'SOURCE', 'TRACK', 'DATALIST', 'TITLE', 'WBR', 'COL', 'COLGROUP']);
    const pictures = new Set(['IMG', 'CANVAS', 'VIDEO', 'IFRAME', 'OBJECT', 'EMBED']);
    const controls = new Set(['INPUT', 'SELECT', 'TEXTAREA', 'PROGRESS', 'METER', 'BUTTON']);
    const clear = colour => colour === 'transparent' || /(, |\/ ?)0(\.0+)?\)$/.test(colour) && /^rgba|\//.test(colour);
    const veil = colour => /^rgba/.test(colour) && !clear(colour);  // what is below shines through
    const cut = (a, b) => [Math.max(a[0], b[0]), Math.max(a[1], b[1]), Math.min(a[2], b[2]), Math.min(a[3], b[3])];
    const screen = [0, 0, innerWidth, innerHeight];
    const nodes = [], scrollers = [];
    const bare = text => text && text !== 'none' && text !== 'normal' && !/^(""|'')$/.test(text);
    const adorned = (e, which) => {
      const s = getComputedStyle(e, which);
      if (s.content === 'none' || s.content === 'normal' || s.display === 'none') return false;
      return bare(s.content) || !clear(s.backgroundColor) || s.backgroundImage !== 'none' || parseFloat(s.borderTopWidth) > 0
        || parseFloat(s.borderBottomWidth) > 0;
    };
    const walk = (e, above) => {
      if (skip.has(e.tagName)) return;
      const s = getComputedStyle(e);
      if (s.display === 'none') return;
      const fixed = s.position === 'fixed';
      const clip = fixed ? screen : s.position === 'absolute' ? above.placed : above.clip;
      const opacity = above.opacity * parseFloat(s.opacity);
      const rects = [...e.getClientRects()].filter(r => r.width > 0.01 && r.height > 0.01);
      const svg = e.tagName.toLowerCase() === 'svg';
      let number = above.number;
      if (rects.length) {
        number = nodes.length + 1;
        e.setAttribute('data-look', number);
        const drawn = e !== document.body && e !== document.documentElement;
        const border = ['Top', 'Right', 'Bottom', 'Left'].some(side => parseFloat(s[`border${side}Width`]) > 0
          && s[`border${side}Style`] !== 'none' && !clear(s[`border${side}Color`]));
        const control = controls.has(e.tagName) && (e.tagName !== 'BUTTON' || s.appearance === 'auto');
        const picture = svg || pictures.has(e.tagName);
        const own = [...e.childNodes].some(c => c.nodeType === 3 && /\S/.test(c.data));
        const adorn = adorned(e, '::before') || adorned(e, '::after');
        nodes.push({
          n: number, up: above.number, tag: e.tagName.toLowerCase(), type: e.getAttribute('type') || '',
          key: e.getAttribute('data-e') || '', rects: rects.map(r => [r.left, r.top, r.right, r.bottom]), clip,
          shown: s.visibility === 'visible' && opacity > 0.05, picture, control,
          paints: drawn && (control || picture || border || adorn || !clear(s.backgroundColor) || s.backgroundImage !== 'none'),
          adorn, text: own, drawn: control || picture || adorn || s.backgroundImage !== 'none', inline: s.display === 'inline', veil: veil(s.backgroundColor),
          stands: 0, opens: null, loose: false, pointer: s.cursor === 'pointer',
          dead: s.pointerEvents === 'none', hint: e.getAttribute('placeholder') || '',
          art: e.hasAttribute('data-art'),
        });
        const down = e.scrollHeight - e.clientHeight, right = e.scrollWidth - e.clientWidth;
        const turns = axis => s[axis] === 'auto' || s[axis] === 'scroll';
        if (e !== document.body && ((down > 1 && turns('overflowY')) || (right > 1 && turns('overflowX')))) {
          scrollers.push({n: number, left: e.scrollLeft, top: e.scrollTop,
            right: turns('overflowX') ? right : 0, bottom: turns('overflowY') ? down : 0});
        }
        if (picture) return;
      }
      const inner = {number, opacity, clip, placed: clip};
      if (s.overflowX !== 'visible' && s.display !== 'inline' && e !== document.body && e !== document.documentElement) {
        const r = e.getBoundingClientRect();
        inner.clip = cut(clip, [r.left + e.clientLeft, r.top + e.clientTop, r.left + e.clientLeft + e.clientWidth,
          r.top + e.clientTop + e.clientHeight]);
      }
      inner.placed = s.position !== 'static' || s.transform !== 'none' ? inner.clip : above.placed;
      for (const child of e.children) walk(child, inner);
    };
    walk(document.body, {number: 0, opacity: 1, clip: screen, placed: screen});
    const taken = new Set();
    for (const e of document.querySelectorAll('label[data-look]')) {  // its control may come after it
      const node = nodes[+e.dataset.look - 1];
      node.stands = +(e.control && (e.contains(e.control) || !taken.has(e.control)) && e.control.dataset.look || 0);
      // Its box may be drawn beside the label, where nobody's pixels are.
      node.loose = !!node.stands && !e.contains(e.control)
        && ['::before', '::after'].some(which => adorned(e, which) && getComputedStyle(e, which).position === 'absolute');
      taken.add(e.control);
    }
    for (const e of document.querySelectorAll('[aria-expanded][data-look]')) {  // pages may say what is not so
      const told = e.getAttribute('aria-controls') || (e.dataset.target || '').replace(/^#/, '');
      const target = told && document.getElementById(told);
      if (target) nodes[+e.dataset.look - 1].opens = target.checkVisibility({visibilityProperty: true, opacityProperty: true});
    }
    const root = document.scrollingElement || document.documentElement;
    const page = {n: 0, left: root.scrollLeft, top: root.scrollTop, right: root.scrollWidth - root.clientWidth,
      bottom: root.scrollHeight - root.clientHeight};
    if (page.right > 1 || page.bottom > 1) scrollers.unshift(page);
    return {nodes, scrollers, rtl: getComputedStyle(document.documentElement).direction === 'rtl',
      language: document.documentElement.lang || '', title: document.title};
  },

  // Words as they are set, in document order: [element, x, top, width, text, font]; for each, whether white space goes
  // before it; and the fonts: [family list, px, weight, slant, ascent].
  // `inner` are text nodes inside of controls: the number of the control, and the place in `window.lookInner`.
  words({rtl, mixed, inner}) {
    const words = [], fonts = [], gaps = [], known = new Map(), range = document.createRange();
    let gap = 1;  // whether white space stands before the next word
    const letters = '[\\u0600-\\u060b\\u060d-\\u061a\\u061c-\\u061e\\u0620-\\u065f\\u066e-\\u06ff]+';
    const arabic = new RegExp(letters + '|[0-9A-Za-z]+(?:[.,:][0-9A-Za-z]+)*|\\S', 'gu');
    const eastern = /[!-\u2fff]+|[^\s!-\u2fff]+/gu;
    const context = document.createElement('canvas').getContext('2d');
    const fontOf = s => {
      const key = [s.fontFamily, s.fontSize, s.fontWeight, s.fontStyle].join('|');
      if (!known.has(key)) {
        known.set(key, fonts.length);
        context.font = `${s.fontStyle} ${s.fontWeight} ${s.fontSize} ${s.fontFamily}`;
        const ascent = Math.round(context.measureText('x').fontBoundingBoxAscent);
        fonts.push([s.fontFamily, parseFloat(s.fontSize), +s.fontWeight, s.fontStyle, ascent]);
      }
      return known.get(key);
    };
    const turned = (text, how) => how === 'uppercase' ? text.toUpperCase() : how === 'lowercase' ? text.toLowerCase()
      : how === 'capitalize' ? text.replace(/(^|[^\p{L}\p{N}'])(\p{L})/gu, (all, before, first) => before + first.toUpperCase())
      : text;
    const push = word => { words.push(word); gaps.push(gap); gap = 0; };
    const set = (node, number, s) => {
      const font = fontOf(s), hidden = s.webkitTextSecurity && s.webkitTextSecurity !== 'none';
      const spread = s.letterSpacing !== 'normal' && parseFloat(s.letterSpacing) !== 0;
      const data = node.data;
      let reached = 0;
      for (const hit of data.matchAll(hidden ? /.+/g : rtl ? arabic : mixed ? eastern : /\S+/gu)) {
        const start = hit.index, end = start + hit[0].length;
        range.setStart(node, start); range.setEnd(node, end);
        const rects = range.getClientRects();
        if (/\s/.test(data.slice(reached, start))) gap = 1;
        reached = end;
        if (!rects.length) continue;
        if (rects.length === 1 && !spread) {
          const r = rects[0];
          if (r.width > 0) {
            push([number, r.left, r.top, r.width,
              hidden ? '\u2022'.repeat(hit[0].length) : turned(hit[0], s.textTransform), font]);
          }
          continue;
        }
        let last = null;  // broken over lines: what stands on each is a word
        for (let at = start; at < end;) {
          const size = data.codePointAt(at) > 0xffff ? 2 : 1;
          range.setStart(node, at); range.setEnd(node, at + size);
          const r = range.getBoundingClientRect(), text = turned(data.slice(at, at + size), s.textTransform);
          if (last && !spread && Math.abs(last[2] - r.top) < 2) { last[3] = r.right - last[1]; last[4] += text; }
          else push(last = [number, r.left, r.top, r.width, text, font]);
          at += size;
        }
      }
      if (/\s$/.test(data)) gap = 1;
    };
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    let block = null;
    for (let node; node = walk.nextNode();) {
      const e = node.parentElement;
      if (!e.dataset.look || e.tagName === 'TEXTAREA' || e.tagName === 'SELECT') continue;
      const s = getComputedStyle(e);
      let around = e;
      while (getComputedStyle(around).display === 'inline' && around.parentElement) around = around.parentElement;
      if (around !== block) { gap = 1; block = around; }
      if (/\S/.test(node.data)) set(node, +e.dataset.look, s); else gap = 1;
    }
    gap = 1;
    for (const [number, at] of inner) {
      const node = window.lookInner[at];
      gap = 1;
      set(node, number, getComputedStyle(node.parentElement ?? node.parentNode.host));
    }
    delete window.lookInner;
    return {words, gaps, fonts};
  },

  // Every given element [number, colour, colour of its border] in flat colours of its own, all else without any. Returns
  // those that moved for it.
  paint({colours, scale}) {
    const sheet = document.createElement('style');
    sheet.id = 'data-look-sheet';
    sheet.textContent = `*,*::before,*::after,*::placeholder,*::marker,*::-webkit-file-upload-button{transition:none!important;
      color:transparent!important;-webkit-text-fill-color:transparent!important;background-color:transparent!important;
      background-image:none!important;border-image:none!important;border-color:transparent!important;
      box-shadow:none!important;text-shadow:none!important;outline-color:transparent!important;
      text-decoration-color:transparent!important;caret-color:transparent!important;mask:none!important;
      -webkit-text-stroke-color:transparent!important;column-rule-color:transparent!important;accent-color:auto!important}
      ::selection{background:transparent!important}
      ::-webkit-progress-bar,::-webkit-progress-value,::-webkit-slider-runnable-track,::-webkit-slider-thumb,
      ::-webkit-meter-bar,::-webkit-meter-optimum-value,::-webkit-scrollbar,::-webkit-scrollbar-thumb
      {background:transparent!important;border-color:transparent!important;box-shadow:none!important}
      ::-webkit-calendar-picker-indicator,::-webkit-inner-spin-button,::-webkit-search-cancel-button,
      ::-webkit-color-swatch-wrapper{opacity:0!important}
      svg *{visibility:hidden!important} img,canvas,video{object-position:-9999px -9999px!important}`;
    const elements = [...document.querySelectorAll('[data-look]')];
    const before = elements.map(e => e.getBoundingClientRect());
    const given = new Map(colours.map(([n, ...pair]) => [n, pair]));
    const plans = elements.map(e => {
      const s = getComputedStyle(e), plan = [];
      if (s.appearance !== 'none' && /^(INPUT|SELECT|TEXTAREA|PROGRESS|METER|BUTTON)$/.test(e.tagName)) {
        // What gets its size from its native look must keep it; text fields have theirs from elsewhere.
        const own = !/^(BUTTON|TEXTAREA)$/.test(e.tagName) && !/^(text|search|email|password|tel|url|number|submit|button|reset)$/.test(e.type);
        for (const name of own ? ['width', 'height', 'padding', 'margin', 'border-width', 'border-style'] : []) {
          plan.push([name, s.getPropertyValue(name)]);
        }
        plan.push(['appearance', 'none']);
      }
      for (const side of ['top', 'right', 'bottom', 'left']) {
        const style = s.getPropertyValue(`border-${side}-style`);
        if (style !== 'none' && style !== 'hidden' && style !== 'solid') plan.push([`border-${side}-style`, 'solid']);
      }
      if (s.opacity !== '1' && +s.opacity > 0.05) plan.push(['opacity', '0.9999']);
      if (s.filter !== 'none' || s.backdropFilter !== 'none' || s.mixBlendMode !== 'normal') {
        plan.push(['filter', 'none'], ['backdrop-filter', 'none'], ['mix-blend-mode', 'normal'], ['isolation', 'isolate']);
      }
      const colour = given.get(+e.dataset.look);
      if (colour) plan.push(['background', colour[0]], ['background-clip', 'padding-box'], ['border-color', colour[1]]);
      return plan;
    });
    document.head.append(sheet);
    elements.forEach((e, at) => {
      if (!plans[at].length) return;
      e.dataset.lookStyle = e.getAttribute('style') ?? '\0';
      for (const [name, value] of plans[at]) e.style.setProperty(name, value, 'important');
    });
    const px = edge => Math.floor(Math.floor(edge + 0.5) * scale + 0.5);
    const same = (a, b) => ['left', 'top', 'right', 'bottom'].every(side => px(a[side]) === px(b[side]));
    return elements.filter((e, at) => !same(e.getBoundingClientRect(), before[at])).map(e => +e.dataset.look);
  },

  // Takes the colours away; the numbers stay.
  restore() {
    document.getElementById('data-look-sheet')?.remove();
    for (const e of document.querySelectorAll('[data-look-style]')) {
      if (e.dataset.lookStyle === '\0') e.removeAttribute('style'); else e.setAttribute('style', e.dataset.lookStyle);
      e.removeAttribute('data-look-style');
    }
  },

  // Takes the numbers away: the page is as it was.
  forget() {
    for (const e of document.querySelectorAll('[data-look]')) e.removeAttribute('data-look');
  },

  // The number of the element that a click at each (x, y), CSS px, would hit; 0 for none.
  hits({points}) {
    return points.map(([x, y]) => +(document.elementFromPoint(x, y)?.closest('[data-look]')?.dataset.look || 0));
  },

  // From now on the page hears of no click; what would have been hit is noted.
  listen() {
    window.lookHeard = [];
    for (const kind of ['pointerdown', 'mousedown', 'pointerup', 'mouseup', 'click', 'auxclick', 'dblclick', 'mouseover',
      'mouseenter', 'mousemove', 'pointerover', 'pointermove', 'pointerenter', 'focus', 'focusin']) {
      window.addEventListener(kind, event => {
        event.stopImmediatePropagation();
        if (event.cancelable && !kind.startsWith('pointer')) event.preventDefault();
        if (kind === 'pointerdown') window.lookHeard.push(+(event.target.closest?.('[data-look]')?.dataset.look || 0));
      }, {capture: true});
    }
  },
  heard() { return window.lookHeard; },
})
