// What the desk asks of the collector. Each answer is `{status, body}`; a status of 0 is none at all.

const ANSWER_MS_MAX = 20000;

/// A page of another origin cannot send this header, so the cookie alone changes nothing.
const HEADERS = { "X-Ascolto-Client": "desk", "Content-Type": "application/json" };

const ask = async (method, path, body) => {
  try {
    const response = await fetch(path, {
      method,
      headers: HEADERS,
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout?.(ANSWER_MS_MAX),
    });
    return { status: response.status, body: await response.json().catch(() => ({})) };
  } catch {
    return { status: 0, body: {} };
  }
};

export const session = () => ask("GET", "/v1/session");
export const signIn = (proof) => ask("POST", "/v1/session", proof);
export const signOut = () => ask("DELETE", "/v1/session");
export const desk = (site) => ask("GET", `/v1/sites/${site}/desk`);
export const enter = (site, response) => ask("POST", `/v1/sites/${site}/desk`, response);
export const takeBack = (receipt) => ask("DELETE", `/v1/receipts/${receipt}`);
