// The operator's page: who is signed in, and the form. Nothing here knows how answers are stored.

import { node } from "../node.js";
import * as api from "./api.js";
import { entryForm } from "./entry.js";
import * as stack from "./stack.js";
import { LANGUAGES, language, speak, texts } from "./texts.js";

/// What is shown; `form` outlives a session that ends in between.
const page = { session: undefined, desk: undefined, form: undefined };

const show = (...content) => {
  document.documentElement.lang = language;
  const site = page.session?.site.name;
  document.title = [texts.desk, site, "Ascolto"].filter(Boolean).join(" · ");
  document.body.replaceChildren(topBar(site), node("main", {}, ...content));
};

const chooseLanguage = async (tag) => {
  // While an answer is on its way, its form stays.
  if (page.form?.isBusy()) return;
  speak(tag);
  if (page.form) {
    const begun = page.form.begun();
    makeForm().begin(begun);
  } else await start();
  document.querySelector(`.languages [lang=${tag}]`)?.focus();
};

/// Shows a form in the language of now.
const makeForm = () => {
  page.form = entryForm(page.session.site, page.desk, () => askWho(texts.signedOut));
  show(page.form.element);
  return page.form;
};

const topBar = (site) =>
  node(
    "header",
    { class: "top-bar" },
    node("p", { class: "wordmark" }, "Ascolto"),
    node("h1", {}, texts.desk, site && node("span", { class: "site" }, site)),
    node(
      "div",
      { class: "languages", role: "group", "aria-label": texts.language },
      LANGUAGES.map(({ tag, name }) =>
        node("button", { type: "button", lang: tag, "aria-pressed": String(tag == language), onclick: () => chooseLanguage(tag) }, name),
      ),
    ),
    site && node("button", { type: "button", class: "quiet", onclick: signOut }, texts.signOut),
  );

const signOut = async () => {
  const { status } = await api.signOut();
  if (status != 204 && status != 401) return page.form?.say(texts.notSignedOut, "wrong");
  stack.forget();
  Object.assign(page, { session: undefined, desk: undefined, form: undefined });
  askWho();
};

/// With what went wrong, if anything did.
const askWho = (problem) => {
  const said = node("p", { class: "fault", id: "fault-token", role: "alert", hidden: !problem }, problem ?? "");
  const token = node("input", {
    id: "token",
    type: "password",
    autocomplete: "current-password",
    spellcheck: "false",
    "aria-describedby": "fault-token",
  });
  const submit = async (event) => {
    event.preventDefault();
    const { status, body } = await api.signIn({ token: token.value.trim() });
    if (status == 200) return welcome(body);
    [said.hidden, said.textContent] = [false, status == 401 || status == 422 ? texts.tokenRefused : texts.unreachable];
    token.focus();
  };
  show(
    node(
      "form",
      { class: "sign-in", novalidate: true, onsubmit: submit },
      node("h2", {}, texts.signIn),
      node("p", { class: "hint" }, texts.signInHint),
      said,
      node("label", { for: "token" }, texts.token),
      token,
      node("button", { type: "submit", class: "primary" }, texts.enter),
    ),
  );
  token.focus();
};

const trouble = (words, ...more) => show(node("div", { class: "sign-in" }, node("p", { role: "alert" }, words), ...more));
const tryAgain = (again) => node("button", { type: "button", class: "primary", onclick: again }, texts.again);

const welcome = async (session) => {
  const isSame = page.session?.site.site == session.site.site;
  page.session = session;
  if (session.role == "manager") {
    return trouble(texts.notForManagers, node("p", {}, node("a", { href: "/dashboard" }, texts.toDashboard)));
  }
  // Somebody was signed out in the middle of an entry: it is still there.
  if (page.form && isSame) {
    show(page.form.element);
    return page.form.focus();
  }
  page.form = undefined;
  show(node("p", { class: "loading", role: "status" }, texts.loading));
  const { status, body } = await api.desk(session.site.site);
  if (status == 401) return askWho();
  if (status != 200) return trouble(texts.unreachable, tryAgain(() => welcome(session)));
  if (!body.surveys.length) return trouble(texts.noSurvey, tryAgain(() => welcome(session)));
  page.desk = body;
  makeForm().begin();
};

/// By the one-time link if the page was opened with one, else by the cookie of an earlier visit. The
/// code is taken out of the address at once, so that it is in no bookmark and no history.
const start = async () => {
  const [, code] = /^#code=(.+)$/.exec(location.hash) ?? [];
  if (code) {
    history.replaceState(null, "", location.pathname);
    const { status, body } = await api.signIn({ code });
    if (status == 200) return welcome(body);
  }
  const { status, body } = await api.session();
  if (status == 200) return welcome(body);
  if (status == 401) return askWho(code && texts.linkRefused);
  trouble(texts.unreachable, tryAgain(start));
};

addEventListener("beforeunload", (event) => {
  if (page.form && !page.form.isEmpty()) event.preventDefault();
});
start();
