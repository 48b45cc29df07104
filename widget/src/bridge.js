// What a browser does best in its own language: looking into JSON, asking the page, sending.

/// A field, or undefined where there is none.
export const get = (object, key) => object?.[key];

export const list = (value) => value ?? [];

/// One of the widget's texts with its gaps filled; undefined where there is no such text.
export const text = (texts, key, n, max) => texts[key]?.replace("{n}", n).replace("{max}", max);

/// The question that an input event belongs to, and all that is filled in there.
export const filled = ({ target }, options) => {
  const question = target.closest("[data-question]");
  const inputs = [...question.querySelectorAll("input,textarea")];
  remember(target.getRootNode(), options);
  return {
    key: question.dataset.question,
    ticked: inputs.filter((input) => input.checked).map((input) => input.value),
    words: inputs.find((input) => /text/.test(input.type))?.value,
  };
};

const device = () => {
  if (!matchMedia("(pointer:coarse)").matches) return "desktop";
  return Math.min(screen.width, screen.height) < 600 ? "phone" : "tablet";
};

/// Where and on what the visitor is. Query and fragment are left out: they may hold secrets.
export const surroundings = (script) => {
  const referrer = URL.canParse?.(document.referrer) && new URL(document.referrer);
  return {
    page: location.pathname,
    referrer: referrer?.origin == location.origin ? referrer.pathname : undefined,
    device: device(),
    attributes: script
      .getAttributeNames()
      .filter((name) => name.startsWith("data-context-"))
      .map((name) => [name.slice(13), script.getAttribute(name)]),
  };
};

export const now = () => Date.now();
export const timestamp = () => new Date().toISOString();
export const random = (bytes) => crypto.getRandomValues(new Uint8Array(bytes));

/// Until the time is over, or the browser is on line again.
export const sleep = (ms) =>
  new Promise((wake) => {
    const end = () => {
      clearTimeout(timer);
      removeEventListener("online", end);
      wake();
    };
    const timer = setTimeout(end, ms);
    addEventListener("online", end);
  });

const exchange = async (url, body, method = body && "POST") => {
  const response = await fetch(url, {
    method,
    headers: body && { "Content-Type": "application/json" },
    credentials: "omit",
    // A page that is left meanwhile does not take the answer along.
    keepalive: !!body,
    body,
    signal: AbortSignal.timeout?.(20000),
  });
  const wait_s = +response.headers.get("Retry-After");
  return { wait_s, ...(await response.json().catch(() => {})), status: response.status };
};

/// The number that the collector asks for: found by trying, so that nobody sends thousands of
/// answers at no cost. ALTCHA's form; needs https, as browsers hash nothing elsewhere.
const work = async (url) => {
  const { status, wait_s, ...asked } = await exchange(url.replace(/responses$/, "challenge"));
  const text = new TextEncoder();
  for (let number = 0; number <= asked.maxnumber; number++) {
    const hash = await crypto.subtle.digest("SHA-256", text.encode(asked.salt + number));
    const hex = Array.from(new Uint8Array(hash), (byte) => (byte + 256).toString(16).slice(1));
    if (hex.join("") == asked.challenge) return btoa(JSON.stringify({ ...asked, number }));
  }
};

/// Answers on their way, in the browser's own store, where they outlive the page: put there when
/// the visitor sends, gone with the acknowledgement. A store that does not answer (some never do, and
/// it may be the page's own under our name) must not keep anything from being sent.
const letters = (use) =>
  new Promise((done, fail) => {
    setTimeout(fail, 2000);
    const opening = indexedDB.open("ascolto", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("letters", { keyPath: "id" });
    opening.onerror = fail;
    opening.onsuccess = () => {
      const base = opening.result;
      const change = base.transaction("letters", "readwrite", { durability: "strict" });
      const request = use(change.objectStore("letters"));
      change.oncomplete = () => done(request.result);
      change.onabort = fail;
      base.close();
    };
  });

/// Whoever sends that many without one of them arriving sends for another reason.
const LETTERS_MAX = 50;

/// The mark by which the next page knows, without asking the store, that something waits.
const keep = async (letter) => {
  if ((await letters((store) => store.count())) >= LETTERS_MAX) throw letter;
  await letters((store) => store.put(letter));
  localStorage.ascolto = 1;
};

const forget = async (id) => {
  await letters((store) => store.delete(id));
  if (!(await letters((store) => store.count()))) delete localStorage.ascolto;
};

/// Whether another try can end otherwise: no answer, too late, too many, or the collector's fault.
const isOpenStill = (status) => !status || status == 408 || status == 429 || status >= 500;

/// Sends once. A status of 0 is no answer at all.
const dispatch = async ({ url, body, form }, { survey }) => {
  try {
    if (survey.proof_of_work) form.proof = await work(url);
    return await exchange(url, `${body.slice(0, -1)},"form":${JSON.stringify(form)}}`);
  } catch {
    return { status: 0 };
  }
};

/// Sends an answer, with the signs of a form that a person filled in; says whether the browser has
/// kept it for another try.
export const post = async (root, options, id, body) => {
  const panel = root.querySelector("[part=panel]");
  const trap = panel.querySelector("[name=homepage]").value;
  const form = { trap, elapsed_ms: Date.now() - panel.shown };
  const letter = { id, url: options.url, body, form };
  const kept = await keep(letter).then(
    () => true,
    () => false,
  );
  const answer = await dispatch(letter, options);
  const open = isOpenStill(answer.status);
  // Where it is refused the visitor still has it, in the form.
  if (!open) await forget(id).catch(() => {});
  if (kept || answer.status == 200 || answer.status == 201) forgetDraft(options);
  return { ...answer, kept, open };
};

/// Sends what an earlier page could not. What is refused for the site's sake (its address, its
/// origins) waits on: nobody has it but the store.
export const flush = async (options) => {
  try {
    if (!localStorage.ascolto) return;
    for (const letter of await letters((store) => store.getAll())) {
      const { status, receipt } = await dispatch(letter, options);
      const sent = status == 200 || status == 201;
      if (!sent && status != 409 && status != 422) return;
      await forget(letter.id);
      options.emit(sent ? "sent" : "failed", sent ? { id: letter.id, receipt } : { reason: "refused" });
    }
  } catch {
    // The browser keeps nothing for this page.
  }
};

/// Takes an answer back; whether that was done.
export const takeBack = async ({ url }, receipt) => {
  const { status } = await exchange(url.replace(/sites.*/, "receipts/" + receipt), undefined, "DELETE").catch(() => ({}));
  return status == 204;
};

/// What was filled in, for a page that is loaded again: in this tab alone, until it is sent.
const draft = ({ survey }) => `ascolto:${survey.key}:${survey.version}`;
const inputsOf = (root) => [...root.querySelectorAll("[data-question] :is(input,textarea)")];
const isTickable = (input) => /radio|checkbox/.test(input.type);

const remember = (root, options) => {
  try {
    const values = inputsOf(root).map((input) => (isTickable(input) ? input.checked : input.value));
    sessionStorage[draft(options)] = JSON.stringify(values);
  } catch {
    // Then a reload begins anew.
  }
};

const forgetDraft = (options) => {
  try {
    delete sessionStorage[draft(options)];
  } catch {
    // Nothing was kept.
  }
};

export const restore = (root, options) => {
  try {
    const values = JSON.parse(sessionStorage[draft(options)] ?? "[]");
    inputsOf(root).forEach((input, i) => {
      if (!values[i]) return;
      input[isTickable(input) ? "checked" : "value"] = values[i];
      input.dispatchEvent(new Event("input", { bubbles: true }));
    });
  } catch {
    // Nothing was kept.
  }
};

/// Puts the focus on the first match, once the page has caught up with the form's state.
export const focus = (root, selector) => setTimeout(() => root.querySelector(selector)?.focus());

export const isOpen = (root) => root.isConnected && !root.querySelector("[part=panel]").hidden;

export const close = (options) => options.close();

export const emit = (options, name, field, value, receipt) =>
  options.emit(name, { [field]: value, receipt });
