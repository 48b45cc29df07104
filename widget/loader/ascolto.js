// The script tag: a button at the edge of the page, inside one shadow root, and `window.ascolto`.
// Everything else is fetched when a visitor reaches for the button, never before: here is what a
// page pays for that nobody answers on.
//
// ASSETS (the folder of all other files), STYLE (the button's style) and LABELS (the button's words
// by language) are put in by xtask.

import { language } from "./language.js";

const script = document.currentScript;
const options = script.dataset;
const collector = new URL(".", script.src).href;
const assets = collector + ASSETS;
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
let loading;

const emit = (name, detail) =>
  document.dispatchEvent(new CustomEvent("ascolto:" + name, { detail }));

const addStyle = (text) => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
};

/// In signs where the form cannot be had: every language reads them.
const say = (state) => {
  button.textContent = state == "failed" ? `⚠ ${LABELS[locale]} ↻` : LABELS[locale];
  button.dataset.state = state;
};

const get = (url) => fetch(url, { credentials: "omit" });

const page = { script, locale, root, button, url: api + "responses", emit, addStyle };
const core = () => import(assets + "widget.js");

/// Fetches everything at once; the core (`../core/`) puts it together. Once, unless it fails.
const load = () =>
  (loading ??= Promise.all([
    core(),
    get(assets + "widget.wasm"),
    get(assets + "widget.css"),
    get(`${assets}${locale}.json`),
    get(`${api}surveys/${options.survey ?? "post-service"}?locale=${locale}`),
  ])
    .then(([{ begin }, ...parts]) => begin(page, parts))
    .catch((error) => {
      loading = null;
      throw error;
    }));

const prefetch = () => load().catch(() => {});

/// One of the core's commands, with what is said until it can be followed.
const ask = async (name, ...args) => {
  say("loading");
  try {
    const form = await load();
    say("");
    form[name](...args);
  } catch {
    say("failed");
    emit("failed", { reason: "load" });
  }
};

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

const commands = { open: () => ask("open"), close: () => loading && ask("close"), on, destroy };
/// All others are the core's, and give a promise.
const told = (name, ...args) =>
  commands[name] ? commands[name](...args) : core().then(({ tell }) => tell(page, name, ...args));
const queued = window.ascolto?.q ?? [];
window.ascolto = told;

/// Whether the core is wanted at once: for an answer that an earlier page has left to send, or for
/// a form that shows by itself. Some browsers refuse even the question.
const isWanted = () => {
  try {
    return options.openOn || localStorage.ascolto;
  } catch {}
};

const start = () => {
  document.body.append(host);
  if (isWanted()) {
    core()
      .then(({ wake }) => host.isConnected && undoAll.push(wake(page, () => ask("open", true))))
      .catch(() => {});
  }
  emit("ready");
  queued.forEach((args) => told(...args));
};

host.lang = locale;
host.dir = /ar|he/.test(locale) ? "rtl" : "ltr";
host.dataset.theme = options.theme ?? "system";
host.dataset.position = options.position ?? "";
addStyle(STYLE);
button.part = "button";
button.ariaHasPopup = "dialog";
button.ariaLive = "polite";
button.onpointerenter = button.onfocus = button.ontouchstart = prefetch;
button.onclick = () => ask("toggle");
say("");
root.append(button);
document.body ? start() : document.addEventListener("DOMContentLoaded", start);
