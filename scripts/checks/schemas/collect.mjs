// Copies what is to be compared into a folder: golden files, examples, and the examples of the rules' pages, each with its format.
//   node collect.mjs ROOT TARGET
import { cpSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const [root, target] = process.argv.slice(2);
for (const folder of ["golden", "examples"]) {
  cpSync(join(root, folder === "golden" ? "tests/golden" : "examples"), join(target, folder), {
    recursive: true,
    filter: (path) => !/\.(findings|fixed)$|golden\/output|quickstart\/(model|make)/.test(path),
  });
}

const formats = new Set();
for (const page of readdirSync(join(root, "docs/rules"))) {
  const lines = readFileSync(join(root, "docs/rules", page), "utf8").split("\n");
  for (let i = 0; i < lines.length; i++) {
    const [language, verdict, ...settings] = lines[i].startsWith("```") ? lines[i].slice(3).split(" ") : [];
    if (verdict !== "bad" && verdict !== "good") continue;
    const of = Object.fromEntries(settings.map((s) => s.split("=")));
    const end = lines.indexOf("```", i + 1);
    const format = of.format ?? "recognised";
    if (of.format) formats.add(format);
    const path = join(target, "pages", format, page.replace(/\.md$/, `-${i + 1}`), of.path ?? `config.${language}`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, lines.slice(i + 1, end).join("\n") + "\n");
    i = end;
  }
}

const rows = [...formats].map((format) => `  "pages/${format}/": ${format}\n`);
writeFileSync(join(target, "loralint.yaml"), `formats:\n${rows.join("")}`);
