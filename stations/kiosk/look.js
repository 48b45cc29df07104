// What a visitor sees: one question at a time, made of large buttons. Knows nothing of sending.

import { isBlank, scoreRange } from "../asked.js";
import { drawing, node } from "../node.js";

const OTHER = "other";
/// So long a choice is seen before the next question comes.
const SEEN_MS = 250;

/// Five-pointed, by its corners.
const STAR = "M24 4l6 13.500 14.500 1.500-11 9.500 3.500 14.500-13-7.500-13 7.500 3.500-14.500-11-9.500 14.500-1.500z";
const FACE = "M24 3a21 21 0 1 0 .01 0zM16.500 18.500v1.500M31.500 18.500v1.500";
/// Mouths from worst to best.
const MOUTHS = ["M14 35q10-11 20 0", "M15 34q9-6 18 0", "M15 33h18", "M15 31q9 6 18 0", "M14 30q10 11 20 0"];
const mouths = (scale) => (scale == 3 ? [MOUTHS[0], MOUTHS[2], MOUTHS[4]] : MOUTHS);

const lookOf = ({ kind, shape, scale }) =>
  kind != "rating" ? "number" : shape == "face" && (scale == 3 || scale == 5) ? "face" : shape == "star" ? "star" : "number";

const endsOf = ({ kind, metric }) =>
  ({ nps: "nps", ces: "ces" })[kind] ?? (metric == "csat" ? "csat" : "rating");

const fill = (text, n, max) => text.replace("{n}", n).replace("{max}", max);

/// What is asked, with the answer so far. `next(answer)` goes on, `undefined` leaves it out.
export const question = (asked, answer, { texts, withWords, back, next }) => {
  const inputs = { choice, text: words, statement }[asked.kind] ?? scale;
  return node(
    "section",
    { class: "question", "data-question": asked.key, "aria-labelledby": "asked" },
    node("h1", { id: "asked", tabindex: -1 }, asked.text),
    asked.hint && node("p", { class: "hint" }, asked.hint),
    inputs(asked, answer, { texts, withWords, next }),
    node(
      "div",
      { class: "turn" },
      back && node("button", { type: "button", class: "back", onclick: back }, texts.back),
      !asked.required && asked.kind != "statement" && node("button", { type: "button", class: "skip", onclick: () => next(undefined) }, texts.skip),
    ),
  );
};

/// One touch is the answer.
const press = (element, answer, next) => {
  for (const other of element.parentElement.children) other.setAttribute("aria-pressed", String(other == element));
  setTimeout(next, SEEN_MS, answer);
};

const scale = (asked, answer, { texts, next }) => {
  const [low, high] = scoreRange(asked);
  const look = lookOf(asked);
  const ends = endsOf(asked);
  const button = (score) => {
    const drawn = look == "star" ? drawing(48, STAR) : look == "face" ? drawing(48, FACE, mouths(high)[score - 1]) : String(score);
    return node(
      "button",
      {
        type: "button",
        class: look,
        "aria-label": fill(texts.score, score, high),
        "aria-pressed": String(score == answer),
        "data-score": score,
        onclick: ({ currentTarget }) => press(currentTarget, score, next),
      },
      drawn,
    );
  };
  const scores = Array.from({ length: high - low + 1 }, (_, i) => low + i);
  return node(
    "div",
    { class: "rated" },
    node("div", { class: `scale ${look} s${high}`, role: "group", "aria-labelledby": "asked" }, scores.map(button)),
    node("p", { class: "ends" }, node("span", {}, fill(texts[`${ends}.low`], low, high)), node("span", {}, fill(texts[`${ends}.high`], high, high))),
  );
};

const choice = (asked, answer, { texts, withWords, next }) => {
  const { multiple, other, options } = asked;
  const offered = [...options];
  // Without words "other" says nothing.
  if (other && withWords) offered.push({ key: OTHER, text: texts.other });
  const isChosen = (key) => [answer?.selected ?? answer ?? []].flat().includes(key) || (key == OTHER && !!answer?.other);
  const free = node("input", { type: "text", class: "free", maxlength: 200, "aria-label": texts["other.text"], placeholder: texts["other.text"], value: answer?.other ?? "", hidden: !isChosen(OTHER) });
  const toggle = (button, key) => {
    if (!multiple && key != OTHER) return press(button, key, next);
    const on = button.getAttribute("aria-pressed") != "true";
    button.setAttribute("aria-pressed", String(on));
    if (key == OTHER) free.hidden = !on;
    if (key == OTHER && on) free.focus();
  };
  const buttons = offered.map(({ key, text }) =>
    node("button", { type: "button", "data-option": key, "aria-pressed": String(isChosen(key)), onclick: ({ currentTarget }) => toggle(currentTarget, key) }, text),
  );
  const done = () => {
    const keys = buttons.filter((button) => button.getAttribute("aria-pressed") == "true").map(({ dataset }) => dataset.option);
    const selected = keys.filter((key) => key != OTHER);
    const chosen = free.value.trim() && keys.includes(OTHER) ? { selected, other: free.value.trim() } : multiple ? selected : selected[0];
    next(isBlank(chosen) ? undefined : chosen);
  };
  const needsNext = multiple || (other && withWords);
  return node(
    "div",
    { class: "chosen" },
    node("div", { class: "options", role: "group", "aria-labelledby": "asked" }, buttons),
    free,
    needsNext && node("button", { type: "button", class: "next", onclick: done }, texts.next),
  );
};

const words = ({ max_chars }, answer, { texts, next }) => {
  const area = node("textarea", { rows: 4, maxlength: max_chars, "aria-labelledby": "asked", value: answer ?? "" });
  const done = () => next(area.value.trim() ? area.value : undefined);
  return node("div", { class: "chosen" }, area, node("button", { type: "button", class: "next", onclick: done }, texts.next));
};

const statement = (asked, answer, { texts, next }) =>
  node("button", { type: "button", class: "next", onclick: () => next(undefined) }, texts.next);

/// After an answer: whether it has arrived, or waits here, in one sentence or two.
export const thanks = ({ said: [first, second], isSent, begin }) =>
  node(
    "section",
    { class: "thanks", "data-state": isSent ? "sent" : "saved", onclick: begin },
    drawing(48, "M24 3a21 21 0 1 0 .01 0z", "M14 25l7 7 13-15"),
    node("h1", { tabindex: -1 }, first),
    second && node("p", {}, second),
  );

/// Nothing can be asked, or taken.
export const closed = (texts) =>
  node("section", { class: "thanks", "data-state": "closed" }, node("h1", { tabindex: -1 }, texts.closed));

export const stillThere = ({ texts, onstay }) =>
  node(
    "dialog",
    { class: "still", "aria-labelledby": "still", oncancel: onstay },
    node("h2", { id: "still" }, texts.still),
    node("button", { type: "button", class: "next", onclick: onstay }, texts.next),
  );
