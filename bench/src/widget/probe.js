// Watches a page from its first moment, under a symbol that adds no name to it.
(() => {
  const key = Symbol.for("bench");
  if (window[key]) return;
  const seen = { blocked_ms: 0, shift: 0, refusals: [] };
  const each = (type, note) =>
    new PerformanceObserver((list) => list.getEntries().forEach(note)).observe({
      type,
      buffered: true,
    });
  each("longtask", ({ duration }) => (seen.blocked_ms += duration - 50));
  each("layout-shift", ({ value }) => (seen.shift += value));
  addEventListener("securitypolicyviolation", ({ effectiveDirective, sample }) =>
    seen.refusals.push(`${effectiveDirective} ${sample}`),
  );

  const find = (selector, root = document) => {
    const hosts = [...root.querySelectorAll("*")].filter((element) => element.shadowRoot);
    return (
      root.querySelector(selector) ??
      hosts.map((host) => find(selector, host.shadowRoot)).find(Boolean)
    );
  };
  const isSeen = (element) => {
    const box = element?.getBoundingClientRect();
    return (
      !!element?.checkVisibility({ opacityProperty: true, visibilityProperty: true }) &&
      box.width > 0 &&
      box.height > 0 &&
      box.top < innerHeight
    );
  };
  // From the click to the frame after the one in which the form is first there.
  const clickToForm = (trigger, usable) =>
    new Promise((done) => {
      const started = performance.now();
      find(trigger).click();
      const look = () =>
        isSeen(find(usable))
          ? requestAnimationFrame(() => setTimeout(() => done(performance.now() - started)))
          : requestAnimationFrame(look);
      requestAnimationFrame(look);
    });

  // Everything that a page could patch, as it was: functions of the window, of what it constructs,
  // and of those two's prototypes.
  const natives = new Map();
  const note = (path, object) => {
    for (const [name, { value, get, set }] of Object.entries(
      Object.getOwnPropertyDescriptors(object),
    )) {
      for (const native of [value, get, set]) {
        if (typeof native == "function") natives.set(`${path}.${name}`, [object, name, native]);
      }
    }
  };
  for (const name of Object.getOwnPropertyNames(window)) {
    const { value } = Object.getOwnPropertyDescriptor(window, name);
    if (typeof value == "function" && value.prototype) note(name, value.prototype);
  }
  note("window", window);
  note("console", console);
  const isPatched = ([object, name, native]) => {
    const now = Object.getOwnPropertyDescriptor(object, name);
    return !now || ![now.value, now.get, now.set].includes(native);
  };
  // What chromedriver and axe-core leave is not the page's.
  const isOurs = (name) => /^(cdc_|ret_nodes$|axe$)/.test(name);
  const names = new Set(Object.getOwnPropertyNames(window));
  const traces = async () => ({
    globals: Object.getOwnPropertyNames(window).filter(
      (name) => !names.has(name) && !isOurs(name),
    ),
    patched: [...natives].filter(([, native]) => isPatched(native)).map(([path]) => path),
    stored: [
      ...Object.keys(localStorage),
      ...Object.keys(sessionStorage),
      ...(await indexedDB.databases()).map(({ name }) => name),
    ],
  });

  Object.defineProperty(window, key, { value: { seen, find, isSeen, clickToForm, traces } });
})();
