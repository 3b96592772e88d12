// The composer: puts the parts together (docs/screens.md explains the look; each module beside says its part).

import { Blocks } from "./blocks.js";
import { fill, h, icon, iconButton } from "./dom.js";
import { withVariables } from "./fields.js";
import { Images } from "./images.js";
import { Links } from "./links.js";
import { Preview } from "./preview.js";
import { Readers } from "./readers.js";
import { Saver } from "./saving.js";
import { Store } from "./state.js";
import { Variables } from "./variables.js";

const data = JSON.parse(document.getElementById("composer-data").textContent);
const page = document.querySelector("[data-composer]");
const part = (name) => page.querySelector(`[data-${name}]`);
const { words, urls } = data;

const store = new Store(data.content, data.types);
const variables = new Variables(data.variables, words);
const context = {
  store,
  variables,
  words,
  links: new Links(data.variables),
  images: new Images(urls, words),
  choices: data.choices,
  // Of a territory's version or a local mailing: only local blocks are written, and none is added or moved.
  fixed: Boolean(data.fixed),
  national: data.national ?? {},
  // Of a version of a test: no territory writes in it.
  version: Boolean(data.version),
};
const blocks = new Blocks(part("blocks"), context);
const preview = new Preview({
  stage: document.getElementById("preview-stage"),
  urls,
  words,
  onPick: (id) => {
    showPane("write");
    blocks.select(id);
  },
});
blocks.onSelect = (id) => preview.select(id);
const saver = new Saver(store, { urls, revision: data.revision, words, status: part("save-status"), banner: part("banner") });

// ---- Subject, preview text, name, sender… ---------------------------------------------------------------
for (const input of page.querySelectorAll("[data-content]")) {
  const name = input.dataset.content;
  if (input.hasAttribute("data-with-variables")) {
    const place = document.createComment("");
    input.replaceWith(place);
    place.replaceWith(withVariables(input, context));
  }
  const read = () => (input.type === "checkbox" ? input.checked : input.value);
  input.addEventListener(input.type === "checkbox" || input.nodeName === "SELECT" ? "change" : "input", () => {
    store.edit((content) => (content[name] = read()), { key: name });
  });
}

function drawFields() {
  for (const input of page.querySelectorAll("[data-content]")) {
    const value = store.content[input.dataset.content];
    if (input.type === "checkbox") input.checked = value;
    else if (input.value !== String(value ?? "")) input.value = value ?? "";
  }
}

// "42 of about 40 to 70 characters": variables count as a short word.
function drawCounts() {
  for (const place of page.querySelectorAll("[data-count-of]")) {
    const text = String(store.content[place.dataset.countOf] ?? "").replace(/\{\{[^{}]*\}\}/g, "12345678");
    const length = [...text].length;
    const [least, most] = place.dataset.good.split("-").map(Number);
    place.dataset.level = length > most ? "long" : length && length < least ? "short" : "good";
    place.textContent = length ? fill(words[`length_${place.dataset.level}`], { n: length, least, most }) : "";
  }
}

// ---- Undo, keys --------------------------------------------------------------------------------------------
const undo = part("undo");
const redo = part("redo");
undo.addEventListener("click", () => store.undo());
redo.addEventListener("click", () => store.redo());
document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
  const key = event.key.toLowerCase();
  if (key === "s") {
    event.preventDefault();
    saver.now();
  } else if ((key === "z" || key === "y") && !event.target.matches("input, textarea, select") && !document.querySelector("dialog[open]")) {
    event.preventDefault();
    if (key === "y" || event.shiftKey) store.redo();
    else store.undo();
  }
});

function drawHistory() {
  undo.disabled = !store.canUndo;
  redo.disabled = !store.canRedo;
}

for (const happening of ["edit", "replace"]) {
  store.addEventListener(happening, () => {
    drawHistory();
    drawCounts();
  });
}
store.addEventListener("replace", drawFields);

// ---- What the server says of the text -------------------------------------------------------------------------
const checks = part("checks");
const inbox = { sender: part("inbox-sender"), subject: part("inbox-subject"), text: part("inbox-text"), avatar: part("inbox-avatar") };

function showCheck({ problems, remarks, hidden, inbox: shown }) {
  blocks.showProblems(problems);
  inbox.subject.textContent = shown.subject || words.no_subject;
  inbox.text.textContent = shown.preview_text || words.no_preview_text;
  inbox.sender.textContent = shown.sender || words.no_sender;
  inbox.avatar.textContent = (shown.sender || "?").slice(0, 1).toUpperCase();
  const lines = [
    ...problems.map((one) => ({ ...one, level: "error", message: one.whole })),
    ...remarks,
  ];
  part("hidden-note").textContent = hidden ? fill(hidden === 1 ? words.one_hidden : words.some_hidden, { n: hidden }) : "";
  part("checks-count").textContent = lines.length ? String(lines.length) : "";
  checks.replaceChildren(...(lines.length ? lines.map(checkLine) : [checkLine({ level: "fine", message: words.all_fine })]));
}

function checkLine({ level, message, block }) {
  const look = { error: ["bad", "circle-x"], warning: ["warn", "triangle-alert"], hint: ["", "info"], fine: ["ok", "circle-check"] }[level];
  const text = h("div", {}, h("span", { class: "visually-hidden" }, `${words[`level_${level}`]} `), message);
  const show = block ? h("button", { type: "button", class: "btn btn-sm", onclick: () => blocks.select(block) }, words.show_block) : null;
  return h("li", { class: look[0] }, icon(look[1]), text, show);
}

async function check() {
  const answer = await fetch(`${urls.check}?${new URLSearchParams({ reader: preview.reader })}`, { headers: { "HX-Request": "true" } });
  if (answer.ok) showCheck(await answer.json());
}

saver.onSaved((answer) => {
  preview.refresh();
  if (answer.name) document.querySelector("[data-mailing-name]").textContent = answer.name;
  check();
});

// ---- Preview controls -----------------------------------------------------------------------------------------
new Readers({
  urls,
  words,
  onChoose: (reader) => {
    preview.setReader(reader);
    check();
  },
});
for (const button of page.querySelectorAll("[data-part]")) {
  button.addEventListener("click", () => {
    document.getElementById("preview-stage").classList.toggle("preview-phone", button.dataset.part === "phone");
    for (const other of button.parentElement.children) other.setAttribute("aria-pressed", String(other === button));
    const wanted = button.dataset.part === "text" ? "text" : "html";
    if (preview.part !== wanted) preview.setPart(wanted);
  });
}

// ---- On a phone: one pane at a time ------------------------------------------------------------------------------
function showPane(name) {
  const isNew = page.dataset.pane !== name;
  page.dataset.pane = name;
  if (isNew && matchMedia("(max-width: 1000px)").matches) page.scrollIntoView({ block: "start", behavior: "instant" });
  for (const button of page.querySelectorAll("[data-pane-choice]")) {
    button.setAttribute("aria-pressed", String(button.dataset.paneChoice === name));
  }
}
for (const button of page.querySelectorAll("[data-pane-choice]")) {
  button.addEventListener("click", () => showPane(button.dataset.paneChoice));
}

// A test or a template takes what is saved: it is saved first.
for (const button of document.querySelectorAll('[data-dialog-open="test-dialog"], [data-dialog-open="template-dialog"]')) {
  button.addEventListener("click", () => saver.now());
}

// A way out of the page saves first, so that the next step sees the text.
for (const link of document.querySelectorAll("a[data-save-first]")) {
  link.addEventListener("click", async (event) => {
    if (!saver.isDirty || saver.stopped) return;
    event.preventDefault();
    await saver.now();
    location.assign(link.href);
  });
}

drawFields();
drawCounts();
drawHistory();
showPane("write");
saver.recover();
showCheck(data.check);
if (!store.content.blocks.length) part("blocks").querySelector(".block-list > .add-block")?.setAttribute("open", "");
if (data.fixed) blocks.openLocal();
const asked = new URLSearchParams(location.search).get("block");
if (asked) blocks.select(asked);
