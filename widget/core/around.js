// What goes on around the form: whether it shows by itself, and the forms in the page's flow. Fetched
// by itself, so that whoever clicks the button does not wait for it.

import { placeForms } from "./inline.js";
import { late } from "./late.js";
import * as when from "./when.js";

export { consent } from "./when.js";

export const explain = async (page) => {
  const { contrast } = await late("contrast.js");
  return { ...when.explain(page), contrast: contrast(page.root) };
};

/// Fetches the form once the page has come to rest, where it is likely to show (`data-open-on`) or the
/// owner says so (`click:idle`), and the visitor does not save data.
const fetchAhead = (page) => {
  const { trigger, reason } = when.explain(page);
  const isLikely = trigger != "click" && /click|waiting/.test(reason);
  if (!isLikely || navigator.connection?.saveData) return;
  // What reaching for the button does; some browsers do not tell when they rest.
  const rest = () => (window.requestIdleCallback ?? setTimeout)(page.button.onfocus);
  if (document.readyState == "complete") rest();
  else addEventListener("load", rest, { signal: page.signal });
};

/// Waits for the owner's trigger, and for forms in the page; `begin` is the core's.
export const wake = (page, begin) => {
  const { signal } = page;
  if (signal.aborted) return;
  signal.addEventListener(
    "abort",
    when.watch(page, () => page.ask("open", true)),
  );
  signal.addEventListener("abort", placeForms(page, begin));
  fetchAhead(page);
};
