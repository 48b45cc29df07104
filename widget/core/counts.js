// What becomes of the form on this page, for the owner's funnel: counts, each once a page, and never
// who. Told when the page is left, in one request that nobody waits for. Fetched once the form shows.

import { newId } from "./id.js";
import { isCounted, isProgram } from "./when.js";

/// From when the form is shown first. Listens around the panel, which is another one when the language
/// changes.
export const counting = (page) => {
  const counted = new Set();
  let [events, last, sent] = [[]];
  const count = (kind, question = "") => {
    if (counted.has(kind + question) || !isCounted(page)) return;
    counted.add(kind + question);
    events.push({ kind, question: question || undefined });
  };
  const listen = (name, react) =>
    page.root.addEventListener(
      name,
      (event) => event.target.closest("[part=panel]") && react(event),
      true,
    );
  const turnTo = ({ target }) => target.part == "close" || count("open");
  count("impression");
  // Where it was opened, the focus has been put there before this could be fetched.
  const target = page.root.activeElement;
  if (target?.closest("[part=panel]")) turnTo({ target });
  listen("focusin", turnTo);
  listen("input", () => (count("open"), count("start")));
  listen("change", ({ target }) => {
    last = target.closest("[data-question]")?.dataset.question;
    if (last) count("answer", last);
  });
  listen("outcome", ({ detail }) => (sent ||= /^s(ent|aved)/.test(detail.state)));

  const tell = ({ type }) => {
    const leaves = type == "pagehide";
    if (!leaves && document.visibilityState != "hidden") return;
    // Closed, or left after they had turned to it. Whoever looks at another tab may come back.
    if (!sent && counted.size && (page.panel.hidden || (leaves && counted.has("open")))) {
      counted.has("dismissal") || count("dismissal", last);
      counted.add("dismissal");
    }
    // Taken first: in some browsers the next of these events comes while `fetch` has not yet returned.
    const told = events;
    events = [];
    // Asked here alone: what a browser keeps of such a question is four kilobytes.
    if (told.length && !isProgram(page)) {
      const { key: survey, version: survey_version } = page.survey;
      const { channel, service } = page.script.dataset;
      const batch = { batch: newId(), survey, survey_version, channel, service, events: told };
      // As plain text, because JSON would need a question first; not as a beacon, because that would
      // bring cookies along.
      fetch(page.url.replace(/responses$/, "events"), {
        method: "POST",
        credentials: "omit",
        keepalive: true,
        body: JSON.stringify(batch),
      }).catch(() => {});
    }
    if (!page.panel.isConnected) {
      document.removeEventListener("visibilitychange", tell);
      removeEventListener("pagehide", tell);
    }
  };
  document.addEventListener("visibilitychange", tell);
  addEventListener("pagehide", tell);
};
