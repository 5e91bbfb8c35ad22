// Every number of a pass is a door: node, wire, row, a name in the code and an entry of a tensor lead to their own
// derivation, whose numbers lead on, with the way back.

// What is told as text, as LaTeX and as MathML, for elsewhere.
const offerCopies = (box) => {
  for (const list of box.querySelectorAll("details.sources")) {
    const put = (text, what) => button(`copy ${what}`, (event) => {
      navigator.clipboard?.writeText(text()).then(() => { event.target.textContent = `copied ${what}`; }, () => {});
    });
    const [plain, latex] = list.querySelectorAll("pre");
    const row = toolbar("Copies");
    if (plain) row.append(put(() => plain.textContent, "text"));
    if (latex) row.append(put(() => latex.textContent, "LaTeX"));
    const formulas = () => [...list.parentElement.querySelectorAll("math")];
    if (formulas().length) row.append(put(() => formulas().map((math) => math.outerHTML).join("\n"), "MathML"));
    list.append(row);
  }
};

// The same derivative in other views; those of whole tensors have no paths of numbers.
const doorViews = (top, bottom, isTensor) => [
  [isTensor ? "step by step" : "whole paths", `explain ∂${top}/∂${bottom}`],
  ["one hop", isTensor ? null : `explain ∂${top}/∂${bottom}, view="hop"`],
  ["every op", `explain ∂${top}/∂${bottom}, detail="ops"`],
  ["from the front", isTensor ? null : `explain ${top}, mode="forward", wrt=${bottom}`],
  ["check it", `gradcheck(${top}, ${bottom})`],
].filter(([, code]) => code);
const derivativeIn = (code) => code.match(/^explain ∂(.+?)\/∂(.+?)(?:, *(?:view|detail) *=.*)?$/) ?? code.match(/^gradcheck\((.+), (.+)\)$/)
  ?? code.match(/^explain (.+?), mode="forward", wrt=(.+)$/);

// Opens the doors of a walk. `query`: runs code, and finds numbers, where the walk was told.
// Returns the names whose derivations it can give, with what gives them.
const openDoors = (walk, query) => {
  const { root, kind } = walk.dataset;
  if (!walk.dataset.names) return new Map();
  // `origin`: what the first click was on.
  let door, origin;
  const show = async (wanted, way, from) => {
    origin = from ?? origin;
    const answer = await query.run(wanted);
    door ??= walk.appendChild(make("div", "", { className: "door" }));
    door.textContent = "";
    const bar = make("div", "", { className: "steps" });
    way.forEach((text, i) => bar.append(button(text, () => show(text, way.slice(0, i)), `Back to ${text}`), "›"));
    const line = make("input", "", { type: "text", value: wanted, spellcheck: false, autocomplete: "off" });
    line.setAttribute("aria-label", "What is derived; an index such as W[0, 1] leads to one entry");
    line.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Enter") show(line.value, [...way, wanted]);
    });
    bar.append(line, button("close", () => {
      door.remove();
      door = undefined;
      const back = origin?.isConnected ? origin : walk;
      back.scrollIntoView({ block: "nearest" });
      back.focus?.({ preventScroll: true });
    }));
    const [, top, bottom] = derivativeIn(wanted) ?? [];
    const numbers = top && await query.numbers(`grad(${top}, ${bottom})`);
    const isTensor = numbers?.shape?.length > 0;
    const views = make("div", "", { className: "steps" });
    for (const [text, code] of top ? doorViews(top, bottom, isTensor) : []) {
      const view = button(text, () => show(code, way));
      view.setAttribute("aria-pressed", code === wanted);
      views.append(view);
    }
    const told = make("div", "");
    told.innerHTML = answer.html || answer.text;
    door.append(bar, views, told);
    offerCopies(told);
    const on = (text) => show(text, [...way, wanted]);
    for (const inner of told.querySelectorAll(".walk")) {
      walkThrough(inner);
      lead(inner, on, wanted);
      offerDrill(inner, query);
    }
    if (isTensor && numbers.shape.length < 3) told.append(entries(numbers, top, bottom, on));
    door.scrollIntoView({ block: "nearest" });
    // Where the button that led here is gone.
    if (document.activeElement === document.body) line.focus({ preventScroll: true });
  };

  // A derivative of many numbers: each is a door of its own.
  const entries = ({ shape, texts }, top, bottom, on) => {
    const columns = shape.at(-1);
    const table = make("table", "", { className: "entries" });
    table.append(make("caption", `∂${top}/∂${bottom}, entry by entry`));
    for (let at = 0; at < texts.length; at += columns) {
      const row = table.insertRow();
      for (let column = 0; column < columns; column += 1) {
        const place = shape.length === 1 ? `${column}` : `${at / columns}, ${column}`;
        row.insertCell().append(button(texts[at + column], () => on(`explain ∂${top}/∂${bottom}[${place}]`),
          `How ∂${top}/∂${bottom}[${place}] comes about`));
      }
    }
    const box = make("div", "", { className: "wide tools" });
    box.append(table);
    return box;
  };

  // What a node, a wire and a row of a walk lead to.
  const targets = (walk) => {
    const { root, kind } = walk.dataset;
    const names = JSON.parse(walk.dataset.names);
    // As it is asked for: a step without a name by what is written; one of several that are written alike, not at all.
    const name = (places) => {
      const place = places.split(" ")[0];
      const known = names[+place];
      if (/^[^\W\d][\w.[\], ]*$/u.test(known ?? "1")) return known;
      if (!known || /^\(.*\)[₀-₉]+$/.test(known)) return null;
      const formula = /^t[₀-₉]+$/.test(known)
        ? walk.querySelector(`.node[data-node~="${place}"] .formula`)?.textContent.replace(/^ = /, "") ?? "…" : known;
      return formula.includes("…") ? null : formula.startsWith("(") && formula === known ? formula : `(${formula})`;
    };
    const slope = (top, bottom, more = "") => top && bottom && top !== bottom ? `explain ∂${top}/∂${bottom}${more}` : null;
    // A contribution of many numbers has no single hop.
    const isNumber = (from, to) => [...walk.querySelectorAll(`tr[data-from="${from}"][data-to="${to}"]`)].some((row) => row.dataset.answer);
    return {
      node: (place) => root ? slope(root, name(place)) : name(place) && `explain ${name(place)}`,
      wire: (from, to) => !root ? null
        : kind === "path" ? slope(name(to), name(from)) : slope(root, name(from), isNumber(from, to) ? ', view="hop"' : ""),
    };
  };
  const label = (wanted) => {
    const [, top, bottom] = derivativeIn(wanted) ?? [];
    return top ? `How ∂${top}/∂${bottom} comes about` : `How ${wanted.replace("explain ", "")} comes about`;
  };

  // `shown`: what is told here already.
  function lead(walk, go, shown) {
    const to = targets(walk);
    const act = (element, wanted) => {
      const run = (event) => { event.stopPropagation(); event.preventDefault(); go(wanted, element); };
      element.classList.add("leads");
      element.addEventListener("click", run);
      return run;
    };
    // A picture with doors in it is none to be read whole.
    for (const picture of walk.querySelectorAll(".picture.graph")) picture.setAttribute("role", "group");
    for (const node of walk.querySelectorAll(".node[data-node]")) {
      const wanted = to.node(node.dataset.node);
      if (!wanted || wanted === shown || node.classList.contains("data") || (!walk.dataset.root && !node.classList.contains("step"))) continue;
      const run = act(node, wanted);
      node.setAttribute("tabindex", "0");
      node.setAttribute("role", "button");
      node.setAttribute("aria-label", label(wanted));
      node.addEventListener("keydown", (event) => { if (event.key === "Enter" || event.key === " ") run(event); });
    }
    // A wire is thin: what is around it counts. By keys its row leads to the same.
    for (const wire of walk.querySelectorAll(".wire[data-from]")) {
      const wanted = to.wire(wire.dataset.from, wire.dataset.to);
      const line = wire.querySelector(".line");
      if (!wanted || !line) continue;
      const grip = line.cloneNode();
      grip.setAttribute("class", "grip");
      wire.append(grip);
      act(wire, wanted);
    }
    for (const row of walk.querySelectorAll("tr[data-step]")) {
      const { from, to: upper, node } = row.dataset;
      const wanted = from ? to.wire(from, upper) : node ? to.node(node) : null;
      const head = row.querySelector("th");
      if (!wanted || wanted === shown || !head) continue;
      const open = button("›", undefined, label(wanted));
      open.className = "open";
      act(open, wanted);
      head.append(open);
    }
  }

  lead(walk, (text, from) => show(text, [], from));
  offerDrill(walk, query);
  if (kind === "backward") offerCheck(walk, query);
  if (kind !== "backward" && kind !== "path") return new Map();
  const given = namesAt(walk, ".node.data");
  const names = JSON.parse(walk.dataset.names).filter((name) => name !== root && !given.includes(name) && /^[^\W\d]\w*$/u.test(name));
  return new Map(names.map((name) => [name, (from) => show(`explain ∂${root}/∂${name}`, [], from)]));
};

// What the nodes of a kind are called; one that is folded stands for several.
const namesAt = (walk, kind) => {
  const names = JSON.parse(walk.dataset.names);
  return [...walk.querySelectorAll(kind)].flatMap((node) => node.dataset.node.split(" ").map((at) => names[+at]));
};

// More to do with a walk, before what its stepper says.
const addSteps = (walk, ...parts) => {
  let bar = walk.querySelector(".steps");
  if (!bar) walk.prepend(bar = make("div", "", { className: "steps" }));
  const said = bar.querySelector(".said");
  for (const part of parts) bar.insertBefore(part, said);
};

// All gradients of a pass beside differences, by a button or the key c.
const offerCheck = (walk, query) => {
  const learned = namesAt(walk, ".node.parameter");
  if (!learned.length) return;
  const word = status();
  const test = button("check by differences", async () => {
    word.textContent = "…";
    const wrong = [];
    for (const name of learned) {
      const answer = await query.run(`gradcheck(${walk.dataset.root}, ${name}).result`);
      if (answer.failed || !/\bok\b/.test(answer.text)) wrong.push(name);
    }
    word.textContent = wrong.length ? `✗ ${wrong.join(", ")} differ` : `✓ ${learned.join(", ")}: each as its difference says`;
  }, "Check all gradients by central differences");
  addSteps(walk, test, word);
  walk.addEventListener("keydown", (event) => {
    if (event.key === "c" && event.target.tagName !== "INPUT" && !event.ctrlKey && !event.metaKey) test.click();
  });
};
