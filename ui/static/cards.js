// Buttons of the cards and quick replies; `window.__tastegraph` is set in page.js.
