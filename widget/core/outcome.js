// How far sending has come, told to the form by an event `outcome` on its panel.

/// `say` gives the words, of the page as it is: they are said again when its language changes.
export const tell = (page, told) => {
  page.told = told;
  const detail = { ...told, status: told.say?.(page) };
  page.panel.dispatchEvent(new CustomEvent("outcome", { detail }));
};

/// The last outcome, for a panel that has not heard of it.
export const retell = (page) => tell(page, { ...page.told, focus: undefined });

/// One of the widget's own words, in the language of the moment.
export const word = (key) => (page) => page.word(key);
