// The script tag: a button at the edge of the page, inside one shadow root, and `window.ascolto`.
// Here is only what a page pays for that nobody answers on: everything else is fetched when a
// visitor reaches for the button, and is the core's (`../core/`).
//
// Put in by xtask: ASSETS (the folder of all other files), STYLE (the button's) and LABELS (its words
// by language; `_` is the language to speak where the page's own is not among them). The collector
// leaves the languages out that this visitor will not need. The block keeps all names from the page.

{
  const queued = window.ascolto?.q;
  const script = document.currentScript;
  const options = script.dataset;
  const at = (path) => new URL(ASSETS + path, script.src);

  const locale = (options.locale || document.documentElement.lang || navigator.language)
    .split("-")[0]
    .toLowerCase();
  const labels = LABELS;
  const spoken = labels[locale] ? locale : labels._;
  const label = labels[spoken];

  const host = document.createElement("ascolto-widget");
  const button = document.createElement("button");
  const sheet = new CSSStyleSheet();
  let form;
  let failures = 0;

  const emit = (name, detail) =>
    document.dispatchEvent(new CustomEvent("ascolto:" + name, { detail }));

  // Firefox does not ask again for an address that it could not have.
  const core = () => import(at("widget.js?" + failures));

  /// Fetches everything at once, the largest first; the core puts it together. Once, unless it fails:
  /// then again.
  const load = () =>
    (form ||= Promise.all([
      fetch(at("widget.wasm")),
      fetch(at(locale + ".json")),
      fetch(at(`../../v1/sites/${options.site}/surveys/${options.survey || "post-service"}?locale=${locale}`)),
      core(),
    ])
      .then((parts) => parts[3].begin(page, parts))
      .catch(() => (form = !++failures)));

  /// One of the form's commands, with what is shown until it can be followed. That the form cannot be
  /// had is said by a sign: every language reads it.
  const ask = async (command, how) => {
    button.ariaBusy = true;
    const commands = await load();
    button.ariaBusy = null;
    if (commands) commands[command](how);
    else {
      button.textContent = "⚠ " + label;
      emit("failed", { reason: "load" });
    }
  };

  const page = {
    script,
    locale,
    root: host.attachShadow({ mode: "open" }),
    sheet,
    emit,
    ask,
  };

  window.ascolto = (name, ...args) => {
    if (name == "open") return ask(name);
    if (name == "destroy") {
      page.end?.();
      host.remove();
      return delete window.ascolto;
    }
    const told = core().then(
      (core) => core.tell(page, name, ...args),
      () => {},
    );
    return name == "on" ? () => told.then((undo) => undo()) : told;
  };

  const start = () => {
    document.body.append(host);
    emit("ready");
    queued?.map((args) => ascolto(...args));
    // For a form that shows by itself, for addresses without the button, or for an answer that an
    // earlier page has left to send. Some browsers refuse even that question.
    try {
      (options.openOn || options.showOn || options.hideOn || localStorage.ascolto) && ascolto("wake");
    } catch {}
  };

  sheet.replaceSync(
    STYLE +
      ":host{" +
      (options.position || "bottom-right").replace("-", ":16px!important;") +
      ":16px!important}",
  );
  page.root.adoptedStyleSheets = [sheet];
  page.root.append(button);
  button.lang = spoken;
  button.part = "button";
  button.ariaHasPopup = "dialog";
  button.onfocus = button.onpointerenter = load;
  button.onclick = () => ask("toggle");
  button.textContent = label;
  document.body ? start() : addEventListener("DOMContentLoaded", start);
}
