// What the form asks of the browser: looking into JSON, and putting into the page what has changed.

/// A field, or undefined where there is none.
export const get = EAGER((object, key) => object?.[key]);

export const list = EAGER((value) => value ?? []);

/// A number as it is written in the page's language; other words as they are. Four digits need no
/// grouping, and a browser's first formatted number costs a phone a tenth of a second.
export const written = EAGER(({ locale }, n) =>
  isNaN(n) || n < 10_000 ? n : (+n).toLocaleString(locale),
);

/// One of the widget's texts with its gaps filled (numbers, or words); undefined where there is no
/// such text.
export const text = EAGER((page, key, n, max) =>
  page.word(key)?.replace("{n}", written(page, n)).replace("{max}", written(page, max)),
);

/// Gives the first match a property, or, where it has none of that name, an attribute. What is there
/// already stays: it would be read out again.
export const put = EAGER(({ root }, selector, name, value) => {
  const element = root.querySelector(selector);
  if (!(name in element)) element.setAttribute(name, value);
  else if (element[name] != value) element[name] = value;
});

/// Puts the focus on the first match, once the page has caught up with the form's state.
export const focus = ({ root }, selector) => setTimeout(() => root.querySelector(selector)?.focus());

/// Another page of the survey: where the focus goes, so that it is read from its top.
export const turned = (page, to) => {
  page.at = to;
  page.remember();
  focus(page, ".at");
};

/// Once the form is done: it is told at once how far sending has come.
export const post = (page, answers) => queueMicrotask(() => page.post(answers));
