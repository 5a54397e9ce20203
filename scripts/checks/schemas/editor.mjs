// What an editor gets from the schemas through yaml-language-server: keys and values to complete, hovers, squiggles.
//   node editor.mjs ROOT
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

const [root] = process.argv.slice(2);
const server = spawn(process.execPath, [join(dirname(createRequire(import.meta.url).resolve("yaml-language-server/package.json")), "bin/yaml-language-server"), "--stdio"]);
const schemaOf = (name) => pathToFileURL(join(root, "schemas", `${name}.schema.json`)).href;
const settings = {
  yaml: {
    schemas: { [schemaOf("axolotl")]: "axolotl.yml", [schemaOf("loralint")]: "run.yaml", [schemaOf("settings")]: "loralint.yaml", [schemaOf("trl")]: "trl.yaml" },
    schemaStore: { enable: false }, validate: true, hover: true, completion: true,
  },
};

let next = 0, buffer = Buffer.alloc(0);
const waiting = new Map(), diagnostics = new Map();
const send = (message) => {
  const body = JSON.stringify({ jsonrpc: "2.0", ...message });
  server.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
};
const request = (method, params) => new Promise((resolve, reject) => {
  waiting.set(++next, { resolve, reject });
  send({ id: next, method, params });
});
const diagnosticsOf = (uri) => new Promise((resolve) => diagnostics.set(uri, resolve));
server.stdout.on("data", (data) => {
  buffer = Buffer.concat([buffer, data]);
  for (;;) {
    const head = buffer.indexOf("\r\n\r\n");
    if (head < 0) return;
    const length = Number(/Content-Length: (\d+)/.exec(buffer.subarray(0, head).toString())[1]);
    if (buffer.length < head + 4 + length) return;
    const message = JSON.parse(buffer.subarray(head + 4, head + 4 + length));
    buffer = buffer.subarray(head + 4 + length);
    if (message.method === "workspace/configuration")
      send({ id: message.id, result: message.params.items.map((i) => settings[i.section] ?? null) });
    else if (message.method && message.id !== undefined) send({ id: message.id, result: null });
    else if (message.method === "textDocument/publishDiagnostics") diagnostics.get(message.params.uri)?.(message.params.diagnostics);
    else if (waiting.has(message.id)) {
      const { resolve, reject } = waiting.get(message.id);
      waiting.delete(message.id);
      if (message.error) reject(new Error(message.error.message));
      else resolve(message.result);
    }
  }
});
server.stderr.on("data", (data) => process.stderr.write(data));

let failures = 0;
const expect = (what, isTrue, shown) => {
  if (isTrue) return;
  failures++;
  console.error(`${what}: ${JSON.stringify(shown)}`);
};
// A | in the text is where the cursor is. Each text has an address of its own: closing one is answered with empty diagnostics.
let opened = 0;
const open = async (name, marked) => {
  const uri = `file:///configs/${++opened}/${name}`;
  const offset = marked.indexOf("|");
  const text = offset < 0 ? marked : marked.slice(0, offset) + marked.slice(offset + 1);
  const lines = marked.slice(0, Math.max(offset, 0)).split("\n");
  const told = diagnosticsOf(uri);
  send({ method: "textDocument/didOpen", params: { textDocument: { uri, languageId: "yaml", version: 1, text } } });
  return { textDocument: { uri }, position: { line: lines.length - 1, character: lines.at(-1).length }, told };
};
const complete = async (name, marked) => {
  const at = await open(name, marked);
  const { items } = await request("textDocument/completion", { textDocument: at.textDocument, position: at.position });
  return items;
};
const hover = async (name, marked) => {
  const at = await open(name, marked);
  const result = await request("textDocument/hover", { textDocument: at.textDocument, position: at.position });
  return result?.contents?.value ?? "";
};
const check = async (name, text) => {
  const at = await open(name, text);
  const found = await at.told;
  return found.map((d) => `${d.range.start.line + 1}: ${d.message}`);
};

await request("initialize", {
  processId: process.pid, rootUri: "file:///work",
  capabilities: {
    workspace: { configuration: true, didChangeConfiguration: { dynamicRegistration: true } },
    textDocument: { completion: { completionItem: { snippetSupport: true, documentationFormat: ["markdown"] } }, hover: { contentFormat: ["markdown"] } },
  },
});
send({ method: "initialized", params: {} });
send({ method: "workspace/didChangeConfiguration", params: { settings } });

// The server asks for its settings when it likes.
for (let i = 0; i < 100 && (await complete("axolotl.yml", "|\n")).length === 0; i++) await new Promise((resolve) => setTimeout(resolve, 50));

const keys = await complete("axolotl.yml", "base_model: x\nlora_|\n");
const rank = keys.find((i) => i.label === "lora_r");
expect("lora_r is completed with its description", JSON.stringify(rank?.documentation ?? "").includes("rank r"), rank ?? keys.slice(0, 5));
expect("keys of the adapter are completed", keys.filter((i) => i.label.startsWith("lora_")).length > 10, keys.map((i) => i.label).slice(0, 20));

const values = (await complete("axolotl.yml", "lora_r: |\n")).map((i) => i.label);
for (const value of ["16", "8", "32"]) expect(`lora_r is completed with ${value}`, values.includes(value), values);
const nested = (await complete("run.yaml", "loralint: 1\nadapter:\n  |\n")).map((i) => i.label);
for (const key of ["method", "rank", "target_modules"]) expect(`adapter is completed with ${key}`, nested.includes(key), nested);
const words = (await complete("run.yaml", "loralint: 1\nadapter:\n  method: |\n")).map((i) => i.label);
expect("methods are completed", ["lora", "qlora", "dora"].every((w) => words.includes(w)), words);
const rules = (await complete("loralint.yaml", "rules:\n  alpha|\n")).map((i) => i.label);
expect("rules are completed in settings", rules.includes("alpha-below-rank"), rules.slice(0, 5));

const told = await hover("axolotl.yml", "lora_r|: 16\n");
for (const part of ["rank r", "Range: 1 or more", "https://loralint.dev/guidance", "rank-not-positive"]) expect(`the hover says ${part}`, told.includes(part), told);
const renamed = await hover("trl.yaml", "max_seq_len|gth: 16\n");
expect("the hover on an old name tells the new one", renamed.includes("Its new name is max_length"), renamed);

const wrong = await check("axolotl.yml", "base_model: x\nlora_r: 0\nlora_dropout: 2\nlora_alpah: 3\nadapter: lora\n");
expect("the range of lora_r is checked", wrong.some((w) => w.startsWith("2: ")), wrong);
expect("the range of lora_dropout is checked", wrong.some((w) => w.startsWith("3: ")), wrong);
expect("an unknown key is flagged", wrong.some((w) => w.startsWith("4: ") && w.includes("lora_alpah")), wrong);
expect("nothing else is", wrong.length === 3, wrong);
const right = await check("axolotl.yml", "base_model: x\nadapter: lora\nlora_r: 16\nlora_alpha: 32\n");
expect("a good file has no squiggle", right.length === 0, right);

await request("shutdown", null);
send({ method: "exit" });
server.on("exit", () => {
  console.log(`yaml-language-server: ${failures} failures`);
  process.exit(failures === 0 ? 0 : 1);
});
