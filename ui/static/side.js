// What stands beside the chat: conversations, catalogues, the panel, the menu. The lists come anew with every change,
// so one listener on the page serves them.
if (!window.__tastegraphSide) {
  window.__tastegraphSide = true;
  const send = (name, detail) => window.__tastegraph(name, detail || {});
  const one = (selector) => document.querySelector(selector);
  const narrow = () => window.matchMedia('(max-width: 1099px)').matches;
  // The server listens only to names that it finds in this file.
  const PLAIN = ['open', 'catalogue', 'correct', 'forget', 'undo'];
  const ROOMS = { talks: '#tg-side', panel: '#tg-known' };
  let opener = null;
  let back = null;

  /* Questions: a dialog of the browser's own, which keeps the keyboard within it. */
  function ask({ title, text, value, choices }) {
    return new Promise((answer) => {
      const dialog = document.createElement('dialog');
      dialog.className = 'tg-dialog';
      dialog.setAttribute('aria-labelledby', 'tg-dialog-title');
      const form = document.createElement('form');
      form.method = 'dialog';
      const put = (tag, words, name) => {
        const made = document.createElement(tag);
        if (words) made.textContent = words;
        if (name) made.className = name;
        form.append(made);
        return made;
      };
      put('h2', title).id = 'tg-dialog-title';
      if (text) put('p', text);
      let field = null;
      if (value !== undefined) {
        field = put('input');
        field.type = 'text';
        field.value = value;
        field.maxLength = 200;
        field.setAttribute('aria-label', title);
      }
      const row = put('div', '', 'tg-dialog-acts');
      for (const [name, words, danger] of [...choices, ['', 'Cancel']]) {
        const button = document.createElement('button');
        button.type = name ? 'submit' : 'button';
        button.value = name;
        button.textContent = words;
        if (danger) button.className = 'tg-danger';
        if (!name) button.addEventListener('click', () => dialog.close(''));
        row.append(button);
      }
      dialog.append(form);
      dialog.addEventListener('close', () => {
        const said = dialog.returnValue;
        dialog.remove();
        answer(said ? { choice: said, value: field ? field.value.trim() : '' } : null);
      });
      dialog.addEventListener('click', (event) => { if (event.target === dialog) dialog.close(''); });
      (one('.gradio-container') || document.body).append(dialog);
      dialog.showModal();
      // What cannot be undone is not under the finger of whoever presses Enter twice.
      if (field) field.select(); else row.lastChild.focus();
    });
  }
  async function rename(button) {
    const said = await ask({ title: 'Rename this conversation', value: button.dataset.title, choices: [['yes', 'Rename']] });
    if (said && said.value) send('rename', { thread: button.dataset.thread, title: said.value });
    return `[data-do="rename"][data-thread="${button.dataset.thread}"]`;
  }
  async function drop(button) {
    const said = await ask({
      title: 'Delete this conversation?',
      text: `“${button.dataset.title}” and all that was said in it goes for good. What is known of your taste stays.`,
      choices: [['yes', 'Delete it', true]],
    });
    if (said) send('drop', { thread: button.dataset.thread });
    return said ? '#tg-new' : `[data-do="drop"][data-thread="${button.dataset.thread}"]`;
  }
  async function reword(button) {
    const said = await ask({
      title: 'What is it about?', text: 'A title, a person, a kind, a mood, or words of your own.',
      value: button.dataset.subject, choices: [['yes', 'Change']],
    });
    if (said && said.value && said.value !== button.dataset.subject)
      send('reword', { interest: button.dataset.interest, subject: said.value });
    return `[data-do="reword"][data-interest="${button.dataset.interest}"]`;
  }
  async function erase() {
    const several = one('.tg-tools[data-several]') !== null;
    const here = (one('.tg-brand p') || {}).textContent || '';
    const name = here.split(' · ')[0];
    const said = await ask({
      title: 'Erase everything stored about you?',
      text: `Your taste, your reactions and your conversations${several ? '' : ` in ${name}`} go for good; nobody can bring them back.`,
      choices: several
        ? [['here', `Erase in ${name}`, true], ['all', 'Erase in all catalogues', true]]
        : [['here', 'Yes, erase everything', true]],
    });
    if (said) send('erase', { where: said.choice });
    return '.tg-menu > button';
  }

  /* Rooms: the column on a narrow page, and the panel. */
  const isOpen = (name) => one(ROOMS[name]).classList.contains('tg-open');
  function told() {
    for (const button of document.querySelectorAll('#tg-opener [data-do="talks"]')) button.setAttribute('aria-expanded', String(isOpen('talks')));
    for (const button of document.querySelectorAll('#tg-tools .tg-tools > [data-do="panel"]')) button.setAttribute('aria-expanded', String(isOpen('panel')));
    const picture = one(ROOMS.panel).classList.contains('tg-as-picture');
    for (const button of document.querySelectorAll('.tg-panel-head [data-do="panel"], .tg-panel-head [data-do="picture"]'))
      button.setAttribute('aria-pressed', String((button.dataset.do === 'picture') === picture));
    // Where a room covers the page, the rest of it is out of reach.
    const covering = narrow() ? Object.keys(ROOMS).find(isOpen) : null;
    for (const part of ['#tg-side', '#tg-main', '#tg-known'])
      one(part).toggleAttribute('inert', Boolean(covering) && part !== ROOMS[covering]);
  }
  function enter(name, from) {
    if (from && !from.closest('#tg-known')) opener = from.closest('.tg-menu') ? one('.tg-menu > button') : from;
    one(ROOMS[name]).classList.add('tg-open');
    told();
    const close = one(`${ROOMS[name]} .tg-close`);
    if (close) close.focus();
  }
  function leave(name) {
    one(ROOMS[name]).classList.remove('tg-open');
    told();
    if (opener && document.contains(opener)) opener.focus();
    opener = null;
  }
  function panel(as, from) {
    const inside = from.closest('#tg-known');
    const room = one(ROOMS.panel);
    const same = isOpen('panel') && room.classList.contains('tg-as-picture') === (as === 'picture');
    if (same && !inside) return leave('panel');
    room.classList.toggle('tg-as-picture', as === 'picture');
    if (as === 'picture') send('picture');
    if (!inside) enter('panel', from); else told();
  }
  function menu(open) {
    const button = one('.tg-menu > button');
    one('#tg-menu-list').hidden = !open;
    button.setAttribute('aria-expanded', String(open));
    if (open) one('#tg-menu-list button').focus();
  }

  document.addEventListener('click', async (event) => {
    const button = event.target.closest && event.target.closest('[data-do]');
    if (!button || button.tagName !== 'BUTTON' || !button.closest('#tg-frame')) {
      const open = one('#tg-menu-list:not([hidden])');
      if (open && !(event.target.closest && event.target.closest('.tg-menu'))) menu(false);
      return;
    }
    const what = button.dataset.do;
    if (what === 'menu') return menu(one('#tg-menu-list').hidden);
    if (button.closest('#tg-menu-list')) { menu(false); one('.tg-menu > button').focus(); }
    if (what === 'talks') return isOpen('talks') ? leave('talks') : enter('talks', button);
    if (what === 'close') return leave('panel');
    if (what === 'panel' || what === 'picture') return panel(what, button);
    if (what === 'new') return one('#tg-new').click();
    if (what === 'export') return send('export');
    if (what === 'line') return line(button.dataset.interest);
    const asking = { rename, drop, reword, erase }[what];
    if (asking) { back = await asking(button); return settle(); }
    if (!PLAIN.includes(what)) return;
    send(what, { ...button.dataset });
    back = what === 'forget' || what === 'undo' ? '.tg-changed button, .tg-panel-head .tg-close'
      : `[data-do="${what}"]${button.dataset.way ? `[data-way="${button.dataset.way}"]` : ''}` +
        (button.dataset.interest ? `[data-interest="${button.dataset.interest}"]` : '') +
        (button.dataset.thread ? `[data-thread="${button.dataset.thread}"]` : '') +
        (button.dataset.name ? `[data-name="${CSS.escape(button.dataset.name)}"]` : '');
    if ((what === 'open' || what === 'catalogue') && narrow() && isOpen('talks')) { opener = one('#tg-input textarea'); back = null; leave('talks'); }
  });
  document.addEventListener('input', (event) => {
    const slider = event.target;
    if (!slider.matches || !slider.matches('#tg-known input[type=range]')) return;
    slider.setAttribute('aria-valuetext', `${slider.value} percent`);
    slider.closest('label').querySelector('output').textContent = `${slider.value} %`;
  });
  // Arrow keys move a slider step by step: what is sent is where it comes to rest.
  let resting = 0;
  document.addEventListener('change', (event) => {
    const slider = event.target;
    if (!slider.matches || !slider.matches('#tg-known input[type=range]')) return;
    clearTimeout(resting);
    resting = setTimeout(() => {
      back = `[data-do="strengthen"][data-interest="${slider.dataset.interest}"]`;
      send('strengthen', { interest: slider.dataset.interest, percent: Number(slider.value) });
    }, 450);
  });
  document.addEventListener('submit', (event) => {
    const form = event.target.closest && event.target.closest('#tg-known form[data-form="tell"]');
    if (!form) return;
    event.preventDefault();
    const subject = form.elements.subject.value.trim();
    if (!subject) return form.elements.subject.focus();
    form.elements.subject.value = '';
    back = '#tg-tell-what';
    send('tell', { subject, way: event.submitter && event.submitter.value === 'avoid' ? 'avoid' : 'like' });
  });
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') {
      if (one('dialog[open]') || !ready()) return;
      if (!one('#tg-menu-list').hidden) { menu(false); one('.tg-menu > button').focus(); }
      else if (isOpen('panel')) leave('panel');
      else if (isOpen('talks')) leave('talks');
      return;
    }
    const item = event.target.closest && event.target.closest('#tg-menu-list button');
    if (!item || !['ArrowDown', 'ArrowUp'].includes(event.key)) return;
    const items = [...document.querySelectorAll('#tg-menu-list button')].filter((b) => b.offsetParent);
    const step = event.key === 'ArrowDown' ? 1 : items.length - 1;
    items[(items.indexOf(item) + step) % items.length].focus();
    event.preventDefault();
  });
  window.addEventListener('resize', () => ready() && told());

  function line(interest) {
    const room = one(ROOMS.panel);
    room.classList.remove('tg-as-picture');
    told();
    const row = one(`[data-line="${CSS.escape(interest)}"]`);
    const first = row && row.querySelector('button');
    if (first) { row.scrollIntoView({ block: 'center' }); first.focus(); }
  }

  /* After a list came anew: the keyboard goes on where it was, times are said as the reader counts them. */
  function settle() {
    if (!back || one('dialog[open]')) return;
    const active = document.activeElement;
    if (active && active !== document.body && document.contains(active)) return;
    const wanted = [...document.querySelectorAll(back)].find((element) => element.offsetParent);
    if (wanted) wanted.focus();
  }
  const day = (moment) => new Date(moment.getFullYear(), moment.getMonth(), moment.getDate()).getTime();
  function times() {
    for (const time of document.querySelectorAll('time.tg-when:not([data-said])')) {
      const moment = new Date(time.dateTime);
      if (isNaN(moment)) continue;
      const ago = Math.round((day(new Date()) - day(moment)) / 86400000);
      const hour = moment.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
      const date = moment.toLocaleDateString([], { day: 'numeric', month: 'short', ...(ago > 300 ? { year: 'numeric' } : {}) });
      time.textContent = ago === 0 ? `Today, ${hour}` : ago === 1 ? `Yesterday, ${hour}` : date;
      time.dataset.said = '1';
    }
  }
  const seen = new Map();
  const ready = () => ['#tg-side', '#tg-main', '#tg-known', '#tg-menu-list'].every(one);
  let named = false;
  function renewed() {
    // This script may run before the parts of the page that it serves are there.
    if (!ready()) return;
    if (!named) begin();
    times();
    const list = one('#tg-known-list .tg-known-about');
    if (list && seen.get('list') !== list) {
      seen.set('list', list);
      // The picture follows the list, when it is in view.
      const room = one(ROOMS.panel);
      if (room.classList.contains('tg-open') && room.classList.contains('tg-as-picture')) send('picture');
    }
    settle();
  }
  let waiting = false;
  new MutationObserver(() => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; renewed(); });
  }).observe(document.body, { childList: true, subtree: true });

  // Catalogues open behind the page; the list says when they are ready.
  const watch = setInterval(async () => {
    const shown = [...document.querySelectorAll('.tg-place[data-state]')];
    const opening = shown.filter((place) => place.dataset.state === 'opening').map((place) => place.querySelector('button').dataset.name);
    if (!opening.length) { if (shown.length) clearInterval(watch); return; }
    try {
      const health = await (await fetch('health')).json();
      if (opening.some((name) => health.ready && health.ready[name])) send('states');
    } catch { /* The server is away; the next question says so. */ }
  }, 2500);

  function begin() {
    named = true;
    for (const [selector, role, label] of [
      ['#tg-side', 'navigation', 'Conversations and catalogues'],
      ['#tg-known', 'complementary', 'What is known of me'],
    ]) {
      one(selector).setAttribute('role', role);
      one(selector).setAttribute('aria-label', label);
    }
    told();
  }
  renewed();
}
