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
  const packed = unpacked(globalThis.nnreplEngine ?? document.getElementById("engine").textContent.trim());
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
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
