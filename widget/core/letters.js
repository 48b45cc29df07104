// Answers on their way, in the browser's own store (IndexedDB), where they outlive the page: put
// there when the visitor sends, gone with the acknowledgement.

/// Whoever sends that many without one of them arriving sends for another reason.
const LETTERS_MAX = 50;

/// A store that does not answer (some never do, and it may be the page's own under our name) must
/// not keep anything from being sent.
const STORE_MS_MAX = 2000;

export const letters = (use) =>
  new Promise((done, fail) => {
    setTimeout(fail, STORE_MS_MAX);
    const opening = indexedDB.open("ascolto", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("letters", { keyPath: "id" });
    opening.onerror = fail;
    opening.onsuccess = () => {
      const base = opening.result;
      const change = base.transaction("letters", "readwrite", { durability: "strict" });
      const request = use(change.objectStore("letters"));
      change.oncomplete = () => done(request.result);
      change.onabort = fail;
      base.close();
    };
  });

const HANDED = "ascolto:letter:";

/// Whether it waits where it was put at once.
export const isHanded = ({ id }) => {
  try {
    return HANDED + id in localStorage;
  } catch {}
};

/// The store takes a moment to open, in which the page may be gone: until then a letter lies in what
/// can be written at once. The mark, by which the next page knows without asking the store that
/// something waits, comes first: a letter without it would be told as not kept, and go one day all
/// the same.
export const keep = async (letter) => {
  localStorage.ascolto = 1;
  try {
    localStorage[HANDED + letter.id] = JSON.stringify(letter);
  } catch {
    // Too little room: the store may have more.
  }
  try {
    if ((await letters((store) => store.count())) >= LETTERS_MAX) throw letter;
    await letters((store) => store.put(letter));
  } finally {
    delete localStorage[HANDED + letter.id];
  }
};

export const forget = async (id) => {
  delete localStorage[HANDED + id];
  await letters((store) => store.delete(id));
  if (!(await letters((store) => store.count()))) delete localStorage.ascolto;
};

/// All that wait, first those of a page that was left before the store had opened. Chromium's does
/// not open for anybody as long as it remembers such a page.
export const all = async () => {
  const names = Object.keys(localStorage).filter((name) => name.startsWith(HANDED));
  const handed = names.map((name) => JSON.parse(localStorage[name]));
  const kept = await letters((store) => store.getAll()).catch((error) => {
    if (!names.length) throw error;
    return [];
  });
  return [...handed, ...kept];
};
