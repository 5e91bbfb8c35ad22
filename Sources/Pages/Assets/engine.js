// The engine's bytes from its text, which has their number before a colon: in pieces, so that the first are compiled
// while the last are unpacked.
const unpacked = async (text) => {
  const code = Uint8Array.from(atob(document.getElementById("unpack").textContent.trim()), (c) => c.charCodeAt(0));
  const { room, begin, more, memory } = (await WebAssembly.instantiate(code)).instance.exports;
  const [start, size] = [text.indexOf(":") + 1, parseInt(text)];
  const count = text.length - start;
  const at = room(count, size);
  new TextEncoder().encodeInto(text.slice(start), new Uint8Array(memory.buffer, at, count));
  const place = begin(count, size);
  let given = 0;
  return new ReadableStream({
    pull(pieces) {
      const ready = more(given + 262144);
      if (ready > given) pieces.enqueue(new Uint8Array(memory.buffer, place + given, ready - given).slice());
      given = ready;
      if (given >= size) pieces.close();
    },
  });
};

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
const toolbar = (label, ...parts) => {
  const made = make("div", "", { className: "tools" });
  made.setAttribute("role", "toolbar");
  made.setAttribute("aria-label", label);
  made.append(...parts);
  return made;
};
// The engine in a worker of its own, from the start of a script with this header. `shown` is told of a figure that
// moves. What was asked of one that is begun anew fails as stopped.
const makeEngine = async (header, shown) => {
  const source = URL.createObjectURL(new Blob([document.getElementById("worker").textContent], { type: "text/javascript" }));
  // Each is started before it is needed, and taken once.
  let spare = new Worker(source);
  const stream = await unpacked(globalThis.nnreplEngine ?? document.getElementById("engine").textContent.trim());
  const module = await WebAssembly.compileStreaming(
    new Response(stream, { headers: { "Content-Type": "application/wasm" } }));
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
    worker = spare ?? new Worker(source);
    spare = undefined;
    worker.onmessage = ({ data: { id, answer, fault, html } }) => {
      if (html !== undefined) return shown(html);
      const asked = waiting.get(id);
      waiting.delete(id);
      if (fault) asked?.fail(new Error(fault));
      else asked?.done(answer);
    };
    await call({ module });
    await ask("reset", header);
    spare ??= new Worker(source);
    // What is asked next waits for it.
    ask("save", 0).catch(() => {});
  };
  await begin();
  return { ask, begin };
};
