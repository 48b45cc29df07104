// `<ascolto-feedback site="pk_…" survey="…">`: the form in the flow of the page, where the owner has
// put it. It has a page object of its own, which looks through to the script tag's.

const NAME = "ascolto-feedback";

const get = (url) => fetch(url, { credentials: "omit" });
/// One of the files that lie beside this one.
const beside = (name) => get(new URL(name, import.meta.url));

const place = async (page, element, begin) => {
  const root = element.attachShadow({ mode: "open" });
  const [site, survey = page.script.dataset.survey ?? "post-service"] = ["site", "survey"].map(
    (name) => element.getAttribute(name) ?? undefined,
  );
  const url = site ? page.url.replace(/pk_\w+/, site) : page.url;
  element.dataset.inline = "";
  const own = Object.assign(Object.create(page), { root, url, button: {}, shown: undefined });
  const parts = [
    beside("widget.wasm"),
    beside(page.locale + ".json"),
    get(url.replace(/responses$/, `surveys/${survey}?locale=${page.locale}`)),
  ];
  const { open } = await begin(own, await Promise.all(parts));
  root.lastChild.role = "region";
  open(true);
  own.close = () => {};
};

/// Gives every such element, also one that comes later, its form; gives back what takes the forms
/// out again. A name can be given to the browser once only: another script tag leaves it alone.
export const placeForms = (page, begin) => {
  if (!customElements.get(NAME)) {
    const element = class extends HTMLElement {
      connectedCallback() {
        if (this.shadowRoot || !page.root.isConnected) return;
        place(page, this, begin).catch(() => page.emit("failed", { reason: "load" }));
      }
    };
    customElements.define(NAME, element);
  }
  return () =>
    document.querySelectorAll(NAME).forEach(({ shadowRoot }) => shadowRoot?.replaceChildren());
};
