// Which of the widget's languages to speak. Pure: it looks at nothing but its arguments.

/// The first of `wanted` (BCP 47 tags, or nothing) whose language is known; else English.
export const language = (known, ...wanted) =>
  wanted.map((tag) => tag?.slice(0, 2).toLowerCase()).find((tag) => known.includes(tag)) ?? "en";
