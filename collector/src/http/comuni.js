// The rating of pages for Italian municipalities: leads through the markup of comuni.html, which is
// in the page before this is. No cookies, nothing kept, one request, when the visitor has done.
(() => {
  const script = document.currentScript;
  const { site, survey = "comuni", service } = script.dataset;
  const url = new URL(`v1/sites/${site}/responses`, script.src);
  const WORDS = {
    choose: "Scegli una risposta per andare avanti.",
    sending: "Invio in corso…",
    failed: "Non siamo riusciti a inviare il tuo parere. Le tue risposte sono ancora qui: riprova.",
    again: "Riprova",
  };

  /// A UUIDv7: made once for an answer, the same with every try.
  const newId = () => {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    let time = Date.now();
    for (let place = 5; place >= 0; place--) {
      bytes[place] = time % 256;
      time = Math.floor(time / 256);
    }
    bytes[6] = 0x70 | (bytes[6] & 0x0f);
    bytes[8] = 0x80 | (bytes[8] & 0x3f);
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  };

  const mount = (root) => {
    const find = (selector) => root.querySelector(selector);
    const all = (selector) => Array.from(root.querySelectorAll(selector));
    const form = find("form");
    const note = find("[role=alert]");
    const next = find("[data-go=next]");
    const back = find("[data-go=back]");
    const shown = performance.now();
    let step = 0;
    let letter;

    const stars = () => Number(find("[name=ascolto-stars]:checked")?.value ?? 0);
    const group = () => find(`[data-element=feedback-rating-${stars() > 3 ? "positive" : "negative"}]`);
    const chosen = () => group().querySelector("input:checked");
    const say = (words) => (note.textContent = words);

    const go = (to) => {
      step = to;
      for (const part of all("[data-step]")) part.hidden = Number(part.dataset.step) !== step;
      form.hidden = step === 3;
      find(".ascolto-buttons").hidden = step === 0;
      back.disabled = step < 2;
      say("");
    };

    const rate = () => {
      const count = stars();
      for (const fieldset of all("[data-question]")) fieldset.hidden = fieldset !== group();
      for (const label of all(".rating-star")) {
        label.toggleAttribute("data-on", Number(label.control.value) <= count);
      }
      go(1);
    };

    const written = () => {
      const answers = { stars: stars(), [group().dataset.question]: chosen().value };
      const details = find("#ascolto-details").value.trim();
      if (details) answers.details = details;
      return {
        id: newId(),
        survey,
        service,
        channel: "web",
        locale: "it",
        answers,
        context: { page: location.origin + location.pathname },
        form: { elapsed_ms: Math.round(performance.now() - shown) },
      };
    };

    /// What was sent once is not changed: it may have arrived.
    const lock = (sending) => {
      for (const field of all("form input")) field.disabled = true;
      next.disabled = sending;
      back.disabled = true;
    };

    const send = async () => {
      letter ??= JSON.stringify(written());
      lock(true);
      say(WORDS.sending);
      try {
        const headers = { "Content-Type": "application/json" };
        const sent = { method: "POST", headers, body: letter, credentials: "omit", keepalive: true };
        const answer = await fetch(url, sent);
        if (!answer.ok) throw new Error(answer.status);
        go(3);
        find("[data-step=\"3\"]").focus();
        document.dispatchEvent(new CustomEvent("ascolto:sent", { detail: await answer.json() }));
      } catch {
        lock(false);
        next.textContent = WORDS.again;
        say(WORDS.failed);
      }
    };

    const forward = () => {
      if (step === 2) return send();
      if (!chosen()) {
        say(WORDS.choose);
        return group().querySelector("input").focus();
      }
      go(2);
      find("#ascolto-details").focus();
    };

    for (const star of all("[name=ascolto-stars]")) star.addEventListener("change", rate);
    back.addEventListener("click", () => go(1));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      forward();
    });
    // A browser that goes back fills the form in again.
    if (stars()) rate();
  };

  document.querySelectorAll(".ascolto-comuni").forEach(mount);
})();
