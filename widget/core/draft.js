// What was filled in, for a page that is loaded again: in this tab alone, until it is sent.

const name = ({ survey }) => `ascolto:${survey.key}:${survey.version}`;
const inputsOf = (root) => [...root.querySelectorAll("[data-question] :is(input,textarea)")];
const isTickable = (input) => /radio|checkbox/.test(input.type);

/// What is filled in, input by input.
export const values = (root) =>
  inputsOf(root).map((input) => (isTickable(input) ? input.checked : input.value));

/// Fills it in again, and lets the form know.
export const fill = (root, values) =>
  inputsOf(root).forEach((input, i) => {
    if (!values[i]) return;
    input[isTickable(input) ? "checked" : "value"] = values[i];
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });

export const remember = (page) => {
  try {
    sessionStorage[name(page)] = JSON.stringify(values(page.root));
  } catch {
    // Then a reload begins anew.
  }
};

export const forget = (page) => {
  try {
    delete sessionStorage[name(page)];
  } catch {
    // Nothing was kept.
  }
};

export const restore = (page) => {
  try {
    fill(page.root, JSON.parse(sessionStorage[name(page)] ?? "[]"));
  } catch {
    // Nothing was kept.
  }
};
