// What is fetched with the form: puts it into the page, shows and hides it. The form itself is
// Rust (`../src`); it asks and checks. Sending is `delivery.js`.

export { flush } from "./delivery.js";
import { post, takeBack } from "./delivery.js";
import { remember, restore } from "./draft.js";
import start, { mount } from "./widget.js";

const bodyOf = async (response, read) => {
  if (!response.ok) throw response.status;
  return response[read]();
};

/// Puts the form, hidden, into the shadow root. `page` is the loader's: `script`, `locale`, `root`,
/// `button`, `url`, `emit`, `addStyle`; then a compiled module and three responses. Gives back the
/// commands `open`, `close`, `toggle`.
export const begin = async (page, [wasm, style, texts, survey]) => {
  const { root, button, emit } = page;
  page.texts = await bodyOf(texts, "json");
  page.survey = await bodyOf(survey, "json");
  page.addStyle(await bodyOf(style, "text"));
  await start({ module_or_path: wasm });

  const isOpen = () => root.isConnected && !panel.hidden;
  const show = (open) => {
    panel.hidden = !open;
    panel.shown ??= Date.now();
    button.ariaExpanded = open;
    (open ? panel : button).focus();
    emit(open ? "open" : "close");
  };
  const close = () => isOpen() && show(false);
  page.close = close;
  page.remember = () => remember(page);
  page.post = (answers) => post(page, panel, isOpen, answers);
  page.takeBack = (receipt) => takeBack(page, panel, receipt);
  mount(root, page);
  const panel = root.lastChild;
  restore(page);
  return { close, open: () => show(true), toggle: () => show(!isOpen()) };
};
