// One visitor's answers, from the first key to the acknowledgement. The same id goes along however
// often it takes.

import { given, isBlank, shown } from "../asked.js";
import { newId } from "../../widget/core/id.js";
import { node } from "../node.js";
import * as api from "./api.js";
import { chooseByDigit, fault, field } from "./fields.js";
import { setup } from "./setup.js";
import * as stack from "./stack.js";
import { texts } from "./texts.js";
import { dayIn, noonOf, secondsOf, written } from "./time.js";

/// Where what is wrong with a part of a response is said.
const PLACES = {
  channel: "channel",
  service: "service",
  occurred_at: "day",
  "service_event.waited_s": "waited",
  "service_event.served_s": "served",
};

const duration = (id, label) =>
  node(
    "div",
    { class: "field" },
    node("label", { for: id }, label),
    node("small", { id: `hint-${id}` }, texts.timeHint),
    node("input", { id, inputmode: "numeric", autocomplete: "off", maxlength: 8, "aria-describedby": `hint-${id} fault-${id}` }),
    fault(id),
  );

const resolved = () =>
  node(
    "fieldset",
    { class: "resolved" },
    node("legend", {}, texts.resolved),
    node(
      "div",
      { class: "options row" },
      [["true", texts.yes], ["false", texts.no], ["", texts.unknown]].map(([value, label], i) =>
        node(
          "label",
          {},
          node("kbd", { "aria-hidden": "true" }, String(i + 1)),
          node("input", { type: "radio", name: "resolved", value, checked: !value }),
          node("span", {}, label),
        ),
      ),
    ),
  );

const keysHelp = () => {
  const keys = [
    [texts.digits, texts.keyDigits],
    ["Enter", texts.keyEnter],
    ["Ctrl Enter", texts.keySave],
    ["F8", texts.keyUndo],
    ["F2", texts.keyTop],
  ];
  const rows = keys.flatMap(([key, does]) => [node("dt", {}, node("kbd", {}, key)), node("dd", {}, does)]);
  return node("aside", { class: "keys", "aria-label": texts.keys }, node("dl", {}, rows));
};

/// The form. `site` is the session's; `onsignedout` is called when the session is over.
export const entryForm = (site, desk, onsignedout) => {
  const zone = site.timezone;
  let fields = [];
  /// The answer that is being entered, and a try of it whose end nobody knows.
  let id = newId();
  let uncertain;
  /// The last one that was saved, to be put back.
  let lastSaved;
  let busy = false;

  const answers = node("section", { class: "answers", "aria-labelledby": "answers" });
  const status = node("p", { class: "status", role: "status" });
  const counter = node("p", { class: "count" });
  const save = node("button", { type: "submit", class: "primary", "aria-keyshortcuts": "Control+Enter" }, texts.save);
  const undo = node("button", { type: "button", class: "secondary", "aria-keyshortcuts": "F8", onclick: () => takeBack() }, texts.undo);
  const restart = node("button", { type: "button", class: "quiet", onclick: () => (stack.restart(), showCount()) }, texts.restart);
  const kept = setup({ ...desk, zone }, () => ask(read()));
  const visit = node(
    "section",
    { class: "visit", "aria-labelledby": "visit" },
    node("h2", { id: "visit" }, texts.visit),
    duration("waited", texts.waited),
    duration("served", texts.served),
    resolved(),
  );
  const form = node(
    "form",
    { class: "entry", novalidate: true },
    kept.element,
    node("div", { class: "asked" }, answers, visit),
    node("div", { class: "actions" }, save, undo, status, node("div", { class: "counted" }, counter, restart)),
    keysHelp(),
  );
  const find = (selector) => form.querySelector(selector);

  const showCount = () => {
    counter.textContent = texts.count(stack.count());
    undo.setAttribute("aria-disabled", String(!stack.last()));
    restart.hidden = !stack.count();
  };
  const say = (words, state = "") => {
    status.textContent = words;
    status.dataset.state = state;
  };
  const read = () => Object.fromEntries(fields.map((field) => [field.key, field.read()]));

  /// Only what these answers lead to is asked.
  const branch = () => {
    const asked = shown(kept.now().survey, read()).map(({ key }) => key);
    for (const { key, element } of fields) element.hidden = !asked.includes(key);
  };
  const ask = (answered = {}) => {
    const { survey, locale } = kept.now();
    fields = survey.questions.filter(({ kind }) => kind != "statement").map((question) => field(question, locale));
    answers.replaceChildren(node("h2", { id: "answers" }, texts.answers), ...fields.map(({ element }) => element));
    write(answered);
  };
  const write = (answered) => {
    for (const field of fields) field.write(answered[field.key]);
    branch();
  };
  const clear = () => {
    write({});
    for (const key of ["waited", "served"]) find(`#${key}`).value = "";
    find("[name=resolved][value='']").checked = true;
    clearFaults();
    [id, uncertain] = [newId(), undefined];
  };
  const toFirst = () => find(".answers fieldset:not([hidden]) :is(input, textarea)")?.focus();

  const clearFaults = () => {
    for (const mark of form.querySelectorAll(".fault")) [mark.hidden, mark.textContent] = [true, ""];
    for (const input of form.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
  };
  /// Whether there is a place for it on the form.
  const mark = ({ path, code }) => {
    const [, question] = /^answers\.([^.]+)/.exec(path) ?? [];
    const place = question ?? PLACES[path];
    const words = place && document.getElementById(`fault-${place}`);
    if (!words) return false;
    [words.hidden, words.textContent] = [false, texts.wrong[place] ?? texts.wrong[code] ?? texts.wrong.invalid];
    const inputs = question ? words.parentElement.querySelectorAll("input, textarea") : [document.getElementById(place)];
    for (const input of inputs) input.setAttribute("aria-invalid", "true");
    return true;
  };
  const complain = (violations) => {
    const untold = violations.filter((violation) => !mark(violation));
    say(untold.length ? texts.refused(untold.map(({ message }) => message).join(", ")) : texts.check, "wrong");
    find("[aria-invalid]")?.focus();
  };

  const response = () => {
    const { survey, channel, service, locale, day } = kept.now();
    const resolved = find("[name=resolved]:checked").value;
    return {
      id,
      survey: survey.key,
      survey_version: survey.version,
      channel,
      service: service || undefined,
      locale,
      answers: given(survey, read()),
      service_event: {
        waited_s: secondsOf(find("#waited").value),
        served_s: secondsOf(find("#served").value),
        resolved_first_contact: resolved ? resolved == "true" : undefined,
      },
      occurred_at: day && day != dayIn(zone) ? noonOf(day, zone) : undefined,
    };
  };
  /// What the collector need not be asked for.
  const faultsOf = ({ answers, service_event }) => {
    const faults = ["waited_s", "served_s"]
      .filter((name) => Number.isNaN(service_event[name]))
      .map((name) => ({ path: `service_event.${name}`, code: "time" }));
    if (kept.now().day > dayIn(zone)) faults.push({ path: "occurred_at", code: "future" });
    for (const { key, required } of shown(kept.now().survey, read())) {
      if (required && isBlank(answers[key])) faults.push({ path: `answers.${key}`, code: "required" });
    }
    return faults;
  };

  /// A try that nobody answered may have been taken. It is settled first, and taken back where the
  /// form says something else by now.
  const settle = async (now) => {
    if (!uncertain || JSON.stringify(uncertain) == JSON.stringify(now)) return true;
    const { status, body } = await api.enter(site.site, uncertain);
    if (status == 200 || status == 201) {
      const taken = await api.takeBack(body.receipt);
      if (taken.status != 204) return false;
    } else if (status == 401) {
      onsignedout();
      return false;
      // 409: it was taken back before, and nobody heard of it.
    } else if (status != 422 && status != 409) return false;
    [id, uncertain] = [newId(), undefined];
    return true;
  };
  const submit = async () => {
    if (busy) return;
    clearFaults();
    const entry = response();
    const faults = faultsOf(entry);
    if (faults.length) return complain(faults);
    if (!Object.keys(entry.answers).length) {
      say(texts.nothing, "wrong");
      return toFirst();
    }
    busy = true;
    form.setAttribute("aria-busy", "true");
    say(texts.saving);
    if (await settle(entry)) await send({ ...entry, id });
    else say(texts.notSaved, "wrong");
    busy = false;
    form.removeAttribute("aria-busy");
  };
  const send = async (entry) => {
    const { status, body } = await api.enter(site.site, entry);
    if (status == 200 || status == 201) {
      stack.push(body.receipt);
      lastSaved = { receipt: body.receipt, entry };
      clear();
      showCount();
      say(texts.saved, "good");
      return toFirst();
    }
    if (!status || status >= 500) uncertain = entry;
    // Taken back before, and nobody heard of it: the next try is another answer.
    if (status == 409) [id, uncertain] = [newId(), undefined];
    if (status == 401) return onsignedout();
    if (status == 422) return complain(body.violations ?? []);
    if (!status) return say(texts.notSaved, "wrong");
    say(status == 503 || status == 429 ? texts.notNow : texts.refused(body.detail ?? status), "wrong");
  };

  const isEmpty = () => Object.values(read()).every(isBlank);
  const takeBack = async () => {
    const receipt = stack.last();
    if (busy) return;
    if (!receipt) return say(texts.nothingToUndo);
    busy = true;
    const { status } = await api.takeBack(receipt);
    busy = false;
    if (status != 204 && status != 404) return say(texts.notUndone, "wrong");
    stack.pop();
    showCount();
    const again = lastSaved?.receipt == receipt && isEmpty() ? lastSaved.entry : undefined;
    lastSaved = undefined;
    if (again) putBack(again);
    say(again ? texts.undone : texts.erased, "good");
    toFirst();
  };
  const putBack = ({ answers, service_event }) => {
    write(answers);
    for (const key of ["waited", "served"]) find(`#${key}`).value = written(service_event[`${key}_s`]);
    find(`[name=resolved][value="${service_event.resolved_first_contact ?? ""}"]`).checked = true;
  };

  /// The next field; of a group of choices the one that is chosen, or the first.
  const goOn = (from) => {
    const group = (input) => input.closest("fieldset") ?? input;
    const all = [...form.querySelectorAll("input, select, textarea, button[type=submit]")];
    const isNext = (input) => input.offsetParent && all.indexOf(input) > all.indexOf(from) && group(input) != group(from);
    const next = all.find(isNext) ?? save;
    const chosen = next.type == "radio" && group(next).querySelector("input:checked");
    (chosen || next).focus();
  };
  form.addEventListener("keydown", (event) => {
    const { key, ctrlKey, metaKey, target } = event;
    const saves = key == "Enter" && (ctrlKey || metaKey);
    const goesOn = key == "Enter" && !event.shiftKey && !saves && /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName);
    if (saves) submit();
    else if (key == "F8") takeBack();
    else if (key == "F2") toFirst();
    else if (goesOn) goOn(target);
    else if (!chooseByDigit(event)) return;
    event.preventDefault();
  });
  form.addEventListener("change", branch);
  form.addEventListener("input", branch);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });

  /// With an entry that was begun in another language, if there is one: it is still the same.
  const begin = (begun) => {
    ask();
    if (begun) {
      putBack(begun.entry);
      id = begun.entry.id;
      ({ uncertain, lastSaved } = begun);
    }
    showCount();
    toFirst();
  };
  const begun = () => ({ entry: response(), uncertain, lastSaved });
  const isBusy = () => busy;
  return { element: form, begin, begun, isBusy, focus: toFirst, isEmpty, say };
};
