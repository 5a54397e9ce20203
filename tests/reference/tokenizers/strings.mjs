// The strings that tokenizers are compared on: the same ones at every run.

/** Small deterministic random numbers (mulberry32). */
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

// Sentences of ours, a few per script, so that words are words and not noise.
export const sentences = [
  "The quick brown fox jumps over the lazy dog, doesn't it?",
  "I'm sure they'll say we've won; she'd rather not. IT'S FINE, WE'LL SEE, YOU'RE RIGHT.",
  "Rank 16, alpha 32 and a learning rate of 2e-4 were used for 3 epochs on 12,345 samples.",
  "Über den Wölken muß die Freiheit größer sein; Straße, Öl, Käse, naïve, façade, coöperate.",
  "Žluťoučký kůň příšerně úpěl ďábelské ódy. Zażółć gęślą jaźń. Ąžuolas, ėjimas, ūkis.",
  "Đường phố Hà Nội rất đông người vào buổi sáng. İstanbul'da ışık ve çiğdem var.",
  "Ég veit ekki hvað þú átt við. Ça va bien, merci, et toi ? L’été dernier, j’étais à Nîmes.",
  "El niño comió piñas; ¿dónde está la salida? ¡Qué sorpresa! Não há pão, só maçãs e limões.",
  "Съешь ещё этих мягких французских булок, да выпей чаю. Їжак і ґава; Ђорђе, Љубав, Ўзор.",
  "Η γρήγορη καφετιά αλεπού πηδά πάνω από τον τεμπέλη σκύλο. Ὀδυσσεύς, ᾠδή, ΣΊΣΥΦΟΣ.",
  "الثعلب البني السريع يقفز فوق الكلب الكسول، أليس كذلك؟ السَّلَامُ عَلَيْكُمْ ١٢٣٤٥ ۱۲۳۴",
  "השועל החום המהיר קופץ מעל הכלב העצלן. שָׁלוֹם עֲלֵיכֶם, מה שלומך היום?",
  "तेज़ भूरी लोमड़ी आलसी कुत्ते के ऊपर कूदती है। संस्कृत, क्षत्रिय, ज्ञान १२३४५",
  "দ্রুত বাদামী শিয়াল অলস কুকুরের উপর লাফ দেয়। ১২৩ தமிழ் மொழி அழகானது. తెలుగు భాష, ಕನ್ನಡ, മലയാളം",
  "สุนัขจิ้งจอกสีน้ำตาลกระโดดข้ามสุนัขขี้เกียจ ๑๒๓ ພາສາລາວ မြန်မာဘာသာ ភាសាខ្មែរ བོད་ཡིག",
  "敏捷的棕色狐狸跳过了懒狗。今天天气很好,我们去公园散步吧!一共二十三个人。",
  "敏捷的棕色狐狸跳過了懶狗。「繁體中文」與简体中文,有甚麼不同?㐀㐁 𠀀𠀁𪚥",
  "素早い茶色の狐がのろまな犬を飛び越える。カタカナとひらがな、漢字のテストです。ー・。ヴ゛か゛が",
  "빠른 갈색 여우가 게으른 개를 뛰어넘는다. 한글은 과학적이다. 가각힣 ㄱㄴㄷ ㅏㅑㅓ",
  "ეს არის ქართული. Սա հայերեն է։ ይህ አማርኛ ነው። ᏣᎳᎩ ᐃᓄᒃᑎᑐᑦ ꯃꯤꯇꯩ ⵜⴰⵎⴰⵣⵉⵖⵜ ᠮᠣᠩᠭᠣᠯ",
  "𝐁𝐨𝐥𝐝 𝑖𝑡𝑎𝑙𝑖𝑐 𝔉𝔯𝔞𝔨𝔱𝔲𝔯 𝟘𝟙𝟚 𐐀𐐁𐐨 𐌰𐌱𐌲 𓀀𓁀 𒀀𒁀 𞤀𞤢 🄰🅰 𑀓𑀔 𞥐𞥑",
  "👩‍👩‍👧‍👦 family, 👍🏽 thumbs, 🇩🇪🇫🇷 flags, ❤️‍🔥 heart, 1️⃣ keycap, 🏴󠁧󠁢󠁥󠁮󠁧󠁿 tag, ☺ ☺️ 🤷🏻‍♀️ 😀😃😄",
  "ﬁle ﬂow ½ ¼ Ⅷ ① ② ㎏ ㍿ ™ ℃ Å Å ﷺ ﬃ ＡＢＣ１２３ ｶﾞｷﾞ ㈱ x² y₃ ª º",
  "e\u0301 a\u030a o\u0308\u0304 n\u0303 \u1100\u1161\u11a8 s\u0323\u0307 \u0344 q\u0307\u0323 \u0958 \u2126 \u212b \uf900",
  "$x^2 + y^2 = z^2$; ∀ε>0 ∃δ>0: |x−a|<δ ⇒ |f(x)−L|<ε ∑∏∫√∞≈≠≤≥ ←↑→↓ ⟨ψ|φ⟩ €£¥₹₿",
  "def f(x: int) -> str:\n    return f\"{x!r:>10}\"  # comment\n\nclass A(B):\n\tpass\n",
  "for (int i = 0; i < n; ++i) { a[i] += b[i] * 0x1F; } // TODO: fix\r\n#include <stdio.h>\r\n",
  "SELECT * FROM `users` WHERE id IN (1,2,3) AND name LIKE '%o''brien%' ORDER BY 2 DESC;",
  "{\"key\": [1, 2.5, -3e10, null, true], \"nested\": {\"a\\n\": \"\\u00e9\"}}",
  "<html lang=\"en\"><body class='a b'>&nbsp;&lt;x&gt;</body></html> https://example.org/a?b=c&d=%20#e user@example.org",
  "| a | b |\n|---|---|\n| 1 | 2 |\n\n```sh\nls -la | grep '^d' && echo \"$HOME\"\n```\n",
  "‘single’ “double” „low“ «guillemets» ‹x› –en —em …dots •bullet ·mid ¶ § † ‡ ※",
  "CamelCaseWord snake_case_word kebab-case-word SCREAMING_CASE mixedUP123abc ABCdefGHIjkl O'Neill's",
  "2024-06-30T23:59:59.999Z +49 (0)30 1234567 1.000.000,00 1,000,000.00 3.14159 1e-5 0b1010 ٣٫١٤",
];

const spaces = [" ", "  ", "   ", "\t", "\n", "\r\n", "\n\n", " \n", "\n ", "\u00a0", "\u3000", "\u2003", "\u2009", "\u1680", "\u2028", "\u2029",
  "\u0085", "\u200b", "\ufeff", "\v", "\f", "\t\t", "    ", "        "];
const controls = ["\u0000", "\u0001", "\u0007", "\u0008", "\u001b[31m", "\u007f", "\u009f", "\u00ad", "\u200c", "\u200d", "\u200e", "\u202e", "\u2060",
  "\ufffd", "\ufffe", "\uffff", "\ue000", "\u{f0000}", "\u{10ffff}", "\u0300", "\u0301\u0302\u0303", "\u20dd", "\u0378", "\u{e0001}"];
const marks = ["<s>", "</s>", "<unk>", "<pad>", "<bos>", "<eos>", "<|im_start|>", "<|im_end|>", "<|endoftext|>", "<|begin_of_text|>", "<|eot_id|>",
  "<|start_header_id|>", "<|end_header_id|>", "[INST]", "[/INST]", "<<SYS>>", "<start_of_turn>", "<end_of_turn>", "<think>", "</think>", "<|user|>",
  "<|assistant|>", "<|end|>", "<extra_id_0>", "<0x41>", "<0xE4>", "<s", "s>", "<|im_start", "im_end|>", "[INST", "▁", "Ġ", "<WORD>", "<left>", "<right>",
  "<Norm>", "<norm>"];

// First and last code point of what random strings are drawn from.
const ranges = [[0x20, 0x7e], [0x20, 0x7e], [0x00, 0xff], [0x100, 0x24f], [0x250, 0x36f], [0x370, 0x3ff], [0x400, 0x52f], [0x530, 0x5ff], [0x600, 0x6ff],
  [0x900, 0x97f], [0x980, 0xdff], [0xe00, 0xfff], [0x1000, 0x10ff], [0x1100, 0x11ff], [0x1e00, 0x1fff], [0x2000, 0x206f], [0x2070, 0x218f], [0x2190, 0x2bff],
  [0x3000, 0x30ff], [0x3400, 0x3500], [0x4e00, 0x5200], [0x9f00, 0xa4cf], [0xac00, 0xad00], [0xf900, 0xfaff], [0xfb00, 0xfdff], [0xfe00, 0xfeff],
  [0xff00, 0xffef], [0x10000, 0x101ff], [0x10400, 0x104ff], [0x11000, 0x110ff], [0x1d400, 0x1d7ff], [0x1f000, 0x1f2ff], [0x1f300, 0x1f6ff],
  [0x20000, 0x20100], [0xe0100, 0xe01ef]];

/** All strings. */
export function strings() {
  const next = random(20261121);
  const below = n => Math.floor(next() * n);
  const pick = list => list[below(list.length)];
  const point = () => {
    const [first, last] = pick(ranges);
    const drawn = first + below(last - first + 1);
    return drawn === 0x0b55 ? "\u0b56" : String.fromCodePoint(drawn); // See README.md: a mark that is newer than the library's tables.
  };
  const several = (least, most, make) => Array.from({ length: least + below(most - least + 1) }, make).join("");
  const words = sentences.flatMap(sentence => sentence.split(" ")).filter(word => word.length > 0);
  const all = ["", ...sentences, ...spaces, ...controls, ...marks];
  for (const sentence of sentences)
    all.push(" " + sentence, sentence + "\n", sentence.toUpperCase(), sentence.toLowerCase(), sentence.replaceAll(" ", "  "), sentence.replaceAll(" ", ""),
      sentence.normalize("NFD"), sentence.normalize("NFKC"));
  for (const space of spaces)
    all.push(`a${space}b`, `${space}a`, `a${space}`, `1${space}2`, `.${space}.`, `字${space}字`, space + space, `a ${space}b`, `a${space} b`);
  for (const control of controls)
    all.push(`a${control}b`, ` ${control} `, `e${control}`, `${control}1`);
  for (const mark of marks)
    all.push(`a${mark}b`, `a ${mark} b`, `${mark}${mark}`, `${mark}a`, ` ${mark}`, `${mark} \n`, `x\t${mark}\u3000y`, `_${mark}_`, `.${mark}.`);
  for (let digits = 1; digits <= 12; digits++)
    all.push("1234567890123".slice(0, digits), ` ${"9".repeat(digits)} `, `x${"0".repeat(digits)}y`);
  for (let length = 1; length <= 24; length++)
    all.push(" ".repeat(length), "\n".repeat(length), `a${" ".repeat(length)}b`, `a${" ".repeat(length)}\n b`, "a".repeat(length), "=".repeat(length));
  for (let i = 0; i < 350; i++)
    all.push(several(1, 12, point));
  for (let i = 0; i < 300; i++)
    all.push(several(1, 8, () => pick(words) + pick([" ", " ", " ", "", "\n", "  ", ", ", "-", "'s ", "\t"])));
  for (let i = 0; i < 300; i++)
    all.push(several(2, 6, () => pick([pick(words), pick(spaces), pick(controls), pick(marks), point(), String(below(100000))])));
  return [...new Set(all)];
}
