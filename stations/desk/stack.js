// What was entered in this tab: how many, and what takes the last ones back. Answers themselves are
// kept nowhere here.

const KEY = "ascolto-desk-stack";
/// Of these the last can be undone, one after the other.
const RECEIPTS_MAX = 200;

const stored = () => {
  try {
    return JSON.parse(sessionStorage[KEY] ?? "{}");
  } catch {
    return {};
  }
};

const stack = { count: 0, receipts: [], day: "", ...stored() };

const store = () => {
  try {
    sessionStorage[KEY] = JSON.stringify(stack);
  } catch {
    // The browser keeps nothing: it is known until the page goes.
  }
};

export const count = () => stack.count;
export const day = () => stack.day;
export const last = () => stack.receipts.at(-1);

export const keepDay = (day) => {
  stack.day = day;
  store();
};

export const push = (receipt) => {
  stack.count += 1;
  stack.receipts = [...stack.receipts, receipt].slice(-RECEIPTS_MAX);
  store();
};

export const pop = () => {
  stack.count = Math.max(0, stack.count - 1);
  stack.receipts.pop();
  store();
};

export const restart = () => {
  stack.count = 0;
  store();
};

/// Nobody else undoes it.
export const forget = () => {
  Object.assign(stack, { count: 0, receipts: [], day: "" });
  store();
};
