// Run by `node --test widget/core/`: the rules by which the form shows by itself, and what the
// managers' page makes of them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { isWanted, objection } from "./rules.js";
import { answer } from "./simulate.js";

const NOW = Date.parse("2026-11-26T10:00:00Z");
const DAY_MS = 86_400_000;
const at = (path) => new URL(path, "https://www.example.it");

for (const [options, path, expected] of [
  [{}, "/", true],
  // Nobody reads it.
  [{ showOn: "/servizi/*" }, "/", false],
  [{ hideOn: "/servizi/*" }, "/", true],
  [{ openOn: "click", showOn: "/servizi/*" }, "/servizi/carta", true],
  [{ openOn: "click", showOn: "/servizi/*" }, "/servizi", false],
  [{ openOn: "click", showOn: "/servizi*" }, "/servizi", true],
  [{ openOn: "click", showOn: "/a /b,/c" }, "/c", true],
  [{ openOn: "click", showOn: "/a" }, "/a/", false],
  [{ openOn: "click", showOn: "/a.b" }, "/axb", false],
  [{ openOn: "click", showOn: "/a" }, "/a?x=1#y", true],
  [{ openOn: "click", showOn: "/a?x=*" }, "/a?x=1", true],
  [{ openOn: "click", showOn: "/a?x=*" }, "/a", false],
  [{ openOn: "click", showOn: "*#/pay" }, "/app#/pay", true],
  [{ openOn: "click", showOn: "/città" }, "/città", true],
  [{ openOn: "click", showOn: "/citt%C3%A0" }, "/città", true],
  [{ openOn: "click", hideOn: "/carrello*" }, "/carrello/2", false],
  [{ openOn: "click", hideOn: "/carrello*" }, "/", true],
  [{ openOn: "click", showOn: "/a*", hideOn: "/ab" }, "/ab", false],
]) {
  test(`${JSON.stringify(options)} at ${path}: ${expected}`, () => {
    assert.equal(isWanted(options, at(path)), expected);
  });
}

for (const [options, known, expected] of [
  [{}, {}, "click"],
  [{ openOn: "click" }, {}, "click"],
  [{ openOn: "inline", showOn: "/x" }, {}, "inline"],
  [{ openOn: "load" }, {}, undefined],
  [{ openOn: "after:2.5s" }, {}, undefined],
  [{ openOn: "after:2h" }, {}, "unknown_trigger"],
  [{ openOn: "event:a:b" }, {}, undefined],
  [{ openOn: "event:" }, {}, "unknown_trigger"],
  [{ openOn: "load", showOn: "/x" }, {}, "page"],
  [{ openOn: "load" }, { agent: "Googlebot/2.1" }, "bot"],
  [{ openOn: "load" }, { agent: "facebookexternalhit/1.1" }, "bot"],
  [{ openOn: "load" }, { agent: "Mozilla/5.0 (Linux; Android 13; CUBOT P80)" }, undefined],
  [{ openOn: "load" }, { isPrivate: true }, "privacy"],
  [{ openOn: "load", consent: "" }, {}, "consent"],
  [{ openOn: "load", consent: "" }, { agreed: true }, undefined],
  [{ openOn: "load" }, { answered: NOW }, undefined],
  [{ openOn: "load", once: "response" }, { answered: NOW }, "answered"],
  [{ openOn: "load", once: "response" }, { asked: NOW }, undefined],
  [{ openOn: "load", once: "session" }, { asked: 1 }, "asked"],
  [{ openOn: "load", once: "session" }, { answered: NOW }, undefined],
  [{ openOn: "load", once: "30d" }, { answered: NOW - 60 * DAY_MS }, undefined],
  [{ openOn: "load", once: "30d" }, { asked: NOW - 29 * DAY_MS }, "asked"],
  [{ openOn: "load", once: "30d" }, { asked: NOW - 31 * DAY_MS }, undefined],
  [{ openOn: "load", once: "30d" }, { asked: NOW + 31 * DAY_MS }, undefined],
  [{ openOn: "load", once: "30d" }, {}, undefined],
  [{ openOn: "load", sample: "20" }, { luck: 19.9 }, undefined],
  [{ openOn: "load", sample: "20" }, { luck: 20 }, "sample"],
  [{ openOn: "load", sample: "0" }, { luck: 0 }, "sample"],
]) {
  test(`${JSON.stringify(options)}, ${JSON.stringify(known)}: ${expected}`, () => {
    const found = objection(options, { address: at("/"), agent: "Mozilla", now: NOW, luck: 0, ...known });
    assert.equal(found, expected);
  });
}

const site = { public_key: "pk_1", origins: ["https://www.example.it"] };
const tag = (more) => `<script async src="https://f.example.it/ascolto.js" data-site="pk_1" ${more}></script>`;

for (const [address, pasted, visitor, expected] of [
  ["servizi", tag(""), {}, { problem: "address" }],
  ["https://example.org/", tag(""), {}, { problem: "origin" }],
  ["https://www.example.it/", '<script data-site="pk_2">', {}, { problem: "site" }],
  ["https://www.example.it/", tag(""), {}, { button: true, reason: "click", trigger: "click", mistakes: [] }],
  [
    "https://www.example.it/",
    tag('data-show-on="/a"'),
    {},
    { button: false, reason: "page", trigger: "click", mistakes: [] },
  ],
  [
    "https://www.example.it/",
    tag('data-open-on="click:idle"'),
    {},
    { button: true, reason: "click", trigger: "click:idle", mistakes: [] },
  ],
  [
    "https://www.example.it/",
    tag('data-open-on="load" data-sample="0"'),
    {},
    { button: true, reason: "sample", trigger: "load", sample: "0", mistakes: [] },
  ],
  [
    "https://www.example.it/a",
    tag("data-open-on='load' data-hide-on=/a data-sample=20"),
    {},
    { button: false, reason: "page", trigger: "load", sample: "20", mistakes: [] },
  ],
  [
    "https://www.example.it/a",
    tag('data-open-on="load" data-once="7d"'),
    { asked: true },
    { button: true, reason: "asked", trigger: "load", mistakes: [] },
  ],
  [
    "https://www.example.it/a",
    tag('data-open-on="load" data-once="week" data-showon="/b" data-context-plan="gold" data-consent'),
    { agreed: true },
    { button: true, trigger: "load", mistakes: ['data-once="week"', "data-showon"] },
  ],
]) {
  test(`${pasted} at ${address}`, () => {
    assert.deepEqual(JSON.parse(JSON.stringify(answer(address, pasted, site, visitor))), expected);
  });
}
