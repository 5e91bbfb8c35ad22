// What of a course was done in this browser, at its table of contents.
for (const list of document.querySelectorAll("[data-course]")) {
  const done = stored.get(progressKey(list.dataset.course));
  for (const link of list.querySelectorAll("a[data-exercise]")) {
    const own = done[link.dataset.exercise];
    if (own) link.after(own.passed ? " ✓" : ` (best ${own.best})`);
  }
}
