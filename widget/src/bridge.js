// What a browser does best in its own language: looking into JSON, asking the page, sending.

/// A field, or undefined where there is none.
export const get = (object, key) => object?.[key];

export const list = (value) => value ?? [];

/// One of the widget's texts with its gaps filled; undefined where there is no such text.
export const text = (texts, key, n, max) => texts[key]?.replace("{n}", n).replace("{max}", max);

/// The question that an input event belongs to, and all that is filled in there.
export const filled = ({ target }) => {
  const question = target.closest("[data-question]");
  const inputs = [...question.querySelectorAll("input,textarea")];
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
export const sleep = (ms) => new Promise((wake) => setTimeout(wake, ms));

const exchange = async (url, body) => {
  const response = await fetch(url, {
    method: body && "POST",
    headers: body && { "Content-Type": "application/json" },
    credentials: "omit",
    body,
    signal: AbortSignal.timeout?.(20000),
  });
  return { ...(await response.json().catch(() => {})), status: response.status };
};

/// The number that the collector asks for: found by trying, so that nobody sends thousands of
/// answers at no cost. ALTCHA's form; needs https, as browsers hash nothing elsewhere.
const work = async (url) => {
  const { status, ...asked } = await exchange(url.replace(/responses$/, "challenge"));
  const text = new TextEncoder();
  for (let number = 0; number <= asked.maxnumber; number++) {
    const hash = await crypto.subtle.digest("SHA-256", text.encode(asked.salt + number));
    const hex = Array.from(new Uint8Array(hash), (byte) => (byte + 256).toString(16).slice(1));
    if (hex.join("") == asked.challenge) return btoa(JSON.stringify({ ...asked, number }));
  }
};

/// Sends once, with the signs of a form that a person filled in. A status of 0 is no answer at all.
export const post = async (root, { url, survey }, body) => {
  const panel = root.querySelector("[part=panel]");
  const form = {
    trap: panel.querySelector("[name=homepage]").value,
    elapsed_ms: Date.now() - panel.shown,
  };
  try {
    if (survey.proof_of_work) form.proof = await work(url);
    return await exchange(url, `${body.slice(0, -1)},"form":${JSON.stringify(form)}}`);
  } catch {
    return { status: 0 };
  }
};

/// Puts the focus on the first match, once the page has caught up with the form's state.
export const focus = (root, selector) => setTimeout(() => root.querySelector(selector)?.focus());

export const isOpen = (root) => root.isConnected && !root.querySelector("[part=panel]").hidden;

export const close = (options) => options.close();

export const emit = (options, name, field, value) => options.emit(name, { [field]: value });
