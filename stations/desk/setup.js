// What stays from one answer to the next: survey, channel, service, language, day.

import { node } from "../node.js";
import { fault } from "./fields.js";
import { dayIn } from "./time.js";
import * as stack from "./stack.js";
import { language, texts } from "./texts.js";

const KEY = "ascolto-desk";
const SERVICE_LENGTH_MAX = 64;

const stored = () => {
  try {
    return JSON.parse(localStorage[KEY] ?? "{}");
  } catch {
    return {};
  }
};

const select = (id, options, chosen, onchange) =>
  node(
    "select",
    { id, name: id, onchange, "aria-describedby": `fault-${id}` },
    options.map(([value, label]) => node("option", { value, selected: value == chosen }, label)),
  );

const labelled = (id, label, hint, input) =>
  node("div", { class: "field" }, node("label", { for: id }, label), hint && node("small", { id: `hint-${id}` }, hint), input, fault(id));

/// A language by its own name.
const nameOf = (tag) => new Intl.DisplayNames([tag], { type: "language" }).of(tag) ?? tag;

const titleOf = (survey) => survey.title?.[language] ?? Object.values(survey.title ?? {})[0] ?? survey.key;

/// The part of the form, and what is chosen in it. `onsurvey` is called when what is asked changes.
export const setup = ({ surveys, services, channels, zone }, onsurvey) => {
  const kept = stored();
  const chosen = {
    survey: surveys.find(({ key }) => key == kept.survey) ?? surveys[0],
    channel: kept.channel ?? "counter",
    service: kept.service ?? "",
    locale: kept.locale ?? language,
    day: stack.day(),
  };
  const keep = () => {
    const { survey, channel, service, locale } = chosen;
    localStorage[KEY] = JSON.stringify({ survey: survey.key, channel, service, locale });
    stack.keepDay(chosen.day);
  };
  const speakSurvey = () => {
    const { locales } = chosen.survey;
    const own = locales.find((tag) => tag.slice(0, 2) == language);
    chosen.locale = locales.includes(chosen.locale) ? chosen.locale : (own ?? locales[0]);
  };
  const note = (change, asks) => () => {
    change();
    speakSurvey();
    keep();
    if (asks) onsurvey(chosen);
  };
  const surveyList = select("survey", surveys.map((one) => [one.key, titleOf(one)]), chosen.survey.key, () => {
    chosen.survey = surveys.find(({ key }) => key == surveyList.value);
    note(() => {}, true)();
    languages.replaceChildren(...localeOptions());
  });
  const localeOptions = () =>
    chosen.survey.locales.map((tag) => node("option", { value: tag, selected: tag == chosen.locale }, nameOf(tag)));
  speakSurvey();
  const languages = node("select", { id: "locale", onchange: note(() => (chosen.locale = languages.value), true) }, localeOptions());
  const all = [...Object.entries(texts.channels), ...channels.map((own) => [own, own])];
  const channelList = select("channel", all, chosen.channel, note(() => (chosen.channel = channelList.value)));
  chosen.channel = channelList.value;
  const service = node("input", {
    id: "service",
    list: "services",
    maxlength: SERVICE_LENGTH_MAX,
    autocomplete: "off",
    value: chosen.service,
    "aria-describedby": "hint-service fault-service",
    onchange: note(() => (chosen.service = service.value.trim())),
  });
  const day = node("input", {
    id: "day",
    type: "date",
    max: dayIn(zone),
    value: chosen.day,
    "aria-describedby": "hint-day fault-day",
    onchange: note(() => (chosen.day = day.value)),
  });
  const element = node(
    "section",
    { class: "setup", "aria-labelledby": "kept" },
    node("h2", { id: "kept" }, texts.kept),
    surveys.length > 1 && labelled("survey", texts.survey, undefined, surveyList),
    labelled("channel", texts.channel, undefined, channelList),
    labelled("service", texts.service, texts.serviceHint, service),
    node("datalist", { id: "services" }, services.map((name) => node("option", { value: name }))),
    chosen.survey.locales.length + surveys.length > 2 && labelled("locale", texts.visitorLanguage, undefined, languages),
    labelled("day", texts.date, texts.dateHint, day),
  );
  /// As it is now, also what has not been left yet.
  const now = () => ({ ...chosen, service: service.value.trim(), day: day.value });
  return { element, now };
};
