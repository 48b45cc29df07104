// Elements made one by one: no markup is ever read from a text.

/// What is a property of elements in the place of an attribute.
const PROPERTIES = ["checked", "hidden", "value"];

/// An element; `on…` are listeners, what is undefined, null or false is left out.
export const node = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (PROPERTIES.includes(name)) element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== undefined && child !== null && child !== false));
  return element;
};

/// A drawing of our own: `paths` are the `d` of its strokes.
export const drawing = (size, ...paths) => {
  const make = (tag, attributes) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  };
  const svg = make("svg", { viewBox: `0 0 ${size} ${size}`, "aria-hidden": "true" });
  svg.append(...paths.map((d) => make("path", { d })));
  return svg;
};
