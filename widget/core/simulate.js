// What the widget would do at an address, for the managers' page: the same rules, asked before the
// script tag is on any page. No part of what visitors fetch.

import { TRIGGERS, isWanted, objection } from "./rules.js";

/// What each attribute takes; of the others anything goes.
const ATTRIBUTES = {
  site: /^pk_/,
  survey: /./,
  service: /^[\w.-]{1,64}$/,
  channel: /./,
  locale: /./,
  theme: /^(system|light|dark)$/,
  position: /^(top|bottom)-(left|right)$/,
  nonce: /./,
  "open-on": { test: (value) => /^(click(:idle)?|inline)$/.test(value) || TRIGGERS.test(value) },
  "show-on": /./,
  "hide-on": /./,
  once: /^(response|session|\d+d)$/,
  sample: /^(100|\d{1,2}(\.\d+)?)$/,
  consent: /^/,
  "dry-run": /^/,
};

const ATTRIBUTE = /\sdata-([\w-]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?/g;

/// The `data-…` attributes of a pasted script tag, by their names.
const attributesOf = (tag) => {
  const found = [...tag.matchAll(ATTRIBUTE)];
  return Object.fromEntries(
    found.map(([, name, ...values]) => [name, (values.find((v) => v !== undefined) ?? "").replaceAll("&amp;", "&")]),
  );
};

const datasetOf = (attributes) =>
  Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [
      name.replace(/-(\w)/g, (_, letter) => letter.toUpperCase()),
      value,
    ]),
  );

/// What is wrong with the tag: an attribute's name, or its name and value.
const mistakes = (attributes) =>
  Object.entries(attributes)
    .filter(([name, value]) => !name.startsWith("context-") && !ATTRIBUTES[name]?.test(value))
    .map(([name, value]) => (name in ATTRIBUTES ? `data-${name}="${value}"` : `data-${name}`));

/// `site`: its `public_key` and `origins`. `visitor`: `agent`, `isPrivate`, `agreed`, `answered`,
/// `asked`. Gives `{problem}` (`address`, `origin`, `site`), or
/// `{button, reason, trigger, sample, mistakes}`: `reason` is missing where the form shows once its
/// trigger has come.
export const answer = (address, tag, site, visitor) => {
  const url = URL.canParse(address) && new URL(address);
  if (!url) return { problem: "address" };
  if (!site.origins.includes(url.origin)) return { problem: "origin" };
  const attributes = attributesOf(tag);
  if (attributes.site != site.public_key) return { problem: "site" };
  const options = datasetOf(attributes);
  // Asked just now, and drawn among those who are, if anybody is: how many are drawn is told apart.
  const now = Date.now();
  const known = { ...visitor, address: url, asked: visitor.asked ? now : undefined, now, luck: 0 };
  return {
    button: isWanted(options, url),
    reason: objection(options, known),
    trigger: options.openOn ?? "click",
    sample: options.sample,
    mistakes: mistakes(attributes),
  };
};

/// The same in JSON, as Rust asks.
export const simulate = (address, tag, site, visitor) =>
  JSON.stringify(answer(address, tag, JSON.parse(site), JSON.parse(visitor)));
