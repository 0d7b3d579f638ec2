// Runs once the console is there; `trigger` sends an event of this component to the server.
// One listener serves all buttons inside the panels, because panels come and go while the page stays.
window.__service = (name, detail) => trigger(name, detail);
// The events are named here, because the server listens only to names that it finds in this file.
const SERVICE_EVENTS = ['pressed', 'template'];
if (!window.__serviceListens) {
  window.__serviceListens = true;
  const narrow = () => window.matchMedia('(max-width: 900px)').matches;
  document.addEventListener('click', (event) => {
    const button = event.target.closest && event.target.closest('#sv-page [data-do], .gradio-container [data-do]');
    if (!button) return;
    const what = button.dataset.do;
    const name = what === 'template' ? SERVICE_EVENTS[1] : SERVICE_EVENTS[0];
    window.__service(name, { do: what, id: button.dataset.id || '' });
    if (what === 'open' && narrow()) document.querySelector('#sv-case').scrollIntoView();
  });

  // Ctrl+Enter in a field does what the button beneath it does.
  const ENTER = {
    'sv-message': '#sv-draft', 'sv-reply': '#sv-send', 'sv-note': '#sv-note-ok', 'sv-summary': '#sv-hand',
  };
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
    for (const [field, button] of Object.entries(ENTER)) {
      const box = document.getElementById(field);
      if (!box || !box.contains(event.target)) continue;
      event.preventDefault();
      const found = document.querySelector(button);
      (found.matches('button') ? found : found.querySelector('button')).click();
    }
  });

  // A panel that is drawn anew keeps what was open in it and where the keyboard was.
  let focused = '';
  const opened = new Map();
  document.addEventListener('focusin', (event) => {
    const keyed = event.target.closest && event.target.closest('[data-key]');
    focused = keyed ? keyed.dataset.key : '';
  });
  document.addEventListener('click', (event) => {
    const summary = event.target.closest && event.target.closest('summary[data-key]');
    if (summary) opened.set(summary.dataset.key, !summary.parentElement.open);
  });
  const ago = (time) => {
    const minutes = Math.floor((Date.now() - Date.parse(time.dateTime)) / 60000);
    const word = minutes < 1 ? 'under a minute' : minutes < 60 ? `${minutes} min`
      : minutes < 1440 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1440)} d`;
    const text = time.dataset.before ? time.dataset.before + word : `${word} ago`;
    if (time.textContent !== text) time.textContent = text;
    if (!time.title) time.title = new Date(time.dateTime).toLocaleString();
  };
  let length = 0;
  const settle = () => {
    document.querySelectorAll('time.sv-ago').forEach(ago);
    document.querySelectorAll('summary[data-key]').forEach((one) => {
      if (one.dataset.settled) return;
      one.dataset.settled = '1';
      if (opened.has(one.dataset.key)) one.parentElement.open = opened.get(one.dataset.key);
    });
    if (focused && document.activeElement === document.body) {
      const again = document.querySelector(`[data-key="${CSS.escape(focused)}"]`);
      if (again) again.focus({ preventScroll: true });
    }
    // The newest message is in sight when one is added.
    const course = document.querySelector('.sv-course');
    const said = course ? course.textContent.length : 0;
    if (said !== length) {
      length = said;
      if (course) course.scrollTop = course.scrollHeight;
    }
  };
  let waiting = false;
  new MutationObserver(() => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; settle(); });
  }).observe(document.body, { childList: true, subtree: true });
  setInterval(() => document.querySelectorAll('time.sv-ago').forEach(ago), 10000);
}
