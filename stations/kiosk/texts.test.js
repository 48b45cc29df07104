// Run by `node --test`: the kiosk speaks every language that the widget speaks, with the same gaps.

import assert from "node:assert";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

const read = (path) => JSON.parse(readFileSync(new URL(path, import.meta.url)));

test("every language says everything", () => {
  const texts = read("texts.json");
  const widget = readdirSync(new URL("../../widget/texts", import.meta.url)).map((name) => name.slice(0, -5));
  assert.deepStrictEqual(Object.keys(texts).sort(), widget.sort());
  for (const [language, words] of Object.entries(texts)) {
    assert.deepStrictEqual(Object.keys(words), Object.keys(texts.en), language);
    for (const [key, text] of Object.entries(words)) {
      assert.ok(text.trim(), `${language} ${key}`);
      assert.strictEqual(text.includes("{n}"), texts.en[key].includes("{n}"), `${language} ${key}`);
    }
  }
});
