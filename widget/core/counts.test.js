// What is told of the form when a page is left, for each way of leaving it.

import assert from "node:assert/strict";
import { test } from "node:test";

/// The page's events by hand; what was sent.
const world = (navigator = {}, dataset = {}) => {
  const window = new EventTarget();
  const document = Object.assign(new EventTarget(), { visibilityState: "visible" });
  const panel = Object.assign(new EventTarget(), { hidden: true, isConnected: true, closest: () => panel });
  const sent = [];
  Object.assign(globalThis, {
    document,
    addEventListener: window.addEventListener.bind(window),
    removeEventListener: window.removeEventListener.bind(window),
    fetch: async (url, { body }) => sent.push([url, JSON.parse(body)]),
  });
  Object.defineProperty(globalThis, "navigator", { value: { userAgent: "Firefox", ...navigator }, configurable: true });
  const page = {
    script: { dataset },
    survey: { key: "post-service", version: 3 },
    url: "https://f.example/v1/sites/pk_1/responses",
    root: panel,
    panel,
  };
  const happen = (name, properties, on = panel) =>
    on.dispatchEvent(Object.assign(new Event(name), properties));
  const at = (question) => ({ target: { closest: () => ({ dataset: { question } }) } });
  /// Events of this kind have a target of their own.
  const change = (question) => {
    const event = new Event("change");
    Object.defineProperty(event, "target", { value: at(question).target });
    panel.dispatchEvent(event);
  };
  const look = (state) => {
    document.visibilityState = state;
    happen("visibilitychange", {}, document);
  };
  return { page, panel, sent, happen, change, look, leave: () => happen("pagehide", {}, window) };
};

const told = (sent) =>
  sent.flatMap(([, { events }]) => events.map(({ kind, question }) => kind + (question ? " " + question : "")));

const { counting } = await import("./counts.js");

const CASES = {
  "never shown": [() => {}, []],
  "shown by itself, and not looked at": [
    ({ count, panel }) => {
      panel.hidden = false;
      count("impression");
    },
    ["impression"],
  ],
  "shown by itself, and closed": [
    ({ count, panel }) => {
      panel.hidden = false;
      count("impression");
      panel.hidden = true;
    },
    ["impression", "dismissal"],
  ],
  "opened, and left in the middle": [
    ({ count, panel, happen, change }) => {
      panel.hidden = false;
      count("impression");
      happen("focusin");
      happen("input");
      change("recommend");
      change("recommend");
      change("effort");
    },
    ["impression", "open", "start", "answer recommend", "answer effort", "dismissal effort"],
  ],
  "sent": [
    ({ count, panel, happen, change }) => {
      panel.hidden = false;
      count("impression");
      happen("input");
      change("recommend");
      happen("outcome", { detail: { state: "sending" } });
      happen("outcome", { detail: { state: "sent" } });
      panel.hidden = true;
    },
    ["impression", "open", "start", "answer recommend"],
  ],
  "another tab meanwhile, and back": [
    ({ count, panel, happen, look }) => {
      panel.hidden = false;
      count("impression");
      happen("focusin");
      look("hidden");
      look("visible");
      happen("input");
      happen("outcome", { detail: { state: "saved" } });
      look("hidden");
    },
    ["impression", "open", "start"],
  ],
};

for (const [name, [play, expected]] of Object.entries(CASES)) {
  test(name, () => {
    const made = world();
    const count = counting(made.page, made.panel);
    play({ ...made, count });
    made.leave();
    made.leave();
    assert.deepEqual(told(made.sent), expected);
    for (const [url, batch] of made.sent) {
      assert.equal(url, "https://f.example/v1/sites/pk_1/events");
      assert.match(batch.batch, /^[0-9a-f]{8}-[0-9a-f]{4}-7/);
      assert.deepEqual([batch.survey, batch.survey_version], ["post-service", 3]);
    }
  });
}

test("nobody who does not want it, no program and no trial is counted", () => {
  for (const [navigator, dataset] of [
    [{ globalPrivacyControl: true }, {}],
    [{ doNotTrack: "1" }, {}],
    [{ userAgent: "Googlebot" }, {}],
    [{}, { consent: "" }],
    [{}, { dryRun: "" }],
  ]) {
    const made = world(navigator, dataset);
    const count = counting(made.page, made.panel);
    count("impression");
    made.happen("input");
    made.leave();
    assert.deepEqual(made.sent, [], JSON.stringify([navigator, dataset]));
  }
});

test("where the visitor agrees it is counted, and the channel and the service go along", () => {
  const made = world({}, { consent: "", channel: "app", service: "anagrafe" });
  made.page.agreed = true;
  counting(made.page, made.panel)("impression");
  made.leave();
  const [[, { channel, service }]] = made.sent;
  assert.deepEqual([channel, service], ["app", "anagrafe"]);
});

test("after the widget is taken away what was counted is told once, and nothing more", () => {
  const made = world();
  const count = counting(made.page, made.panel);
  count("impression");
  made.panel.isConnected = false;
  made.leave();
  count("open");
  made.leave();
  assert.deepEqual(told(made.sent), ["impression", "dismissal"]);
});
