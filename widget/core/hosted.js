// Where the form cannot run, because the page's policy does not let WebAssembly in or the browser has
// none: the same survey as the collector's own page, in a frame, and where the policy does not let
// that in either, a link to it. Fetched only then.

/// Nothing runs in there, and it cannot lead away from the page. It keeps its own origin, or the
/// collector would not know its own form again. Of a trial nothing can be sent.
const sandbox = ({ script }) =>
  "allow-same-origin" + ("dryRun" in script.dataset ? "" : " allow-forms");

const make = (name, properties, ...inside) => {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...inside);
  return element;
};

const addressOf = ({ script, survey, locale, url, event }) => {
  const { channel, service, theme } = script.dataset;
  const address = new URL(url.replace(/v1\/sites\/([^/]+).*/, `f/$1/${survey.key}`));
  const ref = event?.reference;
  const given = { locale, channel, service, theme, ref, page: location.pathname };
  for (const [name, value] of Object.entries(given)) {
    if (value) address.searchParams.set(name, value);
  }
  return address.href;
};

/// Puts the panel, hidden, into the shadow root, as the form does.
export const mount = (root, page) => {
  const title = page.survey.title ?? page.word("title");
  const address = addressOf(page);
  const frame = make("iframe", { src: address, title });
  // Before it is in the page: then it holds from the first byte on.
  frame.sandbox = sandbox(page);
  // Here, not in the style that every visitor fetches.
  Object.assign(frame.style, { flex: "0 1 40em", minHeight: 0, width: "100%", border: 0 });
  const link = make("a", { href: address, target: "_blank", rel: "noopener" }, title + " ↗");
  link.style.color = "var(--accent)";
  const refused = ({ effectiveDirective, blockedURI }) => {
    if (effectiveDirective == "frame-src" && address.startsWith(blockedURI)) {
      frame.replaceWith(make("p", { className: "all" }, link));
    }
  };
  document.addEventListener("securitypolicyviolation", refused, { signal: page.signal });
  const cross = make("button", { type: "button", part: "close", ariaLabel: page.word("close") });
  const panel = make(
    "section",
    { part: "panel", role: "dialog", tabIndex: -1, hidden: true },
    make("div", { className: "head" }, make("h2", { id: "title" }, title), cross),
    ..."dryRun" in page.script.dataset ? [make("p", { className: "all" }, page.word("dry-run"))] : [],
    frame,
  );
  panel.dataset.state = "hosted";
  panel.setAttribute("aria-labelledby", "title");
  root.append(panel);
};
