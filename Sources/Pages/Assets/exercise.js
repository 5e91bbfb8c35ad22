// An exercise: its public checks judge what was written, as `nnrepl check` does. Hidden ones are not here.
const makeExercise = (page) => {
  const { id, points, checks, starter, conditions, course } = page.data.exercise;
  const said = status();
  const results = make("div", "", { className: "outputs", id: "results" });
  results.setAttribute("aria-live", "polite");
  const check = button("check it", async () => {
    said.textContent = "checking …";
    page.takeAll();
    const answer = await page.aside("check", id, checks, starter, conditions, page.script());
    // Lines are counted as they stand here, not as in the file with its head.
    const { first } = page.cells[0];
    results.innerHTML = (answer.html ?? "").replace(/\bline (\d+)/g, (text, line) => (+line >= first ? `line ${+line - first + 1}` : text));
    if (answer.failed) { said.textContent = `It was not checked: ${answer.text}`; return; }
    const all = stored.get(progressKey(course));
    const own = all[id] ?? { attempts: 0, best: 0, passed: false };
    all[id] = { attempts: own.attempts + 1, best: Math.max(own.best, answer.points), passed: own.passed || answer.passed };
    stored.set(progressKey(course), all);
    tellPlatform(answer.points, points, answer.passed);
    const hints = [...document.querySelectorAll("details")].filter((part) => /^hint \d/.test(part.textContent));
    const hint = hints.findIndex((part) => !part.open);
    said.textContent = answer.passed ? `✓ ${points} of ${points} points. Save it as ${id}.nn to hand it in.`
      : `${answer.points} of ${points} points. ${own.passed ? "It had passed before. " : hint >= 0 ? `Hint ${hint + 1} of ${hints.length} is below.` : ""}`;
  }, "Check it by the public checks");
  const before = stored.get(progressKey(course))[id];
  if (before) {
    said.textContent = `${before.passed ? "✓ passed" : `best ${before.best} of ${points}`}, ${before.attempts} ${before.attempts === 1 ? "attempt" : "attempts"}.`;
  }
  page.cells[0].box.append(toolbar("The checks", check, said), results);
};

// A learning platform that shows the page as SCORM 1.2 is told the score.
const tellPlatform = (score, most, isPassed) => {
  let place = window, api;
  for (let i = 0; i < 8 && !api; i += 1) {
    try { api = place.API ?? place.opener?.API; } catch { return; }
    if (place === place.parent) break;
    place = place.parent;
  }
  if (!api) return;
  api.LMSInitialize("");
  api.LMSSetValue("cmi.core.score.min", "0");
  api.LMSSetValue("cmi.core.score.max", `${most}`);
  api.LMSSetValue("cmi.core.score.raw", `${score}`);
  api.LMSSetValue("cmi.core.lesson_status", isPassed ? "passed" : "incomplete");
  api.LMSCommit("");
};
