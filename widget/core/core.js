// What is fetched with the form: puts it into the page, shows and hides it. The form itself is
// Rust (`../src`); it asks and checks. Sending is `delivery.js`.

import { flush, post, takeBack } from "./delivery.js";
import { recall, remember, restore } from "./draft.js";
import { placeForms } from "./inline.js";
import { consent, explain, watch } from "./when.js";
import start, { mount } from "./widget.js";

const bodyOf = async (response, read) => {
  if (!response.ok) throw response.status;
  return response[read]();
};

/// Once for all forms of the page: a second start would take the memory away from under the first.
let started;

const COMMANDS = {
  consent,
  explain,
  /// An event of the service: a trigger, and what is sent along of it.
  track: (page, name, event) => {
    page.event = event;
    page.emit("track", { name });
  },
  context: (page, attributes) => (page.attributes = { ...page.attributes, ...attributes }),
  identify: (page, identity) => (page.identity = identity),
  logout: (page) => delete page.identity,
};

/// What a page asks of `window.ascolto`, but for what the loader does by itself.
export const tell = (page, name, ...args) => COMMANDS[name]?.(page, ...args);

/// What a page wants before its visitor does anything: sends what an earlier one could not, waits for
/// the owner's trigger, and puts forms where the owner wants them. Gives back what ends it.
export const wake = (page, open) => {
  flush(page);
  const undo = [watch(page, open), placeForms(page, begin)];
  return () => undo.forEach((one) => one());
};

/// Puts the form, hidden, into the shadow root. `page` is the loader's: `script`, `locale`, `root`,
/// `button`, `url`, `emit`, `addStyle`; then a compiled module and three responses. Gives back the
/// commands `open`, `close`, `toggle`.
export const begin = async (page, [wasm, style, texts, survey]) => {
  const { root, button, emit } = page;
  page.texts = await bodyOf(texts, "json");
  page.survey = await bodyOf(survey, "json");
  page.addStyle(await bodyOf(style, "text"));
  await (started ??= start({ module_or_path: wasm }));

  const isOpen = () => root.isConnected && !panel.hidden;
  /// `unasked`: the visitor is busy with the page; the focus stays where it is.
  const show = (open, unasked) => {
    if (panel.hidden != open) return;
    panel.hidden = !open;
    panel.shown ??= performance.now();
    button.ariaExpanded = open;
    if (!unasked) (open ? panel : button).focus();
    emit(open ? "open" : "close");
  };
  const close = () => show(false);
  page.close = close;
  page.remember = () => remember(page);
  page.post = (answers) => post(page, panel, isOpen, answers);
  page.takeBack = (receipt) => takeBack(page, panel, receipt);
  const [at, ...values] = recall(page);
  page.at = at;
  mount(root, page);
  const panel = root.lastChild;
  restore(page, values);
  return { close, open: (unasked) => show(true, unasked), toggle: () => show(!isOpen()) };
};
