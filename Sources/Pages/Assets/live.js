// Cells that a reader changes and runs. The page always shows what its script would print from the top: to run a cell
// again goes back to before it, and what comes after it follows or turns grey.
const makeLive = async (data) => {
  // Cells of code, in their order. `ran` of them have been run by the engine as they are now.
  const cells = data.cells.filter((cell) => cell.code !== undefined);
  let ran = 0, turn = 0, isBusy = false, isMoved = false;
  const key = `nnrepl ${location.pathname} ${document.title}`;
  const kept = stored.get(key);
  const keep = () => {
    const changed = {};
    for (const cell of cells) if (cell.now !== cell.code) changed[cell.id] = cell.now;
    stored.set(key, changed);
  };
  // Figures that move are shown thirty times a second, however fast they come.
  const frames = [];
  let playing = Promise.resolve(), moving;
  const play = async () => {
    while (frames.length && moving) {
      moving.innerHTML = frames.shift();
      await new Promise((done) => setTimeout(done, 33));
    }
  };
  const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const engine = makeEngine(data.header, (html) => {
    if (!moving || isStill) return;
    frames.push(html);
    if (frames.length === 1) playing = playing.then(play);
  });
  const ask = async (...request) => (await engine).ask(...request);
  const begin = async () => {
    await (await engine).begin();
    [ran, isMoved] = [0, false];
  };

  const bar = toolbar("The whole page");
  bar.classList.add("live-bar");
  const said = status();
  const stop = button("stop", async () => {
    turn += 1;
    said.textContent = "Stopped. Nothing is lost: run a cell to go on.";
    rest();
    await begin();
    grey(0);
  });
  const rest = () => {
    isBusy = false;
    document.body.dataset.engine = "ready";
    stop.hidden = true;
  };
  stop.className = "stop";
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
    stop, said, make("span", "Dotted numbers can be dragged; dotted names lead to their gradients.", { className: "faint" }));
  (document.querySelector("h1") ?? document.querySelector("main").firstChild).after(bar);

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
    return equip(box, query);
  };
  const equip = (box, query) => {
    const leads = new Map([...box.querySelectorAll(".walk")].flatMap((walk) => [...openDoors(walk, query)]));
    offerCopies(box);
    return leads;
  };
  // A name in the code leads to its derivation in the first walk that comes after it.
  const leadOf = (cell, name) => cells.slice(cells.indexOf(cell)).find(({ leads }) => leads?.has(name))?.leads.get(name);
  const showLeads = (leads, cell) => {
    const isSame = [...(cell.leads ?? new Map()).keys()].join() === [...leads.keys()].join();
    cell.leads = leads;
    if (!isSame) for (const other of cells.slice(0, cells.indexOf(cell) + 1)) if (other.pre && other.now !== undefined) lines(other);
  };

  const show = (cell, answer) => {
    cell.time = answer.time;
    showLeads(tell(cell.outputs, answer.html, queryAt(cells.indexOf(cell))), cell);
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
    const wasBusy = isBusy;
    isBusy = true;
    document.body.dataset.engine = "at work";
    const word = "running …";
    const slow = setTimeout(() => { stop.hidden = false; said.textContent = word; }, 250);
    try {
      if (wasBusy) await begin();
      return await body(isOwn);
    } catch (error) {
      // A fault of the engine's own, or it was stopped: it begins anew, and the cells are all still here.
      if (isOwn()) await begin();
      return failed(error, isOwn());
    } finally {
      clearTimeout(slow);
      if (isOwn()) {
        rest();
        if (said.textContent === word) said.textContent = "";
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

  // A cell as it is run. What a lesson expects of its own numbers is not asked of a reader's.
  const codeOf = (cell) => {
    if (data.follows) return completed(cell.now);
    const isChanged = ({ now, code }) => now !== code;
    return !isChanged(cell) && cells.slice(0, cells.indexOf(cell)).some(isChanged)
      ? cell.now.replace(/^[ \t]*expect\b.*$/gm, "") : cell.now;
  };

  // `box`: where its figures move; without one they do not.
  const runCell = async (cell, box) => {
    frames.length = 0;
    moving = box;
    try {
      const request = (code) => ask("run", String(cell.number), data.name, cell.settings + code);
      const code = codeOf(cell);
      let answer = await request(code);
      // What a reader did not write is not found fault with.
      if (answer.failed && code !== cell.now && data.follows) answer = await request(cell.now);
      await playing;
      return answer;
    } finally {
      moving = undefined;
    }
  };

  // Runs the cell at `place` and those after it, from the top if need be. `budget`: milliseconds that may be spent on
  // cells after it; `whole`: all of them.
  const run = (place, { whole = false, budget = 500 } = {}) => work(async (isOwn) => {
    if (await goBack(place)) grey(place);
    let spent = 0, sinceSave = 0;
    for (let i = ran; i < cells.length; i += 1) {
      const cell = cells[i];
      if (i > place && !whole && spent + (cell.time ?? 0) > budget) break;
      if (i > 0 && sinceSave > 20) { await ask("save", i); sinceSave = 0; }
      // Who drags a number wants to see where it leads.
      const answer = await runCell(cell, budget > 60 || whole ? cell.outputs : undefined);
      if (!isOwn()) return;
      sinceSave += answer.time;
      if (i > place) spent += answer.time;
      ran = i + 1;
      if (data.follows && !answer.failed) await addGraph(cell, answer);
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

  // A program that only computes is shown as a graph, too.
  const addGraph = async (cell, answer) => {
    const name = graphed(cell.now);
    if (!name || answer.html.includes('class="walk"')) return;
    const more = await ask("run", "", data.name, `backward ${name}`);
    isMoved = true;
    if (!more.failed) answer.html += more.html;
  };

  // What is asked of the engine as it is after the cell at `place`; nothing on the page changes.
  const after = (place, ...parts) => work(async () => {
    await goBack(place + 1);
    for (; ran <= place; ran += 1) if ((await runCell(cells[ran])).failed) break;
    isMoved = true;
    return ask(...parts);
  }, unanswered);
  const unanswered = (error) => ({ html: "", text: error.message, failed: true });

  // After all cells, and whatever was asked there before.
  const afterAll = async (...parts) => {
    if (ran < cells.length && !isMoved) await run(ran, { whole: true });
    isMoved = true;
    return ask(...parts).catch(unanswered);
  };

  // What has nothing to do with the cells.
  const aside = (...parts) => work(() => {
    isMoved = true;
    return ask(...parts);
  }, unanswered);

  // What a walk of a cell asks the engine, where the cell left it.
  const queryAt = (place) => ({
    run: (code) => after(place, "run", "", "page", code),
    numbers: (code) => after(place, "numbers", code),
    code: () => cells.slice(0, place + 1).map((cell) => cell.now).join("\n"),
  });

  // Numbers in the code are dragged, and names lead to their derivations; those in words and comments do neither.
  const number = /"(?:[^"\\]|\\.)*"|#.*|[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*|\d+(?:\.\d+)?(?:e[+-]?\d+)?/g;
  const steps = (text) => {
    const decimals = (text.split(/e/i)[0].split(".")[1] ?? "").length;
    return { decimals, step: decimals ? 10 ** -Math.max(1, decimals) : 1 };
  };
  const moved = (text, by) => {
    const { decimals, step } = steps(text);
    return (parseFloat(text) + by * step).toFixed(decimals);
  };
  // Where a number begins: with its sign, if that is not the sign of a difference.
  const signed = (line, at) => (/(^|[=([,;:<>*/^+-])\s*-$/.test(line.slice(0, at)) ? at - 1 : at);
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
        const isNumber = /^\d/.test(found[0]);
        if (!isNumber && !leadOf(cell, found[0])) continue;
        const start = isNumber ? signed(line, found.index) : found.index;
        const end = found.index + found[0].length;
        span.append(line.slice(from, start));
        const part = make("span", line.slice(start, end), isNumber ? { className: "drag", title: "drag to change" }
          : { className: "lead", title: "how its gradient comes about", onclick: (event) => leadOf(cell, found[0])?.(event.target) });
        if (isNumber) part.dataset.at = cell.starts[i] + start;
        span.append(part);
        from = end;
      }
      span.append(line.slice(from));
      code.append(span);
    }
  };

  const page = {
    data, cells, bar, said, stop, script, keep, run, after, afterAll, aside,
    takeAll() { for (const cell of cells) cell.take?.(); },
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
    cell.leads = equip(cell.outputs, queryAt(i));
    cell.set((data.follows && fromFragment()) || (kept[cell.id] ?? cell.code));
    if (cell.predicts) offerGuess(page, cell, i);
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
    // Some pages follow while one types.
    let pause;
    area.addEventListener("input", () => {
      cell.now = area.value.replace(/\n*$/, "\n");
      keep();
      cell.box.classList.add("stale");
      if (!data.follows) return;
      clearTimeout(pause);
      pause = setTimeout(() => { cell.set(area.value); run(i, { budget: 60 }); }, 250);
    });
    const close = () => { [area.hidden, cell.pre.hidden] = [true, false]; };
    const take = () => {
      if (area.hidden) return;
      const text = area.value.replace(/\n*$/, "\n");
      cell.set(data.follows ? completed(text) : text);
      close();
      keep();
    };
    cell.take = take;
    area.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.shiftKey || event.metaKey)) {
        event.preventDefault();
        take();
        run(i);
        cell.pre.focus();
      } else if (event.key === "Escape") {
        take();
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
      // The number of a difference stays above 0, and moves the difference.
      const before = cell.now.slice(0, at);
      const sign = /-\s*$/.test(before) ? -1 : 1;
      const isFree = /(^|[=([,;:\n])[ \t]*$/.test(before);
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
        const next = moved(text, by).replace(/^-(0(?:\.0*)?)$/, "$1");
        if (next.startsWith("-") && !isFree) return;
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
    const submit = async () => {
      const text = line.value.trim();
      if (!text) return;
      asked.push(text);
      at = asked.length;
      line.value = "";
      const box = make("div", "", { className: "code-cell" });
      const pre = make("pre", "", { className: "code" });
      pre.append(make("code", text));
      const outputs = make("div", "", { className: "outputs" });
      box.append(pre, outputs);
      told.append(box);
      const slow = setTimeout(() => { stop.hidden = false; }, 250);
      const before = asked.slice(0, -1);
      const answer = await afterAll("run", "", "prompt", text);
      clearTimeout(slow);
      stop.hidden = true;
      if (answer.html || !answer.failed) {
        tell(outputs, answer.html, {
          run: (code) => afterAll("run", "", "page", code), numbers: (code) => afterAll("numbers", code),
          code: () => [...cells.map((cell) => cell.now), ...before].join("\n"),
        });
        line.focus();
      } else {
        outputs.textContent = answer.text === "stopped" ? "stopped" : `The engine failed here: ${answer.text}`;
        if (answer.text !== "stopped") await begin();
      }
      line.scrollIntoView({ block: "nearest" });
    };
    prompt.addEventListener("submit", (event) => event.preventDefault());
    line.addEventListener("keydown", (event) => {
      if (event.key === "Enter") submit();
      if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
      event.preventDefault();
      at = Math.max(0, Math.min(asked.length, at + (event.key === "ArrowUp" ? -1 : 1)));
      line.value = asked[at] ?? "";
    });
  }

  for (const cell of data.cells.filter((cell) => cell.check !== undefined)) offerTry(page, cell);
  if (data.starts?.length) makePlayground(page);
  if (data.exercise) makeExercise(page);
  if (data.frame) makeFrame(page);

  await engine;
  document.body.dataset.engine = "ready";
  if (cells.some((cell) => cell.now !== cell.code)) await run(0, { whole: true });
};

const cellData = document.getElementById("cells");
if (cellData && document.getElementById("engine") && typeof WebAssembly === "object") {
  makeLive(JSON.parse(cellData.textContent)).catch((error) => { document.body.dataset.engine = `failed: ${error.message}`; });
}
