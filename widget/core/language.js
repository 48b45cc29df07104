// What is done when a page changes its language: fetched only then (`follow.js`).

import { restore, values } from "./draft.js";

/// There is a file of texts for each (`../texts`; a test compares).
export const KNOWN = "ar bg cs da de el en es et fi fr ga he hr hu it lt lv mt nl pl pt ro sk sl sv";

const wanted = ({ script }) => {
  const tag = script.dataset.locale || document.documentElement.lang || navigator.language;
  const language = tag.split("-")[0].toLowerCase();
  return KNOWN.split(" ").includes(language) ? language : "en";
};

const json = async (url) => {
  const response = await fetch(url, { credentials: "omit" });
  if (!response.ok) throw response.status;
  return response.json();
};

/// The form in the words of now, as far as it was; of another version of the survey, empty.
const putAnew = (page, isSame) => {
  const { panel, root } = page;
  const [was, kept] = [panel.dataset.state, values(root)];
  const [hidden, hasFocus] = [panel.hidden, panel.matches(":focus-within")];
  panel.remove();
  page.put();
  page.panel.hidden = hidden;
  // In the page's flow it is no dialog.
  page.panel.role = panel.role;
  // It was there before: it does not come up again.
  page.panel.style.animation = "none";
  if (isSame) restore(page, kept);
  if (page.told && was != "asking") page.retell();
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
      const isSame = survey.version == page.survey.version;
      texts.style = "";
      Object.assign(page, { texts, survey });
      putAnew(page, isSame);
    }
  } finally {
    page.speaks = false;
  }
};
