// What the form asks of the browser: looking into JSON, and what is filled in.

/// A field, or undefined where there is none.
export const get = (object, key) => object?.[key];

export const list = (value) => value ?? [];

/// One of the widget's texts with its gaps filled (numbers, or words); undefined where there is no
/// such text.
export const text = (page, key, n, max) => page.texts[key]?.replace("{n}", n).replace("{max}", max);

/// The question that an input event belongs to, and all that is filled in there.
export const filled = ({ target }, page) => {
  const question = target.closest("[data-question]");
  const inputs = [...question.querySelectorAll("input,textarea")];
  page.remember();
  return {
    key: question.dataset.question,
    ticked: inputs.filter((input) => input.checked).map((input) => input.value),
    words: inputs.find((input) => /text/.test(input.type))?.value,
  };
};

/// The question that the visitor is done with, for the page.
export const answered = ({ target }, page) =>
  page.emit("answer", { question: target.closest("[data-question]").dataset.question });

/// Puts the focus on the first match, once the page has caught up with the form's state.
export const focus = ({ root }, selector) => setTimeout(() => root.querySelector(selector)?.focus());

/// Another page of the survey: where the focus goes, so that it is read from its top.
export const turned = (page, to) => {
  page.at = to;
  page.remember();
  focus(page, ".at");
};

/// Which of how many pages is shown, once it is: of one alone nothing is said.
export const progress = (page, place, count) =>
  setTimeout(() => {
    const [at, back, submit] = page.root.querySelectorAll(".at,[part=back],[type=submit]");
    if (!at) return;
    back.hidden = !place++;
    at.textContent = count > 1 ? text(page, "page", place, count) : "";
    at.style.setProperty("--at", place / count);
    submit.textContent = page.texts[place < count ? "next" : "send"];
  });

export const close = (page) => page.close();
export const post = (page, answers) => page.post(answers);
export const takeBack = (page) => page.takeBack();
