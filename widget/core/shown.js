// What a form needs once it shows: fetched then, as nobody has answered before.

export { counting } from "./counts.js";
export { flush, post, takeBack } from "./delivery.js";
