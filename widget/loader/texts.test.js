// The widget's own texts: every language says all that the first one says, with the same gaps.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { KNOWN } from "../core/language.js";

const folder = new URL("../texts/", import.meta.url);
const read = (name) => JSON.parse(readFileSync(new URL(name, folder)));
const gaps = (text) => (text.match(/\{\w+\}/g) ?? []).sort();
const names = readdirSync(folder);
const first = read("it.json");

test("the official languages of the European Union, and two from right to left", () => {
  const wanted = "ar bg cs da de el en es et fi fr ga he hr hu it lt lv mt nl pl pt ro sk sl sv";
  assert.deepEqual(names.map((name) => name.slice(0, 2)).sort(), wanted.split(" "));
  assert.equal(KNOWN, wanted);
});

for (const name of names) {
  test(name, () => {
    const texts = read(name);
    assert.deepEqual(Object.keys(texts), Object.keys(first));
    for (const [key, text] of Object.entries(texts)) {
      assert.notEqual(text.trim(), "", key);
      assert.deepEqual(gaps(text), gaps(first[key]), key);
    }
  });
}
