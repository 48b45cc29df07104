// The script tag: a button at the edge of the page, inside one shadow root, and `window.ascolto`.
// Here is only what a page pays for that nobody answers on: everything else is fetched when a
// visitor reaches for the button, and is the core's (`../core/`).
//
// Put in by xtask: ASSETS (the folder of all other files), STYLE (the button's) and LABELS (its words
// by language; `_` is the language to speak where the page's own is not among them). The collector
// leaves the languages out that this visitor will not need. The block keeps all names from the page;
// `let` for everything is a few bytes less.

{
  let queued = window.ascolto?.q;
  let script = document.currentScript;
  let options = script.dataset;
  let at = (path) => new URL(ASSETS + path, script.src);

  let locale = (options.locale || document.documentElement.lang || navigator.language)
    .split("-")[0]
    .toLowerCase();
  let labels = LABELS;
  let spoken = labels[locale] ? locale : labels._;
  let label = labels[spoken];

  let host = document.createElement("ascolto-widget");
  let button = document.createElement("button");
  let sheet = new CSSStyleSheet();
  let form;
  let failures = 0;

  let emit = (name, detail) =>
    document.dispatchEvent(new CustomEvent("ascolto:" + name, { detail }));

  // Firefox does not ask again for an address that it could not have.
  let core = () => import(at("widget.js?" + failures));

  /// Fetches everything at once, the largest first; the core puts it together. Once, unless it fails:
  /// then again.
  let load = () =>
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
  let ask = async (command, how) => {
    button.ariaBusy = true;
    let commands = await load();
    button.ariaBusy = null;
    if (commands) commands[command](how);
    else {
      button.textContent = "⚠ " + label;
      emit("failed", { reason: "load" });
    }
  };

  let page = {
    script,
    locale,
    root: host.attachShadow({ mode: "open" }),
    sheet,
    emit,
    ask,
  };

  // Another script tag may take the name.
  let tell = (window.ascolto = (name, ...args) => {
    if (name == "open") return ask(name);
    if (name == "destroy") {
      page.end?.();
      host.remove();
      return delete window.ascolto;
    }
    let told = core().then(
      (core) => core.tell(page, name, ...args),
      () => {
        button.hidden = 0;
      },
    );
    return name == "on" ? () => told.then((undo) => undo()) : told;
  });

  let start = () => {
    document.body.append(host);
    emit("ready");
    queued?.map((args) => tell(...args));
    // For what the owner has said of when, or for an answer that an earlier page has left to send.
    // Some browsers refuse even that question.
    try {
      (button.hidden || localStorage.ascolto) && tell("wake");
    } catch {}
  };

  sheet.replaceSync(
    STYLE +
      ":host{" +
      (options.position || "bottom-right").replace("-", ":16px!important;") +
      ":16px!important",
  );
  page.root.adoptedStyleSheets = [sheet];
  page.root.append(button);
  button.lang = spoken;
  button.part = "button";
  button.ariaHasPopup = "dialog";
  // Until the core has said whether it belongs to this address. Where the core cannot be had, it is
  // there.
  button.hidden = options.openOn || options.showOn || options.hideOn;
  button.onfocus = button.onpointerenter = load;
  button.onclick = () => ask("toggle");
  button.textContent = label;
  document.body ? start() : addEventListener("DOMContentLoaded", start);
}
