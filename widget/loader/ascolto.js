// The script tag: a button at the edge of the page, inside one shadow root, and `window.ascolto`.
// The form (wasm) is fetched when a visitor reaches for the button, never before.
//
// ASSETS (the folder of the form's files), STYLE (the button's style) and LABELS (the button's words
// by language) are put in by xtask.

import { language } from "./language.js";

/// What the button says when the form cannot be had; in other languages than these by signs.
const FAILED = {
  it: "Il modulo non si apre. Riprova",
  en: "The form does not open. Try again",
};

const script = document.currentScript;
const options = script.dataset;
const collector = new URL(".", script.src).href;
const locale = language(
  Object.keys(LABELS),
  options.locale,
  document.documentElement.lang,
  navigator.language,
);
const api = `${collector}v1/sites/${options.site}/`;

const host = document.createElement("ascolto-widget");
const root = host.attachShadow({ mode: "open" });
const button = document.createElement("button");
const undoAll = [];
let panel, loading;

const emit = (name, detail) =>
  document.dispatchEvent(new CustomEvent("ascolto:" + name, { detail }));

const addStyle = (text) => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
};

const say = (state) => {
  const label = LABELS[locale];
  button.textContent = state == "failed" ? (FAILED[locale] ?? `⚠ ${label} ↻`) : label;
  button.dataset.state = state;
};

const fetched = async (url) => {
  const response = await fetch(url, { credentials: "omit" });
  if (!response.ok) throw response.status;
  return response;
};

/// Fetches everything at once and puts the form, hidden, into the shadow root. Once, unless it fails.
const load = () =>
  (loading ??= (async () => {
    const assets = collector + ASSETS;
    const [glue, wasm, style, texts, survey] = await Promise.all([
      import(assets + "widget.js"),
      WebAssembly.compileStreaming(fetched(assets + "widget.wasm")),
      fetched(assets + "widget.css").then((response) => response.text()),
      fetched(`${assets}${locale}.json`).then((response) => response.json()),
      fetched(`${api}surveys/${options.survey ?? "post-service"}?locale=${locale}`).then((response) => response.json()),
    ]);
    await glue.default({ module_or_path: wasm });
    addStyle(style);
    glue.mount(root, { script, locale, texts, survey, url: api + "responses", emit, close });
    panel = root.lastChild;
  })());

const prefetch = () => load().catch(() => (loading = null));

const show = (open) => {
  panel.hidden = !open;
  panel.shown ??= Date.now();
  button.ariaExpanded = open;
  (open ? panel : button).focus();
  emit(open ? "open" : "close");
};

const open = async () => {
  say("loading");
  try {
    await load();
    say("");
    show(true);
  } catch (error) {
    loading = null;
    say("failed");
    emit("failed", { reason: "load" });
  }
};

const close = () => panel?.hidden === false && show(false);

const on = (name, react) => {
  const listener = (event) => react(event.detail);
  const undo = () => document.removeEventListener("ascolto:" + name, listener);
  document.addEventListener("ascolto:" + name, listener);
  undoAll.push(undo);
  return undo;
};

const destroy = () => {
  undoAll.forEach((undo) => undo());
  host.remove();
  delete window.ascolto;
};

const commands = { open, close, on, destroy };
const queued = window.ascolto?.q ?? [];
window.ascolto = (name, ...args) => commands[name]?.(...args);

/// Whether an earlier page has left an answer to send. Some browsers refuse even the question.
const isWaiting = () => {
  try {
    return localStorage.ascolto;
  } catch {}
};

const start = () => {
  document.body.append(host);
  if (isWaiting()) prefetch();
  emit("ready");
  queued.forEach((args) => window.ascolto(...args));
};

host.lang = locale;
host.dir = /ar|he/.test(locale) ? "rtl" : "ltr";
host.dataset.theme = options.theme ?? "system";
addStyle(STYLE);
button.part = "button";
button.ariaHasPopup = "dialog";
button.ariaLive = "polite";
button.onpointerenter = button.onfocus = button.ontouchstart = prefetch;
button.onclick = () => (panel?.hidden === false ? close() : open());
say("");
root.append(button);
document.body ? start() : document.addEventListener("DOMContentLoaded", start);
