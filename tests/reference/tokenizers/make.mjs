// Makes small tokenizers in the layouts of the model families, trained on the sentences of strings.mjs, and what they must give:
// node make.mjs. The ids come from the Rust library, and are compared with the JavaScript one on the way. Needs, from npm, in a folder
// that NODE_PATH names: @anush008/tokenizers 0.6 (a binding of tokenizers 0.22.2) and @huggingface/tokenizers 0.2.0.

import fs from "node:fs";
import path from "node:path";
import zlib from "node:zlib";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { sentences, strings } from "./strings.mjs";

const require = createRequire(path.resolve(process.env.NODE_PATH ?? ".", "package.json"));
const rust = require("@anush008/tokenizers").Tokenizer;
const javascript = require("@huggingface/tokenizers").Tokenizer;
const here = path.dirname(fileURLToPath(import.meta.url));

const GPT2 = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;
const LLAMA3 = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const QWEN2 = LLAMA3.replace("{1,3}", "");
const CL100K = "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+";
const TEKKEN = "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const DEEPSEEK = "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

/** GPT-2's stand-ins for bytes. */
const byteCharacters = (() => {
  const list = [];
  let next = 256;
  for (let b = 0; b < 256; b++)
    list.push(String.fromCodePoint((b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174 ? b : next++));
  return list;
})();

/** Merges the most frequent pair again and again; equal counts by text. */
function train(words, count) {
  const parts = words.map(word => [...word]);
  const merges = [];
  while (merges.length < count) {
    const counts = new Map();
    for (const word of parts)
      for (let i = 0; i + 1 < word.length; i++) {
        const key = word[i] + "\u0000" + word[i + 1];
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
    const best = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0];
    if (!best || best[1] < 2)
      break;
    const [first, second] = best[0].split("\u0000");
    merges.push([first, second]);
    for (const word of parts)
      for (let i = 0; i + 1 < word.length; i++)
        if (word[i] === first && word[i + 1] === second)
          word.splice(i, 2, first + second);
  }
  return merges;
}

const byteWords = sentences.flatMap(s => s.match(GPT2)).map(word => [...Buffer.from(word)].map(b => byteCharacters[b]).join(""));
const pieceWords = sentences.flatMap(s => ("▁" + s.replaceAll(" ", "▁")).match(/▁[^▁]*/gu));

function vocabulary(...lists) {
  const ids = {};
  for (const token of lists.flat())
    ids[token] ??= Object.keys(ids).length;
  return ids;
}

const token = (id, content, flags = {}) =>
  ({ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true, ...flags });
const bpe = (vocab, merges, rest = {}) => ({ type: "BPE", dropout: null, unk_token: null, continuing_subword_prefix: null, end_of_word_suffix: null,
  fuse_unk: false, byte_fallback: false, ignore_merges: false, ...rest, vocab, merges });
const split = (regex, behavior = "Isolated", invert = false) => ({ type: "Split", pattern: { Regex: regex }, behavior, invert });
const sequence = (...pretokenizers) => ({ type: "Sequence", pretokenizers });
const bytes = (rest = {}) => ({ type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false, ...rest });
const template = (before, after, ids) => ({ type: "TemplateProcessing",
  single: [...before.map(id => ({ SpecialToken: { id, type_id: 0 } })), { Sequence: { id: "A", type_id: 0 } }, ...after.map(id => ({ SpecialToken: { id, type_id: 0 } }))],
  pair: [{ Sequence: { id: "A", type_id: 0 } }, { Sequence: { id: "B", type_id: 1 } }],
  special_tokens: Object.fromEntries([...before, ...after].map(id => [id, { id, ids: [ids[id]], tokens: [id] }])) });
const file = (rest, config) => ({ json: { version: "1.0", truncation: null, padding: null, added_tokens: [], normalizer: null, pre_tokenizer: null,
  post_processor: null, decoder: null, ...rest }, config });

/** A byte-level tokenizer with special tokens behind the vocabulary. */
function byteLevel(count, specials, rest, model = {}, pairs = false) {
  const merges = train(byteWords, count);
  const vocab = vocabulary([...byteCharacters].sort(), merges.map(m => m.join("")));
  const size = Object.keys(vocab).length;
  const ids = Object.fromEntries(specials.map((content, i) => [typeof content === "string" ? content : content[0], size + i]));
  const added = specials.map((entry, i) => typeof entry === "string" ? token(size + i, entry) : token(size + i, entry[0], entry[1]));
  return file({ added_tokens: added, decoder: bytes({ add_prefix_space: true, use_regex: true }),
    ...rest(ids), model: bpe(vocab, pairs ? merges : merges.map(m => m.join(" ")), model) });
}

const byteTokens = Array.from({ length: 256 }, (_, b) => `<0x${b.toString(16).toUpperCase().padStart(2, "0")}>`);

/** A SentencePiece-style tokenizer with special tokens in front, then bytes. */
function sentencePiece(count, specials, rest, pairs = false) {
  const merges = train(pieceWords, count);
  const characters = [...new Set(pieceWords.join(""))].filter(c => c.codePointAt(0) < 0x500 || c === "▁").sort();
  const known = new Set(characters);
  const kept = merges.filter(m => [...m.join("")].every(c => known.has(c)));
  const vocab = vocabulary(specials.map(s => typeof s === "string" ? s : s[0]), byteTokens, kept.map(m => m.join("")), characters);
  const added = specials.map((entry, i) => typeof entry === "string" ? token(i, entry) : token(i, entry[0], entry[1]));
  return file({ added_tokens: added, ...rest(vocab),
    model: bpe(vocab, pairs ? kept : kept.map(m => m.join(" ")), { unk_token: "<unk>", fuse_unk: true, byte_fallback: true }) });
}

const metaspaceDecoder = strip => ({ type: "Sequence", decoders: [{ type: "Replace", pattern: { String: "▁" }, content: " " }, { type: "ByteFallback" },
  { type: "Fuse" }, ...(strip ? [{ type: "Strip", content: " ", start: 1, stop: 0 }] : [])] });
const prepend = { type: "Sequence", normalizers: [{ type: "Prepend", prepend: "▁" }, { type: "Replace", pattern: { String: " " }, content: "▁" }] };

/** SentencePiece's compiled replacements as a double-array trie. */
function charsmap(pairs) {
  let blob = Buffer.alloc(0);
  const root = { next: new Map() };
  for (const [from, to] of pairs) {
    let node = root;
    for (const b of Buffer.from(from)) {
      if (!node.next.has(b))
        node.next.set(b, { next: new Map() });
      node = node.next.get(b);
    }
    node.value = blob.length;
    blob = Buffer.concat([blob, Buffer.from(to), Buffer.from([0])]);
  }
  const units = [0];
  const used = new Set([0]);
  const bases = new Set();
  const place = (node, at, label) => {
    const labels = [...(node.value === undefined ? [] : [0]), ...node.next.keys()];
    let base = 1;
    while (bases.has(base) || labels.some(l => used.has(base ^ l)))
      base++;
    bases.add(base);
    for (const l of labels)
      used.add(base ^ l);
    units[at] = (label | (node.value === undefined ? 0 : 256) | ((at ^ base) << 10)) >>> 0;
    if (node.value !== undefined)
      units[base] = (node.value | 0x80000000) >>> 0;
    for (const [l, child] of node.next)
      place(child, base ^ l, l);
  };
  place(root, 0, 0);
  while (units.length % 256)
    units.push(0);
  const head = Buffer.alloc(4 + 4 * units.length);
  head.writeUInt32LE(4 * units.length);
  for (let i = 0; i < units.length; i++)
    head.writeUInt32LE(units[i] ?? 0, 4 + 4 * i);
  return Buffer.concat([head, blob]).toString("base64");
}

/** A Unigram vocabulary: frequent pieces of words, scored by how often they occur. */
function unigram(front, alphabet, count) {
  const counts = new Map();
  for (const word of pieceWords) {
    const characters = [...word];
    for (let i = 0; i < characters.length; i++)
      for (let n = 2; n <= 6 && i + n <= characters.length; n++) {
        const piece = characters.slice(i, i + n).join("");
        counts.set(piece, (counts.get(piece) ?? 0) + 1);
      }
  }
  const pieces = [...counts].filter(([, n]) => n > 1).sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, count)
    .map(([piece, n]) => [piece, Math.fround(Math.log(n) - 8.5)]);
  return [...front.map(piece => [piece, 0]), ...pieces, ...[...alphabet].map((c, i) => [c, Math.fround(-9 - i / 64)])];
}

const latin = [...new Set(pieceWords.join(""))].filter(c => c.codePointAt(0) < 0x400 || c === "▁").sort();

const tokenizers = {
  "smollm2": byteLevel(350, ["<|endoftext|>", "<|im_start|>", "<|im_end|>"], () => ({
    pre_tokenizer: sequence({ type: "Digits", individual_digits: true }, bytes({ use_regex: true })) })),
  "gpt2-prefix": byteLevel(350, ["<|endoftext|>", ["<WORD>", { special: false, normalized: true, single_word: true }], ["<left>", { lstrip: true }],
    ["<right>", { rstrip: true, special: false }], ["<think>", { special: false }]], ids => ({
    pre_tokenizer: bytes({ add_prefix_space: true, use_regex: true }),
    post_processor: { type: "RobertaProcessing", sep: ["<|endoftext|>", ids["<|endoftext|>"]], cls: ["<|endoftext|>", ids["<|endoftext|>"]], trim_offsets: true, add_prefix_space: true } })),
  "llama-3": byteLevel(450, ["<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"], ids => ({
    pre_tokenizer: sequence(split(LLAMA3), bytes()),
    post_processor: { type: "Sequence", processors: [bytes({ add_prefix_space: true, use_regex: true }), template(["<|begin_of_text|>"], [], ids)] } }),
    { ignore_merges: true }),
  "qwen2": byteLevel(400, ["<|endoftext|>", "<|im_start|>", "<|im_end|>", ["<think>", { special: false }], ["</think>", { special: false }]], () => ({
    normalizer: { type: "NFC" }, pre_tokenizer: sequence(split(QWEN2), bytes({ trim_offsets: false })), post_processor: bytes() }),
    { continuing_subword_prefix: "", end_of_word_suffix: "" }, true),
  "phi-4": byteLevel(350, ["<|endoftext|>", ["<|im_start|>", { rstrip: true, lstrip: true }], "<|im_end|>"], () => ({
    pre_tokenizer: sequence(split(CL100K, "Removed", true), bytes()) }), {}, true),
  "tekken": byteLevel(350, ["<unk>", "<s>", "</s>", "[INST]", "[/INST]"], ids => ({
    pre_tokenizer: sequence(split(TEKKEN), bytes()), post_processor: template(["<s>"], [], ids) }), { ignore_merges: true }, true),
  "deepseek": byteLevel(350, ["<|begin_of_text|>", ["<|user|>", { special: false, normalized: true }], ["<|assistant|>", { special: false, normalized: true }]], () => ({
    normalizer: { type: "Sequence", normalizers: [] },
    pre_tokenizer: sequence(split("\\p{N}{1,3}"), split("[一-龥\u3040-ゟ゠-ヿ]+"), split(DEEPSEEK), bytes()),
    post_processor: bytes({ use_regex: true }) })),
  "llama-2": sentencePiece(350, ["<unk>", "<s>", "</s>"], ids => ({
    normalizer: prepend, post_processor: template(["<s>"], [], ids), decoder: metaspaceDecoder(true) })),
  "mistral": sentencePiece(350, ["<unk>", "<s>", "</s>", "[INST]", "[/INST]"], ids => ({
    pre_tokenizer: { type: "Metaspace", replacement: "▁", prepend_scheme: "first", split: false },
    post_processor: template(["<s>"], ["</s>"], ids), decoder: metaspaceDecoder(true) }), true),
  "phi-3": sentencePiece(350, ["<unk>", "<s>", ["</s>", { rstrip: true, special: false }], "<|endoftext|>", ["<|user|>", { rstrip: true }], ["<|assistant|>", { rstrip: true }], ["<|end|>", { rstrip: true }]], () => ({
    normalizer: prepend, decoder: metaspaceDecoder(true) })),
  "gemma": sentencePiece(350, ["<pad>", "<eos>", "<bos>", "<unk>", "<start_of_turn>", "<end_of_turn>"], ids => ({
    normalizer: { type: "Replace", pattern: { String: " " }, content: "▁" },
    pre_tokenizer: { type: "Split", pattern: { String: " " }, behavior: "MergedWithPrevious", invert: false },
    post_processor: template(["<bos>"], [], ids), decoder: metaspaceDecoder(false) }), true),
  "t5": file({
    added_tokens: [token(0, "<pad>"), token(1, "</s>"), token(2, "<unk>"), token(3, "<extra_id_0>")],
    normalizer: { type: "Precompiled", precompiled_charsmap: charsmap([
      ...Array.from({ length: 94 }, (_, i) => [String.fromCodePoint(0xff01 + i), String.fromCodePoint(33 + i)]),
      ["ﬁ", "fi"], ["ﬂ", "fl"], ["ﬃ", "ffi"], ["½", "1⁄2"], ["™", "TM"], ["e\u0301", "é"], ["o\u0308", "ö"], ["\u00a0", " "], ["\u3000", " "], ["\t", " "],
      ["\n", " "], ["\u00ad", ""], ["Å", "Å"], ["㎏", "kg"]]) },
    pre_tokenizer: sequence({ type: "WhitespaceSplit" }, { type: "Metaspace", replacement: "▁", prepend_scheme: "always", split: true }),
    post_processor: template([], ["</s>"], { "</s>": 1 }),
    decoder: { type: "Metaspace", replacement: "▁", prepend_scheme: "always", split: true },
    model: { type: "Unigram", unk_id: 2, byte_fallback: false, vocab: unigram(["<pad>", "</s>", "<unk>", "<extra_id_0>"], latin, 300) } }),
  "unigram-bytes": file({
    added_tokens: [token(0, "<unk>"), token(1, "<s>"), token(2, "</s>")],
    normalizer: { type: "Sequence", normalizers: [{ type: "NFKC" }, { type: "Replace", pattern: { Regex: " {2,}" }, content: " " }, { type: "Strip", strip_left: false, strip_right: true }] },
    pre_tokenizer: { type: "Metaspace", replacement: "▁", prepend_scheme: "first", split: true },
    decoder: { type: "Sequence", decoders: [{ type: "ByteFallback" }, { type: "Metaspace", replacement: "▁", prepend_scheme: "first", split: true }] },
    model: { type: "Unigram", unk_id: 0, byte_fallback: true, vocab: unigram(["<unk>", "<s>", "</s>", ...byteTokens], latin, 200) } }),
  "bert-like": file({
    added_tokens: [token(0, "<unk>", { special: true }), token(1, "<Norm>", { special: false, normalized: true })],
    normalizer: { type: "Sequence", normalizers: [{ type: "NFKD" }, { type: "StripAccents" }, { type: "Lowercase" }, { type: "NFD" }] },
    pre_tokenizer: sequence({ type: "BertPreTokenizer" }, { type: "Digits", individual_digits: false }, { type: "Punctuation", behavior: "Contiguous" },
      split("[aeiou]", "MergedWithNext"), { type: "Whitespace" }),
    model: bpe(vocabulary(["<unk>", "<Norm>"], [..."abcdefghijklmnopqrstuvwxyz0123456789.,"], [..."abcdefghijklmnopqrstuvwxyz"].map(c => "##" + c), ["er", "in", "th", "the", "an"]),
      ["e ##r", "i ##n", "t ##h", "a ##n", "th ##e"], { unk_token: "<unk>", continuing_subword_prefix: "##" }) }),
};

const all = strings();
const lines = [JSON.stringify(all)];
for (const [name, { json }] of Object.entries(tokenizers)) {
  fs.writeFileSync(path.join(here, `${name}.json`), JSON.stringify(json) + "\n");
  const reference = rust.fromString(JSON.stringify(json));
  const other = new javascript(json, {});
  const expected = { tokenizer: name, ids: [], decoded: [], alsoJavaScript: 0 };
  for (const text of all) {
    const ids = Array.from((await reference.encode(text, null, { addSpecialTokens: true })).getIds());
    const decoded = await reference.decode(ids, false);
    const plain = await reference.decode(ids, true);
    const theirs = other.encode(text).ids;
    if (ids.join() === theirs.join())
      expected.alsoJavaScript++;
    else if (process.env.SHOW === name)
      console.log(JSON.stringify(text), ids.join(), theirs.join());
    expected.ids.push(ids);

    // Left out where decoding gives the string back.
    expected.decoded.push(decoded === text && plain === text ? null : decoded === plain ? [decoded] : [decoded, plain]);
  }
  console.log(`${name}: ${all.length} strings, ${Object.keys(json.model.vocab).length} tokens; the JavaScript library agrees on ${expected.alsoJavaScript}`);
  lines.push(JSON.stringify(expected));
}
fs.writeFileSync(path.join(here, "expected.jsonl.br"), zlib.brotliCompressSync(Buffer.from(lines.join("\n") + "\n"),
  { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 11, [zlib.constants.BROTLI_PARAM_LGWIN]: 24 } }));
