// Whether the form shows by itself: the owner's rules, as attributes of the script tag, against what
// is known of the moment. Pure, so that the managers' page asks the same of any address.

/// Programs that say what they are: nobody to ask.
const BOTS = /bot|crawl|spider|slurp|preview|monitor|lighthouse|externalhit|mediapartners|inspectiontool/i;
/// Makes telephones.
const NO_BOT = /cubot/i;

export const TRIGGERS = /^(load|exit|scroll:\d+|after:\d+(\.\d+)?[sm]?|event:.+)$/;

const DAY_MS = 86_400_000;

/// Whether one of the patterns (`*` is any characters) is the whole path; of one with `?` or `#`,
/// with query and fragment.
const matches = (patterns, { pathname, search, hash }) =>
  patterns.split(/[\s,]+/).some((pattern) => {
    const encoded = encodeURI(pattern).replace(/%25/g, "%");
    const escaped = encoded.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replace(/\*/g, ".*");
    const address = /[?#]/.test(pattern) ? pathname + search + hash : pathname;
    return new RegExp(`^${escaped}$`).test(address);
  });

/// Whether the owner wants the button at this address (a `URL`, or `location`): `inline` is for forms
/// that stand in the page instead.
export const isWanted = ({ openOn, showOn, hideOn }, address) =>
  openOn != "inline" &&
  (!showOn || matches(showOn, address)) &&
  !(hideOn && matches(hideOn, address));

/// Whether nobody is there.
export const isProgram = ({ agent = "" }) => BOTS.test(agent.replace(NO_BOT, ""));

/// Visitors who are neither asked nor counted: they do not want it, or have not agreed.
export const unwilling = (options, { isPrivate, agreed }) => {
  if (isPrivate) return "privacy";
  if ("consent" in options && !agreed) return "consent";
};

/// Why the form does not show by itself, or undefined where it may once its trigger has come.
/// `options` is the script tag's dataset; of the visitor: the browser's name, whether it asks for
/// privacy, whether they have agreed, answered, when they were asked (ms), their lot (0-100).
export const objection = (options, visitor) => {
  const { address, answered, asked, now, luck } = visitor;
  const { openOn = "click", once, sample } = options;
  if (openOn == "inline") return "inline";
  if (!isWanted(options, address)) return "page";
  if (/^click(:idle)?$/.test(openOn)) return "click";
  if (!TRIGGERS.test(openOn)) return "unknown_trigger";
  const unwillingFor = isProgram(visitor) ? "bot" : unwilling(options, visitor);
  if (unwillingFor) return unwillingFor;
  if (once == "response" && answered) return "answered";
  // A mark of a clock that was wrong may lie ahead.
  if (once == "session" ? asked : Math.abs(now - asked) < parseInt(once) * DAY_MS) return "asked";
  if (sample && luck >= +sample) return "sample";
};
