// What a reader is asked before it is shown: predictions of a lesson, things to try, and drills.

// A number is asked for before it is shown: two tries, and a score.
const guessScore = { right: 0, asked: 0 };
const offerGuess = (page, cell, place) => {
  const box = cell.box.querySelector(".ask");
  if (!box) return;
  const line = make("input", "", { type: "text", size: 10, autocomplete: "off" });
  line.setAttribute("aria-label", `Your guess for ${cell.predicts}`);
  const word = status();
  let tries = 0;
  const reveal = (text) => {
    cell.outputs.hidden = false;
    for (const part of [line, say, show]) part.hidden = true;
    word.textContent = text + (guessScore.asked ? ` ${guessScore.right} of ${guessScore.asked} at the first try.` : "");
  };
  const say = button("say it", async () => {
    if (!line.value.trim()) { word.textContent = "Type what you expect."; return line.focus(); }
    const truth = await page.after(place, "number", cell.predicts);
    const typed = typedNumber(line.value);
    if (truth === null || truth === undefined || truth.failed) return reveal("Compare with what it tells:");
    if (Number.isNaN(typed)) { word.textContent = "Type a number."; return line.focus(); }
    const isRight = isNear(typed, truth, 5e-3);
    if (tries === 0) guessScore.asked += 1;
    if (isRight && tries === 0) guessScore.right += 1;
    if (isRight) return reveal("✓ That is it.");
    tries += 1;
    if (tries === 1) { word.textContent = `Not ${line.value}. ${cell.hint || "Once more?"}`; return line.select(); }
    return reveal("✗ It is below.");
  });
  const show = button("show it", () => reveal(""), `Show ${cell.predicts}`);
  line.addEventListener("keydown", (event) => { if (event.key === "Enter") say.click(); });
  const row = make("div", "", { className: "tools" });
  row.append(line, say, show, word);
  box.append(row);
  cell.outputs.hidden = true;
};

// What a reader is to try is checked on what the cells, and the prompt after them, have left.
const offerTry = (page, cell) => {
  const box = document.getElementById(cell.id);
  if (!box) return;
  const word = status();
  const row = make("div", "", { className: "tools" });
  row.append(button("check it", async () => {
    const answer = await page.afterAll("run", "", "check", cell.check);
    const why = answer.text.split("\n")[0].replace(/^error\[[\w-]+\]:? */, "");
    word.textContent = answer.failed ? `Not yet: ${why}` : "✓ That is it.";
  }), word);
  box.append(row);
};

// Other numbers in the place of those that a program is given: in `w = 0.5` and in `x = [1, 2]`, not in formulas. Zeros
// and ones may be answers of a kind, and stay among themselves. What the program expects of its own numbers goes.
const withOtherNumbers = (code) => {
  const other = (text) => {
    const decimals = (text.split(".")[1] ?? "").length;
    if (text === "0" || text === "1") return `${Math.round(Math.random())}`;
    const size = Math.max(1, Math.abs(+text));
    for (;;) {
      const made = decimals ? (Math.random() * 2 - 1) * size : Math.trunc(Math.random() * 7) - 3;
      if (Math.abs(made) >= (decimals ? 0.05 : 1)) return made.toFixed(decimals);
    }
  };
  const given = /^(\s*(?:param\s+)?[^\W\d]\w*\s*:?=\s*)([-\d.,\s[\]]+)(\s*(?:#.*)?)$/u;
  return code.split("\n").filter((line) => !/^\s*expect\b/.test(line)).map((line) => line.split(";").map((part) => {
    const found = part.match(given);
    return found ? found[1] + found[2].replace(/-?\d+(?:\.\d+)?/g, other) + found[3] : part;
  }).join(";")).join("\n");
};

// A drill: factors of a derivation are hidden and asked for. Hints show the formula, then the numbers put in; the score
// is kept by the kind of step that a factor is the slope of.
const offerDrill = (walk, query) => {
  const rows = () => [...walk.querySelectorAll("tr[data-op][data-answer]")];
  if (walk.dataset.kind !== "path" || !rows().length) return;
  const opener = button("drill", () => drill(walk, query, () => opener.focus()), "Hide factors and ask me for them");
  addSteps(walk, opener);
};

const drill = (walk, query, ended) => {
  const { root, by } = walk.dataset;
  const wanted = `explain ∂${root}/∂${by}`;
  const panel = make("div", "", { className: "drill", tabIndex: -1 });
  panel.setAttribute("role", "group");
  panel.setAttribute("aria-label", `A drill: the factors of ∂${root}/∂${by}`);
  walk.hidden = true;
  walk.after(panel);
  const end = () => { panel.remove(); walk.hidden = false; ended(); };

  const scores = () => {
    const kinds = Object.entries(stored.get("nnrepl drill"));
    if (!kinds.length) return make("p", "");
    return make("p", "At the first try: " + kinds.map(([kind, [right, asked]]) => `${kind} ${right} of ${asked}`).join(", ") + ".", { className: "faint" });
  };
  const note = (kind, isRight) => {
    const all = stored.get("nnrepl drill");
    const [right, asked] = all[kind] ?? [0, 0];
    all[kind] = [right + isRight, asked + 1];
    stored.set("nnrepl drill", all);
  };

  // `source`: a derivation as the engine tells it; `many`: how many of its factors are hidden.
  const set = (source, many) => {
    panel.textContent = "";
    const table = source.querySelector("table.told").cloneNode(true);
    for (const open of table.querySelectorAll("button.open")) open.remove();
    const factors = [...table.querySelectorAll("tr[data-op][data-answer]")];
    const sum = [...table.querySelectorAll("tr.sum")];
    const hidden = factors.map((row) => [Math.random(), row]).sort((a, b) => a[0] - b[0]).slice(0, many).map(([, row]) => row);
    hidden.sort((a, b) => factors.indexOf(a) - factors.indexOf(b));
    // The products tell the factors.
    for (const row of [...factors, ...sum]) row.cells[row.cells.length - 1].hidden = true;
    for (const row of sum) row.hidden = true;
    table.tHead.rows[0].cells[4].hidden = true;
    const figure = source.querySelector("figure")?.cloneNode(true);
    const asks = hidden.map((row) => askFor(row, Boolean(figure)));
    const said = status();
    const open = () => asks.filter((ask) => !ask.isDone);
    const total = totalOf(source, factors);
    const check = button("check", () => {
      for (const ask of open()) ask.judge(note);
      if (open().length) { said.textContent = "Not all yet: a hint shows the formula, then the numbers."; return open()[0].line.focus(); }
      said.textContent = `✓ ${total}`;
      scoreLine.replaceWith(scoreLine = scores());
      fresh.focus();
      return undefined;
    });
    const count = make("select", "");
    count.setAttribute("aria-label", "How many factors are hidden");
    for (let n = 1; n <= factors.length; n += 1) count.append(make("option", `${n} hidden`, { value: n, selected: n === many }));
    count.addEventListener("change", () => set(source, +count.value));
    const fresh = button("new numbers", async () => {
      for (let tries = 0; tries < 10; tries += 1) {
        const answer = await query.run(`${withOtherNumbers(query.code())}\n${wanted}`);
        const told = make("div", "");
        told.innerHTML = answer.html;
        const found = [...told.querySelectorAll(".walk[data-kind=path]")].pop();
        if (answer.failed || !found?.querySelector("tr[data-op][data-answer]")) continue;
        // Where a slope is next to nothing there is little to work out.
        const sizes = [...found.querySelectorAll("tr[data-op]")].map((row) => Math.abs(row.dataset.answer));
        if (tries < 9 && sizes.some((size) => size < 0.02 || size > 50)) continue;
        return set(found, many);
      }
      said.textContent = "These cells give their numbers in another way: change them by hand.";
      return undefined;
    }, "New numbers (key n)");
    const rules = source.querySelector("details.rules")?.cloneNode(true);
    if (rules) rules.open = true;
    const title = make("p", `∂${root}/∂${by}: what is each hidden factor?`);
    let scoreLine = scores();
    const layout = make("div", "", { className: "drill-parts" });
    const left = make("div", "", { className: "wide" });
    // The values are given; what flows back is asked for.
    if (figure) without(figure, "id", "aria-labelledby");
    for (const part of figure?.querySelectorAll(".leads") ?? []) {
      part.classList.remove("leads");
      without(part, "tabindex", "role", "aria-label");
    }
    for (const text of figure?.querySelectorAll(".grad, .flow") ?? []) text.textContent = "—";
    left.append(table);
    layout.append(left, ...(rules ? [rules] : []));
    panel.append(title, ...(figure ? [figure] : []), layout, toolbar("The drill", check, fresh, count, button("end", end)), said, scoreLine);
    panel.onkeydown = (event) => {
      if (event.key === "Enter" && event.target.tagName === "INPUT") check.click();
      if (event.key === "n" && event.target.tagName !== "INPUT" && !event.ctrlKey && !event.metaKey) fresh.click();
      if (event.key === "Escape") end();
    };
    (asks[0]?.line ?? panel).focus();
  };

  const totalOf = (source, factors) => {
    const sum = source.querySelector("tr.sum");
    if (sum) return `All are right: ∂${root}/∂${by} = ${sum.dataset.answer}, the sum of its paths.`;
    const numbers = factors.map((row) => row.dataset.answer);
    const last = factors.at(-1).cells[4].textContent;
    return `${numbers.join(" × ")} = ${last.trim()}: that is ∂${root}/∂${by}.`;
  };

  // One factor: its formula and numbers come as hints; where no graph shows the values, the numbers stay.
  const askFor = (row, hasGraph) => {
    const [, formula, numbers, value] = row.cells;
    const hidden = (hasGraph ? [formula, numbers] : [formula]).filter((cell) => cell.children.length);
    const shown = [...value.childNodes];
    // Formulas are no HTML, and have no `hidden` of their own.
    const hide = (cell, isHidden) => { for (const part of cell.children) part.classList.toggle("off", isHidden); };
    for (const cell of hidden) hide(cell, true);
    const line = make("input", "", { type: "text", size: 9, autocomplete: "off", inputMode: "decimal" });
    line.setAttribute("aria-label", `Your number for ${row.querySelector("th .hidden")?.textContent ?? "this factor"}`);
    let hints = 0, isFirst = true;
    const hint = button("hint", () => {
      hide(hidden[hints], false);
      hints += 1;
      hint.hidden = hints === hidden.length;
    }, "A hint: the formula, then the numbers put in");
    const mark = make("span", "");
    value.replaceChildren(line, " ", hint, " ", mark);
    value.classList.remove("num");
    const ask = {
      line, isDone: false,
      judge(note) {
        const typed = typedNumber(line.value);
        if (Number.isNaN(typed)) return;
        const isRight = isNear(typed, parseFloat(row.dataset.answer), 5e-4);
        if (isFirst) note(row.dataset.op, isRight && hints === 0 ? 1 : 0);
        isFirst = false;
        mark.textContent = isRight ? "✓" : "✗";
        mark.className = isRight ? "pass" : "fail";
        if (!isRight) return;
        ask.isDone = true;
        value.replaceChildren(...shown, " ", mark);
        for (const cell of hidden) hide(cell, false);
      },
    };
    return ask;
  };

  set(walk, Math.min(2, walk.querySelectorAll("tr[data-op][data-answer]").length));
};
