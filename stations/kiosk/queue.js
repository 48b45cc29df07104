// Answers on their way: kept by the browser (IndexedDB) before anything else is done with them, sent
// one after the other, the oldest first, for as long as it takes. Days of a busy counter have room.

import { dispatch, isOpenStill, isSent, pause } from "../../widget/core/delivery.js";
import { forget, letters } from "../../widget/core/letters.js";

const WAITING_MAX = 20000;
const AT_ONCE = 50;
/// What the collector will never take (its rules have changed) is put behind this letter: it waits
/// for a person, not for the network.
const ASIDE = "x";
const WAITING = IDBKeyRange.upperBound(ASIDE, true);
const SET_ASIDE = IDBKeyRange.lowerBound(ASIDE);

/// Nobody is signed in at a kiosk.
const NOBODY = { emit() {} };

const keep = async (letter) => {
  if ((await letters((store) => store.count())) >= WAITING_MAX) throw letter;
  await letters((store) => store.put(letter));
};
const countOf = (range) => letters((store) => store.count(range));
const some = (range, many) => letters((store) => store.getAll(range, many));
const rename = async (letter, id) => {
  await letters((store) => store.put({ ...letter, id }));
  await forget(letter.id);
};

/// `changed` (how many wait, how many are set aside) and `sent` (an id).
export const events = new EventTarget();

const tell = (name, detail) => events.dispatchEvent(new CustomEvent(name, { detail }));
const count = async () => {
  const [waiting, aside] = [await countOf(WAITING), await countOf(SET_ASIDE)];
  tell("changed", { waiting, aside });
};

/// Ends the pause that is being made.
let wake = () => {};

/// Rejects where the browser keeps nothing, or has no room: then nothing was taken.
export const put = async (letter) => {
  await keep(letter);
  await count().catch(() => {});
  wake();
};

/// Where nothing can be kept: one try. Whether it has arrived.
export const sendNow = async (letter) => isSent((await dispatch(NOBODY, letter)).status);

/// Whether the acknowledgement of this answer comes within a time.
export const isSentWithin = (id, ms) =>
  new Promise((done) => {
    const look = ({ detail }) => detail == id && end(true);
    const end = (isSent) => {
      clearTimeout(timer);
      events.removeEventListener("sent", look);
      done(isSent);
    };
    const timer = setTimeout(end, ms, false);
    events.addEventListener("sent", look);
  });

/// Pauses; gives back the number of the try after it, which a new answer makes the first again.
const rest = async (retry, wait_s) => {
  const nap = new AbortController();
  wake = () => nap.abort();
  await pause({ signal: nap.signal }, retry, wait_s);
  return nap.signal.aborted ? 0 : retry + 1;
};

/// One letter; the seconds that the collector wants to be left alone, `undefined` where it is done.
const deliver = async (letter) => {
  const answer = await dispatch(NOBODY, letter);
  const { status, wait_s } = answer;
  if (isSent(status) || status == 409) await forget(letter.id);
  // The site may be moved, or its origin not be allowed yet: nobody else has the answer.
  else if (isOpenStill(answer) || [401, 403, 404].includes(status)) return wait_s || 0;
  else await rename(letter, ASIDE + letter.id);
  if (isSent(status)) tell("sent", letter.id);
  return undefined;
};

/// For as long as the page is there.
export const run = async () => {
  for (let retry = 0; ; ) {
    let wait_s = 0;
    try {
      await count();
      const waiting = await some(WAITING, AT_ONCE);
      for (const letter of waiting) {
        wait_s = await deliver(letter);
        await count();
        if (wait_s !== undefined) break;
        retry = 0;
      }
      if (waiting.length == AT_ONCE && wait_s === undefined) continue;
    } catch {
      // The store did not answer; it is asked again.
    }
    retry = await rest(retry, wait_s ?? 0);
  }
};
