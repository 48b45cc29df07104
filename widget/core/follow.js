// A page that changes its language while the form is there: noticed here, followed by what is
// fetched then.

import { late } from "./late.js";

/// `addresses`: where the words of texts and survey came from.
export const follow = EAGER((page, addresses) => {
  const html = document.documentElement;
  const check = EAGER(async () => {
    if (!page.root.isConnected) return observer.disconnect();
    const now = html.lang.split("-")[0].toLowerCase();
    if (page.script.dataset.locale || now == page.heard) return;
    page.heard = now;
    const { speak } = await late("language.js");
    await speak(page, addresses);
  });
  const observer = new MutationObserver(() => check().catch(() => {}));
  observer.observe(html, { attributeFilter: ["lang"] });
  if (html.lang) check().catch(() => {});
});
