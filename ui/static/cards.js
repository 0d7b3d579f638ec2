// Buttons of the cards and quick replies; `window.__tastegraph` is set in page.js.
// The server listens only to the names of events that it finds here: 'mark', 'about', 'say'.
if (!window.__tastegraphCards) {
  window.__tastegraphCards = true;
  const TURNS = ['more', 'why'];
  // A chat that is drawn anew takes the focus away from the button that was pressed; here is where it was.
  let pressed = null;
  const buttonsLike = (one) =>
    [...document.querySelectorAll('#tg-chat [data-act]')].filter(
      (other) => other.dataset.act === one.dataset.act && other.dataset.itemId === one.dataset.itemId,
    );
  document.addEventListener('click', (event) => {
    const button = event.target.closest && event.target.closest('#tg-chat [data-act], #tg-chat [data-say]');
    if (!button) return;
    // On a phone the focus would open the keyboard on the screen; only who uses a real one is taken along.
    const typed = event.detail === 0;
    const { act, itemId, say } = button.dataset;
    if (say !== undefined) window.__tastegraph('say', { text: say });
    else if (TURNS.includes(act)) window.__tastegraph('about', { item: itemId, about: act });
    else {
      window.__tastegraph('mark', { item: itemId, mark: act });
      // Pressed at once; it is drawn anew when it is kept.
      button.classList.add('tg-pending');
      setTimeout(() => button.classList.remove('tg-pending'), 4000);
    }
    if (typed && (say !== undefined || TURNS.includes(act))) {
      document.querySelector('#tg-input textarea').focus();
    } else if (typed) {
      pressed = { act, itemId, place: buttonsLike(button).indexOf(button) };
    }
  });
  document.addEventListener('keydown', () => { pressed = null; }, true);

  // What was opened on a card stays open when the chat is drawn anew.
  const opened = new Set();
  const details = () => document.querySelectorAll('#tg-chat .tg-card details');
  const keyOf = (one) => {
    const item = one.closest('.tg-card').dataset.itemId;
    const same = [...document.querySelectorAll('#tg-chat .tg-card')].filter((card) => card.dataset.itemId === item);
    return [one.className, item, same.indexOf(one.closest('.tg-card'))].join('|');
  };
  document.addEventListener('toggle', (event) => {
    if (!event.target.closest || !event.target.closest('#tg-chat .tg-card')) return;
    if (event.target.open) opened.add(keyOf(event.target));
    else opened.delete(keyOf(event.target));
  }, true);

  // Gradio draws the arrow of a step as a button without a name inside of the step's own button.
  const ARROWS = '#tg-chat .thought-group [role="button"] button:not([inert])';
  new MutationObserver(() => {
    for (const arrow of document.querySelectorAll(ARROWS)) {
      arrow.inert = true;
      arrow.ariaHidden = 'true';
    }
    if (opened.size) {
      for (const one of details()) if (!one.open && opened.has(keyOf(one))) one.open = true;
    }
    if (!pressed || document.activeElement !== document.body) return;
    const same = buttonsLike({ dataset: pressed });
    const again = same[pressed.place] || same[0];
    if (again) again.focus({ preventScroll: true });
  }).observe(document.body, { childList: true, subtree: true });
}
