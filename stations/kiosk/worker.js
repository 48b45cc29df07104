// The kiosk's service worker: with it the page, its scripts and its surveys are there after a reload
// without a network. What is kept the page itself puts into the cache (`later.js`).

const KEEP = "ascolto-kiosk";
/// A network that does not answer within this time is none.
const NETWORK_MS_MAX = 4000;
const KEPT = /^\/(kiosk\/|assets\/|v1\/sites\/pk_[^/]+\/surveys\/)/;

const kept = async (request) => (await caches.open(KEEP)).match(request, { ignoreVary: true });
const late = () => new Promise((done) => setTimeout(done, NETWORK_MS_MAX));

const answer = async (request) => {
  // Named by its content: it never changes.
  if (new URL(request.url).pathname.startsWith("/assets/")) return (await kept(request)) ?? fetch(request);
  const response = await Promise.race([fetch(request).catch(() => undefined), late()]);
  if (response && response.status < 500) return response;
  return (await kept(request)) ?? response ?? Response.error();
};

addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));
addEventListener("fetch", (event) => {
  const { method, url, mode, cache } = event.request;
  const { origin, pathname } = new URL(url);
  // The page itself looks for what is new. (A reload is without the browser's cache too.)
  const looksForNews = cache == "no-cache" && mode != "navigate";
  if (method != "GET" || origin != location.origin || !KEPT.test(pathname) || looksForNews) return;
  event.respondWith(answer(event.request));
});
