// The entrance of an event: scan a ticket, find a name, write somebody down; with and without a network.

import { digestOf, scan } from "./scan.js";
import { dropLost, keepMark, keepWalkIn, send, waiting } from "./send.js";
import { forgetList, keepList, keptList } from "./vault.js";

const REFRESH = 30_000; // milliseconds
const TRY_AGAIN = 5_000; // while there is no network
const SHOWN = 60; // names of a search

const config = JSON.parse(document.getElementById("door-config").textContent);
const { words, event } = config;
const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
const at = (id) => document.getElementById(id);
const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
const fill = (text, values) => text.replace(/%(\w+)/g, (_all, name) => values[name]);

let people = new Map();
let slots = [];
let expiry = null;
let hasNew = false;

start();

async function start() {
  if ("serviceWorker" in navigator) navigator.serviceWorker.register(config.worker).catch(() => {});
  const lost = await dropLost(event);
  if (lost) say(fill(words.lost, { n: lost }));
  const kept = await keptList(event);
  if (kept) show(kept.list, kept.expires);
  addEventListener("online", refresh);
  addEventListener("offline", () => tellState(true));
  keepUp();
}

async function keepUp() {
  const isConnected = await refresh();
  setTimeout(keepUp, isConnected ? REFRESH : TRY_AGAIN);
}

/** Send what waits, then take the list of now; tells whether the network answered. */
async function refresh() {
  try {
    const sent = await send(event, config.marks, token);
    if (sent.leftOut.length) say(sent.leftOut.join(" "));
    if (sent.signedOut) return signIn();
    const answer = await fetch(config.list, { redirect: "manual", cache: "no-store" });
    if (!answer.ok) return signIn();
    const list = await answer.json();
    const expires = Date.now() + config.keptSeconds * 1000;
    await keepList(event, list, expires);
    show(list, expires);
    await tellState(false);
    return true;
  } catch {
    await tellState(true);
    return false;
  }
}

/** What was marked meanwhile and has not left yet holds over what the server knew. */
async function show(list, expires) {
  slots = list.slots;
  people = new Map(list.people.map((person) => [person.id, { ...person, folded: fold(person.name) }]));
  for (const row of await waiting(event)) {
    const person = people.get(row.rsvp);
    if (person) person.came = row.came;
  }
  clearTimeout(expiry);
  expiry = setTimeout(forget, expires - Date.now());
  drawSlots();
  draw();
}

async function forget() {
  await forgetList(event);
  people = new Map();
  draw();
  say(words.forgotten);
}

async function mark(person, came) {
  await keepMark(event, person.id, came);
  person.came = came;
  draw();
  refresh();
}

function drawSlots() {
  const select = at("slot");
  const chosen = select.value;
  select.replaceChildren(...slots.map((slot) => new Option(slot.label, slot.id)));
  const next = slots.find((slot) => !slot.over) || slots.at(-1);
  select.value = slots.some((slot) => String(slot.id) === chosen) ? chosen : (next?.id ?? "");
  at("slot-choice").hidden = slots.length < 2;
}

const slotNow = () => Number(at("slot").value);

function draw() {
  const here = [...people.values()].filter((person) => person.slot === slotNow());
  const typed = fold(at("search").value.trim()).split(/\s+/);
  const found = here.filter((person) => typed.every((word) => person.folded.includes(word)));
  at("here").textContent = here.filter((person) => person.came).length;
  at("expected").textContent = fill(words.expected, { n: here.filter((person) => person.state === "registered").length });
  at("list").replaceChildren(...(found.length ? found.slice(0, SHOWN).map(row) : [nobody()]));
}

function row(person) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "door-person";
  button.setAttribute("aria-pressed", person.came);
  const name = document.createElement("span");
  name.className = "door-name";
  name.textContent = person.name;
  const detail = document.createElement("span");
  detail.className = "door-detail";
  detail.textContent = [guestsOf(person), person.state === "waiting" ? words.waiting : ""].filter(Boolean).join(" · ");
  const state = document.createElement("span");
  state.className = "door-mark";
  state.textContent = person.came ? `✓ ${words.came}` : words.came;
  button.append(name, detail, state);
  button.addEventListener("click", () => {
    if (!person.came || confirm(`${person.name}: ${words.undo}`)) mark(person, !person.came);
  });
  item.append(button);
  return item;
}

function nobody() {
  const item = document.createElement("li");
  item.className = "door-nobody";
  item.textContent = at("search").value ? words.nobody : "";
  return item;
}

function guestsOf(person) {
  if (!person.guests) return "";
  return person.guests === 1 ? words.guest : fill(words.guests, { n: person.guests });
}

async function tellState(isOffline) {
  const left = await waiting(event);
  hasNew = left.some((row) => row.person);
  const network = isOffline ? words.offline : words.online;
  at("state").textContent = left.length ? `${network} · ${fill(words.toSend, { n: left.length })}` : network;
  document.body.classList.toggle("door-offline", isOffline);
}

function say(text) {
  at("notice").textContent = text;
  at("notice").hidden = !text;
}

function signIn() {
  const link = document.createElement("a");
  link.href = config.signIn;
  link.textContent = words.signIn;
  at("notice").replaceChildren(link);
  at("notice").hidden = false;
  return true;
}

/* The camera */

let stopCamera = null;

async function openCamera() {
  verdict("", "");
  at("camera").showModal();
  try {
    stopCamera = await scan(at("video"), read);
  } catch {
    verdict("bad", words.noCamera);
  }
}

async function read(code) {
  const ticket = await digestOf(code.trim());
  const person = [...people.values()].find((one) => one.ticket === ticket);
  if (!person) return verdict("bad", words.unknown);
  const name = [person.name, guestsOf(person)].filter(Boolean).join(" ");
  if (person.came) return verdict("warn", `${name}: ${words.already}`);
  if (person.state === "waiting") return verdict("warn", `${name}: ${words.waiting}`);
  await mark(person, true);
  if (person.slot !== slotNow()) return verdict("warn", `${name}: ${words.otherSlot}`);
  return verdict("ok", fill(words.welcomed, { name }));
}

function verdict(kind, text) {
  at("verdict").textContent = text;
  at("verdict").dataset.kind = kind;
  if (kind && navigator.vibrate) navigator.vibrate(kind === "ok" ? 60 : [60, 60, 60]);
}

at("scan").addEventListener("click", openCamera);
at("stop").addEventListener("click", () => at("camera").close());
at("camera").addEventListener("close", () => {
  stopCamera?.();
  stopCamera = null;
});

/* Somebody new */

at("new").addEventListener("click", () => {
  const form = at("walk-in-form");
  form.reset();
  const [first, ...rest] = at("search").value.trim().split(/\s+/);
  form.first_name.value = first;
  form.last_name.value = rest.join(" ");
  at("walk-in").showModal();
});
at("walk-in-close").addEventListener("click", () => at("walk-in").close());
at("walk-in-form").addEventListener("submit", async () => {
  const data = new FormData(at("walk-in-form"));
  const person = Object.fromEntries(
    ["first_name", "last_name", "email", "phone", "postcode"].map((name) => [name, data.get(name).trim()]),
  );
  await keepWalkIn(event, { ...person, slot: slotNow(), consents: data.getAll("consents").map(Number) });
  at("search").value = "";
  say("");
  draw();
  await refresh();
});

at("search").addEventListener("input", draw);
at("slot").addEventListener("change", draw);

// Somebody new can be read by this tab alone.
addEventListener("beforeunload", (closing) => {
  if (hasNew) closing.preventDefault();
});
