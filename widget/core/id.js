// Ids of answers and of counts.

/// A UUIDv7: sorts by time.
export const newId = () => {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 0x70;
  bytes[8] = (bytes[8] & 63) | 0x80;
  const hex = Array.from(bytes, (byte) => (byte + 256).toString(16).slice(1)).join("");
  const time = Date.now().toString(16).padStart(12, "0");
  return (time + hex.slice(12)).replace(/(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
};
