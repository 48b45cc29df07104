// How well the colours can be told apart, as they are on this page: for whoever gave them. Fetched
// only when the page's developer asks (`explain`).

const TEXT_MIN = 4.5;
const CONTROL_MIN = 3;

/// What is measured: its name, what is to be seen, of which colour, on the ground of what.
const PAIRS = [
  ["button", "[part=button]", "color", "[part=button]", TEXT_MIN],
  ["text", "[part=panel]", "color", "[part=panel]", TEXT_MIN],
  ["hints", ".left,.hint,.ends", "color", "[part=panel]", TEXT_MIN],
  ["errors", ".fault", "color", "[part=panel]", TEXT_MIN],
  ["send", "[type=submit]", "color", "[type=submit]", TEXT_MIN],
  ["accent", "[type=submit]", "backgroundColor", "[part=panel]", CONTROL_MIN],
  ["edges", ".number input,textarea", "borderTopColor", "[part=panel]", CONTROL_MIN],
];

/// Any colour of CSS as red, green and blue, by letting the browser draw it.
const parts = (colour) => {
  const canvas = document.createElement("canvas").getContext("2d");
  canvas.fillStyle = colour;
  canvas.fillRect(0, 0, 1, 1);
  return [...canvas.getImageData(0, 0, 1, 1).data.slice(0, 3)];
};

/// As WCAG 2.2 defines it.
const luminance = (colour) => {
  const [red, green, blue] = parts(colour).map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};

const ratio = (one, other) => {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return Math.floor(((light + 0.05) / (dark + 0.05)) * 100) / 100;
};

/// Measures what is there, and warns of what is too little: `[{what, ratio, needed}]`.
export const contrast = (root) => {
  const style = (selector) => {
    const element = root.querySelector(selector);
    return element && getComputedStyle(element);
  };
  const measured = PAIRS.flatMap(([what, seen, property, ground, needed]) => {
    const [colour, paper] = [style(seen)?.[property], style(ground)?.backgroundColor];
    return colour && paper ? [{ what, ratio: ratio(colour, paper), needed }] : [];
  });
  for (const { what, ratio, needed } of measured) {
    if (ratio < needed) console.warn(`ascolto: contrast of ${what} is ${ratio}, needs ${needed}`);
  }
  return measured;
};
