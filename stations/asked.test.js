// The cases that the Rust rule is tried with too (`shared/tests/surveys.rs`).

import assert from "node:assert";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { given, isBlank, shown } from "./asked.js";

const { survey, cases } = JSON.parse(readFileSync(new URL("asked.json", import.meta.url)));

test("the questions that are asked after these answers", () => {
  for (const { answers, shown: expected } of cases) {
    const keys = shown(survey, answers).map(({ key }) => key);
    assert.deepStrictEqual(keys, expected, JSON.stringify(answers));
  }
});

test("what is not asked, and what is blank, is not given", () => {
  const answers = { score: 9, low: ["a"], last: " ", middle: undefined };
  assert.deepStrictEqual(given(survey, answers), { score: 9 });
  for (const blank of [undefined, null, "", " \n", [], { selected: [], other: " " }]) {
    assert.ok(isBlank(blank), JSON.stringify(blank));
  }
  for (const answer of [0, "a", ["a"], { selected: [], other: "x" }]) {
    assert.ok(!isBlank(answer), JSON.stringify(answer));
  }
});
