// What is fetched with the form: puts it into the page, shows and hides it. The form itself is
// Rust (`../src`); it asks and checks. Sending is `delivery.js`, fetched once the form is there.
//
// `EAGER` is no function: it marks those that run before the form is there, which a browser then
// compiles with the script, on another thread (`xtask/src/web/eager.rs`).

import { endsWith, listen } from "./acts.js";
import { introduce } from "./assist.js";
import { forget, recall, remember, restore } from "./draft.js";
import { follow } from "./follow.js";
import { late } from "./late.js";
import { retell, tell as tellForm, word } from "./outcome.js";
import { initSync, mount } from "./widget.js";

const RIGHT_TO_LEFT = ["ar", "he"];
/// Later, a second click is not the same wish again.
const SECOND_CLICK_MS = 500;

/// `page` is the loader's: `script`, `locale`, `root`, `sheet`, `emit`, `ask`. Once, before
/// anything else is done with it; false where the page has been destroyed meanwhile.
const prepare = EAGER((page) => {
  if (!page.end) {
    const life = new AbortController();
    page.signal = life.signal;
    page.end = () => life.abort();
    page.button = page.root.firstChild;
    const { dataset, src } = page.script;
    page.url = new URL(`v1/sites/${dataset.site}/responses`, src).href;
  }
  // The loader's `destroy` before any of this was there has only taken the element away.
  return page.root.host.isConnected || document.readyState == "loading";
});

/// Does something of a module that is fetched only now. Where that cannot be had, the form is there
/// all the same.
const later = (file, name, ...args) =>
  late(file).then((module) => module[name](...args), () => {});
const around = (...args) => later("around.js", ...args);
/// What sends; undefined where it cannot be had now.
const fetchSender = () => late("delivery.js").catch(() => {});
/// What nobody should wait for: after the next picture of the page.
const afterPaint = EAGER((act) => requestAnimationFrame(() => setTimeout(act)));

/// Made when a page asks for one: most only have a button that is clicked.
const commands = () => ({
  close: (page) => page.form?.close(),
  consent: (page, agreed) => around("consent", page, agreed),
  explain: (page) => around("explain", page),
  /// Gives back its own undo.
  on: (page, name, react) => {
    const listener = ({ detail }) => react(detail);
    document.addEventListener("ascolto:" + name, listener, { signal: page.signal });
    return () => document.removeEventListener("ascolto:" + name, listener);
  },
  /// An event of the service: a trigger, and what is sent along of it.
  track: async (page, name, event) => {
    page.event = event;
    await page.awake;
    page.emit("track", { name });
  },
  context: (page, attributes) => {
    page.attributes = { ...page.attributes, ...attributes };
  },
  identify: (page, identity) => {
    page.identity = identity;
  },
  logout: (page) => {
    delete page.identity;
  },
  /// The loader's own: sends what an earlier page could not, and waits for the owner's trigger.
  wake: (page) => {
    try {
      if (localStorage.ascolto) later("delivery.js", "flush", page);
    } catch {
      // The browser keeps nothing for this page.
    }
    page.awake = late("around.js")
      .then(({ wake }) => wake(page, begin))
      // Nobody knows whether the button belongs to this address.
      .catch(() => {
        page.button.hidden = false;
      });
    return page.awake;
  },
});

/// What a page asks of `window.ascolto`, but for what the loader does by itself.
export const tell = (page, name, ...args) => prepare(page) && commands()[name]?.(page, ...args);

const json = EAGER(async (response) => {
  if (!response.ok) throw response.status;
  return response.json();
});

/// Starting the module, building and showing are three tasks, so that none keeps the page from
/// answering for long.
const breath = EAGER(() => window.scheduler?.yield?.());

/// What needs no form of ours: fetched only where it is wanted.
const hosted = async () => (await late("hosted.js")).mount;

/// A browser's first layout of a form takes its time: fonts, then the insides of form controls. While
/// the module is on its way, some elements of the same kinds take it ahead, and are never seen.
const rehearse = EAGER(async (root) => {
  const make = EAGER((name, ...inside) => {
    const element = document.createElement(name);
    element.append(...inside);
    return element;
  });
  const panel = make("section", make("h2", "Q"), make("button", "Q"));
  panel.hidden = true;
  root.append(panel);
  panel.offsetHeight;
  await breath();
  const input = make("input");
  input.type = "radio";
  const scale = make("div", make("label", input, make("span", "1")));
  scale.className = "scale";
  const legend = make("legend", "Q", make("small", "Q"));
  panel.append(make("form", make("fieldset", legend, scale, make("textarea"))));
  panel.offsetHeight;
  panel.remove();
});

/// Once for all forms of the page: a second start would take the memory away from under the first.
let started;

/// What puts a form into a page. A policy without 'wasm-unsafe-eval' does not let ours start.
const builder = EAGER((wasm) =>
  (started ??= WebAssembly.compileStreaming(wasm).then((module) => initSync({ module }))).then(
    () => mount,
    () => {
      started = undefined;
      return hosted();
    },
  ),
);

/// Sends answers, or what is waiting once more. Where what sends cannot be had, that must not cost the
/// answers.
const send = async (page, isOpen, answers) => {
  page.unsent = answers ?? page.unsent;
  tellForm(page, { state: "sending", say: word("sending"), focus: "[part=panel]" });
  const module = await fetchSender();
  if (module) {
    answers = page.unsent;
    page.unsent = undefined;
    return module.post(page, isOpen, answers);
  }
  page.emit("failed", { reason: "unsent" });
  tellForm(page, { state: "failed", say: word("unsent"), focus: "[part=retry]" });
};

/// Puts the form, hidden, into the shadow root: of the answers to three requests, for the module,
/// the texts and the survey. Gives back the commands `open`, `close`, `toggle`.
export const begin = EAGER(async (page, [wasm, texts, survey]) => {
  if (!prepare(page)) throw page;
  const { script, root, button, emit } = page;
  const sheet = new CSSStyleSheet();
  /// One of the widget's own words; undefined where there is none of that name. They stay one text
  /// (`|name:words`): the fields of an object would take two kilobytes more of memory.
  page.word = EAGER((key) => page.texts.words.split(`|${key}:`)[1]?.split("|")[0]);
  /// All that can be done before the module is there.
  const read = EAGER(async () => {
    [page.texts, page.survey] = await Promise.all([json(texts), json(survey)]);
    // To read the list of those that are there would cost five kilobytes of memory.
    root.adoptedStyleSheets = [page.sheet, sheet];
    // The form's style comes with its texts, and is not kept as a text: a script's would be.
    sheet.replaceSync(page.texts.style + (page.survey.style ?? ""));
    page.texts.style = "";
    root.host.dataset.theme = script.dataset.theme ?? "system";
    root.host.dataset.position = script.dataset.position ?? "";
    await breath();
    await rehearse(root);
    return recall(page);
  });
  const [[at, ...values], build] = await Promise.all([read(), builder(wasm)]);
  await breath();

  /// Puts the form into the page, in the language of its texts.
  page.put = EAGER(() => {
    // English, where the widget does not know the page's language.
    button.lang = root.host.lang = page.locale = page.texts.lang;
    root.host.dir = RIGHT_TO_LEFT.includes(page.locale) ? "rtl" : "ltr";
    // The words alone: Safari makes no click of a press whose text node goes before it ends.
    if (button.firstChild) button.firstChild.data = page.word("title");
    const form = build(root, page);
    page.panel = root.lastChild;
    introduce(page);
    listen(page, form);
  });
  const count = () => later("counts.js", "counting", page);
  const isOpen = EAGER(() => root.isConnected && !page.panel.hidden);
  /// Where the focus was before, which it goes back to: whoever has opened the form with a button of
  /// the page goes on there.
  let before;
  /// `unasked`: the visitor is busy with the page; the focus stays where it is.
  const show = EAGER((open, unasked) => {
    if (page.panel.hidden != open) return;
    const [around, isInside] = [document.activeElement, root.activeElement];
    page.panel.hidden = !open;
    if (!page.shown) afterPaint(count);
    page.shown ??= performance.now();
    button.ariaExpanded = open;
    // Both stand fixed: to scroll to them would cost a layout and move nothing.
    if (open) {
      before = isInside || around == document.body ? button : around;
      if (!unasked) page.panel.focus({ preventScroll: true });
    } else if (isInside) {
      (before?.isConnected ? before : button).focus({ preventScroll: true });
    }
    emit(open ? "open" : "close");
  });
  const close = () => show(false);
  page.close = close;
  page.remember = () => remember(page);
  page.forget = () => forget(page);
  page.post = (answers) => send(page, isOpen, answers);
  page.takeBack = () => later("delivery.js", "takeBack", page);
  page.retell = () => retell(page);
  page.at = at;
  // What was asked for: a page that changes its language is noticed by it.
  page.heard = page.locale;
  page.put();
  restore(page, values);
  follow(page, [texts.url, survey.url]);
  await breath();
  // Before anything is touched: the network may be gone by then.
  afterPaint(fetchSender);
  // An open form may lie over what the page's own focus is on.
  document.addEventListener("keydown", (event) => endsWith(event) && page.close(), {
    signal: page.signal,
  });
  const open = (unasked) => show(true, unasked);
  // Two clicks while the form was on its way are one wish.
  const isNew = () => isOpen() && performance.now() - page.shown < SECOND_CLICK_MS;
  page.form = { close, open, toggle: () => isNew() || show(!isOpen()) };
  return page.form;
});
