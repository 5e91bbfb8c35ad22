// The engine at work: a script's cells run here, so that a page can end what does not end by itself.
const encoder = new TextEncoder(), decoder = new TextDecoder();
let engine, spoken = "";
// The engine's memory as it was before some of the cells: to go back is to copy.
const saved = new Map();
const savedLimit = 160 << 20;

const start = async (module) => {
  const bytes = () => new DataView(engine.memory.buffer);
  const system = {
    // What the engine says when it fails.
    fd_write(file, parts, count, written) {
      let total = 0;
      for (let i = 0; i < count; i++) {
        const [at, size] = [bytes().getUint32(parts + 8 * i, true), bytes().getUint32(parts + 8 * i + 4, true)];
        spoken += decoder.decode(new Uint8Array(engine.memory.buffer, at, size));
        total += size;
      }
      bytes().setUint32(written, total, true);
      return 0;
    },
  };
  const page = {
    now: () => performance.now(),
    // A figure that moves while its cell is running.
    show: (at, size) => postMessage({ html: decoder.decode(new Uint8Array(engine.memory.buffer, at, size)) }),
  };
  const imports = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    (imports[from] ??= {})[name] = (from === "page" ? page : system)[name] ?? (() => 0);
  }
  engine = (await WebAssembly.instantiate(module, imports)).exports;
  engine.__wasm_call_ctors();
};

// A verb and its parts; what comes back is data.
const ask = (...parts) => {
  const text = encoder.encode(parts.join("\0"));
  const place = engine.nn_allocate(text.length);
  new Uint8Array(engine.memory.buffer, place, text.length).set(text);
  const answer = engine.nn_request(place, text.length);
  const size = new DataView(engine.memory.buffer).getUint32(answer, true);
  return JSON.parse(decoder.decode(new Uint8Array(engine.memory.buffer, answer + 4, size)));
};

// Between requests the stack, which comes first, is empty.
const begin = () => engine.__stack_pointer.value;

const save = (place) => {
  let total = 0;
  for (const copy of saved.values()) total += copy.byteLength;
  if (total + engine.memory.buffer.byteLength < savedLimit) saved.set(place, engine.memory.buffer.slice(begin()));
};

// Goes back to before the cell at `place`, or to before an earlier one; which it was is the answer.
const restore = (place) => {
  const known = Math.max(...[...saved.keys()].filter((key) => key <= place));
  for (const key of [...saved.keys()]) if (key > known) saved.delete(key);
  const copy = new Uint8Array(saved.get(known)), memory = new Uint8Array(engine.memory.buffer, begin());
  memory.set(copy);
  memory.fill(0, copy.length);
  return known;
};

onmessage = async ({ data: { id, module, verb, parts } }) => {
  try {
    let answer = null;
    if (module) await start(module);
    else if (verb === "save") save(...parts);
    else if (verb === "restore") answer = restore(...parts);
    else {
      const begun = performance.now();
      answer = ask(verb, ...parts);
      if (answer && typeof answer === "object") answer.time = performance.now() - begun;
    }
    postMessage({ id, answer });
  } catch (error) {
    postMessage({ id, fault: `${error.message}${spoken ? ": " + spoken : ""}` });
  }
};
