// One field of a block, drawn from its description (messaging/content/block_types.py).

import { freshId, h, icon, iconButton } from "./dom.js";
import { wholeAddress } from "./links.js";
import { RichText } from "./richtext.js";

// `context`: { store, variables, links, images, words }, and `kinds`, drawers of more kinds of fields. Fields
// with blocks inside are drawn by blocks.js.
export function drawField(field, block, context) {
  const write = (value) => setValue(context.store, block.id, field.name, value);
  const draw = { line, rich, url, image, choice, number, ...context.kinds }[field.kind];
  const element = draw(field, block[field.name] ?? field.default, write, context, block);
  element.dataset.field = field.name;
  return element;
}

function setValue(store, id, name, value) {
  store.edit((content) => (find(content.blocks, id)[name] = value), { key: `${id}.${name}` });
}

export function find(blocks, id) {
  for (const block of blocks) {
    if (block.id === id) return block;
    for (const inner of [block.left, block.right, block.otherwise]) {
      const found = Array.isArray(inner) && find(inner, id);
      if (found) return found;
    }
  }
  return null;
}

export function labelled(field, control, id, words, extra = null) {
  const optional = field.required || ["choice", "number", "rich"].includes(field.kind) ? null : h("span", { class: "optional" }, ` (${words.optional})`);
  return h(
    "div",
    { class: "field" },
    h("label", { class: "label", for: id }, field.label, optional),
    control,
    extra,
    field.help ? h("p", { class: "help" }, field.help) : null,
    h("p", { class: "error", "data-error-of": field.name, hidden: true }),
  );
}

// An input with a button that opens the list of variables and writes at the caret.
export function withVariables(input, context, { links = false } = {}) {
  const button = iconButton("braces", context.words.variable, () =>
    context.variables.pick({
      links,
      back: () => input.focus(),
      insert: (liquid) => {
        const start = links ? 0 : input.selectionStart;
        const end = links ? input.value.length : input.selectionEnd;
        input.setRangeText(liquid, start, end, "end");
        input.dispatchEvent(new Event("input", { bubbles: true }));
      },
    }),
  );
  return h("div", { class: "input-with" }, input, button);
}

function line(field, value, write, context) {
  const id = freshId("field");
  const input = h("input", { id, type: "text", value, maxlength: 500, oninput: (event) => write(event.target.value) });
  return labelled(field, withVariables(input, context), id, context.words);
}

function rich(field, value, write, context) {
  const editor = new RichText({
    value,
    label: field.label,
    variables: context.variables,
    links: context.links,
    words: context.words,
    onchange: write,
    onundo: () => context.store.undo(),
    onredo: () => context.store.redo(),
  });
  return h(
    "div",
    { class: "field" },
    h("span", { class: "label" }, field.label),
    editor.element,
    h("p", { class: "error", "data-error-of": field.name, hidden: true }),
  );
}

function url(field, value, write, context) {
  const id = freshId("field");
  const input = h("input", {
    id,
    type: "text",
    inputmode: "url",
    autocapitalize: "none",
    spellcheck: "false",
    placeholder: "https://",
    value,
    oninput: (event) => write(event.target.value),
    onchange: (event) => {
      const whole = wholeAddress(event.target.value);
      if (whole !== event.target.value) write((event.target.value = whole));
    },
  });
  return labelled(field, withVariables(input, context, { links: true }), id, context.words);
}

function image(field, value, write, context, block) {
  const id = freshId("field");
  const picture = h("div", { class: "image-field" });
  const input = h("input", { id, type: "text", inputmode: "url", placeholder: "https://", value, oninput: (event) => show(event.target.value, true) });
  function show(address, isNew) {
    if (isNew) write(address);
    const path = localPath(address);
    picture.replaceChildren(
      path ? h("img", { src: path, alt: "" }) : h("span", { class: "image-none" }, icon("image")),
      h("button", { type: "button", class: "btn", onclick: pick }, address ? context.words.change_image : context.words.choose_image),
    );
  }
  function pick() {
    context.images.choose({
      back: () => picture.querySelector("button").focus(),
      done: (chosen) => {
        input.value = chosen.url;
        context.store.edit(
          (content) => {
            const target = find(content.blocks, block.id);
            target[field.name] = chosen.url;
            if (!target.alt && chosen.alt) target.alt = chosen.alt;
            if ("width" in target) target.width = Math.min(chosen.width, 552);
          },
          { redraw: true, focus: { id: block.id, field: field.name } },
        );
      },
    });
  }
  show(value, false);
  return h(
    "div",
    { class: "field" },
    h("span", { class: "label" }, field.label),
    picture,
    h("details", { class: "fold fold-small" }, h("summary", {}, context.words.image_elsewhere), h("label", { class: "visually-hidden", for: id }, context.words.image_address), input),
    h("p", { class: "error", "data-error-of": field.name, hidden: true }),
  );
}

// Pictures of the library are shown by their path; others only in the message: this page loads nothing else.
function localPath(address) {
  const found = /\/i\/[0-9a-f-]{36}\.(?:png|jpg|gif)$/.exec(address);
  return found ? found[0] : "";
}

function choice(field, value, write, context, block) {
  const name = freshId("choice");
  return h(
    "fieldset",
    { class: "field fieldset" },
    h("legend", { class: "label" }, field.label),
    h(
      "div",
      { class: "chips" },
      field.choices.map(([key, label]) =>
        h("label", { class: "chip" }, h("input", { type: "radio", name, value: key, checked: key === String(value), onchange: () => write(key) }), label),
      ),
    ),
  );
}

function number(field, value, write, context) {
  const id = freshId("field");
  const input = h("input", {
    id,
    type: "number",
    class: "short",
    min: field.least,
    max: field.most,
    step: 1,
    value,
    oninput: (event) => event.target.value !== "" && event.target.checkValidity() && write(Number(event.target.value)),
  });
  return labelled(field, input, id, context.words);
}
