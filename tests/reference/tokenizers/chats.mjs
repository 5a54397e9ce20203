// What the families' own Jinja templates make of conversations of ours: node chats.mjs FOLDER. The folder holds a file NAME.jinja per named
// template, as the family publishes it; they are not ours to ship, their output is committed. Needs @huggingface/jinja 0.5 in a folder
// that NODE_PATH names.

import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const require = createRequire(path.resolve(process.env.NODE_PATH ?? ".", "package.json"));
const { Template } = require("@huggingface/jinja");
const here = path.dirname(fileURLToPath(import.meta.url));
const folder = process.argv[2];

const say = (role, content) => ({ role, content });
const conversations = {
  question: [say("user", "What is LoRA?")],
  exchange: [say("user", "What is LoRA? "), say("assistant", " A low-rank\nupdate.\n")],
  system: [say("system", "Be brief."), say("user", "Why?"), say("assistant", "Because.")],
  turns: [say("user", "One?"), say("assistant", "1"), say("user", "Two?"), say("assistant", "2"), say("user", "Three?")],
  "system and turns": [say("system", "Count. /no_think"), say("user", "One?"), say("assistant", "1"), say("user", "Two?"), say("assistant", "2")],
  reasoning: [say("user", "1+1?"), say("assistant", "<think>\nOne and one.\n</think>\n\n2"), say("user", "2+2?"), say("assistant", "<think>\nTwo and two.\n</think>\n\n4")],
};
const tokens = { "llama-3": ["<|begin_of_text|>", "<|eot_id|>"], "llama-3.1": ["<|begin_of_text|>", "<|eot_id|>"], gemma: ["<bos>", "<eos>"],
  "gemma-3": ["<bos>", "<eos>"], "phi-3": ["<s>", "<|endoftext|>"] };

const expected = [];
for (const file of fs.readdirSync(folder).filter(name => name.endsWith(".jinja") && !name.startsWith("other-")).sort()) {
  const name = file.slice(0, -".jinja".length);
  const template = new Template(fs.readFileSync(path.join(folder, file), "utf8"));
  const [bos_token, eos_token] = tokens[name] ?? ["<s>", "</s>"];
  for (const [conversation, messages] of Object.entries(conversations))
    for (const add_generation_prompt of [false, true]) {
      let text = null;
      try {
        text = template.render({ messages, add_generation_prompt, bos_token, eos_token });
      } catch (error) {
        // What raise_exception of a template says; anything else is an error of ours.
        if (!/alternate|System role not supported/.test(String(error)))
          throw error;
      }
      expected.push({ template: name, conversation, messages, addGenerationPrompt: add_generation_prompt, text });
    }
}
fs.writeFileSync(path.join(here, "chats.jsonl"), expected.map(line => JSON.stringify(line)).join("\n") + "\n");
console.log(`${expected.length} texts`);
