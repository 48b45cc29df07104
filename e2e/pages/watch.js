// Keeps what a page complains of and what it sends, for the test to read: not every engine has a
// console or a record of requests that a test can see. The host's server puts it before all else in
// its pages; it gives the page no name, and where it has run once it does nothing.
(() => {
  const key = Symbol.for("e2e");
  if (window[key]) return;
  const seen = { errors: [], posts: [] };
  Object.defineProperty(window, key, { value: seen });

  const complain = (...words) => seen.errors.push(words.map(String).join(" "));
  addEventListener(
    "error",
    ({ message, filename, lineno, target }) =>
      target == window
        ? // Not an error: what was seen too late for one frame is told in the next.
          /^ResizeObserver loop/.test(message) || complain(message, filename, lineno)
        : complain("cannot load", target.src || target.href),
    true,
  );
  addEventListener("unhandledrejection", ({ reason }) => complain("unhandled rejection:", reason));
  addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI, sample }) =>
    complain("refused by policy:", effectiveDirective, blockedURI, sample),
  );
  const { error } = console;
  console.error = (...words) => {
    complain(...words);
    error.apply(console, words);
  };

  const post = (url, body) => seen.posts.push({ url: new URL(url, location).href, body });
  const { fetch } = window;
  window.fetch = (url, options) => {
    if (options?.method == "POST") post(url, options.body);
    return fetch(url, options);
  };
  const { sendBeacon } = navigator;
  navigator.sendBeacon = (url, body) => {
    post(url, body);
    return sendBeacon.call(navigator, url, body);
  };
})();
