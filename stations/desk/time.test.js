// Run by `node --test`.

import assert from "node:assert";
import { test } from "node:test";
import { dayIn, noonOf, secondsOf, written } from "./time.js";

test("noon of a day is noon where the site is, in summer and in winter", () => {
  for (const [day, zone, expected] of [
    ["2026-11-26", "Europe/Rome", "2026-11-26T11:00:00.000Z"],
    ["2026-07-01", "Europe/Rome", "2026-07-01T10:00:00.000Z"],
    ["2026-03-29", "Europe/Rome", "2026-03-29T10:00:00.000Z"],
    ["2026-11-26", "Pacific/Auckland", "2026-11-25T23:00:00.000Z"],
    ["2026-11-26", "Pacific/Kiritimati", "2026-11-25T22:00:00.000Z"],
    ["2026-11-26", "America/New_York", "2026-11-26T17:00:00.000Z"],
    ["2026-11-26", "Asia/Kathmandu", "2026-11-26T06:15:00.000Z"],
  ]) {
    assert.strictEqual(noonOf(day, zone), expected, `${day} ${zone}`);
    assert.strictEqual(dayIn(zone, new Date(expected)), day, zone);
  }
  assert.strictEqual(dayIn("Europe/Rome", new Date("2026-11-26T23:30:00Z")), "2026-11-27");
});

test("minutes as people write them", () => {
  for (const [text, seconds] of [
    ["", undefined],
    [" ", undefined],
    ["7", 420],
    [" 7:30 ", 450],
    ["0", 0],
    ["0:05", 5],
    ["90", 5400],
    ["7:5", 425],
  ]) {
    assert.strictEqual(secondsOf(text), seconds, text);
  }
  for (const wrong of ["7:60", "seven", "-1", "7,5", "1:2:3", "12345"]) {
    assert.ok(Number.isNaN(secondsOf(wrong)), wrong);
  }
  for (const seconds of [undefined, 0, 5, 420, 450]) {
    assert.strictEqual(secondsOf(written(seconds)), seconds);
  }
});
