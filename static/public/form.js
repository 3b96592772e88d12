// A public form with a script: pages one at a time, blocks that depend on an answer, towns of a postcode, the
// proof of work that robots find dear, and its height told to the page that shows it in a frame. Without a
// script all of it is one long page, checked by the server.
(() => {
  const form = document.querySelector("form[data-form]");
  const holder = document.querySelector("[data-form]");
  if (!holder) return;

  // ---- In a frame -----------------------------------------------------------------------------------------
  if (window.parent !== window) {
    const tell = () => window.parent.postMessage({ form: holder.dataset.form, height: document.documentElement.scrollHeight }, "*");
    new ResizeObserver(tell).observe(document.body);
    addEventListener("load", tell);
    if (holder.dataset.leadsTo) window.parent.postMessage({ form: holder.dataset.form, to: holder.dataset.leadsTo }, "*");
  }
  if (!form) return;

  // ---- Where they come from: a page kept by a cache does not know the address it was asked by --------------
  const asked = new URLSearchParams(location.search);
  for (const field of form.querySelectorAll("[data-from]")) field.value ||= (asked.get(field.dataset.from) || "").slice(0, 100);

  // ---- Blocks shown by an earlier answer ---------------------------------------------------------------------
  const dependent = [...form.querySelectorAll("[data-if]")];
  const answersTo = (name) => [...form.querySelectorAll(`[name="${CSS.escape(name)}"]:checked`)].filter((one) => !one.closest("[hidden]:not([data-page])")).map((one) => (one.value === "on" ? "yes" : one.value));
  const showBlocks = () => {
    for (const block of dependent) {
      const wanted = block.dataset.is.split(" ");
      block.hidden = !answersTo(block.dataset.if).some((value) => wanted.includes(value));
    }
  };
  form.addEventListener("change", showBlocks);
  showBlocks();

  // ---- Pages ---------------------------------------------------------------------------------------------------
  const pages = [...form.querySelectorAll("[data-page]")];
  const steps = form.querySelector("[data-steps]");
  const send = form.querySelector("[data-send]");
  let at = Math.max(0, pages.findIndex((page) => page.querySelector("[aria-invalid=true]")));
  const say = document.createElement("p");
  const button = (words, act, look) => {
    const made = document.createElement("button");
    made.type = "button";
    made.className = look;
    made.textContent = words;
    made.addEventListener("click", act);
    return made;
  };
  const next = button(steps.dataset.next, () => isAnswered() && go(at + 1), "btn");
  const back = button(steps.dataset.back, () => go(at - 1), "btn btn-quiet");
  // What is missing is said before the next page, in the browser's own words.
  function isAnswered() {
    for (const field of pages[at].querySelectorAll("input, select, textarea")) {
      if (!field.closest("[hidden]") && !field.reportValidity()) return false;
    }
    return true;
  }
  function go(where, focus = true) {
    at = where;
    pages.forEach((page, number) => (page.hidden = number !== at));
    next.hidden = at === pages.length - 1;
    back.hidden = at === 0;
    send.hidden = at !== pages.length - 1;
    say.textContent = steps.dataset.step.replace("{n}", at + 1).replace("{of}", pages.length);
    if (focus) {
      say.focus();
      say.scrollIntoView({ block: "nearest" });
    }
  }
  if (pages.length > 1) {
    form.classList.add("steps");
    say.className = "step-bar";
    say.tabIndex = -1;
    form.prepend(say);
    steps.prepend(next);
    steps.append(back);
    go(at, false);
  }

  // ---- Towns of a postcode ---------------------------------------------------------------------------------------
  const postcode = form.querySelector("[data-postcode]");
  const town = form.querySelector("[data-commune]");
  postcode?.addEventListener("input", async () => {
    const typed = postcode.value.replace(/\s/g, "");
    if (!town || !/^\d{5}$/.test(typed)) return;
    try {
      const answer = await fetch(`${form.dataset.communes}?postcode=${typed}`);
      const { communes } = await answer.json();
      document.getElementById("communes").replaceChildren(...communes.map((name) => Object.assign(document.createElement("option"), { value: name })));
      if (communes.length === 1 && !town.value) town.value = communes[0];
    } catch {
      // Typed by hand then: the server recognises it.
    }
  });

  // ---- Proof of work: begun at the first touch, ready before the last ------------------------------------------
  const proof = form.querySelector("[data-proof]");
  let working = null;
  const work = () =>
    (working ??= fetch(form.dataset.challenge)
      .then((answer) => answer.json())
      .then(
        (challenge) =>
          new Promise((done) => {
            const worker = new Worker(form.dataset.worker);
            worker.onmessage = ({ data }) => done((proof.value = data));
            worker.onerror = () => done("");
            worker.postMessage(challenge);
          }),
      )
      .catch(() => ""));
  form.addEventListener("focusin", work, { once: true });
  let sent = false;
  form.addEventListener("submit", async (event) => {
    if (!send.hidden && proof.value) return;
    event.preventDefault();
    if (send.hidden) return next.click(); // Enter, on a page before the last
    if (sent) return;
    sent = true;
    send.textContent = steps.dataset.wait;
    await work(); // without a proof it leaves too, and waits for the confirmation
    form.submit();
  });
})();
