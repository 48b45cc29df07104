// The widget for as long as a component is there. Copy this file; it needs React and nothing else.

import { useEffect } from "react";

/// `ascolto("track", …)` and its like, also before the script has loaded and where it never does.
export const ascolto = (...args) => {
  window.ascolto ??= function () {
    (window.ascolto.q ??= []).push(arguments);
  };
  return window.ascolto(...args);
};

/// Puts the script tag into the page, and takes all of the widget out again with the component.
/// `options` are the tag's `data-…` attributes in camel case. Changing them begins anew.
export const useAscolto = (origin, options) => {
  const given = JSON.stringify(options);
  useEffect(() => {
    const script = document.createElement("script");
    script.src = new URL("/ascolto.js", origin).href;
    // All that it fetches comes without cookies too, by the same connection.
    script.crossOrigin = "anonymous";
    // One after the other, as they were put in: the last one's widget is the one that `ascolto` means.
    script.async = false;
    Object.assign(script.dataset, JSON.parse(given));
    let leave = () => {};
    // What is taken out at once, as strict mode does, is not fetched.
    const soon = setTimeout(() => {
      leave = () => (script.onload = () => ascolto("destroy"));
      script.onload = () => (leave = () => ascolto("destroy"));
      document.head.append(script);
    });
    return () => {
      clearTimeout(soon);
      leave();
      script.remove();
    };
  }, [origin, given]);
};
