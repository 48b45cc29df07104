// From "Send" to the collector's acknowledgement: one id however often it takes, kept by the
// browser meanwhile, and thanked for only when it has arrived.

import { newId } from "./id.js";
import * as letters from "./letters.js";
import { tell, word } from "./outcome.js";

/// Tries that follow the visitor's own where the browser keeps nothing: what is kept is tried as
/// long as the page is there.
const RETRIES_MAX = 5;
/// Tries in one visit that follow the first for what an earlier page has left.
const LEFT_RETRIES_MAX = 12;
const RETRY_FIRST_MS = 2000;
/// No pause of our own is longer than the first one, so often doubled: about four minutes.
const DOUBLINGS_MAX = 7;
/// However long the collector asks for.
const WAIT_S_MAX = 3600;
const ANSWER_MS_MAX = 20000;
/// Tries at once, of an answer that the collector takes in another form.
const AGAIN_MAX = 2;

export const isSent = (status) => status == 200 || status == 201;
/// Whether another try can end otherwise: no answer, too late, too many, or the collector's fault.
export const isOpenStill = ({ status, violations }) =>
  !status || status == 408 || status == 429 || status >= 500 || isOver(violations);
/// The page has to be told, and signs anew who it is (`identify`).
const isOver = (violations) => violations?.some(({ code }) => code == "expired_token");

const device = () => {
  if (!matchMedia("(pointer:coarse)").matches) return "desktop";
  return Math.min(screen.width, screen.height) < 600 ? "phone" : "tablet";
};

/// Where and on what the visitor is. Query and fragment are left out: they may hold secrets.
const context = ({ script, attributes }) => {
  const referrer = URL.canParse?.(document.referrer) && new URL(document.referrer);
  const given = script.getAttributeNames().filter((name) => name.startsWith("data-context-"));
  const told = Object.entries(attributes ?? {}).filter(([, value]) => value != null);
  return {
    page: location.pathname,
    referrer: referrer?.origin == location.origin ? referrer.pathname : undefined,
    device: device(),
    attributes: {
      ...Object.fromEntries(given.map((name) => [name.slice(13), script.getAttribute(name)])),
      ...Object.fromEntries(told.map(([name, value]) => [name, String(value)])),
    },
  };
};

const asText = (value) => value && String(value);
/// Seconds; a fraction is for nobody.
const asWhole = (value) => value && Math.round(value);

/// What `track` was told of the service, less what the collector does not know.
const serviceEvent = ({ reference, waited_s, served_s, resolved_first_contact }) => ({
  reference: asText(reference),
  waited_s: asWhole(waited_s),
  served_s: asWhole(served_s),
  resolved_first_contact,
});

/// Without a token nobody vouches for it: whoever wrote the page says so.
const identityOf = ({ subject, token }) => ({ level: token ? undefined : "declared", subject, token });

const bodyOf = (page, id, answers) => ({
  id,
  survey: page.survey.key,
  survey_version: page.survey.version,
  channel: page.script.dataset.channel ?? "web",
  service: page.script.dataset.service,
  locale: page.locale,
  answers: JSON.parse(answers),
  context: context(page),
  identity: page.identity && identityOf(page.identity),
  service_event: page.event && serviceEvent(page.event),
  occurred_at: new Date().toISOString(),
});

const exchange = async (url, body, method = body && "POST") => {
  const response = await fetch(url, {
    method,
    headers: body && { "Content-Type": "application/json" },
    credentials: "omit",
    // A page that is left meanwhile does not take the answer along.
    keepalive: !!body,
    body: body && JSON.stringify(body),
    signal: AbortSignal.timeout?.(ANSWER_MS_MAX),
  });
  const wait_s = +response.headers.get("Retry-After");
  return { wait_s, ...(await response.json().catch(() => {})), status: response.status };
};

/// The number that the collector asks for: found by trying, so that nobody sends thousands of
/// answers at no cost. ALTCHA's form; needs https, as browsers hash nothing elsewhere.
const work = async (url) => {
  const { status, wait_s, ...asked } = await exchange(url.replace(/responses$/, "challenge"));
  if (status != 200) throw { wait_s };
  const text = new TextEncoder();
  for (let number = 0; number <= asked.maxnumber; number++) {
    const hash = await crypto.subtle.digest("SHA-256", text.encode(asked.salt + number));
    const hex = Array.from(new Uint8Array(hash), (byte) => (byte + 256).toString(16).slice(1));
    if (hex.join("") == asked.challenge) return btoa(JSON.stringify({ ...asked, number }));
  }
};

/// What is said beside the answers, which stands without it.
const BESIDE = /^(channel|context|service|service_event)(\.|$)/;

/// Takes out of an answer what the collector does not take of the page's own words: a word too long
/// must not cost what a visitor says. Whether the rest can be sent then.
const lighten = (body, violations) => {
  if (!violations?.length || !violations.every(({ path }) => BESIDE.test(path))) return;
  for (const { path, message } of violations) {
    console.warn(`ascolto: sent without ${path}: ${message}`);
    const [field, part] = path.split(".");
    if (part) delete body[field]?.[part];
    else delete body[field];
  }
  return true;
};

/// Sends, once. A status of 0 is no answer at all, or none of the collector's: it alone gives back
/// the id (a hotel's or a proxy's page of its own may say 200 too).
export const dispatch = async (page, letter, again = AGAIN_MAX) => {
  const { identity: known, emit } = page;
  const { url, body, form } = letter;
  const { identity } = body;
  // What waits may be signed with what is over; the page has a newer one of the same person.
  if (identity?.token && known?.subject == identity.subject) {
    identity.token = known.token ?? identity.token;
  }
  try {
    const proof = letter.works ? await work(url) : undefined;
    const answer = await exchange(url, { ...body, form: { ...form, proof } });
    const { status, id, wait_s, violations } = answer;
    if (isOver(violations)) emit("failed", { reason: "identity" });
    if (status < 400 && id != body.id) return { status: 0 };
    // Asked for since the survey was fetched, or over meanwhile.
    const lacksProof = violations?.some(({ path }) => path == "form.proof");
    if (lacksProof) letter.works = true;
    if (again && (lacksProof || lighten(body, violations))) return dispatch(page, letter, again - 1);
    return lacksProof ? { status: 0, wait_s } : answer;
  } catch ({ wait_s }) {
    return { status: 0, wait_s };
  }
};

/// Until the time is over, the browser is on line again, or the widget is taken out of the page.
const sleep = (ms, signal) =>
  new Promise((wake) => {
    const end = () => {
      clearTimeout(timer);
      removeEventListener("online", end);
      wake();
    };
    const timer = setTimeout(end, ms);
    addEventListener("online", end);
    signal.addEventListener("abort", end);
  });

/// Twice as long each time, and half or one and a half of that by chance, so that visitors who
/// failed together do not come back together; never shorter than the collector asks for.
export const pause = ({ signal }, retry, wait_s) => {
  const own_ms = (RETRY_FIRST_MS << Math.min(retry, DOUBLINGS_MAX)) * (0.5 + Math.random());
  return sleep(Math.max(own_ms, Math.min(wait_s || 0, WAIT_S_MAX) * 1000), signal);
};

/// Sends answers (JSON), or, without any, what is waiting once more. The form has been told that they
/// are being sent.
export const post = async (page, isOpen, answers) => {
  const { survey, emit } = page;
  if ("dryRun" in page.script.dataset) {
    return tell(page, { state: "taken-back", say: word("dry-run"), focus: "[part=panel]" });
  }
  if (answers) {
    const id = newId();
    const form = {
      trap: page.panel.querySelector("[name=homepage]").value,
      elapsed_ms: Math.round(performance.now() - page.shown),
    };
    const body = bodyOf(page, id, answers);
    page.letter = { id, url: page.url, body, form, works: survey.proof_of_work };
  }
  const letter = page.letter;
  const round = (page.round = {});
  // All in this moment: the page may be left in the next. A draft beside what is kept would be sent a
  // second time, as another answer.
  const keeping = letters.keep(letter).then(
    () => true,
    () => false,
  );
  if (letters.isHanded(letter)) page.forget();
  const first = dispatch(page, letter);
  const kept = await keeping;
  kept ? page.forget() : page.remember();
  for (let retry = 0; ; retry++) {
    const answer = await (retry ? dispatch(page, letter) : first);
    const { status, receipt, violations, wait_s } = answer;
    const isOpenYet = isOpenStill(answer);
    if (!isOpenYet) await letters.forget(letter.id).catch(() => {});
    if (isSent(status)) page.forget();
    else if (!isOpenYet) page.remember();
    // The visitor has pressed again meanwhile: that round goes on.
    if (page.round != round) return;
    if (isSent(status)) {
      emit("sent", { id: letter.id, receipt, survey: letter.body.survey });
      page.receipt = receipt;
      return tell(page, { state: "sent", say: (page) => page.survey.thanks ?? page.word("sent") });
    }
    if (!isOpenYet) {
      if (status == 422) return tell(page, { state: "asking", violations });
      // The same again would be refused again; sent anew it is another response.
      const reason = status == 409 ? "conflict" : "refused";
      emit("failed", { reason });
      return tell(page, {
        state: "asking",
        say: (page) => page.word(reason).replace("{n}", status),
      });
    }
    if (!retry || !kept) {
      kept ? emit("queued", { id: letter.id }) : emit("failed", { reason: "unsent" });
    }
    // The focus is moved only after the visitor's own press, not while they may be reading.
    tell(page, {
      state: kept ? "saved" : "failed",
      say: word(kept ? "saved" : "unsent"),
      focus: retry ? undefined : "[part=retry]",
    });
    await pause(page, retry, wait_s);
    if (page.round != round || !page.root.isConnected) return;
    if (!kept && (retry == RETRIES_MAX || !isOpen())) return;
  }
};

/// Takes back what was sent.
export const takeBack = async (page) => {
  const address = page.url.replace(/sites.*/, "receipts/" + page.receipt);
  const { status } = await exchange(address, undefined, "DELETE").catch(() => ({}));
  tell(
    page,
    status == 204
      ? { state: "taken-back", say: word("taken-back"), focus: "[part=panel]" }
      : { state: "sent", say: word("not-taken-back") },
  );
};

/// Sends what an earlier page could not. What is refused for the site's sake (its address, its
/// origins) waits on: nobody has it but the store.
export const flush = async (page) => {
  const { root, emit } = page;
  try {
    if (!localStorage.ascolto) return;
    const waiting = await letters.all();
    if (!waiting.length) delete localStorage.ascolto;
    for (let retry = 0; waiting.length && root.isConnected; ) {
      const letter = waiting.shift();
      const answer = await dispatch(page, letter);
      const { status, receipt, wait_s } = answer;
      if (isOpenStill(answer)) {
        // Behind the others: what always fails must not keep them.
        waiting.push(letter);
        if (retry == LEFT_RETRIES_MAX) return;
        await pause(page, retry++, wait_s);
      } else if (isSent(status) || status == 409 || status == 422) {
        await letters.forget(letter.id).catch(() => {});
        const { survey } = letter.body;
        if (isSent(status)) emit("sent", { id: letter.id, receipt, survey });
        else emit("failed", { reason: "refused" });
      }
    }
  } catch {
    // The browser keeps nothing for this page.
  }
};
