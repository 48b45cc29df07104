// What was filled in, for a page that is loaded again: in this tab alone, until it is sent.

/// Of one form alone: the same survey is asked for each service, and in the page's flow beside the
/// button's.
const name = ({ survey: { key, version }, script, url, root }) =>
  ["ascolto", url, key, version, script.dataset.service, root.host.localName].join(":");
const inputsOf = (root) => [...root.querySelectorAll("[data-question] :is(input,textarea)")];
const isTickable = (input) => /radio|checkbox/.test(input.type);

/// What is filled in, input by input.
export const values = (root) =>
  inputsOf(root).map((input) => (isTickable(input) ? input.checked : input.value));

export const remember = (page) => {
  try {
    sessionStorage[name(page)] = JSON.stringify([page.at, ...values(page.root)]);
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

/// What `remember` kept: the survey's page, then what is in each input.
export const recall = (page) => {
  try {
    return JSON.parse(sessionStorage[name(page)] ?? "[]");
  } catch {
    return [];
  }
};

/// Fills it in again, and lets the form know.
export const restore = ({ root }, values) =>
  inputsOf(root).forEach((input, i) => {
    if (!values[i]) return;
    input[isTickable(input) ? "checked" : "value"] = values[i];
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });
