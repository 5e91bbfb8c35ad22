// Plays every lesson, solution and generated program in the engine that pages carry, and by the program: byte for byte
// the same. What lessons print is held by their records, so that the engine's is, too.
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, readdirSync, writeFileSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const [program, path] = process.argv.slice(2);
const module = new WebAssembly.Module(readFileSync(path));
// The worker of a page is what runs the engine here, too.
const worker = readFileSync("Sources/Pages/Assets/worker.js", "utf8");

const start = async () => {
  let answered;
  const post = new Function("postMessage", `let onmessage; ${worker}; return onmessage;`)((message) => { answered = message; });
  await post({ data: { module } });
  return async (verb, ...parts) => {
    await post({ data: { verb, parts } });
    return answered.fault === undefined ? answered.answer : `trap: ${answered.fault}`;
  };
};

const folder = mkdtempSync(join(tmpdir(), "nnrepl-engine-"));
let different = 0, count = 0, times = [0, 0];
const compare = async (name, text) => {
  const file = join(folder, name);
  writeFileSync(file, text);
  const begun = performance.now();
  const run = spawnSync(program, ["run", "--quiet", name], { cwd: folder, encoding: "utf8" });
  const between = performance.now();
  let found = await (await start())("play", name, text);
  const ended = performance.now();
  times[0] += between - begun;
  times[1] += ended - between;
  count += 1;
  const own = [between - begun, ended - between].map((ms) => ms.toFixed(0));
  if (name.startsWith("lesson")) console.log(`${name}: ${own[1]} ms, the program ${own[0]} ms`);
  if (typeof found === "string") found = [found, ""];
  for (const [k, wanted] of [run.stdout, run.stderr].entries()) {
    if (found[k] === wanted) continue;
    different += 1;
    const [a, b] = [wanted.split("\n"), found[k].split("\n")];
    const line = a.findIndex((text, i) => text !== b[i]);
    return console.log(`${name} differs at line ${line + 1}\n  program: ${a[line]}\n  engine:  ${b[line]}`);
  }
};

for (const place of ["lessons", "lessons/solutions"]) {
  for (const name of readdirSync(place).filter((name) => name.endsWith(".nn")).sort()) {
    await compare(name, readFileSync(join(place, name), "utf8"));
  }
}

// What a page carries is this engine: its own script unpacks it.
const page = execFileSync(program, ["export", "1"], { encoding: "utf8", maxBuffer: 1 << 26 });
const carried = (id) => page.split(`id="${id}">\n`)[1]?.split("\n</script>")[0];
if (carried("engine") === undefined) {
  console.log("the program carries no engine: build it after Sources/Engine/build");
  different += 1;
} else {
  const document = { getElementById: (id) => ({ textContent: carried(id) }) };
  const unpacked = new Function("document", `${page.match(/const unpacked = [\s\S]*?\n};/)[0]} return unpacked;`)(document);
  const engine = Buffer.from(await new Response(await unpacked(carried("engine").trim())).arrayBuffer());
  if (!engine.equals(readFileSync(path))) {
    console.log("the page's engine is another");
    different += 1;
  }
  console.log(`a page of lesson 1 has ${(page.length / 1e6).toFixed(2)} MB`);
}

// Programs that a generator makes: plain arithmetic, tensors, passes, training.
let seed = 20261127;
const draw = (n) => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) % n;
const pick = (list) => list[draw(list.length)];
const number = () => (draw(400) / 100 - 2).toFixed(2);
const unary = ["exp", "log", "tanh", "sigmoid", "relu", "sin", "cos", "sqrt", "gelu", "erf", "softplus", "abs", "log1p", "expm1"];
const generated = (k) => {
  const lines = [`seed(${k})`, pick(["", 'set_default_dtype("float32")'])];
  const [n, m] = [1 + draw(6), 1 + draw(6)];
  lines.push(`param w = ${number()}`, `param W = randn(${n}, ${m})`, `x = rand(${m}, ${1 + draw(4)})`);
  lines.push(`a = ${pick(unary)}(${number()}*w + ${number()})`, `A = ${pick(unary)}(W @ x*${number()})`, "print(A)");
  lines.push(pick([`loss = A.${pick(["mean", "sum"])}() + a^2`, `loss = (A - a).square().mean()*${number()}`, `loss = (softmax(A, dim=0)*a).sum()`]));
  lines.push("print(loss)", pick(["backward loss", "loss.backward()"]), "print(W.grad)", "explain ∂loss/∂w");
  if (draw(3) === 0) {
    lines.push(`model = mlp(2, [${1 + draw(9)}], ${1 + draw(3)})`, `opt = ${pick(["sgd", "adam"])}(model, lr=0.0${1 + draw(9)})`,
      `d = ${pick(["moons", "xor", "circles"])}(${8 + draw(40)})`, "repeat 5 {", "    out = model(d.X)", "    l = out.square().mean()",
      "    opt.zero_grad()", "    l.backward()", "    opt.step()", "}", "print(l)", "print(out[0])");
  }
  return lines.join("\n") + "\n";
};
// What whole numbers of 32 bits might get wrong.
const edges = {
  empty: "x = zeros(3, 0)\nprint(x.shape, concat(list(x, ones(3, 2)), dim=1))\nsum(x)\nzeros(0, 5).T.shape",
  paths: "param x = 1.01\ny = x\nrepeat 50 { y = y*y + y }\ny2 = x\nrepeat 9 { y2 = y2*0.5 + y2*y2 }\nexplain ∂y2/∂x\nparam w = 0.5\nz = w\nrepeat 45 { z = z*0.3 + z*0.2 }\nexplain ∂z/∂w",
  large: "2^31 + 1\n2^40\n3000000000 % 7\n-3000000000 // 7\nrange(3)\ntensor([3000000000, -3000000000]).sum()",
  ids: "x = tensor([4294967296, 1], dtype=\"int64\")\nprint(x + x, x*x)\nprint(one_hot(tensor([0, 2]), 3))",
  seeds: "seed(3000000000)\nprint(rand(2))\nseed(2147483647)\nprint(randn(3))\nprint(randperm(5))",
};
for (const [name, text] of Object.entries(edges)) await compare(`${name}.nn`, text + "\n");

for (let k = 0; k < Number(process.env.PROGRAMS ?? 1000); k += 1) await compare(`program${k}.nn`, generated(k));

// Right and wrong answers: starters, solutions, and what is known to be wrong, checked on both sides.
const answers = [];
const list = JSON.parse(readFileSync("lessons/course.json", "utf8"));
const solution = (id) => readFileSync(`lessons/solutions/${id}.nn`, "utf8");
for (const { id } of list.exercises) {
  answers.push([id, readFileSync(`lessons/exercises/${id}.nn`, "utf8")], [id, solution(id)], [id, "fn ("]);
}
for (const entry of readFileSync("Tests/GradingTests/WrongAnswers/answers.txt", "utf8").split("\n== ").slice(1)) {
  const id = entry.split(" ")[0];
  answers.push([id, solution(id) + "\n" + entry.slice(entry.indexOf("\n") + 1)]);
}
const { rtol, atol } = list.tolerances ?? {};
const { steps, depth, megabytes, outputBytes, sourceBytes } = list.budgets ?? {};
// What the course does not say stays as the engine has it.
const conditions = [rtol, atol, steps, depth, megabytes, outputBytes, sourceBytes].map((value) => value ?? "-").join(" ");
let wrong = 0;
for (const [id, text] of answers) {
  writeFileSync(join(folder, `${id}.nn`), text);
  // What to do next is told by the program alone.
  const run = spawnSync(program, ["check", id], { cwd: folder, encoding: "utf8" }).stdout;
  const found = await (await start())(
    "check", id, readFileSync(`lessons/exercises/${id}.check.nn`, "utf8"), readFileSync(`lessons/exercises/${id}.nn`, "utf8"), conditions, text);
  if (typeof found === "object" && run.startsWith(found.text)) continue;
  wrong += 1;
  console.log(`answer to ${id}: ${typeof found === "string" ? found : ""}\n  program: ${run}\n  engine:  ${found.text}`);
}

console.log(`${count} programs, ${different} different; engine ${(times[1] / times[0]).toFixed(2)} times the program's time, starts included`);
console.log(`${answers.length} answers to exercises, ${wrong} judged otherwise`);
process.exit(different || wrong ? 1 : 0);
