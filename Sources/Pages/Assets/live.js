// Base 91 back to bytes: after their number and a colon two characters hold 13 bits, of which 6 at a time are the digits of base 64.
const unpacked = (text) => {
  const digit = (at) => {
    const code = text.charCodeAt(at);
    return code - 33 - (code > 34) - (code > 60) - (code > 92);
  };
  const start = text.indexOf(":") + 1;
  // The last digits may be those of fewer than three bytes.
  const bytes = new Uint8Array(parseInt(text) + 3);
  let [bits, count, word, digits, size] = [0, 0, 0, 0, 0];
  for (let at = start; at < text.length; at += 2) {
    bits |= (digit(at) + 91 * digit(at + 1)) << count;
    count += 13;
    for (; count >= 6; count -= 6, bits >>= 6) {
      word = word << 6 | bits & 63;
      digits += 1;
      if (digits < 4) continue;
      bytes[size] = word >> 16;
      bytes[size + 1] = word >> 8;
      bytes[size + 2] = word;
      size += 3;
      [word, digits] = [0, 0];
    }
  }
  if (digits > 0) {
    word <<= 6 * (4 - digits);
    bytes.set([word >> 16, word >> 8, word], size);
  }
  return bytes.subarray(0, parseInt(text));
};

// Cells that a reader changes and runs. The page always shows what its script would print from the top: to run a cell
// again goes back to before it, and what comes after it follows or turns grey.
const makeLive = async (data) => {
  const button = (text, run, label) => {
    const made = make("button", text, { type: "button", onclick: run });
    if (label) made.setAttribute("aria-label", label);
    return made;
  };
  // Where something is told in passing.
  const status = () => {
    const made = make("span", "", { className: "said" });
    made.setAttribute("role", "status");
    return made;
  };

  // The engine, in a worker of its own.
  const packed = unpacked(globalThis.nnreplEngine ?? document.getElementById("engine").textContent.trim());
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const module = await WebAssembly.compileStreaming(
    new Response(stream, { headers: { "Content-Type": "application/wasm" } }));
  const source = URL.createObjectURL(new Blob([document.getElementById("worker").textContent], { type: "text/javascript" }));
  let worker, waiting, counter = 0;
  const call = (message) => new Promise((done, fail) => {
    message.id = counter += 1;
    waiting.set(message.id, { done, fail });
    worker.postMessage(message);
  });
  const ask = (verb, ...parts) => call({ verb, parts });
  const begin = async () => {
    if (worker) worker.terminate();
    for (const { fail } of waiting?.values() ?? []) fail(new Error("stopped"));
    waiting = new Map();
    worker = new Worker(source);
    worker.onmessage = ({ data: { id, answer, fault } }) => {
      const asked = waiting.get(id);
      waiting.delete(id);
      if (fault) asked?.fail(new Error(fault));
      else asked?.done(answer);
    };
    await call({ module });
    await ask("reset", data.header);
    await ask("save", 0);
    [ran, isMoved] = [0, false];
  };

  // Cells of code, in their order. `ran` of them have been run by the engine as they are now.
  const cells = data.cells.filter((cell) => cell.code !== undefined);
  let ran = 0, turn = 0, isBusy = false, isMoved = false;
  const key = `nnrepl ${location.pathname} ${document.title}`;
  const kept = (() => { try { return JSON.parse(localStorage.getItem(key)) ?? {}; } catch { return {}; } })();
  const keep = () => {
    const changed = {};
    for (const cell of cells) if (cell.now !== cell.code) changed[cell.id] = cell.now;
    try { localStorage.setItem(key, JSON.stringify(changed)); } catch { /* A page from a file may have no store. */ }
  };

  const bar = make("div", "", { className: "live-bar" });
  bar.setAttribute("role", "toolbar");
  bar.setAttribute("aria-label", "The whole page");
  const said = status();
  const stop = button("stop", async () => {
    turn += 1;
    said.textContent = "Stopped. Nothing is lost: run a cell to go on.";
    stop.hidden = true;
    isBusy = false;
    await begin();
    grey(0);
  });
  stop.hidden = true;
  bar.append(
    button("run all", () => run(0, { whole: true })),
    button("reset", async () => {
      for (const cell of cells) cell.set(cell.code);
      keep();
      await run(0, { whole: true });
    }, "Everything as it was written"),
    button("save as .nn", () => {
      const link = make("a", "", { download: data.name + ".nn" });
      link.href = URL.createObjectURL(new Blob([script()], { type: "text/plain" }));
      link.click();
    }),
    stop, said);
  (document.querySelector("h1") ?? document.querySelector("main").firstChild).after(bar);

  // A playground: programs to begin with, the page anew while one types, and a link that holds the program.
  const fragment = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));
  const fromFragment = () => {
    const found = location.hash.match(/^#code=(.*)$/);
    try { return found && new TextDecoder().decode(Uint8Array.from(atob(found[1]), (c) => c.charCodeAt(0))); } catch { return null; }
  };
  if (data.starts?.length) {
    const select = make("select", "");
    select.setAttribute("aria-label", "A program to begin with");
    for (const [i, start] of data.starts.entries()) select.append(make("option", start.title, { value: i }));
    select.addEventListener("change", () => {
      cells[0].set(data.starts[select.value].code);
      keep();
      run(0, { whole: true });
    });
    bar.prepend(select);
    bar.insertBefore(button("link", () => {
      location.hash = `code=${fragment(cells[0].now)}`;
      navigator.clipboard?.writeText(location.href).catch(() => {});
      said.textContent = "The address of this page now holds the program.";
    }, "A link to this page with its program"), stop);
  }

  // The page as a script, with what was changed.
  const script = () => data.header + data.cells.map((cell) => cell.head + (cell.now ?? cell.body)).join("");

  // What stands after a place is no longer what the script would print.
  const grey = (from) => {
    for (const [i, cell] of cells.entries()) cell.box.classList.toggle("stale", i >= from && i >= ran);
  };

  // What the engine tells, with its steps, its doors and what can be copied.
  const tell = (box, html, query) => {
    box.innerHTML = html;
    box.querySelectorAll(".walk").forEach(walkThrough);
    equip(box, query);
  };
  const equip = (box, query) => {
    for (const walk of box.querySelectorAll(".walk")) open(walk, query);
    copies(box);
  };

  const show = (cell, answer) => {
    cell.time = answer.time;
    tell(cell.outputs, answer.html, derive(cells.indexOf(cell)));
    for (const row of cell.outputs.querySelectorAll("[data-line]")) {
      row.dataset.line = +row.dataset.line + cell.first - 1 - cell.options;
    }
    cell.box.classList.remove("stale");
    cell.box.classList.toggle("failed", answer.failed);
  };

  // One thing is done at a time: what was under way is ended with its worker. `isOwn` says whether it still is this one.
  const work = async (body, failed) => {
    const own = turn += 1;
    const isOwn = () => own === turn;
    if (isBusy) await begin();
    isBusy = true;
    const running = "running …";
    const slow = setTimeout(() => { stop.hidden = false; said.textContent = running; }, 250);
    try {
      return await body(isOwn);
    } catch (error) {
      // A fault of the engine's own, or it was stopped: it begins anew, and the cells are all still here.
      if (isOwn()) await begin();
      return failed(error, isOwn());
    } finally {
      clearTimeout(slow);
      if (isOwn()) {
        isBusy = false;
        stop.hidden = true;
        if (said.textContent === running) said.textContent = "";
      }
    }
  };

  // Goes back to before the cell at `place`, if the engine is past it or was asked for something since.
  const goBack = async (place) => {
    if (place >= ran && !isMoved) return false;
    ran = await ask("restore", Math.min(place, ran));
    isMoved = false;
    return true;
  };

  const runCell = (cell) => ask("run", String(cell.number), data.name, cell.settings + cell.now);

  // Runs the cell at `place` and those after it, from the top if need be. `budget`: milliseconds that may be spent on
  // cells after it; `whole`: all of them.
  const run = (place, { whole = false, budget = 500 } = {}) => work(async (isOwn) => {
    if (await goBack(place)) grey(place);
    let spent = 0, sinceSave = 0;
    for (let i = ran; i < cells.length; i += 1) {
      const cell = cells[i];
      if (i > place && !whole && spent + (cell.time ?? 0) > budget) break;
      if (i > 0 && sinceSave > 20) { await ask("save", i); sinceSave = 0; }
      const answer = await runCell(cell);
      if (!isOwn()) return;
      sinceSave += answer.time;
      if (i > place) spent += answer.time;
      ran = i + 1;
      show(cell, answer);
      if (answer.failed) break;
    }
    grey(place);
    said.textContent = "";
  }, (error, isOwn) => {
    if (!isOwn) return;
    said.textContent = `The engine failed here (${error.message.slice(0, 200)}). It has begun anew; nothing is lost.`;
    grey(0);
  });

  // What is asked of the engine as it is after the cell at `place`; nothing on the page changes.
  const after = (place, ...parts) => work(async () => {
    await goBack(place + 1);
    for (; ran <= place; ran += 1) if ((await runCell(cells[ran])).failed) break;
    isMoved = true;
    return ask(...parts);
  }, (error) => ({ html: "", text: error.message, failed: true }));

  // What is told as text, as LaTeX and as MathML, for elsewhere.
  const copies = (box) => {
    for (const list of box.querySelectorAll("details.sources")) {
      const row = make("div", "", { className: "tools" });
      const put = (text, what) => button(`copy ${what}`, (event) => {
        navigator.clipboard?.writeText(text()).then(() => { event.target.textContent = `copied ${what}`; }, () => {});
      });
      const [plain, latex] = list.querySelectorAll("pre");
      if (plain) row.append(put(() => plain.textContent, "text"));
      if (latex) row.append(put(() => latex.textContent, "LaTeX"));
      const formulas = () => [...list.parentElement.querySelectorAll("math")];
      if (formulas().length) row.append(put(() => formulas().map((math) => math.outerHTML).join("\n"), "MathML"));
      list.append(row);
    }
  };

  const derive = (place) => (text) => after(place, "run", "", "page", text);

  // Derivations of the numbers of a pass: each node leads to its own, and a way leads back. `query` runs what is asked
  // where the pass was.
  const open = (walk, query) => {
    const root = walk.dataset.root;
    if (!root) return;
    const namesIn = (walk) => JSON.parse(walk.dataset.names ?? "[]");
    let door;
    const show = async (wanted, way) => {
      const answer = await query(wanted);
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
      bar.append(line, button("close", () => { door.remove(); door = undefined; }));
      // The same derivative in other views.
      const [, top, bottom] = wanted.match(/∂(.+?)\/∂([^,]+)/) ?? wanted.match(/^gradcheck\((.+), (.+)\)$/)
        ?? wanted.match(/^explain (.+?), mode="forward", wrt=(.+)$/) ?? [];
      const views = make("div", "", { className: "steps" });
      if (top) {
        for (const [text, code] of [
          ["whole paths", `explain ∂${top}/∂${bottom}`], ["one hop", `explain ∂${top}/∂${bottom}, view="hop"`],
          ["every op", `explain ∂${top}/∂${bottom}, detail="ops"`], ["from the front", `explain ${top}, mode="forward", wrt=${bottom}`],
          ["check it", `gradcheck(${top}, ${bottom})`],
        ]) {
          const view = button(text, () => show(code, way));
          view.setAttribute("aria-pressed", code === wanted);
          views.append(view);
        }
      }
      const told = make("div", "");
      told.innerHTML = answer.html || answer.text;
      door.append(bar, views, told);
      copies(told);
      for (const inner of told.querySelectorAll(".walk")) {
        walkThrough(inner);
        lead(inner, (text) => show(text, [...way, wanted]));
      }
      door.scrollIntoView({ block: "nearest" });
    };
    lead(walk, (text) => show(text, []));

    // All gradients of the pass beside differences, by a button or the key c.
    const names = namesIn(walk);
    const learned = [...walk.querySelectorAll(".node.parameter")].flatMap((node) => node.dataset.node.split(" ").map((at) => names[+at]));
    if (walk.dataset.kind === "backward" && learned.length) {
      const word = status();
      const test = button("check by differences", async () => {
        word.textContent = "…";
        const wrong = [];
        for (const name of learned) {
          const answer = await query(`gradcheck(${root}, ${name}).result`);
          if (answer.failed || !/\bok\b/.test(answer.text)) wrong.push(name);
        }
        word.textContent = wrong.length ? `✗ ${wrong.join(", ")} differ` : `✓ ${learned.join(", ")}: each as its difference says`;
      }, "Check all gradients by central differences");
      walk.querySelector(".steps")?.append(test, word);
      walk.addEventListener("keydown", (event) => {
        if (event.key === "c" && event.target.tagName !== "INPUT" && !event.ctrlKey && !event.metaKey) test.click();
      });
    }
    function lead(walk, go) {
      const names = namesIn(walk);
      // A picture with doors in it is none to be read whole.
      for (const picture of walk.querySelectorAll(".picture.graph")) picture.setAttribute("role", "group");
      for (const node of walk.querySelectorAll(".node[data-node]")) {
        const name = names[+node.dataset.node.split(" ")[0]];
        if (!name || name === root) continue;
        node.classList.add("leads");
        node.setAttribute("tabindex", "0");
        node.setAttribute("role", "button");
        node.setAttribute("aria-label", `How ∂${root}/∂${name} comes about`);
        const act = (event) => { event.stopPropagation(); event.preventDefault(); go(`explain ∂${root}/∂${name}`); };
        node.addEventListener("click", act);
        node.addEventListener("keydown", (event) => { if (event.key === "Enter" || event.key === " ") act(event); });
      }
    }
  };

  // Numbers in the code are dragged; those in words and comments are none.
  const number = /"(?:[^"\\]|\\.)*"|#.*|[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*|\d+(?:\.\d+)?(?:e[+-]?\d+)?/g;
  const steps = (text) => {
    const decimals = (text.split(/e/i)[0].split(".")[1] ?? "").length;
    return { decimals, step: decimals ? 10 ** -Math.max(1, decimals) : 1 };
  };
  const moved = (text, by) => {
    const { decimals, step } = steps(text);
    return (parseFloat(text) + by * step).toFixed(decimals);
  };
  const unseen = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;
  const lines = (cell) => {
    const code = cell.pre.querySelector("code") ?? cell.pre;
    code.textContent = "";
    const shown = cell.now.replace(/\n+$/, "").replace(unseen, (c) => `\\u{${c.charCodeAt(0).toString(16)}}`);
    for (const [i, line] of shown.split("\n").entries()) {
      if (i > 0) code.append("\n");
      const span = make("span", "", { className: "line" });
      span.dataset.line = cell.first + i;
      let from = 0;
      for (const found of line.matchAll(number)) {
        if (!/^\d/.test(found[0])) continue;
        span.append(line.slice(from, found.index));
        const part = make("span", found[0], { className: "drag", title: "drag to change" });
        part.dataset.at = cell.starts[i] + found.index;
        span.append(part);
        from = found.index + found[0].length;
      }
      span.append(line.slice(from));
      code.append(span);
    }
  };

  // A number is asked for before it is shown: two tries, and a score.
  const score = { right: 0, asked: 0 };
  const guess = (cell, place) => {
    const box = cell.box.querySelector(".ask");
    if (!box) return;
    const line = make("input", "", { type: "text", size: 10, autocomplete: "off" });
    line.setAttribute("aria-label", `Your guess for ${cell.predicts}`);
    const word = status();
    let tries = 0;
    const reveal = (text) => {
      cell.outputs.hidden = false;
      for (const part of [line, say, show]) part.hidden = true;
      word.textContent = text + (score.asked ? ` ${score.right} of ${score.asked} at the first try.` : "");
    };
    const say = button("say it", async () => {
      if (!line.value.trim()) { word.textContent = "Type what you expect."; return line.focus(); }
      const truth = await after(place, "number", cell.predicts);
      const typed = typedNumber(line.value);
      if (truth === null || truth === undefined || truth.failed) return reveal("Compare with what it tells:");
      if (Number.isNaN(typed)) { word.textContent = "Type a number."; return line.focus(); }
      const isRight = Math.abs(typed - truth) <= Math.max(0.01 * Math.abs(truth), 5e-3);
      if (tries === 0) score.asked += 1;
      if (isRight && tries === 0) score.right += 1;
      if (isRight) return reveal("✓ That is it.");
      tries += 1;
      if (tries === 1) { word.textContent = `Not ${line.value}. ${cell.hint || "Once more?"}`; return line.select(); }
      return reveal("✗ See what it is:");
    });
    const show = button("show it", () => reveal(""), `Show ${cell.predicts}`);
    line.addEventListener("keydown", (event) => { if (event.key === "Enter") say.click(); });
    const row = make("div", "", { className: "tools" });
    row.append(line, say, show, word);
    box.append(row);
    cell.outputs.hidden = true;
  };

  // What a reader is to try is checked on what the cells, and the prompt after them, have left.
  for (const cell of data.cells.filter((cell) => cell.check !== undefined)) {
    const box = document.getElementById(cell.id);
    if (!box) continue;
    const word = status();
    const row = make("div", "", { className: "tools" });
    row.append(button("check it", async () => {
      if (ran < cells.length && !isMoved) await run(ran, { whole: true });
      const answer = await ask("run", "", "check", cell.check).catch((error) => ({ failed: true, text: error.message }));
      isMoved = true;
      const why = answer.text.split("\n")[0].replace(/^error\[[\w-]+\]:? */, "");
      word.textContent = answer.failed ? `Not yet: ${why}` : "✓ That is it.";
    }), word);
    box.append(row);
  }

  for (const [i, cell] of cells.entries()) {
    cell.box = document.getElementById(cell.id);
    cell.outputs = cell.box.querySelector(".outputs");
    if (!cell.outputs) {
      cell.outputs = make("div", "", { className: "outputs" });
      cell.box.append(cell.outputs);
    }
    cell.outputs.setAttribute("aria-live", "polite");
    cell.pre = cell.box.querySelector("pre.code");
    cell.options = cell.settings.split("\n").length - 1;
    cell.set = (text) => {
      cell.now = text;
      cell.starts = [0];
      for (const line of text.split("\n")) cell.starts.push(cell.starts.at(-1) + line.length + 1);
      if (cell.pre) lines(cell);
    };
    cell.set((i === 0 && fromFragment()) || (kept[cell.id] ?? cell.code));
    equip(cell.outputs, derive(i));
    if (cell.predicts) guess(cell, i);
    if (!cell.pre) continue;

    const area = make("textarea", "", { className: "edit", spellcheck: false, hidden: true });
    area.setAttribute("aria-label", `Code ${cell.number}`);
    area.autocapitalize = "off";
    const edit = () => {
      area.value = cell.now.replace(/\n+$/, "");
      area.rows = area.value.split("\n").length + 1;
      [area.hidden, cell.pre.hidden] = [false, true];
      area.focus();
    };
    // A playground follows while one types.
    let pause;
    area.addEventListener("input", () => {
      if (!data.starts?.length) return;
      clearTimeout(pause);
      pause = setTimeout(() => { cell.set(area.value); run(i, { budget: 60 }); }, 250);
    });
    const close = () => { [area.hidden, cell.pre.hidden] = [true, false]; };
    const take = () => {
      if (area.hidden) return;
      cell.set(area.value.replace(/\n*$/, "\n"));
      close();
      keep();
    };
    area.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.shiftKey || event.metaKey)) {
        event.preventDefault();
        take();
        run(i);
        cell.pre.focus();
      } else if (event.key === "Escape") {
        close();
        cell.pre.focus();
      } else if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
        // The number at the cursor, by keys.
        for (const found of area.value.matchAll(number)) {
          const end = found.index + found[0].length;
          if (!/^\d/.test(found[0]) || area.selectionStart < found.index || area.selectionStart > end) continue;
          event.preventDefault();
          const text = moved(found[0], event.key === "ArrowUp" ? 1 : -1);
          area.setRangeText(text, found.index, end, "start");
          cell.set(area.value);
          run(i, { budget: 60 });
        }
      }
    });
    cell.pre.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      if (event.ctrlKey || event.shiftKey || event.metaKey) run(i);
      else edit();
    });
    cell.pre.addEventListener("dblclick", edit);

    // A number follows the pointer; the cell, and what it has time for, follow the number.
    cell.pre.addEventListener("pointerdown", (event) => {
      const part = event.target.closest(".drag");
      if (!part) return;
      event.preventDefault();
      const [from, at, text] = [event.clientX, +part.dataset.at, part.textContent];
      const rest = cell.now.slice(at + text.length);
      const sign = /[-−]\s*$/.test(cell.now.slice(0, at)) ? -1 : 1;
      let shown = text, wanted = text, isRunning = false;
      const follow = async () => {
        if (isRunning) return;
        isRunning = true;
        while (wanted !== shown) {
          shown = wanted;
          cell.set(cell.now.slice(0, at) + shown + rest);
          await run(i, { budget: 60 });
        }
        isRunning = false;
      };
      const move = (event) => {
        const by = sign * Math.round((event.clientX - from) / 6);
        const next = moved(text, by);
        if (next.startsWith("-")) return;
        wanted = next;
        follow();
      };
      const end = async () => {
        removeEventListener("pointermove", move);
        removeEventListener("pointerup", end);
        keep();
        await follow();
        if (shown !== text) run(i);
      };
      addEventListener("pointermove", move);
      addEventListener("pointerup", end);
    });

    const tools = make("div", "", { className: "tools" });
    tools.append(
      button("run", () => { take(); run(i); }, `Run code ${cell.number}`),
      button("edit", () => (area.hidden ? edit() : take()), `Edit code ${cell.number}`));
    cell.pre.after(area, tools);
  }

  // Whatever one asks of what the cells have left.
  const prompt = document.getElementById("prompt");
  if (prompt) {
    const line = prompt.querySelector("input"), told = prompt.querySelector(".told-list");
    const asked = [];
    let at = 0;
    prompt.hidden = false;
    prompt.addEventListener("submit", async (event) => {
      event.preventDefault();
      const text = line.value.trim();
      if (!text) return;
      asked.push(text);
      at = asked.length;
      line.value = "";
      if (ran < cells.length && !isMoved) await run(ran, { whole: true });
      isMoved = true;
      const box = make("div", "", { className: "code-cell" });
      const pre = make("pre", "", { className: "code" });
      pre.append(make("code", text));
      const outputs = make("div", "", { className: "outputs" });
      box.append(pre, outputs);
      told.append(box);
      const slow = setTimeout(() => { stop.hidden = false; }, 250);
      try {
        const answer = await ask("run", "", "prompt", text);
        tell(outputs, answer.html, (text) => ask("run", "", "page", text));
        line.focus();
      } catch (error) {
        outputs.textContent = error.message === "stopped" ? "stopped" : `The engine failed here: ${error.message}`;
        if (error.message !== "stopped") await begin();
      } finally {
        clearTimeout(slow);
        stop.hidden = true;
      }
      line.scrollIntoView({ block: "nearest" });
    });
    line.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
      event.preventDefault();
      at = Math.max(0, Math.min(asked.length, at + (event.key === "ArrowUp" ? -1 : 1)));
      line.value = asked[at] ?? "";
    });
  }

  await begin();
  document.body.dataset.engine = "ready";
  if (cells.some((cell) => cell.now !== cell.code)) await run(0, { whole: true });
};

const cellData = document.getElementById("cells");
if (cellData && document.getElementById("engine") && typeof WebAssembly === "object" && "DecompressionStream" in window) {
  makeLive(JSON.parse(cellData.textContent)).catch((error) => { document.body.dataset.engine = `failed: ${error.message}`; });
}
