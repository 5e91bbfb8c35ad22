// A program in the address of its page.
const fragment = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));
const fromFragment = () => {
  const found = location.hash.match(/^#code=(.*)$/);
  try { return found && new TextDecoder().decode(Uint8Array.from(atob(found[1]), (c) => c.charCodeAt(0))); } catch { return null; }
};

// A lone expression as a program, perhaps after numbers for its names: the other names are given some, and its gradients
// shown; of one name the curve, too.
const completed = (code) => {
  const statements = code.replace(/#.*/g, "").split(/[;\n]/).map((part) => part.trim()).filter(Boolean);
  const text = statements.pop() ?? "";
  const known = statements.map((part) => part.match(/^(?:param\s+)?([^\W\d]\w*)\s*=\s*(-?[\d.]+)$/u));
  if (!text || known.includes(null) || /[{}"=]/.test(text) || /^(explain|backward|forward|step|help|print)\b/.test(text)) return code;
  const values = new Map(known.map(([, name, value]) => [name, value]));
  const names = [...text.matchAll(/[^\W\d]\w*/gu)].filter(({ index, 0: name }) => text[index - 1] !== "."
    && !/^\s*\(/.test(text.slice(index + name.length)) && !["pi", "e", "inf", "nan", "true", "false", "none"].includes(name));
  const free = [...new Set(names.map(([name]) => name))];
  if (!free.length) return code;
  const result = free.includes("f") ? "result" : "f";
  const given = free.map((name, i) => `param ${name} = ${values.get(name) ?? [2, 3, -1, 0.5][i % 4]}`).join("; ");
  const curve = free.length === 1 ? `landscape(${result}, ${free[0]})\n` : "";
  return `${given}\n${result} = ${text}\nbackward ${result}, detail="ops"\n${curve}`;
};

// What a program computes last, if it is something that parameters lead to; the only step is shown op by op.
const graphed = (code) => {
  if (!/^\s*param\b/m.test(code) && !/;\s*param\b/.test(code)) return null;
  const names = [...code.matchAll(/(?:^|;)[ \t]*(param\s+)?([^\W\d]\w*)\s*=(?!=)/gmu)];
  const last = names.at(-1);
  if (!last || last[1]) return null;
  return last[2] + (names.filter(([, param]) => !param).length === 1 ? ', detail="ops"' : "");
};

// Programs to begin with, faults to plant in them, data of one's own, and a link that holds the program.
const makePlayground = (page) => {
  const { bar, said, data: { starts } } = page;
  const [cell] = page.cells;
  const set = (code) => { cell.set(code); page.keep(); return page.run(0, { whole: true }); };

  const select = make("select", "");
  select.setAttribute("aria-label", "A program to begin with");
  starts.forEach((start, i) => select.append(make("option", start.title, { value: i })));
  select.value = stored.get("nnrepl start").place ?? 0;
  const faults = make("select", "");
  faults.setAttribute("aria-label", "A fault to plant");
  const changes = make("div", "", { className: "changes" });
  const list = () => {
    faults.replaceChildren(make("option", "break it …", { value: "" }));
    starts[select.value].faults.forEach(({ title }, i) => faults.append(make("option", title, { value: i })));
    faults.hidden = faults.options.length === 1;
  };
  select.addEventListener("change", () => {
    changes.replaceChildren();
    list();
    stored.set("nnrepl start", { place: select.value });
    set(starts[select.value].code);
  });
  faults.addEventListener("change", async () => {
    const fault = starts[select.value].faults[faults.value];
    faults.value = "";
    if (!fault) return;
    page.takeAll();
    const right = cell.now;
    if (!right.includes(fault.from)) { said.textContent = `\`${fault.from}\` is no longer in the program.`; return; }
    const wrong = right.replace(fault.from, fault.to);
    const told = [];
    for (const code of [right, wrong]) {
      const answer = await page.aside("play", "program.nn", code);
      if (answer.failed) { said.textContent = answer.text; return; }
      // Pictures are compared as pictures.
      told.push(answer.join("").trimEnd().split("\n").filter((line) => !/[\u2500-\u259f\u2800-\u28ff]|^\s*[\d.-]+\s{3,}[\d.-]+\s*$/.test(line)));
    }
    const before = without(cell.outputs.cloneNode(true), "id", "aria-labelledby");
    showChanges(changes, fault, told, before, () => { changes.replaceChildren(); set(right); });
    await set(wrong);
  });
  list();
  bar.prepend(select, faults);
  bar.insertBefore(button("link", () => {
    location.hash = `code=${fragment(cell.now)}`;
    navigator.clipboard?.writeText(location.href).catch(() => {});
    said.textContent = "The address of this page now holds the program.";
  }, "A link to this page with its program"), page.stop);
  cell.box.after(changes);
  bar.after(ownData((X, y) => {
    const code = withData(cell.now, X, y);
    if (code) set(code);
    return Boolean(code);
  }));
};

// What a planted fault changes in what the program tells.
const showChanges = (box, fault, [right, wrong], before, mend) => {
  const title = make("h2", `What changes: ${fault.title}`);
  title.tabIndex = -1;
  const code = make("p", "");
  code.append(make("del", fault.from), " → ", fault.to ? make("ins", fault.to) : "nothing");
  const lines = make("pre", "", { className: "block diff", tabIndex: 0 });
  lines.setAttribute("role", "group");
  lines.setAttribute("aria-label", "Lines that the right program tells, and lines that this one does");
  const found = lineChanges(right, wrong);
  for (const [sign, text] of found) lines.append(make(sign === "-" ? "del" : "ins", `${sign} ${text}`), "\n");
  if (!found.length) lines.append("The words are the same: only the pictures tell.");
  const shown = make("details", "", { open: true });
  shown.append(make("summary", "what the right program showed"), before);
  box.replaceChildren(title, code, make("p", "Lines with - are the right program's, lines with + are told now.", { className: "faint" }),
    lines, toolbar("The fault", button("mend it", mend, "Put the right line back")), shown);
};

// The lines of two texts that are in one only, in order: what the longest common part leaves.
const lineChanges = (a, b) => {
  [a, b] = [a.slice(0, 400), b.slice(0, 400)];
  const length = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      length[i][j] = a[i] === b[j] ? length[i + 1][j + 1] + 1 : Math.max(length[i + 1][j], length[i][j + 1]);
    }
  }
  const found = [];
  for (let i = 0, j = 0; i < a.length || j < b.length;) {
    if (i < a.length && j < b.length && a[i] === b[j]) [i, j] = [i + 1, j + 1];
    else if (j === b.length || (i < a.length && length[i + 1][j] >= length[i][j + 1])) found.push(["-", a[i++]]);
    else found.push(["+", b[j++]]);
  }
  return found;
};

// The program with other data: in the place of its own `X` and `y`, or of its `data`; null where it has none.
const withData = (code, X, y) => {
  const isColumn = /^y = \[\[/m.test(code);
  const rows = `X = [${X.map((row) => `[${row.join(", ")}]`).join(", ")}]`;
  const targets = `y = [${y.map((value) => (isColumn ? `[${value}]` : value)).join(", ")}]`;
  const lines = code.split("\n");
  const place = (start) => lines.findIndex((line) => line.startsWith(start));
  if (place("X = ") < 0) {
    const at = place("data = ");
    if (at < 0) return null;
    lines.splice(at, 1, rows, targets, "data = dataset(X, y)" + (/\btest = /.test(lines[at]) ? "; test = data" : ""));
  } else {
    lines[place("X = ")] = rows;
    if (place("y = ") >= 0) lines[place("y = ")] = targets;
  }
  return lines.join("\n");
};

// Data drawn by clicking on a plane, or pasted as a table whose last column is the target.
const ownData = (use) => {
  const box = make("details", "", { className: "own-data" });
  box.append(make("summary", "data of your own"),
    make("p", "Click on the plane, or paste a table: rows of numbers, the last of which is the class. They take the place of the program's data.", { className: "faint" }));
  const [size, reach] = [280, 3];
  const plane = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  plane.setAttribute("viewBox", `0 0 ${size} ${size}`);
  plane.setAttribute("class", "plane");
  plane.setAttribute("role", "img");
  plane.setAttribute("aria-label", "A plane from -3 to 3: click to put a sample there");
  const points = [];
  const kind = make("select", "");
  kind.setAttribute("aria-label", "The class of the next sample");
  for (const n of [0, 1, 2]) kind.append(make("option", `class ${n}`, { value: n }));
  const said = status();
  const table = make("textarea", "", { rows: 5, spellcheck: false, placeholder: "x1,x2,class\n0.5,1.2,0\n-1,0.3,1" });
  table.setAttribute("aria-label", "A table as CSV; the last column is the target");
  const line = (name, more) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(more)) made.setAttribute(key, value);
    return made;
  };
  const draw = () => {
    plane.replaceChildren(
      line("path", { d: `M0 ${size / 2}H${size}M${size / 2} 0V${size}`, class: "axis" }),
      ...points.map(([x, y, c]) => {
        const [left, top] = [(x / reach + 1) * size / 2, (1 - y / reach) * size / 2];
        // Classes differ in shape, too.
        return c === 0 ? line("circle", { cx: left, cy: top, r: 5, class: "c0" })
          : c === 1 ? line("path", { d: `M${left} ${top - 7}l7 7l-7 7l-7 -7z`, class: "c1" })
          : line("path", { d: `M${left} ${top - 6}l6 11h-12z`, class: "c2" });
      }));
  };
  // Of one class there is nothing to tell apart.
  const take = (rows) => {
    const isEnough = new Set(rows.map((row) => row.at(-1))).size > 1;
    said.textContent = isEnough ? `${rows.length} samples.` : `${rows.length} ${rows.length === 1 ? "sample" : "samples"}: put one of another class.`;
    if (isEnough && !use(rows.map((row) => row.slice(0, -1)), rows.map((row) => row.at(-1)))) {
      said.textContent = "This program has no data: begin with XOR, moons or spirals.";
    }
  };
  plane.addEventListener("click", (event) => {
    const { left, top, width, height } = plane.getBoundingClientRect();
    const place = (share) => +(((share * 2) - 1) * reach).toFixed(2);
    points.push([place((event.clientX - left) / width), -place((event.clientY - top) / height), +kind.value]);
    draw();
    take(points);
  });
  table.addEventListener("input", () => {
    const cells = table.value.trim().split(/\r?\n/).map((row) => row.split(/[,;\t]/).map((part) => part.trim()));
    const isNumber = (part) => part !== "" && Number.isFinite(+part);
    const rows = cells.filter((row, i) => i > 0 || row.every(isNumber));
    const wrong = rows.findIndex((row) => row.length !== rows[0].length || row.length < 2 || !row.every(isNumber));
    if (!rows.length) { said.textContent = table.value.trim() ? "Write rows of numbers; the last is the class." : ""; return; }
    if (wrong >= 0) { said.textContent = `Row ${cells.indexOf(rows[wrong]) + 1} is \`${rows[wrong].join(",")}\`: write numbers, as many as in the first row.`; return; }
    take(rows.map((row) => row.map(Number)));
  });
  box.append(plane, toolbar("Samples", kind,
    button("undo", () => { points.pop(); draw(); if (points.length) take(points); }, "Take the last sample back"),
    button("clear", () => { points.length = 0; draw(); said.textContent = ""; }), said), table);
  draw();
  return box;
};

// A cell in somebody else's page says how high it is.
const makeFrame = () => {
  document.body.classList.add("frame");
  new ResizeObserver(() => parent.postMessage({ nnrepl: document.documentElement.scrollHeight }, "*")).observe(document.body);
};
