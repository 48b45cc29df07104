// What the visitor does in the panel, told to whom it concerns.

import { back, fill, settle, submit } from "./widget.js";

/// All that is filled in at a question.
const filled = (question) => {
  const inputs = [...question.querySelectorAll("input,textarea")];
  return {
    key: question.dataset.question,
    ticked: inputs.filter((input) => input.checked).map((input) => input.value),
    words: inputs.find((input) => /text/.test(input.type))?.value,
  };
};

/// Listens once for all that is in the panel of a form (its number). `page` has the functions `close`,
/// `post`, `takeBack`, `remember`.
export const listen = (page, panel, form) => {
  const on = (name, react) => panel.addEventListener(name, react);
  const onQuestion = (name, react) =>
    on(name, ({ target }) => {
      const question = target.closest("[data-question]");
      if (question) react(question);
    });
  const buttons = {
    back: () => back(form),
    close: () => page.close(),
    retry: () => page.post(),
    "take-back": () => page.takeBack(),
  };
  on("click", ({ target }) => buttons[target.part]?.());
  on("keydown", (event) => {
    // What is typed here is not for the page's own shortcuts.
    event.stopPropagation();
    if (event.key == "Escape") page.close();
  });
  on("submit", (event) => {
    event.preventDefault();
    submit(form);
  });
  on("outcome", ({ detail }) => settle(form, detail));
  onQuestion("input", (question) => {
    page.remember();
    fill(form, filled(question));
  });
  onQuestion("change", (question) => page.emit("answer", { question: question.dataset.question }));
};
