// A device that stands by itself and asks whoever comes: one question at a time, anew after each
// answer and after nobody has touched it for a while. It works for days without a network.

import { given, isBlank, shown } from "../asked.js";
import { newId } from "../../widget/core/id.js";
import { node } from "../node.js";
import { keepForLater, workOffLine } from "./later.js";
import { closed, question, stillThere, thanks } from "./look.js";
import * as queue from "./queue.js";
import { stay } from "./stay.js";

/// Words by language, put in when the page is built: the widget's, and `texts.json`.
const texts = TEXTS;

const IDLE_S = 30;
const IDLE_S_LEAST = 10;
const IDLE_S_MOST = 600;
/// So long is asked whether somebody is still there (WCAG 2.2.1).
const STILL_MS = 20000;
const THANKS_MS = 5000;
/// So long "sent" is waited for before "kept" is said.
const SENT_MS_MAX = 1500;
/// So often what is new is looked for, between two visitors.
const RENEW_MS = 15 * 60 * 1000;
const RETRY_MS = 5000;
const RIGHT_TO_LEFT = /^(ar|he|fa|ur)/;
/// More languages than these are in a list.
const BUTTONS_MAX = 4;

const meta = (name) => document.querySelector(`meta[name=ascolto-${name}]`).content;
const [, , key, surveyKey] = location.pathname.split("/").map(decodeURIComponent);
const asked = new URLSearchParams(location.search);
const locales = meta("locales").split(" ");

const device = {
  site: meta("site"),
  service: asked.get("service") || undefined,
  level: asked.get("level") || undefined,
  channel: asked.get("channel") || "kiosk",
  withWords: asked.get("text") == "true",
  idle_ms: Math.min(Math.max(+asked.get("idle") || IDLE_S, IDLE_S_LEAST), IDLE_S_MOST) * 1000,
  locale: locales.find((tag) => tag == asked.get("locale")) ?? meta("locale"),
};

/// Surveys by locale, as far as they are here.
const surveys = {};
const addressOf = (locale) => `/v1/sites/${key}/surveys/${encodeURIComponent(surveyKey)}?locale=${locale}`;

/// What somebody has said so far.
let visit;
let renewed = 0;
let isOutdated = false;

const main = node("main");
const foot = node("p", { class: "waiting" });
const words = () => texts[visit.locale.slice(0, 2)] ?? texts.en;

const fetchSurvey = async (locale) => {
  const response = await fetch(addressOf(locale));
  if (!response.ok) throw response.status;
  surveys[locale] = await response.json();
};

/// All languages, for whoever comes next; what is not to be had now stays as it was.
const renew = async () => {
  renewed = Date.now();
  await Promise.allSettled(locales.map(fetchSurvey));
  isOutdated = (await keepForLater(locales.map(addressOf))) ?? isOutdated;
};

const show = (content) => {
  main.replaceChildren(...[content].flat());
  main.querySelector("h1")?.focus({ preventScroll: true });
  scrollTo(0, 0);
};

const languages = () => {
  if (locales.length < 2) return [];
  const nameOf = (tag) => new Intl.DisplayNames([tag], { type: "language" }).of(tag) ?? tag;
  const speak = async (tag) => {
    await (surveys[tag] ?? fetchSurvey(tag).catch(() => {}));
    if (surveys[tag]) visit.locale = tag;
    ask();
  };
  const isChosen = (tag) => tag == visit.locale;
  if (locales.length > BUTTONS_MAX) {
    const options = locales.map((tag) => node("option", { value: tag, lang: tag, selected: isChosen(tag) }, nameOf(tag)));
    const list = node("select", { "aria-label": words().language, onchange: () => speak(list.value) }, options);
    return node("div", { class: "languages" }, list);
  }
  const button = (tag) => node("button", { type: "button", lang: tag, "aria-pressed": String(isChosen(tag)), onclick: () => speak(tag) }, nameOf(tag));
  return node("div", { class: "languages", role: "group", "aria-label": words().language }, locales.map(button));
};

/// Whether it is asked here: words only where the owner wants them, or nothing goes without.
const isAsked = ({ kind, required }) => kind != "text" || device.withWords || required;
const path = () => shown(surveys[visit.locale], visit.answers).filter(isAsked);

/// The question after those that were gone through, or the end.
const ask = () => {
  const { locale, passed, answers } = visit;
  document.documentElement.lang = locale;
  document.documentElement.dir = RIGHT_TO_LEFT.test(locale) ? "rtl" : "ltr";
  dress(surveys[locale].style);
  const next = path().find(({ key }) => !passed.includes(key));
  if (!next) return isBlank(Object.values(given(surveys[locale], answers))) ? begin() : send();
  const whose = visit;
  const turn = {
    texts: words(),
    withWords: device.withWords,
    back: passed.length ? goBack : undefined,
    next: (answer) => goOn(whose, next.key, answer),
  };
  const top = node("header", {}, node("p", { class: "site" }, device.site), passed.length ? [] : languages());
  show([top, question(next, answers[next.key], turn)]);
};

/// A choice is seen for a moment first: whose it was may be gone by then.
const goOn = (whose, key, answer) => {
  if (whose != visit || visit.passed.includes(key)) return;
  visit.passed.push(key);
  if (answer === undefined) delete visit.answers[key];
  else visit.answers[key] = answer;
  ask();
};

const goBack = () => {
  if (visit.isOver) return;
  visit.passed.pop();
  ask();
};

const letterOf = ({ locale, answers }) => {
  const survey = surveys[locale];
  const id = newId();
  const body = {
    id,
    survey: survey.key,
    survey_version: survey.version,
    channel: device.channel,
    service: device.service,
    level: device.level,
    locale,
    answers: given(survey, answers),
    context: { device: "kiosk" },
    occurred_at: new Date().toISOString(),
  };
  const url = new URL(`/v1/sites/${key}/responses`, location).href;
  return { id, url, body, form: undefined, works: survey.proof_of_work };
};

const send = async () => {
  const letter = letterOf(visit);
  const { locale } = visit;
  visit.isOver = true;
  clearTimeout(visit.timer);
  const arrival = queue.isSentWithin(letter.id, SENT_MS_MAX);
  const isKept = await queue.put(letter).then(
    () => true,
    () => false,
  );
  const isSent = isKept ? await arrival : await queue.sendNow(letter);
  const said = isSent ? [surveys[locale].thanks ?? words().sent] : [words().thanks, words().saved];
  show(isKept || isSent ? thanks({ said, isSent, begin }) : closed(words()));
  visit.timer = setTimeout(begin, THANKS_MS);
};

/// Somebody went away in the middle. What they have touched they have said, where that is enough for
/// the survey; what was only written and not sent on is nobody's business.
const leave = () => {
  const survey = surveys[visit.locale];
  const answers = given(survey, visit.answers);
  const isMissing = ({ key, required }) => required && !(key in answers);
  const isEnough = Object.keys(answers).length && !shown(survey, answers).some(isMissing);
  if (isEnough) queue.put(letterOf(visit)).catch(() => {});
  begin();
};

const watch = () => {
  if (visit.isOver) return;
  clearTimeout(visit.timer);
  visit.timer = setTimeout(doubt, device.idle_ms);
};

/// The first question may stand there for hours.
const doubt = () => {
  const isUntouched = !visit.passed.length && visit.locale == device.locale;
  if (isUntouched) return;
  const stays = () => {
    dialog.remove();
    watch();
  };
  const dialog = stillThere({ texts: words(), onstay: stays });
  document.body.append(dialog);
  dialog.showModal();
  visit.timer = setTimeout(() => {
    dialog.remove();
    leave();
  }, STILL_MS);
};

const begin = () => {
  clearTimeout(visit?.timer);
  if (isOutdated) return location.reload();
  if (Date.now() - renewed > RENEW_MS) renew();
  visit = { locale: device.locale, answers: {}, passed: [] };
  ask();
  watch();
};

/// The survey's colours: the form's variables on the page.
const sheet = new CSSStyleSheet();
const dress = (style = "") => {
  sheet.replaceSync(style.replaceAll(":host", ":root"));
};

const count = ({ detail: { waiting, aside } }) => {
  foot.replaceChildren(
    ...(waiting ? [node("span", { "aria-hidden": "true" }, `⇡ ${waiting}`), node("span", { class: "hidden" }, words().waiting.replace("{n}", waiting))] : []),
    ...(aside ? [node("span", { class: "aside" }, `⚠ ${aside}`)] : []),
  );
};

const start = async () => {
  visit = { locale: device.locale, answers: {}, passed: [] };
  try {
    await fetchSurvey(device.locale);
  } catch {
    show(closed(words()));
    return setTimeout(start, RETRY_MS);
  }
  begin();
};

document.title = device.site;
document.adoptedStyleSheets = [sheet];
document.body.replaceChildren(main, foot);
for (const touch of ["pointerdown", "keydown", "input"]) {
  addEventListener(touch, ({ target }) => !target.closest?.("dialog") && visit && watch());
}
queue.events.addEventListener("changed", count);
stay();
workOffLine();
start();
queue.run();
