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

/// The mark, by which the next page knows without asking the store that something waits, comes
/// first: a letter without it would be told as not kept, and go one day all the same.
export const keep = async (letter) => {
  if ((await letters((store) => store.count())) >= LETTERS_MAX) throw letter;
  localStorage.ascolto = 1;
  await letters((store) => store.put(letter));
};

export const forget = async (id) => {
  await letters((store) => store.delete(id));
  if (!(await letters((store) => store.count()))) delete localStorage.ascolto;
};

export const all = () => letters((store) => store.getAll());
