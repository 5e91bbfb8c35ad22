// Goes through a pass step by step: the row, its wire, its node and its line light up together, and what is not known
// yet is a dash. Everything is readable without it.
const make = (name, text, more = {}) => Object.assign(document.createElement(name), { textContent: text, ...more });
// A copy must not have the names of what it is a copy of.
const without = (element, ...names) => {
  for (const part of [element, ...element.querySelectorAll("*")]) for (const name of names) part.removeAttribute(name);
  return element;
};
// A number as a reader types it, with a true minus or a comma.
const typedNumber = (text) => parseFloat(text.replace("−", "-").replace(",", "."));
// Whether a typed number is the one that was asked for, to a hundredth, or to `least` where that is more.
const isNear = (typed, truth, least) => Math.abs(typed - truth) <= Math.max(0.01 * Math.abs(truth), least);

const walkThrough = (walk) => {
  const rows = [...walk.querySelectorAll("[data-step]")];
  const count = rows.reduce((n, row) => Math.max(n, +row.dataset.step + 1), 0);
  if (count < 2) return;
  // What is blank in the picture until its step: of a forward pass values, of a backward pass gradients.
  const blanks = { forward: ".node .value", backward: ".node .grad, .wire .flow" }[walk.dataset.kind];
  const texts = new Map();
  for (const text of blanks ? walk.querySelectorAll(blanks) : []) texts.set(text, text.textContent);
  let at = count, moved = false, asks = false, right = 0, asked = 0, tries = 0;

  const bar = make("div", "", { className: "steps" });
  bar.setAttribute("role", "toolbar");
  bar.setAttribute("aria-label", "Steps");
  const button = (text, label, run) => {
    const made = make("button", text, { type: "button", onclick: run });
    made.setAttribute("aria-label", label);
    bar.append(made);
    return made;
  };
  const first = button("|◀", "To the start", () => go(0));
  const back = button("◀ back", "One step back", () => go(at - 1));
  const next = button("next ▶", "One step on", () => forth());
  const last = button("▶|", "Show everything", () => go(count));
  const ask = button("ask me first", "Ask me for each number before it is shown", () => {
    asks = !asks;
    ask.setAttribute("aria-pressed", asks);
    if (asks && at === count) go(0);
    else go(at);
  });
  ask.setAttribute("aria-pressed", "false");
  const guess = make("input", "", { type: "text", size: 9, hidden: true, autocomplete: "off", inputMode: "decimal" });
  guess.setAttribute("aria-label", "Your number for this step");
  const said = make("span", "", { className: "said" });
  said.setAttribute("aria-live", "polite");
  bar.append(guess, said);
  walk.prepend(bar);
  walk.tabIndex = 0;
  walk.setAttribute("role", "group");
  walk.setAttribute("aria-label", "A pass, step by step: arrow keys go on and back");

  // Several uses of a value in one step have a wire each, in the order of their rows.
  const uses = new Map(), seen = {};
  for (const row of rows) {
    const wire = `${row.dataset.from} ${row.dataset.to}`;
    if (row.dataset.from) uses.set(row, seen[wire] = (seen[wire] ?? -1) + 1);
  }
  const wires = (row) => {
    const found = [...walk.querySelectorAll(`.wire[data-from~="${row.dataset.from}"][data-to~="${row.dataset.to}"]`)];
    const own = found.filter((wire) => +wire.dataset.use === uses.get(row));
    return own.length ? own : found.slice(0, 1);
  };
  const rowsAt = (k) => rows.filter((row) => +row.dataset.step === k);
  const name = (row) => (row.querySelector("th .hidden") ?? row.querySelector("th"))?.textContent.trim() ?? "";

  // A node's number is known when every row about it is through; a wire's with its own row.
  const isKnown = (node) => {
    const members = node.split(" ");
    const about = rows.filter((row) => members.includes(row.dataset.node) || members.includes(row.dataset.from));
    // What a forward pass begins with is given.
    return about.length > 0 ? about.every((row) => +row.dataset.step < at) : at === count || walk.dataset.kind === "forward";
  };

  const go = (k) => {
    at = Math.max(0, Math.min(count, k));
    tries = 0;
    for (const row of rows) {
      const own = +row.dataset.step;
      row.classList.toggle("on", moved && own === at - 1);
      for (const cell of row.querySelectorAll(".num")) cell.classList.toggle("unknown", own >= at);
    }
    for (const [text, shown] of texts) {
      const node = text.closest(".node"), wire = text.closest(".wire");
      const known = node ? isKnown(node.dataset.node)
        : at === count || rows.some((row) => +row.dataset.step < at && row.dataset.from && wires(row).includes(wire));
      text.textContent = known || shown === "" ? shown : "—";
    }
    for (const lit of walk.querySelectorAll(".node.on, .wire.on")) lit.classList.remove("on");
    for (const lit of document.querySelectorAll(".line.on")) lit.classList.remove("on");
    if (moved) for (const row of rowsAt(at - 1)) light(row);
    first.disabled = back.disabled = at === 0;
    last.disabled = at === count;
    next.textContent = at < count ? "next ▶" : moved ? "again ▶" : "walk ▶";
    guess.hidden = !(asks && at < count && rowsAt(at)[0]?.dataset.answer);
    guess.value = "";
    const score = asked ? ` ${right} of ${asked} at the first try.` : "";
    said.textContent = at === count && !moved ? ""
      : (at === count ? `All ${count} steps.` : `Step ${at} of ${count}.`) + score
        + (guess.hidden ? "" : ` What will ${name(rowsAt(at)[0])} be?`);
    if (!guess.hidden && walk.contains(document.activeElement)) guess.focus();
  };

  const light = (row) => {
    const { from, to, node, line } = row.dataset;
    if (from && to) for (const wire of wires(row)) wire.classList.add("on");
    for (const place of [from, node]) {
      if (place) walk.querySelector(`.node[data-node~="${place}"]`)?.classList.add("on");
    }
    if (line) for (const code of document.querySelectorAll(`.line[data-line="${line}"]`)) code.classList.add("on");
  };

  // The next step, or first a guess at its number.
  const forth = () => {
    moved = true;
    if (at === count) return go(asks ? 0 : 1);
    const row = rowsAt(at)[0];
    if (guess.hidden) return go(at + 1);
    const typed = typedNumber(guess.value);
    const answer = parseFloat(row.dataset.answer);
    if (Number.isNaN(typed)) { said.textContent = `Type a number for ${name(row)}.`; return guess.focus(); }
    const isRight = isNear(typed, answer, 5e-4);
    if (tries === 0) asked += 1;
    if (isRight && tries === 0) right += 1;
    if (!isRight && tries === 0) {
      tries = 1;
      const hint = walk.dataset.kind === "backward" ? "Multiply what arrives by the slope here" : "Put the numbers into the formula";
      said.textContent = `Not ${guess.value}. ${hint}, and mind the sign. Once more?`;
      return guess.select();
    }
    const word = isRight ? "✓ That is it." : `✗ It is ${row.dataset.answer}.`;
    go(at + 1);
    said.textContent = word + " " + said.textContent;
  };

  for (const control of [first, back, last]) {
    const run = control.onclick;
    control.onclick = () => { moved = true; run(); };
  }
  walk.addEventListener("keydown", (event) => {
    if (event.target === guess && event.key !== "Enter") return;
    const scrolls = event.target.classList.contains("wide") && event.key.startsWith("Arrow");
    if (event.ctrlKey || event.altKey || event.metaKey || scrolls) return;
    const keys = {
      ArrowRight: forth, PageDown: forth, ArrowLeft: () => go(at - 1), PageUp: () => go(at - 1),
      Home: () => go(0), End: () => go(count),
    };
    const run = event.target === guess ? forth : keys[event.key];
    if (!run) return;
    event.preventDefault();
    moved = true;
    run();
  });
  go(count);
};
for (const walk of document.querySelectorAll(".walk")) walkThrough(walk);
addEventListener("keydown", (event) => {
  if (event.key === "p" && event.target === document.body) document.body.classList.toggle("present");
});
