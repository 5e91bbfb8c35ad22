// Cells that a reader changes and runs. The page always shows what its script would print from the top: to run a cell
// again goes back to before it, and what comes after it follows or turns grey.
const makeLive = async (data) => {
  const make = (name, text, more = {}) => Object.assign(document.createElement(name), { textContent: text, ...more });
  const button = (text, run, label) => {
    const made = make("button", text, { type: "button", onclick: run });
    if (label) made.setAttribute("aria-label", label);
    return made;
  };
  const wait = (ms) => new Promise((done) => setTimeout(done, ms));

  // The engine, in a worker of its own.
  const packed = Uint8Array.from(atob(document.getElementById("engine").textContent.trim()), (c) => c.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const module = await WebAssembly.compile(await new Response(stream).arrayBuffer());
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
    ran = 0;
  };

  // Cells of code, in their order. `ran` of them have been run by the engine as they are now.
  const cells = data.cells.filter((cell) => cell.code !== undefined);
  let ran = 0, turn = 0, isBusy = false;
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
  const said = make("span", "", { className: "said" });
  said.setAttribute("role", "status");
  const stop = button("stop", async () => {
    turn += 1;
    said.textContent = "Stopped. Nothing is lost: run a cell to go on.";
    stop.hidden = true;
    isBusy = false;
    grey(0);
    await begin();
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

  // The page as a script, with what was changed.
  const script = () => data.header + data.cells.map((cell) => cell.head + (cell.now ?? cell.body)).join("");

  // What stands after a place is no longer what the script would print.
  const grey = (from) => {
    for (const [i, cell] of cells.entries()) cell.box.classList.toggle("stale", i >= from && i >= ran);
  };

  const show = (cell, answer) => {
    cell.time = answer.time;
    cell.outputs.innerHTML = answer.html;
    for (const row of cell.outputs.querySelectorAll("[data-line]")) {
      row.dataset.line = +row.dataset.line + cell.first - 1 - cell.options;
    }
    cell.outputs.querySelectorAll(".walk").forEach(walkThrough);
    cell.box.classList.remove("stale");
    cell.box.classList.toggle("failed", answer.failed);
  };

  // Runs the cell at `place` and those after it, from the top if need be. `budget`: milliseconds that may be spent on
  // cells after it; `whole`: all of them.
  const run = async (place, { whole = false, budget = 500 } = {}) => {
    const own = turn += 1;
    if (isBusy) await begin();
    isBusy = true;
    const slow = setTimeout(() => { stop.hidden = false; said.textContent = "running …"; }, 250);
    try {
      if (place < ran || ran === 0) {
        if (ran > 0) ran = await ask("restore", place);
        grey(place);
      }
      let spent = 0, sinceSave = 0;
      for (let i = ran; i < cells.length; i += 1) {
        const cell = cells[i];
        if (i > place && !whole && spent + (cell.time ?? 0) > budget) break;
        if (i > 0 && sinceSave > 20) { await ask("save", i); sinceSave = 0; }
        const answer = await ask("run", String(cell.number), data.name, cell.settings + cell.now);
        if (own !== turn) return;
        sinceSave += answer.time;
        if (i > place) spent += answer.time;
        ran = i + 1;
        show(cell, answer);
        if (answer.failed) break;
      }
      grey(place);
      said.textContent = "";
    } catch (error) {
      if (own !== turn) return;
      // A fault of the engine's own: it begins anew, and the cells are all still here.
      said.textContent = `The engine failed here (${error.message.slice(0, 200)}). It has begun anew; nothing is lost.`;
      await begin();
      grey(0);
    } finally {
      clearTimeout(slow);
      if (own === turn) { isBusy = false; stop.hidden = true; }
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
  const lines = (cell) => {
    const code = cell.pre.querySelector("code");
    code.textContent = "";
    for (const [i, line] of cell.now.replace(/\n+$/, "").split("\n").entries()) {
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
    cell.set(kept[cell.id] ?? cell.code);
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
      if (ran < cells.length) await run(ran, { whole: true });
      const box = make("div", "", { className: "code-cell" });
      const pre = make("pre", "", { className: "code" });
      pre.append(make("code", text));
      const outputs = make("div", "", { className: "outputs" });
      box.append(pre, outputs);
      told.append(box);
      const slow = setTimeout(() => { stop.hidden = false; }, 250);
      try {
        const answer = await ask("run", "", "prompt", text);
        outputs.innerHTML = answer.html;
        outputs.querySelectorAll(".walk").forEach(walkThrough);
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
