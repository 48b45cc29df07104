// Three views, one page. What the widget needs to know is at the end of `book`.

const view = document.getElementById("view");
// Callable before the widget's script has loaded.
window.ascolto ??= function () {
  (window.ascolto.q ??= []).push(arguments);
};

const make = (name, properties, ...inside) => {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...inside);
  return element;
};

const link = (path, words) => make("p", {}, make("a", { href: path }, words));

const VIEWS = {
  "/": () => [make("h1", {}, "Servizi"), link("/prenota", "Prenota un appuntamento")],
  "/prenota": () => [
    make("h1", {}, "Prenota un appuntamento"),
    make("button", { id: "book", type: "button", onclick: book }, "Prenota martedì alle 9"),
    link("/", "Torna ai servizi"),
  ],
  "/prenota/fatto": () => [
    make("h1", {}, "Appuntamento prenotato"),
    make("p", {}, `Il tuo numero è ${history.state?.reference ?? "nella tua posta"}.`),
    link("/", "Torna ai servizi"),
  ],
};

const show = () => {
  const found = VIEWS[location.pathname] ?? (() => [make("h1", {}, "Non c’è"), link("/", "Ai servizi")]);
  view.replaceChildren(...found());
};

const go = (path, state) => {
  history.pushState(state, "", path);
  show();
};

const book = () => {
  const reference = `V-${Date.now() % 10_000}`;
  go("/prenota/fatto", { reference });
  // The trigger, and what goes along with the answer.
  ascolto("context", { step: "booking" });
  ascolto("track", "booking-completed", { reference });
};

document.addEventListener("click", (event) => {
  const clicked = event.target.closest("a[href^='/']");
  if (!clicked || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  go(clicked.pathname);
});
addEventListener("popstate", show);
show();
