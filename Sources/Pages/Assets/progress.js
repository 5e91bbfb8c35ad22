// What of a course was done in this browser, at its table of contents.
for (const list of document.querySelectorAll("[data-course]")) {
  let done = {};
  try { done = JSON.parse(localStorage.getItem(`nnrepl progress ${list.dataset.course}`)) ?? {}; } catch { /* Nothing is kept. */ }
  for (const link of list.querySelectorAll("a[data-exercise]")) {
    const own = done[link.dataset.exercise];
    if (own) link.after(own.passed ? " ✓" : ` (best ${own.best})`);
  }
}
