// What a browser keeps for a page; one from a file may have no store.
const stored = {
  get(key) { try { return JSON.parse(localStorage.getItem(key)) ?? {}; } catch { return {}; } },
  set(key, value) { try { localStorage.setItem(key, JSON.stringify(value)); } catch { /* Nothing is kept. */ } },
};
// How far a course has been done in this browser.
const progressKey = (course) => `nnrepl progress ${course}`;
