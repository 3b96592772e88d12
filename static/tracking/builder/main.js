// The builder of forms: the composer's blocks, history and saving, with fields and conditions of forms.

import { Blocks } from "../../messaging/composer/blocks.js";
import { h, icon } from "../../messaging/composer/dom.js";
import { Images } from "../../messaging/composer/images.js";
import { Preview } from "../../messaging/composer/preview.js";
import { Saver } from "../../messaging/composer/saving.js";
import { Store } from "../../messaging/composer/state.js";
import { drawConditions, isConditional } from "./conditions.js";
import { inLanguages, kinds, summary } from "./fields.js";

const data = JSON.parse(document.getElementById("builder-data").textContent);
const page = document.querySelector("[data-composer]");
const part = (name) => page.querySelector(`[data-${name}]`);
const { words, urls } = data;

const store = new Store(data.content, data.types);
const context = {
  store,
  words,
  kinds,
  choices: data.choices,
  images: new Images(urls, words),
  version: true, // no block of a form is a territory's own
  drawConditions,
  isConditional,
  summary: (block) => summary(block, context),
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

// ---- Texts of the whole form ------------------------------------------------------------------------------
function drawTexts() {
  const active = document.activeElement?.closest?.("[data-texts]") ? [...part("texts").querySelectorAll("input, textarea, select")].indexOf(document.activeElement) : -1;
  part("texts").replaceChildren(
    ...data.texts.map(({ name, label, help, long, most, placeholder }) => {
      const write = (text) => store.edit((content) => (content[name] = text), { key: name });
      const inputs = inLanguages(store.content[name], write, { languages: store.content.languages, long, most, label, placeholder });
      return h("div", { class: "field" }, h("span", { class: "label" }, label), inputs, help ? h("p", { class: "help" }, help) : null);
    }),
  );
  if (active >= 0) part("texts").querySelectorAll("input, textarea, select")[active]?.focus();
  part("languages").value = store.content.languages.join(",");
  if (part("redirect")) part("redirect").value = store.content.redirect || "";
  drawPreviewLanguages();
}
part("languages").addEventListener("change", (event) => store.edit((content) => (content.languages = event.target.value.split(",")), { redraw: true }));
part("redirect")?.addEventListener("input", (event) => store.edit((content) => (content.redirect = event.target.value), { key: "redirect" }));

function drawPreviewLanguages() {
  const { languages } = store.content;
  if (!languages.includes(preview.reader)) preview.reader = languages[0];
  part("preview-languages").replaceChildren(
    ...(languages.length < 2 ? [] : languages).map((code) =>
      h("button", { type: "button", "aria-pressed": String(code === preview.reader), onclick: () => (preview.setReader(code), drawPreviewLanguages()) }, code.toUpperCase()),
    ),
  );
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
const drawHistory = () => {
  undo.disabled = !store.canUndo;
  redo.disabled = !store.canRedo;
};
for (const happening of ["edit", "replace"]) store.addEventListener(happening, drawHistory);
store.addEventListener("replace", drawTexts);

// ---- What the server says of it ------------------------------------------------------------------------------
function showCheck({ problems, remarks, changed }) {
  blocks.showProblems(problems);
  const lines = [...problems.map((one) => ({ ...one, level: "error", message: one.whole })), ...remarks];
  part("checks-count").textContent = lines.length ? String(lines.length) : "";
  part("checks").replaceChildren(...(lines.length ? lines : [{ level: "fine", message: words.all_fine }]).map(checkLine));
  part("changed").hidden = !changed;
  document.querySelectorAll("[data-publish]").forEach((button) => (button.disabled = problems.length > 0 || !changed));
}

function checkLine({ level, message, block }) {
  const look = { error: ["bad", "circle-x"], warning: ["warn", "triangle-alert"], fine: ["ok", "circle-check"] }[level];
  const said = h("div", {}, h("span", { class: "visually-hidden" }, `${words[`level_${level}`]} `), message);
  const show = block ? h("button", { type: "button", class: "btn btn-sm", onclick: () => blocks.select(block) }, words.show_block) : null;
  return h("li", { class: look[0] }, icon(look[1]), said, show);
}

saver.onSaved(async (answer) => {
  document.querySelector("[data-form-name]").textContent = answer.name;
  preview.refresh();
  const checked = await fetch(urls.check, { headers: { "HX-Request": "true" } });
  if (checked.ok) showCheck(await checked.json());
});

// ---- Preview, panes, ways out ----------------------------------------------------------------------------------
for (const button of page.querySelectorAll("[data-part]")) {
  button.addEventListener("click", () => {
    document.getElementById("preview-stage").classList.toggle("preview-phone", button.dataset.part === "phone");
    for (const other of button.parentElement.children) other.setAttribute("aria-pressed", String(other === button));
  });
}
function showPane(name) {
  const isNew = page.dataset.pane !== name;
  page.dataset.pane = name;
  if (isNew && matchMedia("(max-width: 1000px)").matches) page.scrollIntoView({ block: "start", behavior: "instant" });
  for (const button of page.querySelectorAll("[data-pane-choice]")) button.setAttribute("aria-pressed", String(button.dataset.paneChoice === name));
}
for (const button of page.querySelectorAll("[data-pane-choice]")) button.addEventListener("click", () => showPane(button.dataset.paneChoice));
for (const link of document.querySelectorAll("a[data-save-first]")) {
  link.addEventListener("click", async (event) => {
    if (!saver.isDirty || saver.stopped) return;
    event.preventDefault();
    await saver.now();
    location.assign(link.href);
  });
}
document.querySelector("[data-publish-form]").addEventListener("submit", async (event) => {
  if (!saver.isDirty) return;
  event.preventDefault();
  await saver.now();
  if (!saver.isDirty) event.target.submit();
});

drawTexts();
drawHistory();
showPane("write");
saver.recover();
showCheck(data.check);
