// Runs once the page is there; `trigger` sends an event of this component to the server.
// One listener serves all cards, because cards come and go with the chat while the page stays.
window.__tastegraph = (name, detail) => trigger(name, detail);
if (!window.__tastegraphListens) {
  window.__tastegraphListens = true;
  // Follow the answer until its question reaches the top; then stay, so that it is read from its beginning.
  let asked = 0;
  let following = true;
  const chat = () => document.querySelector('#tg-chat .bubble-wrap');
  const follow = () => {
    const box = chat();
    if (!box) return;
    const questions = box.querySelectorAll('.user-row');
    if (questions.length !== asked) {
      asked = questions.length;
      following = true;
    }
    if (!following || !asked) return;
    const question = questions[asked - 1].getBoundingClientRect().top - box.getBoundingClientRect().top;
    const target = Math.min(box.scrollHeight - box.clientHeight, box.scrollTop + question - 10);
    if (Math.abs(target - box.scrollTop) > 1) box.scrollTo({ top: target });
  };
  const leave = (event) => {
    if (event.target.closest && event.target.closest('#tg-chat')) following = false;
  };
  for (const name of ['wheel', 'touchmove', 'pointerdown']) {
    document.addEventListener(name, leave, { passive: true });
  }
  new MutationObserver(() => requestAnimationFrame(follow)).observe(document.body, {
    childList: true,
    subtree: true,
    characterData: true,
  });
}
