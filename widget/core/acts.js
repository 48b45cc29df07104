// What the visitor does in the panel, told to whom it concerns.

import { markFaults } from "./assist.js";
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

/// Whether a key closes the form: Escape, but for one that ends the composing of a character, or that
/// somebody has taken for their own.
export const endsWith = ({ key, isComposing, defaultPrevented }) =>
  key == "Escape" && !isComposing && !defaultPrevented;

/// Listens once for all that is in the panel of a form (its number). `page` has `panel` and the
/// functions `close`, `post`, `takeBack`, `remember`.
export const listen = EAGER((page, form) => {
  const on = EAGER((name, react) => page.panel.addEventListener(name, react));
  /// Does what may change which answers are wrong.
  const having = (act, detail) => {
    act(form, detail);
    markFaults(page);
  };
  const onQuestion = EAGER((name, react) =>
    on(name, ({ target }) => {
      const question = target.closest("[data-question]");
      if (question) react(question);
    }),
  );
  const buttons = {
    back: () => having(back),
    close: () => page.close(),
    retry: () => page.post(),
    "take-back": () => page.takeBack(),
  };
  on("click", ({ target }) => buttons[target.part]?.());
  on("keydown", (event) => {
    // What is typed here is not for the page's own shortcuts.
    event.stopPropagation();
    if (endsWith(event)) page.close();
  });
  on("submit", (event) => {
    event.preventDefault();
    having(submit);
  });
  on("outcome", ({ detail }) => having(settle, detail));
  onQuestion("input", (question) => {
    page.remember();
    having(fill, filled(question));
  });
  onQuestion("change", (question) => page.emit("answer", { question: question.dataset.question }));
});
