// When the form shows by itself: the owner's trigger, at the addresses that `rules.js` allows. A
// click on the button always works; nothing here is asked about it.

import * as rules from "./rules.js";

const surveyOf = ({ script }) => script.dataset.survey ?? "post-service";

/// Where it is remembered that a visitor was asked or has answered, and only where the owner has
/// said `data-once`.
const mark = (page, what) => `ascolto:${what}:${surveyOf(page)}`;

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

const askedIn = (once) => (once == "session" ? "sessionStorage" : "localStorage");

const visitor = (page) => ({
  agent: navigator.userAgent,
  isPrivate: navigator.globalPrivacyControl || navigator.doNotTrack == "1",
  agreed: page.agreed,
});

/// Whether what becomes of the form now may be counted.
export const isCounted = (page) =>
  !("dryRun" in page.script.dataset || rules.unwilling(page.script.dataset, visitor(page)));

/// Whether nobody is there.
export const isProgram = (page) => rules.isProgram(visitor(page));

/// Why the form does not show by itself now, or undefined where it may.
const why = (page) => {
  const { once } = page.script.dataset;
  return rules.objection(page.script.dataset, {
    ...visitor(page),
    address: location,
    answered: once && read("localStorage", mark(page, "answered")),
    asked: once && read(askedIn(once), mark(page, "asked")),
    now: Date.now(),
    luck: (page.luck ??= Math.random() * 100),
  });
};

const listen = (target, names, react) => {
  names.forEach((name) => target.addEventListener(name, react, { passive: true }));
  return () => names.forEach((name) => target.removeEventListener(name, react));
};

/// Calls `fire` when the trigger comes; gives back how to stop waiting.
const TRIGGERS = {
  load: (fire) => TRIGGERS.after(fire, "0"),
  after: (fire, time) => {
    const timer = setTimeout(fire, parseFloat(time) * (/m$/.test(time) ? 60_000 : 1000));
    return () => clearTimeout(timer);
  },
  scroll: (fire, percent) =>
    listen(window, ["scroll"], () => {
      const { scrollHeight } = document.documentElement;
      if (((scrollY + innerHeight) / scrollHeight) * 100 >= +percent) fire();
    }),
  exit: (fire) =>
    listen(document, ["mouseout"], ({ relatedTarget, clientY }) => {
      if (!relatedTarget && clientY <= 0) fire();
    }),
  event: (fire, name) =>
    listen(document, ["ascolto:track"], ({ detail }) => detail.name == name && fire()),
};

/// Calls `react` when the address may have changed without a new page. Where the browser does not
/// tell, it is looked at whenever the visitor does something: the page's own functions stay as
/// they are.
const onNavigation = (react) =>
  window.navigation?.addEventListener
    ? listen(navigation, ["currententrychange"], react)
    : listen(window, ["popstate", "click", "pointerover", "scroll"], react);

/// Waits for the trigger, at each address anew, and opens the form where nothing speaks against it.
/// Gives back what stops it all.
export const watch = (page, open) => {
  const options = page.script.dataset;
  const [, kind, argument] = /^(\w+):?(.*)/.exec(options.openOn ?? "click") ?? [];
  const remember = (what, store) => options.once && write(store, mark(page, what));
  let stop, href;
  const fire = () => {
    stop();
    page.fired = true;
    if (why(page)) return;
    // Noted before: what is asked a second time at a bad moment is one time too many.
    if (options.once != "response") remember("asked", askedIn(options.once));
    page.asked = true;
    open();
  };
  page.arm = () => {
    stop?.();
    href = location.href;
    page.fired = page.luck = undefined;
    page.button.hidden = !rules.isWanted(options, location);
    stop = page.asked ? undefined : TRIGGERS[kind]?.(fire, argument);
  };
  const undo = [
    listen(document, ["ascolto:sent"], ({ detail }) => {
      if (detail.survey != surveyOf(page)) return;
      if (options.once == "response") remember("answered", "localStorage");
      else remember("asked", askedIn(options.once));
    }),
    onNavigation(() => href != location.href && page.arm()),
    () => stop?.(),
  ];
  page.arm();
  return () => undo.forEach((one) => one());
};

/// Whether the visitor agrees to being asked, where the owner has said `data-consent`.
export const consent = (page, agreed = true) => {
  page.agreed = agreed;
  if (page.fired) page.arm();
};

/// Why the form shows or does not: `{shown, reason, trigger}`.
export const explain = (page) => ({
  trigger: page.script.dataset.openOn ?? "click",
  shown: !!page.asked,
  reason: page.asked ? "shown" : (why(page) ?? (page.fired ? "fired" : "waiting")),
});
