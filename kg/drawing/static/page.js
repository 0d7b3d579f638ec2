"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const svg = document.querySelector(".picture > svg");
  const facts = document.getElementById("facts");
  const found = document.getElementById("found");
  const nodes = data.nodes.map((node, k) => ({ ...node, k, at: svg.querySelector(`[data-node="${k}"]`), lines: [], open: false }));
  const lines = data.lines.map((line, k) => ({ ...line, k, at: svg.querySelector(`[data-line="${k}"]`) }));
  for (const line of lines) { nodes[line.a].lines.push(line); nodes[line.b].lines.push(line); }
  let view = { x: 0, y: 0, w: data.size[0], h: data.size[1] };
  let pinned = null, current = nodes[0], sought = "";

  /* What is seen: kinds, relations and second steps that are switched on. */
  const on = (group, value) => {
    const box = document.querySelector(`input[data-${group}="${CSS.escape(value)}"]`);
    return !box || box.checked;
  };
  const other = (line, node) => nodes[line.a === node.k ? line.b : line.a];
  const behind = (node) => node.lines.map((line) => other(line, node)).filter((next) => next.ring === 2);
  function settle() {
    const all = document.getElementById("second");
    const said = new Map(lines.map((line) => [line, line.facts.some((fact) => on("relation", fact.relation))]));
    for (const node of nodes) {
      node.seen = node.ring === 0 || (on("kind", node.kind) && node.lines.some((line) => said.get(line)));
      if (node.ring === 2 && !(all && all.checked))
        node.seen = node.seen && node.lines.some((line) => said.get(line) && other(line, node).open);
    }
    for (const node of nodes) {
      node.at.classList.toggle("off", !node.seen);
      const hidden = behind(node).filter((next) => !next.seen && on("kind", next.kind)).length;
      const folds = node.ring === 1 && behind(node).length > 0;
      node.at.classList.toggle("more", folds && hidden > 0);
      if (folds) node.at.setAttribute("aria-expanded", String(hidden === 0));
    }
    for (const line of lines) {
      line.seen = said.get(line) && nodes[line.a].seen && nodes[line.b].seen;
      line.at.classList.toggle("off", !line.seen);
    }
    if (!current.seen) walkTo(nodes[0], false);
    dim();
  }

  /* What stands out: what is searched for, or what is pointed at and whatever touches it. */
  function dim(node = pinned) {
    const near = new Set();
    if (node) { near.add(node); for (const line of node.lines) if (line.seen) near.add(other(line, node)); }
    for (const one of nodes) {
      const match = !sought || [one.name, ...one.aliases].some((name) => fold(name).includes(sought));
      one.at.classList.toggle("dim", sought ? !match : near.size > 0 && !near.has(one));
    }
    for (const line of lines) {
      const lit = node && (line.a === node.k || line.b === node.k);
      line.at.classList.toggle("lit", Boolean(lit));
      line.at.classList.toggle("dim", Boolean(sought) || (near.size > 0 && !lit));
    }
  }
  const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

  /* Facts are written as text, never as markup. */
  function make(tag, text, parent, name) {
    const made = document.createElement(tag);
    if (text) made.textContent = text;
    if (name) made.className = name;
    if (tag !== "ul") made.dir = "auto";
    parent.append(made);
    return made;
  }
  function tell(fact, list, node) {
    const row = make("li", "", list);
    for (const end of [fact.s, fact.o]) {
      if (end === fact.o) row.append(` ${fact.says} `);
      if (node && node.k === end) make("bdi", nodes[end].name, row);
      else make("button", nodes[end].name, row).addEventListener("click", () => choose(nodes[end], true));
    }
    const until = fact.last && fact.last !== fact.first ? ` to ${fact.last}` : "";
    const days = fact.first || fact.last ? `, seen ${fact.first || "until"}${until}` : "";
    make("div", `from ${fact.source}, confidence ${fact.confidence.toFixed(2)}${days}`, row, "from");
    if (fact.sentence) make("blockquote", fact.sentence, row);
  }
  function show(node) {
    facts.replaceChildren();
    make("h2", node.name, facts);
    make("p", `${node.kind} · ${node.id}`, facts);
    if (node.aliases.length) make("p", `Also: ${node.aliases.join(" · ")}`, facts);
    const by = new Map();
    for (const line of node.lines) for (const fact of line.facts) by.set(fact.says, [...(by.get(fact.says) || []), fact]);
    for (const [says, told] of [...by].sort()) {
      make("h3", `${says} (${told.length})`, facts);
      const list = make("ul", "", facts);
      told.forEach((fact) => tell(fact, list, node));
    }
    if (node.undrawn) make("p", `Not in this picture: ${node.hub ? "at least " : ""}${node.undrawn} more of its facts.`, facts);
  }
  function showLine(line) {
    facts.replaceChildren();
    make("h2", `${nodes[line.a].name} – ${nodes[line.b].name}`, facts);
    const list = make("ul", "", facts);
    line.facts.forEach((fact) => tell(fact, list, null));
  }
  function choose(node, keep) {
    if (!node.seen) { for (const line of node.lines) other(line, node).open = true; settle(); }
    if (keep) pin(node);
    walkTo(node, true);
    show(node);
  }
  function pin(node) {
    if (pinned) { pinned.at.classList.remove("pinned"); pinned.at.setAttribute("aria-pressed", "false"); }
    pinned = node;
    if (node) { node.at.classList.add("pinned"); node.at.setAttribute("aria-pressed", "true"); show(node); }
    dim();
  }
  function press(node) {
    const same = pinned === node;
    if (node.ring === 1 && behind(node).length) { node.open = !same || !node.open; settle(); }
    pin(same ? null : node);
    // What was unfolded should not lie beyond the edge.
    if (node.open && behind(node).some((next) => next.seen && !within(next))) fit();
  }

  /* The keyboard: one stop for Tab, arrows walk. */
  function walkTo(node, focus) {
    current.at.setAttribute("tabindex", "-1");
    current = node;
    node.at.setAttribute("tabindex", "0");
    if (focus) node.at.focus({ preventScroll: true });
  }
  const arrows = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };
  function walk([dx, dy]) {
    let best = null, least = Infinity;
    for (const node of nodes) {
      if (node === current || !node.seen) continue;
      const x = node.x - current.x, y = node.y - current.y;
      const ahead = x * dx + y * dy, aside = Math.abs(x * dy) + Math.abs(y * dx);
      if (ahead <= 0 || aside > 2.5 * ahead) continue;
      if (ahead + 2 * aside < least) { least = ahead + 2 * aside; best = node; }
    }
    if (best) { walkTo(best, true); bringIn(best); }
  }
  svg.addEventListener("keydown", (event) => {
    const zooms = { "+": 0.8, "=": 0.8, "-": 1.25 };
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (arrows[event.key]) walk(arrows[event.key]);
    else if (zooms[event.key]) zoom(zooms[event.key]);
    else if (event.key === "0") fit();
    else if (event.key === "Escape") pin(null);
    else if (event.key === "Enter" || event.key === " ") press(current);
    else return;
    event.preventDefault();
  });

  /* The view: a window on the picture. */
  function look() { svg.setAttribute("viewBox", `${view.x} ${view.y} ${view.w} ${view.h}`); }
  function place(event) {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    return [point.x, point.y];
  }
  function zoom(factor, x = view.x + view.w / 2, y = view.y + view.h / 2) {
    const wide = Math.min(Math.max(view.w * factor, data.size[0] / 12), data.size[0] * 3);
    factor = wide / view.w;
    view = { x: x - (x - view.x) * factor, y: y - (y - view.y) * factor, w: wide, h: view.h * factor };
    look();
  }
  function fit() {
    const seen = nodes.filter((node) => node.seen);
    const xs = seen.map((node) => node.x), ys = seen.map((node) => node.y);
    const [left, right] = [Math.min(...xs) - 100, Math.max(...xs) + 100];
    const [top, bottom] = [Math.min(...ys) - 45, Math.max(...ys) + 60];
    const shape = svg.clientWidth / (svg.clientHeight || 1) || 1;
    let w = Math.max(right - left, 300), h = Math.max(bottom - top, 220);
    if (w / h < shape) w = h * shape; else h = w / shape;
    view = { x: (left + right - w) / 2, y: (top + bottom - h) / 2, w, h };
    // On a narrow screen the middle is shown at a size that can be read, the rest is a drag away.
    const most = svg.clientWidth / 0.6, middle = pinned || nodes[0];
    if (svg.clientWidth && w > most && w > 620)
      view = { x: middle.x - most / 2, y: middle.y - most / shape / 2, w: most, h: most / shape };
    look();
  }
  function within(node) {
    const side = 60, under = 45;
    return node.x > view.x + side && node.x < view.x + view.w - side && node.y > view.y && node.y < view.y + view.h - under;
  }
  function bringIn(node) {
    if (!within(node)) { view.x = node.x - view.w / 2; view.y = node.y - view.h / 2; look(); }
  }
  svg.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoom(Math.exp(Math.max(-60, Math.min(60, event.deltaY)) / 250), ...place(event));
  }, { passive: false });
  document.querySelector(".tools").addEventListener("click", (event) => {
    const what = event.target.dataset.do;
    if (what === "fit") fit(); else if (what) zoom(what === "in" ? 0.8 : 1.25);
  });

  /* Pointers: one drags an entity or the picture, two zoom. */
  const held = new Map();
  let grip = null;
  svg.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    held.set(event.pointerId, [event.clientX, event.clientY]);
    const at = event.target.closest(".node");
    grip = { node: at ? nodes[Number(at.dataset.node)] : null, from: place(event), moved: false, px: [event.clientX, event.clientY] };
    svg.classList.add("moving");
  });
  svg.addEventListener("pointermove", (event) => {
    if (!held.has(event.pointerId)) return;
    const before = [...held.values()];
    held.set(event.pointerId, [event.clientX, event.clientY]);
    if (held.size === 2) {
      const apart = ([a, b]) => Math.hypot(a[0] - b[0], a[1] - b[1]) || 1;
      const now = [...held.values()];
      if (grip) grip.moved = true;
      zoom(apart(before) / apart(now), ...place({ clientX: (now[0][0] + now[1][0]) / 2, clientY: (now[0][1] + now[1][1]) / 2 }));
      return;
    }
    if (!grip || (!grip.moved && Math.hypot(event.clientX - grip.px[0], event.clientY - grip.px[1]) < 5)) return;
    // Only now: a captured pointer would take clicks away from what it is over.
    if (!grip.moved) svg.setPointerCapture(event.pointerId);
    grip.moved = true;
    const [x, y] = place(event);
    if (grip.node) { grip.node.x = x; grip.node.y = y; move(grip.node); }
    else { view.x -= x - grip.from[0]; view.y -= y - grip.from[1]; look(); }
  });
  function release(event) {
    held.delete(event.pointerId);
    if (held.size) return;
    svg.classList.remove("moving");
    const was = grip;
    grip = null;
    if (!was || was.moved || event.type === "pointercancel") return;
    if (was.node) { press(was.node); walkTo(was.node, true); }
    else if (!event.target.closest(".line")) pin(null);
  }
  svg.addEventListener("pointerup", release);
  svg.addEventListener("pointercancel", release);
  function move(node) {
    node.at.setAttribute("transform", `translate(${node.x} ${node.y})`);
    node.lines.forEach(draw);
  }
  function draw(line) {
    const a = nodes[line.a], b = nodes[line.b];
    const dx = b.x - a.x, dy = b.y - a.y, long = Math.hypot(dx, dy) || 1;
    const clear = (node, down) => Math.max(data.reach[node.ring], down > data.below[1] ? data.below[0] / down : 0) / long;
    const from = clear(a, dy / long), to = clear(b, -dy / long);
    const ends = { x1: a.x + dx * from, y1: a.y + dy * from, x2: b.x - dx * to, y2: b.y - dy * to };
    for (const stroke of line.at.querySelectorAll("line"))
      for (const [name, value] of Object.entries(ends)) stroke.setAttribute(name, value);
    const text = line.at.querySelector("text");
    let turn = (Math.atan2(dy, dx) * 180) / Math.PI;
    if (turn > 90) turn -= 180; else if (turn <= -90) turn += 180;
    if (text) text.setAttribute("transform", `translate(${(ends.x1 + ends.x2) / 2} ${(ends.y1 + ends.y2) / 2}) rotate(${turn})`);
  }

  /* Names for those who listen, and what happens at a touch. */
  for (const node of nodes) {
    const told = node.lines.reduce((sum, line) => sum + line.facts.length, 0);
    if (node.ring === 1 && behind(node).length) {
      const plus = document.createElementNS(svg.namespaceURI, "text");
      plus.setAttribute("class", "plus");
      plus.setAttribute("x", "15");
      plus.setAttribute("y", "-9");
      plus.textContent = "+";
      node.at.append(plus);
    }
    node.at.setAttribute("role", "button");
    node.at.setAttribute("tabindex", node === current ? "0" : "-1");
    node.at.setAttribute("aria-pressed", "false");
    node.at.setAttribute("aria-label", `${node.name}, ${node.kind}, ${told} ${told === 1 ? "fact" : "facts"}`);
    node.at.addEventListener("pointerenter", () => { if (!grip && !pinned) { show(node); dim(node); } });
    node.at.addEventListener("pointerleave", () => { if (!grip && !pinned) dim(); });
    node.at.addEventListener("focus", () => { walkTo(node, false); if (!pinned) { show(node); dim(node); } });
    node.at.addEventListener("blur", () => dim());
  }
  for (const line of lines) {
    const wide = line.at.querySelector("line").cloneNode();
    wide.removeAttribute("marker-end");
    wide.removeAttribute("marker-start");
    wide.setAttribute("class", "hold");
    line.at.append(wide);
    line.at.addEventListener("pointerenter", () => { if (!grip && !pinned) showLine(line); });
    line.at.addEventListener("click", () => { pin(null); showLine(line); });
  }
  document.querySelectorAll("aside input[type=checkbox]").forEach((box) => box.addEventListener("change", () => {
    settle();
    if (box.id === "second") fit();
  }));
  const search = document.getElementById("search");
  const matches = () => nodes.filter((node) => [node.name, ...node.aliases].some((name) => fold(name).includes(sought)));
  search.addEventListener("input", () => {
    sought = fold(search.value.trim());
    const many = sought ? matches().length : 0;
    found.textContent = sought ? (many ? `${many} found` : "Not in this picture") : "";
    dim();
  });
  search.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { search.value = ""; search.dispatchEvent(new Event("input")); }
    if (event.key !== "Enter" || !sought || !matches().length) return;
    const first = matches()[0];
    search.value = ""; sought = ""; found.textContent = "";
    choose(first, true);
    bringIn(first);
  });
  svg.addEventListener("blur", () => dim(), true);
  settle();
  fit();
  window.addEventListener("resize", fit);
})();
