// "Only for": who a block is for, and what everyone else reads.

import { freshId, h, icon } from "./dom.js";
import { find } from "./fields.js";

const LISTS = ["languages", "genders", "departments", "regions"];

export function drawConditions(block, context, drawList) {
  const { words, choices } = context;
  const given = block.only_if || {};
  const isOpen = hasAny(given) || (block.otherwise || []).length > 0;
  const body = h("div", { class: "stack only-for" });
  const details = h("details", { class: "fold fold-small", open: isOpen }, h("summary", {}, words.only_for), body);
  body.append(
    boxes("languages", words.languages, choices.languages),
    boxes("genders", words.genders, choices.genders),
    ...nearEvent(),
    places(),
    ...inSegment(),
  );
  if (hasAny(given)) body.append(alternative());
  return details;

  // Offered once there are events; a block that asks already keeps its box, so that it can be taken off.
  function nearEvent() {
    if (!choices.events && !given.event) return [];
    const box = h("input", { type: "checkbox", checked: Boolean(given.event), onchange: (event) => set("event", event.target.checked) });
    return [h("label", { class: "check" }, box, h("span", {}, words.near_event))];
  }

  function set(name, value, redraw = true) {
    context.store.edit(
      (content) => {
        const target = find(content.blocks, block.id);
        const condition = { ...(target.only_if || {}) };
        if (value === false || (Array.isArray(value) && !value.length)) delete condition[name];
        else condition[name] = value;
        if (hasAny(condition)) target.only_if = condition;
        else delete target.only_if;
        target.otherwise ??= [];
      },
      { redraw, focus: "keep" },
    );
  }

  function boxes(name, label, options) {
    const chosen = new Set(given[name] || []);
    return h(
      "fieldset",
      { class: "field fieldset" },
      h("legend", { class: "label" }, label),
      h(
        "div",
        { class: "chips" },
        options.map(([value, text]) =>
          h(
            "label",
            { class: "chip" },
            h("input", {
              type: "checkbox",
              checked: chosen.has(value),
              onchange: (event) => {
                if (event.target.checked) chosen.add(value);
                else chosen.delete(value);
                // Everyone ticked is nobody asked.
                set(name, chosen.size === options.length ? [] : options.map(([key]) => key).filter((key) => chosen.has(key)));
              },
            }),
            text,
          ),
        ),
      ),
    );
  }

  function places() {
    const all = [...choices.departments.map(([code, name]) => ["departments", code, `${name} (${code})`]), ...choices.regions.map(([code, name]) => ["regions", code, name])];
    const id = freshId("place");
    const listId = `${id}-list`;
    const chosen = all.filter(([list, code]) => (given[list] || []).includes(code));
    const input = h("input", {
      id,
      list: listId,
      placeholder: words.add_place,
      onchange: (event) => {
        const found = all.find(([, , label]) => label === event.target.value.trim());
        if (found) set(found[0], [...new Set([...(given[found[0]] || []), found[1]])]);
      },
    });
    return h(
      "div",
      { class: "field" },
      h("label", { class: "label", for: id }, words.places),
      chosen.length
        ? h(
            "div",
            { class: "tags" },
            chosen.map(([list, code, label]) =>
              h(
                "button",
                {
                  type: "button",
                  class: "chip",
                  "aria-label": `${words.remove} ${label}`,
                  onclick: () => set(list, given[list].filter((one) => one !== code)),
                },
                label,
                icon("x", "s"),
              ),
            ),
          )
        : null,
      input,
      h("datalist", { id: listId }, all.map(([, , label]) => h("option", { value: label }))),
      h("p", { class: "help" }, words.places_help),
    );
  }

  // A segment of somebody else's, or one that is gone, stays until it is taken off.
  function inSegment() {
    const known = choices.segments || [];
    if (!known.length && !given.segment) return [];
    const id = freshId("segment");
    const others = given.segment && !known.some(([key]) => key === given.segment) ? [[given.segment, words.other_segment]] : [];
    const options = [["", words.any_segment], ...known, ...others].map(([key, label]) => h("option", { value: key, selected: key === (given.segment || "") }, label));
    return [
      h(
        "div",
        { class: "field" },
        h("label", { class: "label", for: id }, words.segment),
        h("select", { id, "aria-describedby": `${id}-help`, onchange: (event) => set("segment", Number(event.target.value) || false) }, options),
        h("p", { class: "help", id: `${id}-help` }, words.segment_help),
      ),
    ];
  }

  function alternative() {
    const mustStand = Boolean(given.departments?.length || given.regions?.length || given.segment);
    block.otherwise ??= [];
    return h(
      "div",
      { class: "field" },
      h("span", { class: "label" }, words.others_read, mustStand ? null : h("span", { class: "optional" }, ` (${words.optional})`)),
      drawList(block.otherwise, { parent: block.id, name: "otherwise", inColumns: false }),
      h("p", { class: "error", "data-error-of": "otherwise", hidden: true }),
    );
  }
}

export const hasAny = (condition) => Boolean(condition && (condition.event || condition.segment || LISTS.some((name) => condition[name]?.length)));
