// The picture of a person's taste. It comes anew with every change, so one listener on the page serves all of them.
if (!window.__tastegraphPicture) {
  window.__tastegraphPicture = true;
  const views = new WeakMap();
  const held = new Map();
  let grip = null;

  const svgOf = (target) => target && target.closest ? target.closest('.tg-net-svg') : null;
  const nodeOf = (target) => target && target.closest ? target.closest('.tg-node') : null;
  const nodesOf = (svg) => [...svg.querySelectorAll('.tg-node')];
  const byId = (svg, id) => svg.querySelector(`.tg-node[data-node="${CSS.escape(id)}"]`);
  const at = (node) => [Number(node.dataset.x), Number(node.dataset.y)];

  function viewOf(svg) {
    if (!views.has(svg)) {
      const [w, h] = svg.dataset.size.split(' ').map(Number);
      views.set(svg, { x: 0, y: 0, w, h, pinned: null });
    }
    return views.get(svg);
  }
  function look(svg) {
    const v = viewOf(svg);
    svg.setAttribute('viewBox', `${v.x} ${v.y} ${v.w} ${v.h}`);
  }
  function fit(svg) {
    const [w, h] = svg.dataset.size.split(' ').map(Number);
    Object.assign(viewOf(svg), { x: 0, y: 0, w, h });
    look(svg);
  }
  // On a narrow page the middle is shown at a size that can be read; the rest is a drag away.
  function first(svg) {
    const shape = svg.clientWidth / (svg.clientHeight || 1), v = viewOf(svg), most = svg.clientWidth / 0.62;
    const me = svg.querySelector('.tg-n-me');
    if (!svg.clientWidth || v.w <= most || !me) return;
    const [x, y] = at(me), w = Math.max(most, 560);
    Object.assign(v, { x: x - w / 2, y: y - w / shape / 2, w, h: w / shape });
    look(svg);
  }
  new MutationObserver(() => {
    const svg = document.querySelector('#tg-picture .tg-net-svg');
    if (svg && !views.has(svg)) first(svg);
  }).observe(document.body, { childList: true, subtree: true });
  function place(svg, event) {
    const m = svg.getScreenCTM();
    return m ? [(event.clientX - m.e) / m.a, (event.clientY - m.f) / m.d] : [0, 0];
  }
  function zoom(svg, factor, x, y) {
    const v = viewOf(svg);
    const [whole] = svg.dataset.size.split(' ').map(Number);
    const w = Math.min(whole * 2, Math.max(160, v.w * factor));
    const k = w / v.w;
    if (x === undefined) { x = v.x + v.w / 2; y = v.y + v.h / 2; }
    Object.assign(v, { x: x - (x - v.x) * k, y: y - (y - v.y) * k, w, h: v.h * k });
    look(svg);
  }
  function draw(svg, edge) {
    const a = at(byId(svg, edge.dataset.a)), b = at(byId(svg, edge.dataset.b));
    const dx = b[0] - a[0], dy = b[1] - a[1], long = Math.hypot(dx, dy) || 1;
    const clear = (down) => Math.min(long / 2, Math.max(25, down > 0.72 ? 40 / down : 0)) / long;
    const from = clear(dy / long), to = clear(-dy / long);
    const x1 = a[0] + dx * from, y1 = a[1] + dy * from, x2 = b[0] - dx * to, y2 = b[1] - dy * to;
    // As the server bends it: away from the middle.
    const me = at(svg.querySelector('.tg-n-me')), mx = (x1 + x2) / 2, my = (y1 + y2) / 2;
    const across = [y1 - y2, x2 - x1], outwards = across[0] * (mx - me[0]) + across[1] * (my - me[1]);
    const side = Number(edge.dataset.bend) * (outwards >= 0 ? 1 : -1);
    edge.querySelector('path').setAttribute('d', `M${x1} ${y1}Q${mx + side * across[0]} ${my + side * across[1]} ${x2} ${y2}`);
  }
  function move(svg, node, x, y) {
    node.dataset.x = x; node.dataset.y = y;
    node.setAttribute('transform', `translate(${x} ${y})`);
    for (const edge of svg.querySelectorAll('.tg-edge'))
      if (edge.dataset.a === node.dataset.node || edge.dataset.b === node.dataset.node) draw(svg, edge);
  }
  // What is said is set as text, never as markup: subjects and sentences are people's own words.
  function add(tag, text, parent, name) {
    const made = document.createElement(tag);
    made.textContent = text;
    if (name) made.className = name;
    parent.append(made);
    return made;
  }
  function tell(svg, node) {
    const box = svg.closest('.tg-net').querySelector('.tg-net-said');
    box.replaceChildren();
    const head = add('p', '', box);
    add('b', node.dataset.name, head);
    head.append(` · ${node.dataset.what}`);
    add('p', node.dataset.says, box);
    if (node.dataset.quote) add('q', node.dataset.quote, box);
    if (node.dataset.interest) {
      const button = add('button', 'Change it in the list', box);
      button.type = 'button';
      button.dataset.do = 'line';
      button.dataset.interest = node.dataset.interest;
    }
  }
  function light(svg, node) {
    const near = new Set();
    for (const edge of svg.querySelectorAll('.tg-edge')) {
      const mine = node && (edge.dataset.a === node.dataset.node || edge.dataset.b === node.dataset.node);
      edge.classList.toggle('tg-lit', Boolean(mine));
      edge.classList.toggle('tg-dim', Boolean(node) && !mine);
      if (mine) { near.add(edge.dataset.a); near.add(edge.dataset.b); }
    }
    for (const one of nodesOf(svg)) one.classList.toggle('tg-dim', Boolean(node) && one !== node && !near.has(one.dataset.node));
  }
  function show(svg, node) {
    const v = viewOf(svg);
    if (v.pinned && node !== v.pinned) return;
    tell(svg, node);
    light(svg, node);
  }
  function pin(svg, node) {
    const v = viewOf(svg);
    if (v.pinned) v.pinned.setAttribute('aria-pressed', 'false');
    v.pinned = v.pinned === node ? null : node;
    if (v.pinned) { v.pinned.setAttribute('aria-pressed', 'true'); tell(svg, v.pinned); }
    light(svg, v.pinned);
  }
  function stand(svg, node) {
    for (const one of nodesOf(svg)) one.setAttribute('tabindex', one === node ? '0' : '-1');
  }
  function walk(svg, from, [dx, dy]) {
    let best = null, least = Infinity;
    const [fx, fy] = at(from);
    for (const node of nodesOf(svg)) {
      if (node === from) continue;
      const [x, y] = at(node);
      const ahead = (x - fx) * dx + (y - fy) * dy, aside = Math.abs((x - fx) * dy) + Math.abs((y - fy) * dx);
      if (ahead <= 0 || aside > 2.5 * ahead) continue;
      if (ahead + 2 * aside < least) { least = ahead + 2 * aside; best = node; }
    }
    if (!best) return;
    stand(svg, best);
    best.focus({ preventScroll: true });
    const v = viewOf(svg), [x, y] = at(best);
    if (x < v.x + 50 || x > v.x + v.w - 50 || y < v.y + 30 || y > v.y + v.h - 45) {
      v.x = x - v.w / 2; v.y = y - v.h / 2; look(svg);
    }
  }

  const arrows = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };
  document.addEventListener('keydown', (event) => {
    const svg = svgOf(event.target), node = nodeOf(event.target);
    if (!svg || !node || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in arrows) walk(svg, node, arrows[event.key]);
    else if (event.key === 'Enter' || event.key === ' ') pin(svg, node);
    else if (event.key === '+' || event.key === '=') zoom(svg, 0.8, ...at(node));
    else if (event.key === '-') zoom(svg, 1.25, ...at(node));
    else if (event.key === '0') fit(svg);
    else if (event.key === 'Escape' && viewOf(svg).pinned) { pin(svg, viewOf(svg).pinned); event.stopImmediatePropagation(); }
    else return;
    event.preventDefault();
  }, true);
  document.addEventListener('focusin', (event) => {
    const svg = svgOf(event.target), node = nodeOf(event.target);
    if (svg && node) { stand(svg, node); show(svg, node); }
  });
  document.addEventListener('focusout', (event) => {
    const svg = svgOf(event.target);
    if (svg && !viewOf(svg).pinned) light(svg, null);
  });
  document.addEventListener('pointerover', (event) => {
    const svg = svgOf(event.target), node = nodeOf(event.target);
    if (!svg || grip) return;
    if (node) { show(svg, node); return; }
    const edge = event.target.closest('.tg-edge');
    if (edge && !viewOf(svg).pinned) {
      const box = svg.closest('.tg-net').querySelector('.tg-net-said');
      box.replaceChildren();
      add('p', edge.dataset.says, box);
    }
    if (!viewOf(svg).pinned) light(svg, null);
  });
  document.addEventListener('click', (event) => {
    const button = event.target.closest && event.target.closest('.tg-net [data-view]');
    if (!button) return;
    const svg = button.closest('.tg-net').querySelector('.tg-net-svg');
    if (button.dataset.view === 'fit') fit(svg); else zoom(svg, button.dataset.view === 'in' ? 0.8 : 1.25);
  });
  document.addEventListener('wheel', (event) => {
    const svg = svgOf(event.target);
    if (!svg) return;
    event.preventDefault();
    zoom(svg, Math.exp(Math.max(-60, Math.min(60, event.deltaY)) / 250), ...place(svg, event));
  }, { passive: false });

  // One pointer drags a thing or the picture, two zoom.
  document.addEventListener('pointerdown', (event) => {
    const svg = svgOf(event.target);
    if (!svg || event.button) return;
    held.set(event.pointerId, [event.clientX, event.clientY]);
    grip = { svg, node: nodeOf(event.target), from: place(svg, event), px: [event.clientX, event.clientY], moved: false };
  });
  document.addEventListener('pointermove', (event) => {
    if (!held.has(event.pointerId) || !grip) return;
    const before = [...held.values()];
    held.set(event.pointerId, [event.clientX, event.clientY]);
    const svg = grip.svg;
    if (held.size === 2) {
      const now = [...held.values()];
      const apart = ([a, b]) => Math.hypot(a[0] - b[0], a[1] - b[1]) || 1;
      grip.moved = true;
      zoom(svg, apart(before) / apart(now),
        ...place(svg, { clientX: (now[0][0] + now[1][0]) / 2, clientY: (now[0][1] + now[1][1]) / 2 }));
      return;
    }
    if (!grip.moved && Math.hypot(event.clientX - grip.px[0], event.clientY - grip.px[1]) < 5) return;
    grip.moved = true;
    svg.classList.add('tg-moving');
    const [x, y] = place(svg, event);
    if (grip.node) move(svg, grip.node, x, y);
    else { const v = viewOf(svg); v.x -= x - grip.from[0]; v.y -= y - grip.from[1]; look(svg); }
  });
  const release = (event) => {
    held.delete(event.pointerId);
    if (held.size || !grip) return;
    const was = grip;
    grip = null;
    was.svg.classList.remove('tg-moving');
    if (was.moved || event.type === 'pointercancel') return;
    if (was.node) { pin(was.svg, was.node); stand(was.svg, was.node); }
    else if (viewOf(was.svg).pinned) pin(was.svg, viewOf(was.svg).pinned);
  };
  document.addEventListener('pointerup', release);
  document.addEventListener('pointercancel', release);
}
