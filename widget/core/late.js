// The core's other files, each fetched when it is first needed.

const failures = {};

/// One of them, by its name: a module, rejected where it cannot be had now. A browser keeps what it
/// has; Firefox also keeps that it could not have it, so that the next try has another address.
export const late = (name) =>
  import(new URL(name + (failures[name] ?? ""), import.meta.url)).catch((error) => {
    failures[name] = (failures[name] ?? "") + "?";
    throw error;
  });
