// Which of the widget's languages to speak, and what is done when a page changes its own: fetched by
// the form only then (`follow.js`).

import { fill, values } from "./draft.js";

/// There is a file of texts for each (`../texts`; a test compares).
export const KNOWN = "ar bg cs da de el en es et fi fr ga he hr hu it lt lv mt nl pl pt ro sk sl sv";

/// The first of `wanted` (BCP 47 tags, or nothing) whose language is among `known`; else English.
export const language = (known, ...wanted) =>
  wanted.map((tag) => tag?.slice(0, 2).toLowerCase()).find((tag) => known.includes(tag)) ?? "en";

const wanted = ({ script }) =>
  language(KNOWN, script.dataset.locale, document.documentElement.lang, navigator.language);

const json = async (url) => {
  const response = await fetch(url, { credentials: "omit" });
  if (!response.ok) throw response.status;
  return response.json();
};

/// The form in the words of now, as far as it was.
const putAnew = (page) => {
  const { panel, root } = page;
  const [was, kept] = [panel.dataset.state, values(root)];
  const [hidden, hasFocus] = [panel.hidden, panel.matches(":focus-within")];
  panel.remove();
  page.put();
  page.panel.hidden = hidden;
  fill(root, kept);
  if (was != "asking") page.retell();
  if (hasFocus) page.panel.focus();
};

/// Speaks the page's language. `addresses`: where the words of texts and survey came from. What
/// cannot be had stays as it is until the next change.
export const speak = async (page, addresses) => {
  if (page.speaks) return;
  page.speaks = true;
  try {
    // Again, in case it has changed meanwhile.
    for (let locale; (locale = wanted(page)) != page.locale; ) {
      const [texts, survey] = await Promise.all([
        json(addresses[0].replace(/\w+\.json$/, locale + ".json")),
        json(addresses[1].replace(/locale=\w+/, "locale=" + locale)),
      ]);
      const { host } = page.root;
      host.lang = locale;
      host.dir = /ar|he/.test(locale) ? "rtl" : "ltr";
      page.button.textContent = texts.title;
      Object.assign(page, { locale, texts, survey });
      putAnew(page);
    }
  } finally {
    page.speaks = false;
  }
};
