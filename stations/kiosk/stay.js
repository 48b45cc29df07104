// A page that nobody leaves by accident: no way back, no menus, no zoom, the whole screen, and a
// screen that stays on. Whoever runs the device leaves it by the browser's own keys.

const stop = (event) => event.preventDefault();

/// Of the keys that browsers leave to pages, those that lead away from here or change its size.
const LEADS_AWAY = ({ key, altKey, ctrlKey, metaKey }) =>
  (altKey && /^Arrow(Left|Right)$|^Home$/.test(key)) || ((ctrlKey || metaKey) && /^[-+=0pPsSfFgGuUjJhHoO]$/.test(key));

const ownTheHistory = () => {
  history.pushState(null, "");
  addEventListener("popstate", () => history.pushState(null, ""));
};

const fillTheScreen = () => {
  if (document.fullscreenElement || innerHeight >= screen.height) return;
  document.documentElement.requestFullscreen?.({ navigationUI: "hide" }).catch(() => {});
};

const stayAwake = () => {
  if (!document.hidden) navigator.wakeLock?.request("screen").catch(() => {});
};

export const stay = () => {
  ownTheHistory();
  stayAwake();
  addEventListener("visibilitychange", stayAwake);
  addEventListener("click", fillTheScreen);
  const options = { passive: false };
  for (const gesture of ["contextmenu", "dragstart", "gesturestart", "auxclick"]) addEventListener(gesture, stop, options);
  addEventListener("wheel", (event) => event.ctrlKey && stop(event), options);
  addEventListener("touchmove", (event) => event.touches.length > 1 && stop(event), options);
  addEventListener("keydown", (event) => LEADS_AWAY(event) && stop(event), options);
};
