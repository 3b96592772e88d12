// A website that signs people up, counts signatures and lists events, by a public key of the API.
// The key stands here for everybody to read: it only does what the public pages do, from this website alone.

const { api, key, form: slug, goal } = document.body.dataset;
const find = (name) => document.querySelector(`[data-${name}]`);
const LABELS = { first_name: "First name", last_name: "Last name", email: "E-mail", phone: "Phone", postcode: "Postcode", city: "Town", street: "Number and street" };
const KINDS = { email: "email", phone: "tel" };

async function ask(path, options = {}) {
  const headers = { Authorization: `Bearer ${key}`, ...options.headers };
  const answer = await fetch(new URL(path, api), { ...options, headers });
  const told = answer.status === 204 ? null : await answer.json();
  if (!answer.ok) throw Object.assign(new Error(told.detail || told.title), { problem: told });
  return told;
}

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

// --- The petition -----------------------------------------------------------------------------------

function drawForm(form) {
  find("title").textContent = form.title;
  find("introduction").textContent = form.introduction;
  find("questions").replaceChildren(...form.fields.map((name) =>
    element("label", {}, LABELS[name] || name, element("input", { name, type: KINDS[name] || "text", autocomplete: "on" }))));
  find("boxes").replaceChildren(...form.consents.map((box) =>
    element("label", { className: "box" }, element("input", { type: "checkbox", name: "consents", value: box.name }), element("span", { textContent: box.wording }))));
  drawCount(form.sign_ups);
}

function drawCount(count) {
  find("count").textContent = count;
  find("goal-shown").textContent = goal;
  find("bar").value = Math.min(100, (100 * count) / Number(goal));
}

// The same number for the same signature, also when the button is pressed again because no answer came.
let attempt = crypto.randomUUID();

async function sign(event) {
  event.preventDefault();
  const sent = new FormData(event.target);
  const consents = sent.getAll("consents");
  sent.delete("consents");
  const said = find("said");
  event.target.querySelectorAll(".wrong").forEach((one) => one.remove());
  try {
    await ask(`forms/${slug}/sign-ups/`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "Idempotency-Key": attempt },
      body: JSON.stringify({ answers: Object.fromEntries(sent), consents }),
    });
    attempt = crypto.randomUUID();
    event.target.reset();
    said.textContent = "Thank you! You will receive an e-mail.";
    drawCount((await ask(`forms/${slug}/?fields=sign_ups`)).sign_ups);
  } catch (error) {
    attempt = crypto.randomUUID();
    said.textContent = error.problem ? error.message : "There is no answer. Please try again.";
    for (const wrong of error.problem?.errors || []) {
      const field = event.target.elements[wrong.pointer?.split("/").at(-1)];
      field?.after(element("span", { className: "wrong", textContent: wrong.detail }));
    }
  }
}

// --- Events -----------------------------------------------------------------------------------------

function drawEvents(events) {
  const day = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "short" });
  const lines = events.flatMap((event) => event.slots.map((slot) => ({ event, slot })))
    .filter(({ slot }) => new Date(slot.ends_at) > new Date())
    .sort((one, other) => one.slot.starts_at.localeCompare(other.slot.starts_at));
  find("events").replaceChildren(...lines.map(({ event, slot }) =>
    element("li", {}, element("a", { href: event.url, textContent: event.title }),
      ` – ${day.format(new Date(slot.starts_at))}, ${event.city || "online"}${slot.seats_left === 0 ? " (full)" : ""}`)));
  find("no-event").hidden = lines.length > 0;
}

find("sign-up").addEventListener("submit", sign);
drawForm(await ask(`forms/${slug}/`));
drawEvents((await ask(`events/?ends_after=${encodeURIComponent(new Date().toISOString())}`)).results);
