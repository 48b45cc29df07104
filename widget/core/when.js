// When the form shows by itself: the owner's trigger, and every reason not to. A click on the button
// always works; nothing here is asked about it.

/// Programs that say what they are: nobody to ask.
const BOTS = /bot|crawl|spider|slurp|preview|monitor|lighthouse/i;

const DAY_MS = 86_400_000;

/// Where it is remembered that a visitor was asked or has answered, and only where the owner has
/// said `data-once`.
const mark = ({ script }, what) => `ascolto:${what}:${script.dataset.survey ?? "post-service"}`;

const read = (store, name) => {
  try {
    return window[store][name];
  } catch {}
};

const write = (store, name) => {
  try {
    window[store][name] = Date.now();
  } catch {
    // Then they are asked again.
  }
};

/// Whether `data-once` (`response`, `session`, `30d`) says that this visitor has had their turn.
const wasAsked = (page) => {
  const once = page.script.dataset.once;
  const days = /^(\d+)d$/.exec(once)?.[1];
  if (once == "session") return read("sessionStorage", mark(page, "asked"));
  if (days) return Date.now() - read("localStorage", mark(page, "asked")) < days * DAY_MS;
};

/// Why the form does not show by itself, or undefined where it may.
const objection = (page) => {
  const { once, sample } = page.script.dataset;
  if (BOTS.test(navigator.userAgent)) return "bot";
  if (navigator.globalPrivacyControl || navigator.doNotTrack == "1") return "privacy";
  if (once && read("localStorage", mark(page, "answered"))) return "answered";
  if (wasAsked(page)) return "asked";
  page.luck ??= Math.random() * 100;
  if (sample && page.luck >= +sample) return "sample";
};

/// Calls `fire` once, when the trigger comes; gives back how to stop waiting, or undefined where
/// there is no such trigger.
const TRIGGERS = {
  load: (fire) => {
    const timer = setTimeout(fire);
    return () => clearTimeout(timer);
  },
  after: (fire, time) => {
    const timer = setTimeout(fire, parseFloat(time) * (/m$/.test(time) ? 60_000 : 1000));
    return () => clearTimeout(timer);
  },
  scroll: (fire, percent) =>
    listen(window, "scroll", () => {
      const { scrollHeight } = document.documentElement;
      if (((scrollY + innerHeight) / scrollHeight) * 100 >= +percent) fire();
    }),
  exit: (fire) =>
    listen(document, "mouseout", ({ relatedTarget, clientY }) => {
      if (!relatedTarget && clientY <= 0) fire();
    }),
  event: (fire, name) => listen(document, "ascolto:track", ({ detail }) => detail.name == name && fire()),
};

const listen = (target, name, react) => {
  target.addEventListener(name, react, { passive: true });
  return () => target.removeEventListener(name, react);
};

/// Waits for the trigger, and opens the form where nothing speaks against it. Gives back what stops
/// it all.
export const watch = (page, open) => {
  const [kind, argument] = (page.script.dataset.openOn ?? "click").split(":");
  const remember = (what, store) => write(store, mark(page, what));
  const forget = listen(document, "ascolto:sent", () => {
    if (page.script.dataset.once) remember("answered", "localStorage");
  });
  const stop = TRIGGERS[kind]?.(async () => {
    stop();
    page.fired = true;
    if (objection(page)) return;
    // Noted before: what is asked a second time at a bad moment is one time too many.
    if (page.script.dataset.once == "session") remember("asked", "sessionStorage");
    if (/d$/.test(page.script.dataset.once)) remember("asked", "localStorage");
    page.asked = true;
    open();
  }, argument);
  return () => {
    forget();
    stop?.();
  };
};

/// Why the form shows or does not: `{shown, reason, trigger}`.
export const explain = (page) => {
  const trigger = page.script.dataset.openOn ?? "click";
  const known = TRIGGERS[trigger.split(":")[0]];
  const waits = page.fired ? "fired" : "waiting";
  return {
    trigger,
    shown: !!page.asked,
    reason: page.asked
      ? "shown"
      : /^click/.test(trigger)
        ? "click"
        : !known
          ? "unknown_trigger"
          : (objection(page) ?? waits),
  };
};
