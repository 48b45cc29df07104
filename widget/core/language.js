// Which of the widget's languages to speak, and how to follow a page that changes its own.

/// There is a file of texts for each (`../texts`; a test compares).
export const KNOWN = "ar bg cs da de el en es et fi fr ga he hr hu it lt lv mt nl pl pt ro sk sl sv";

/// The first of `wanted` (BCP 47 tags, or nothing) whose language is among `known`; else English.
export const language = (known, ...wanted) =>
  wanted.map((tag) => tag?.slice(0, 2).toLowerCase()).find((tag) => known.includes(tag)) ?? "en";

const pageRoot = () => document.documentElement;
const wanted = ({ script }) =>
  language(KNOWN, script.dataset.locale, pageRoot().lang, navigator.language);

/// Has the words that the page wants by now, in the place of those that it wanted when it loaded.
/// `addresses`: where those came from. Whether they are others.
const take = async (page, addresses, bodyOf) => {
  const locale = wanted(page);
  if (locale == page.locale) return false;
  const [texts, survey] = await Promise.all(
    [
      addresses[0].replace(/\w+\.json$/, locale + ".json"),
      addresses[1].replace(/locale=\w+/, "locale=" + locale),
    ].map(async (url) => bodyOf(await fetch(url, { credentials: "omit" }), "json")),
  );
  const { host } = page.root;
  host.lang = locale;
  host.dir = /ar|he/.test(locale) ? "rtl" : "ltr";
  page.button.textContent = texts.title;
  Object.assign(page, { locale, texts, survey });
  return true;
};

/// Calls `again` whenever the page's language has become another one and its words are there. What
/// cannot be had stays as it is until the next change.
export const follow = async (page, addresses, bodyOf, again) => {
  const taken = () => take(page, addresses, bodyOf).catch(() => false);
  let busy;
  const change = async () => {
    if (!page.root.isConnected) return observer.disconnect();
    if (busy) return;
    busy = true;
    // Again, in case it has changed meanwhile.
    while (await taken()) again();
    busy = false;
  };
  const observer = new MutationObserver(change);
  observer.observe(pageRoot(), { attributeFilter: ["lang"] });
  await change();
};
