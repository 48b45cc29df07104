// `<ascolto-feedback site="pk_…" survey="…">`: the form in the flow of the page, where the owner has
// put it. It has a page object of its own, which looks through to the script tag's.

const NAME = "ascolto-feedback";

const get = (url) => fetch(url, { credentials: "omit" });
/// One of the files that lie beside this one.
const beside = (name) => get(new URL(name, import.meta.url));

const place = async (page, element, begin) => {
  const root = element.shadowRoot ?? element.attachShadow({ mode: "open" });
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

/// The collector has asked for patience.
const TOO_MANY = 429;

/// The same, with a button to try again where it could not be fetched, as the widget's own is one. What
/// the collector does not have or not allow would be so again.
const placeOrOffer = async (page, element, begin) => {
  try {
    await place(page, element, begin);
  } catch (problem) {
    if (!element.isConnected || !page.root.isConnected) return;
    page.emit("failed", { reason: "load" });
    if (problem >= 400 && problem < 500 && problem != TOO_MANY) return;
    offer(page, element, () => place(page, element, begin));
  }
};

const offer = (page, element, attempt) => {
  const root = element.shadowRoot;
  // As the widget's own looks, but in the flow of the page.
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(":host{position:static!important}");
  root.adoptedStyleSheets = [page.sheet, sheet];
  const again = document.createElement("button");
  again.part = "button";
  again.lang = page.button.lang;
  again.textContent = page.button.textContent.replace(/^(⚠ )?/, "⚠ ");
  again.onclick = async () => {
    if (again.ariaBusy) return;
    again.ariaBusy = true;
    try {
      await attempt();
      // Whoever has pressed it goes on in the form.
      const isHere = root.activeElement == again;
      again.remove();
      if (isHere) root.lastChild.focus();
    } catch {
      again.ariaBusy = null;
      page.emit("failed", { reason: "load" });
    }
  };
  root.append(again);
};

/// Gives every such element, also one that comes later, its form; gives back what takes the forms
/// out again. A name can be given to the browser once only: another script tag leaves it alone.
export const placeForms = (page, begin) => {
  if (!customElements.get(NAME)) {
    const element = class extends HTMLElement {
      #isAsked;
      async connectedCallback() {
        if (this.#isAsked || !page.root.isConnected) return;
        this.#isAsked = true;
        await placeOrOffer(page, this, begin);
        // Nothing is in it where it was taken out meanwhile: it may come back.
        this.#isAsked = !!this.shadowRoot.firstChild;
      }
    };
    customElements.define(NAME, element);
  }
  return () =>
    document.querySelectorAll(NAME).forEach(({ shadowRoot }) => shadowRoot?.replaceChildren());
};
