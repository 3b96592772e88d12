// Fields of the blocks of a form (tracking/forms/block_types.py), beside those of the composer: texts in each
// language of the form, switches, lists, and the answers of a question.

import { find, labelled } from "../../messaging/composer/fields.js";
import { freshId, h, icon, iconButton } from "../../messaging/composer/dom.js";

export const kinds = { text, long, plain, switch: toggle, select, options };

// The inputs of one text, one a language; `write` gets the whole text by language.
export function inLanguages(value, write, { languages, long = false, most = 500, placeholder = "", label }) {
  const text = { ...value };
  return languages.map((code) => {
    const about = { lang: code, maxlength: most, "aria-label": languages.length > 1 ? `${label} (${code})` : label, placeholder, oninput: (event) => write({ ...Object.assign(text, { [code]: event.target.value }) }) };
    const input = long ? h("textarea", { rows: 3, ...about }) : h("input", { type: "text", ...about });
    input.value = text[code] ?? "";
    return languages.length > 1 ? h("div", { class: "in-language" }, h("span", { class: "language", "aria-hidden": "true" }, code), input) : input;
  });
}

function text(field, value, write, context, _block, long = false) {
  const inputs = inLanguages(value, write, { languages: context.store.content.languages, long, most: long ? 8000 : 500, label: field.label });
  const optional = field.required ? null : h("span", { class: "optional" }, ` (${context.words.optional})`);
  return h(
    "div",
    { class: "field" },
    h("span", { class: "label" }, field.label, optional),
    inputs,
    field.help ? h("p", { class: "help" }, field.help) : null,
    h("p", { class: "error", "data-error-of": field.name, hidden: true }),
  );
}

function long(field, value, write, context, block) {
  return text(field, value, write, context, block, true);
}

function plain(field, value, write, context) {
  const id = freshId("field");
  const input = h("input", { id, type: "text", value: value ?? "", maxlength: 60, autocapitalize: "none", spellcheck: "false", oninput: (event) => write(event.target.value.trim()) });
  return labelled(field, input, id, context.words);
}

function toggle(field, value, write) {
  const input = h("input", { type: "checkbox", role: "switch", checked: Boolean(value), onchange: (event) => write(event.target.checked) });
  return h("div", { class: "field" }, h("label", { class: "switch" }, input, h("span", {}, field.label)));
}

// A list; without choices of its own, the extra fields that people have.
function select(field, value, write, context) {
  const id = freshId("field");
  const choices = field.choices.length ? field.choices : [["", context.words.kept_nowhere], ...context.choices.fields];
  const options = choices.map(([key, label]) => h("option", { value: key, selected: key === (value ?? "") }, label));
  const input = h("select", { id, onchange: (event) => write(event.target.value) }, options);
  return labelled({ ...field, required: true }, input, id, context.words);
}

// The answers that people choose from: each its words, and perhaps a tag for whoever chooses it.
function options(field, value, _write, context, block) {
  const { store, words, choices } = context;
  const list = value || [];
  const change = (act, focus) =>
    store.edit(
      (content) => {
        const target = find(content.blocks, block.id);
        target.options ??= [];
        act(target.options);
      },
      { redraw: true, focus: focus ?? "keep" },
    );
  const add = () => {
    change((all) => all.push(newOption()), { id: block.id });
    const rows = document.querySelectorAll(`.block[data-id="${CSS.escape(block.id)}"] .option-row`);
    rows[rows.length - 1]?.querySelector("input")?.focus();
  };
  const rows = list.map((option, number) => row(option, number));
  const box = h(
    "fieldset",
    { class: "field fieldset option-list" },
    h("legend", { class: "label" }, field.label),
    rows,
    h("div", {}, h("button", { type: "button", class: "btn btn-sm", onclick: add }, icon("plus", "s"), words.add_option)),
    h("p", { class: "error", "data-error-of": field.name, hidden: true }),
  );
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target.nodeName !== "INPUT") return;
    event.preventDefault();
    add();
  });
  return box;

  function row(option, number) {
    const named = (text) => `${text} – ${number + 1}`;
    const label = words.option;
    const write = (changed) => store.edit((content) => (find(content.blocks, block.id).options.find((one) => one.id === option.id).label = changed), { key: `${block.id}.${option.id}` });
    const tags = [["", words.no_tag], ...choices.tags];
    const tag = h(
      "select",
      { class: "option-tag", "aria-label": named(words.option_tag), onchange: (event) => store.edit((content) => (find(content.blocks, block.id).options.find((one) => one.id === option.id).tag = Number(event.target.value) || null), { key: `${block.id}.${option.id}.tag` }) },
      tags.map(([key, text]) => h("option", { value: key, selected: String(option.tag ?? "") === String(key) }, text)),
    );
    return h(
      "div",
      { class: "option-row" },
      h("div", { class: "option-words" }, inLanguages(option.label, write, { languages: store.content.languages, most: 200, label: named(label) })),
      choices.tags.length ? tag : null,
      iconButton("arrow-up", named(words.up), () => change((all) => all.splice(number - 1, 0, ...all.splice(number, 1))), { disabled: number === 0 }),
      iconButton("arrow-down", named(words.down), () => change((all) => all.splice(number + 1, 0, ...all.splice(number, 1))), { disabled: number === list.length - 1 }),
      iconButton("x", named(words.remove), () => change((all) => all.splice(number, 1), { id: block.id })),
    );
  }
}

function newOption() {
  const bytes = crypto.getRandomValues(new Uint8Array(4));
  return { id: "o" + [...bytes].map((byte) => byte.toString(36).padStart(2, "0")).join(""), label: {}, tag: null };
}

// The words of a block in the main language, for its row.
export function summary(block, context) {
  const main = context.store.content.languages[0];
  const say = (text) => text?.[main] || Object.values(text || {}).find(Boolean) || "";
  const type = context.store.types.get(block.type);
  const select = type.fields.find((field) => field.kind === "select" && field.choices.length);
  if (select) return (select.choices.find(([key]) => key === block[select.name]) || ["", ""])[1];
  if (block.type === "identity") return type.fields.filter((field) => block[field.name] !== "no").map((field) => field.label).join(", ");
  if (block.type === "address") return (type.fields[0].choices.find(([key]) => key === block.extent) || ["", ""])[1];
  if (block.type === "hidden") return block.parameter;
  const first = type.fields.find((field) => ["text", "long"].includes(field.kind) && say(block[field.name]));
  return first ? say(block[first.name]).slice(0, 120) : "";
}
