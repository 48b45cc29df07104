// Run by `node --test widget/loader/`.

import assert from "node:assert/strict";
import { test } from "node:test";
import { language } from "../core/language.js";

const KNOWN = ["it", "en"];

for (const [wanted, expected] of [
  [["en"], "en"],
  [["en-GB"], "en"],
  [["IT-it"], "it"],
  [[undefined, "en-US"], "en"],
  [["", "en"], "en"],
  [["it", "en"], "it"],
  [["fr", "en"], "en"],
  [["fr"], "en"],
  [["fr", undefined, "it-CH"], "it"],
  [[], "en"],
]) {
  test(`${JSON.stringify(wanted)} is spoken to in ${expected}`, () => {
    assert.equal(language(KNOWN, ...wanted), expected);
  });
}
