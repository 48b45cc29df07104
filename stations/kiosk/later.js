// What a reload without a network needs, put aside while there is one.

const KEEP = "ascolto-kiosk";
const ASSETS = /\/assets\/[\w./-]+/g;

/// The page as the collector serves it now, with its parts and these surveys. Tells whether its parts
/// are others than those that run; `undefined` where nothing could be fetched or kept.
export const keepForLater = async (surveys) => {
  try {
    const cache = await caches.open(KEEP);
    const page = await fetch(location.href, { cache: "no-cache" });
    if (!page.ok) return undefined;
    const parts = (await page.clone().text()).match(ASSETS) ?? [];
    await cache.addAll([...parts, ...surveys]);
    // Last: a page whose parts are not there would be worse than the one before.
    await cache.put(location.href, page);
    const running = import.meta.url.slice(location.origin.length);
    await forgetOthers(cache, [...parts, ...running.match(ASSETS)]);
    return !parts.includes(running);
  } catch {
    return undefined;
  }
};

const forgetOthers = async (cache, parts) => {
  const folders = parts.map((part) => part.slice(0, part.lastIndexOf("/") + 1));
  for (const request of await cache.keys()) {
    const { pathname } = new URL(request.url);
    const isOver = pathname.startsWith("/assets/") && !folders.some((folder) => pathname.startsWith(folder));
    if (isOver) await cache.delete(request);
  }
};

/// Browsers do this for secure addresses alone (https, or this machine itself).
export const workOffLine = () => {
  navigator.storage?.persist?.().catch(() => {});
  return navigator.serviceWorker?.register("/kiosk/worker.js").catch(() => {});
};
