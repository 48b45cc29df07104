// Questions as fields for whoever has a keyboard: a digit chooses, Enter goes on.

import { isBlank, scoreRange } from "../asked.js";
import { node } from "../node.js";
import { texts } from "./texts.js";

const OTHER = "other";
/// Within this time a second digit is the end of the same number: 1, 0.
const DIGITS_MS = 1200;

/// What is wrong stands beside what it is about, and is linked to it.
export const fault = (id) => node("p", { class: "fault", id: `fault-${id}`, hidden: true });

/// A question of the survey in one language: `{key, element, read, write}`.
export const field = (question, locale) => {
  const { key, kind } = question;
  const made = kind == "text" ? words(question, locale) : kind == "choice" ? choice(question, locale) : scale(question);
  const say = question.required ? [" ", node("small", {}, texts.required)] : [];
  const element = node(
    "fieldset",
    { "data-question": key, "aria-describedby": `fault-${key}` },
    node("legend", {}, node("span", { lang: locale }, question.text[locale] ?? ""), ...say),
    question.hint && node("p", { class: "hint", lang: locale }, question.hint[locale] ?? ""),
    fault(key),
    made.inputs,
  );
  return { key, element, read: made.read, write: made.write };
};

const row = (type, name, value, label, lang) =>
  node("label", { lang }, node("input", { type, name, value }), node("span", {}, label));

const ticked = (name) => [...document.getElementsByName(name)].filter((input) => input.checked).map(({ value }) => value);
const tick = (name, values) => {
  for (const input of document.getElementsByName(name)) input.checked = values.includes(input.value);
};

const scale = (question) => {
  const [low, high] = scoreRange(question);
  const name = `answers.${question.key}`;
  const scores = Array.from({ length: high - low + 1 }, (_, i) => String(low + i));
  return {
    inputs: node("div", { class: "scale" }, scores.map((score) => row("radio", name, score, score))),
    read: () => ticked(name).map(Number)[0],
    write: (answer) => tick(name, [String(answer)]),
  };
};

const choice = ({ key, multiple, other, options }, locale) => {
  const name = `answers.${key}`;
  const type = multiple ? "checkbox" : "radio";
  const rows = options.map((option) => row(type, name, option.key, option.text[locale] ?? option.key, locale));
  const words = { type: "text", class: "other", "aria-label": texts.otherWords, placeholder: texts.otherWords, maxlength: 200 };
  const free = node("input", { ...words, hidden: true });
  if (other) rows.push(row(type, name, OTHER, texts.other), free);
  const uncover = () => (free.hidden = !ticked(name).includes(OTHER));
  const numbered = rows.filter((row) => row.localName == "label");
  numbered.slice(0, 9).forEach((row, i) => row.prepend(node("kbd", { "aria-hidden": "true" }, String(i + 1))));
  const read = () => {
    const selected = ticked(name);
    if (other && selected.includes(OTHER)) {
      return { selected: selected.filter((one) => one != OTHER), other: free.value };
    }
    return multiple ? selected : selected[0];
  };
  const write = (answer) => {
    free.value = answer?.other ?? "";
    const named = answer?.selected ? [...answer.selected, OTHER] : [answer ?? []].flat();
    tick(name, named);
    uncover();
  };
  return { inputs: node("div", { class: "options", onchange: uncover }, rows), read, write };
};

const words = ({ key, max_chars, text }, locale) => {
  const label = text[locale];
  const area = node("textarea", { name: `answers.${key}`, rows: 2, maxlength: max_chars, "aria-label": label });
  return { inputs: area, read: () => area.value, write: (answer = "") => (area.value = answer) };
};

/// The number that is being typed, digit by digit, and where.
let typed = { digits: "", group: null, at: 0 };

/// A digit in a group of radio buttons or boxes: a score by its value, another answer by its place.
/// Whether it was one.
export const chooseByDigit = ({ key, target, timeStamp, ctrlKey, altKey, metaKey }) => {
  const group = target.closest?.("fieldset");
  const isTick = ["radio", "checkbox"].includes(target.type);
  if (!group || !isTick || !/^\d$/.test(key) || ctrlKey || altKey || metaKey) return false;
  const inputs = [...group.querySelectorAll("input[type=radio], input[type=checkbox]")];
  const isScale = !!target.closest(".scale");
  const goesOn = isScale && typed.group == group && timeStamp - typed.at < DIGITS_MS;
  const find = (digits) => (isScale ? inputs.find(({ value }) => value == digits) : inputs[digits - 1]);
  const digits = goesOn && find(typed.digits + key) ? typed.digits + key : key;
  const input = find(digits);
  typed = { digits, group, at: timeStamp };
  if (!input) return true;
  input.checked = input.type == "radio" || !input.checked;
  input.focus();
  input.dispatchEvent(new Event("change", { bubbles: true }));
  return true;
};

export const hasAnswer = (field) => !isBlank(field.read());
