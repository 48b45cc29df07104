// What is told of the form when a page is left, for each way of leaving it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { counting } from "./counts.js";

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
  const show = () => {
    panel.hidden = false;
    counting(page);
  };
  return { page, panel, sent, happen, change, look, show, leave: () => happen("pagehide", {}, window) };
};

const told = (sent) =>
  sent.flatMap(([, { events }]) => events.map(({ kind, question }) => kind + (question ? " " + question : "")));

const CASES = {
  "shown by itself, and not looked at": [
    ({ show, panel }) => {
      show();
    },
    ["impression"],
  ],
  "shown by itself, and closed": [
    ({ show, panel }) => {
      show();
      panel.hidden = true;
    },
    ["impression", "dismissal"],
  ],
  "opened, and left in the middle": [
    ({ show, panel, happen, change }) => {
      show();
      happen("focusin");
      happen("input");
      change("recommend");
      change("recommend");
      change("effort");
    },
    ["impression", "open", "start", "answer recommend", "answer effort", "dismissal effort"],
  ],
  "opened, with the focus in it before anything was counted": [
    ({ show, panel }) => {
      panel.activeElement = panel;
      show();
      panel.hidden = true;
    },
    ["impression", "open", "dismissal"],
  ],
  "opened, with the focus on its cross": [
    ({ show, panel }) => {
      panel.activeElement = { part: "close", closest: () => panel };
      show();
      panel.hidden = true;
    },
    ["impression", "dismissal"],
  ],
  "sent": [
    ({ show, panel, happen, change }) => {
      show();
      happen("input");
      change("recommend");
      happen("outcome", { detail: { state: "sending" } });
      happen("outcome", { detail: { state: "sent" } });
      panel.hidden = true;
    },
    ["impression", "open", "start", "answer recommend"],
  ],
  "another tab meanwhile, and back": [
    ({ show, panel, happen, look }) => {
      show();
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
    play(made);
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
    made.show();
    made.happen("input");
    made.leave();
    assert.deepEqual(made.sent, [], JSON.stringify([navigator, dataset]));
  }
});

test("where the visitor agrees it is counted, and the channel and the service go along", () => {
  const made = world({}, { consent: "", channel: "app", service: "anagrafe" });
  made.page.agreed = true;
  made.show();
  made.leave();
  const [[, { channel, service }]] = made.sent;
  assert.deepEqual([channel, service], ["app", "anagrafe"]);
});

test("after the widget is taken away what was counted is told once, and nothing more", () => {
  const made = world();
  made.show();
  made.panel.isConnected = false;
  made.panel.hidden = true;
  made.leave();
  made.happen("focusin");
  made.leave();
  assert.deepEqual(told(made.sent), ["impression", "dismissal"]);
});
