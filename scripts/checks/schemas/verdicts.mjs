// Compiles every schema strictly, then compares, key by key, what ajv and the linter say of each file.
//   node verdicts.mjs ROOT FILES FINDINGS DIFFERENCES
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import Ajv2020 from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { LineCounter, isMap, isPair, isSeq, parseDocument } from "yaml";

const [root, files, findingsPath, differencesPath] = process.argv.slice(2);
const json = (path) => JSON.parse(readFileSync(path, "utf8"));
let failures = 0;
const fail = (message) => {
  failures++;
  console.error(message);
};

// 1. Every schema, in strict mode: a misspelt keyword is an error.
const ajv = formats.default(new Ajv2020.default({ allErrors: true, strict: true, allowUnionTypes: true, strictTypes: false, strictRequired: false, verbose: true }));
for (const keyword of [
  "markdownDescription", "x-source", "x-unknown-keys", "x-since", "x-deprecated", "x-removed", "x-renamed-to", "x-replaced-by",
]) ajv.addKeyword(keyword);
const schemas = new Map();
for (const file of readdirSync(join(root, "schemas")).filter((f) => f.endsWith(".schema.json"))) {
  const schema = json(join(root, "schemas", file));
  schemas.set(file.replace(".schema.json", ""), { schema, validate: ajv.compile(schema) });
}
if (schemas.size !== 19) fail(`${schemas.size} schemas`);

// 2. What a schema tells people to begin with is valid by it.
let examples = 0;
for (const [name, { schema }] of schemas) {
  const visit = (node, pointer) => {
    if (typeof node !== "object" || node === null) return;
    if (Array.isArray(node.examples)) {
      for (const example of node.examples) {
        examples++;
        const isValid = ajv.compile({ $ref: `${schema.$id}#${pointer}` });
        if (!isValid(example)) fail(`${name}${pointer}: the example ${JSON.stringify(example)} is not valid`);
      }
    }
    for (const [key, value] of Object.entries(node)) {
      if (key !== "examples" && key !== "default" && key !== "enum")
        visit(value, `${pointer}/${encodeURIComponent(key.replaceAll("~", "~0").replaceAll("/", "~1"))}`);
    }
  };
  visit(schema, "");
}
if (examples < 500) fail(`only ${examples} examples were looked at`);

// 3. File by file. A finding of these rules says that a key, a type or a value is none that the framework takes.
const comparable = new Set([
  "unknown-key", "cross-framework-key", "mlx-top-level-lora-keys", "mlx-alpha-ignored", "axolotl-exclude-modules-dropped",
  "value-type-mismatch", "value-not-in-set", "value-out-of-range", "rank-not-positive", "rank-not-integer", "alpha-not-positive", "dropout-out-of-range",
  "lr-not-positive", "warmup-ratio-out-of-range", "bias-invalid-value", "quant-type-invalid", "target-parameters-not-list",
]);
const explained = readFileSync(differencesPath, "utf8").split("\n").filter((line) => line.trim() !== "" && !line.startsWith("#"))
  .map((line) => ({ line, uses: 0, pattern: new RegExp("^" + line.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&")).join(".*") + "$") }));
const different = (place, side, what) => {
  const all = explained.filter((e) => e.pattern.test(`${place} ${side} ${what}`));
  for (const explanation of all) explanation.uses++;
  if (all.length === 0) fail(`${place} ${side} ${what}`);
};

const { files: checked } = json(findingsPath);
let compared = 0;
for (const file of checked) {
  if (file.format === null || file.findings.some((f) => f.name === "syntax-error")) continue;
  // Code is nothing that a schema is for.
  if (!/\.(ya?ml|json|toml)$/.test(file.path)) continue;
  // Frameworks that declare no keys have no schema.
  if (!schemas.has(file.format)) continue;
  const text = readFileSync(join(files, file.path), "utf8");
  const tree = file.path.endsWith(".toml") ? tomlTree(text) : yamlTree(text);
  const { validate } = schemas.get(file.format);
  compared++;
  const refused = new Map();
  if (!validate(tree.value)) for (const error of essential(validate.errors)) refused.set(error.path, error.message);
  const found = new Map();
  for (const finding of file.findings) {
    const path = tree.pathAt(finding.start);
    found.set(path, [...(found.get(path) ?? []), finding.name]);
  }

  for (const [path, message] of refused) {
    // A finding about the list or mapping speaks for its elements too, and one about an element for the list.
    if (![...found.keys()].some((p) => p === path || p.startsWith(path + "/") || (p !== "" && path.startsWith(p + "/"))))
      different(`${file.path}:${path}`, "schema-only", message);
  }
  for (const [path, names] of found) {
    const rules = names.filter((n) => comparable.has(n));
    if (rules.length > 0 && ![...refused.keys()].some((p) => p === path || p.startsWith(path + "/") || (p !== "" && path.startsWith(p + "/"))))
      different(`${file.path}:${path}`, "linter-only", rules.join(", "));
  }
}
if (compared < 250) fail(`only ${compared} files were compared`);
for (const { line, uses } of explained) if (uses === 0) fail(`${line}: there is no such difference any more; take it out of differences.txt`);
const total = explained.reduce((sum, e) => sum + e.uses, 0);
console.log(`${schemas.size} schemas, ${examples} examples, ${compared} files compared, ${total} differences explained`);
process.exit(failures === 0 ? 0 : 1);

// One error for each value: that of the alternatives as a whole, not those of each.
function essential(errors) {
  const alternatives = errors.filter((e) => e.keyword === "anyOf" || e.keyword === "oneOf");
  return errors
    .filter((e) => e.keyword !== "if" && !alternatives.some((a) => e !== a && e.schemaPath.startsWith(a.schemaPath + "/")))
    .map((e) => ({
      path: e.instancePath + (e.keyword === "additionalProperties" ? "/" + e.params.additionalProperty : ""),
      message: e.message,
    }));
}

function yamlTree(text) {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, logLevel: "silent", merge: true, uniqueKeys: false });
  const starts = [0];
  for (let i = 0; i < text.length; i++) if (text[i] === "\n") starts.push(i + 1);
  const pathAt = ({ line, column }) => {
    const at = starts[line - 1] + column - 1;
    let path = "", node = document.contents;
    for (;;) {
      const next = isMap(node)
        ? node.items.find((p) => isPair(p) && p.key?.range && p.key.range[0] <= at && at < Math.max(p.value?.range?.[1] ?? 0, p.key.range[1] + 1))
        : isSeq(node) ? node.items.find((i) => i?.range && i.range[0] <= at && at < i.range[1]) : undefined;
      if (next === undefined) return path;
      path += "/" + (isPair(next) ? next.key.value : node.items.indexOf(next));
      if (isPair(next) && at <= next.key.range[1]) return path;
      node = isPair(next) ? next.value : next;
    }
  };
  return { value: document.toJS(), pathAt };
}

// sd-scripts drop the sections of a training file, and so does the linter; a dataset file keeps them.
function tomlTree(text) {
  const program = "import json, sys, tomllib; print(json.dumps(tomllib.loads(sys.stdin.read())))";
  const value = JSON.parse(execFileSync("python3", ["-c", program], { input: text, encoding: "utf8" }));
  const isDataset = "datasets" in value || "general" in value;
  const flat = {};
  for (const [key, of] of Object.entries(value)) {
    if (!isDataset && typeof of === "object" && of !== null && !Array.isArray(of)) Object.assign(flat, of);
    else flat[key] = of;
  }
  const lines = text.split("\n");
  return { value: flat, pathAt: ({ line }) => "/" + (/^\s*"?([\w.-]+)"?\s*=/.exec(lines[line - 1])?.[1] ?? "") };
}
