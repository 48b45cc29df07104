// Days in the site's time zone, and durations as people write them.

/// The day that it is in a time zone, as `2026-11-26`.
export const dayIn = (zone, time = new Date()) =>
  // Swedish writes dates as machines do.
  new Intl.DateTimeFormat("sv-SE", { timeZone: zone }).format(time);

/// How far a zone's clocks are ahead of UTC at a moment, in milliseconds.
const ahead_ms = (zone, time) => {
  const parts = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "medium" });
  return Date.parse(parts.format(time).replace(" ", "T") + "Z") - Math.floor(time / 1000) * 1000;
};

/// Noon of a day in a time zone: a paper form has no time of its own.
export const noonOf = (day, zone) => {
  const noon = Date.parse(day + "T12:00:00Z");
  return new Date(noon - ahead_ms(zone, noon)).toISOString();
};

/// `7` minutes, or `7:30`, as seconds; `undefined` where nothing is written, `NaN` where something
/// else is.
export const secondsOf = (text) => {
  const words = text.trim();
  if (!words) return undefined;
  const [, minutes, seconds = "0"] = /^(\d{1,4})(?::([0-5]?\d))?$/.exec(words) ?? [];
  return minutes === undefined ? NaN : minutes * 60 + +seconds;
};

/// The same the other way round.
export const written = (seconds) => {
  if (!Number.isFinite(seconds)) return "";
  const rest = seconds % 60;
  return Math.floor(seconds / 60) + (rest ? ":" + String(rest).padStart(2, "0") : "");
};
