// "Shown only if": a block that depends on the answer to a question above it.

import { freshId, h } from "../../messaging/composer/dom.js";
import { find } from "../../messaging/composer/fields.js";

export const isConditional = (shown) => Boolean(shown && shown.block);

export function drawConditions(block, context) {
  const { store, words } = context;
  const before = store.content.blocks.slice(0, store.content.blocks.findIndex((one) => one.id === block.id));
  const questions = before.filter((one) => answersOf(one, context).length);
  const given = block.only_if;
  const set = (change) =>
    store.edit(
      (content) => {
        const target = find(content.blocks, block.id);
        const shown = change(target.only_if);
        if (shown) target.only_if = shown;
        else delete target.only_if;
      },
      { redraw: true, focus: "keep" },
    );
  const id = freshId("if");
  const asked = questions.find((one) => one.id === given?.block);
  const choose = h(
    "select",
    { id, onchange: (event) => set(() => (event.target.value ? { block: event.target.value, is: [] } : null)) },
    h("option", { value: "" }, words.shown_always),
    questions.map((one) => h("option", { value: one.id, selected: one.id === given?.block }, context.summary(one) || context.store.types.get(one.type).label)),
    given && !asked ? h("option", { value: given.block, selected: true }, words.question_gone) : null,
  );
  const boxes = asked
    ? h(
        "fieldset",
        { class: "field fieldset" },
        h("legend", { class: "label" }, words.answer_is),
        h(
          "div",
          { class: "chips" },
          answersOf(asked, context).map(([key, text]) =>
            h("label", { class: "chip" }, h("input", { type: "checkbox", checked: given.is.includes(key), onchange: (event) => set((shown) => ({ ...shown, is: event.target.checked ? [...shown.is, key] : shown.is.filter((one) => one !== key) })) }), text),
          ),
        ),
      )
    : null;
  const body = h(
    "div",
    { class: "stack only-for" },
    questions.length || given ? h("div", { class: "field" }, h("label", { class: "label", for: id }, words.shown_if), choose) : h("p", { class: "help" }, words.no_question_above),
    boxes,
    h("p", { class: "error", "data-error-of": "only_if", hidden: true }),
  );
  return h("details", { class: "fold fold-small", open: isConditional(given) }, h("summary", {}, words.only_for), body);
}

// (id, words) of the answers that a block may get; none for texts.
function answersOf(block, context) {
  const main = context.store.content.languages[0];
  if (block.type === "age") return [["yes", context.words.yes]];
  if (block.type === "choice") return (block.options || []).map((one) => [one.id, one.label?.[main] || Object.values(one.label || {})[0] || "…"]);
  if (block.type !== "scale") return [];
  return Array.from({ length: Math.max(0, block.most - block.least + 1) }, (_none, step) => [String(block.least + step), String(block.least + step)]);
}
