// The list of variables: what a message may say of its reader, with what to say when it is not known.

import { fill, h } from "./dom.js";

const OUTPUT = /^\{\{\s*(\w+)\s*(?:\|\s*default:\s*["“](.*?)["”]\s*)?\}\}$/;

export class Variables {
  constructor(groups, words) {
    this.words = words;
    this.groups = groups;
    this.byName = new Map(groups.flatMap((group) => group.items).map((item) => [item.name, item]));
    this.dialog = document.getElementById("variables-dialog");
    this.search = this.dialog.querySelector("[data-variable-search]");
    this.list = this.dialog.querySelector("[data-variable-list]");
    this.fallback = this.dialog.querySelector("[data-variable-fallback]");
    this.fallbackField = this.fallback.closest(".field");
    this.search.addEventListener("input", () => this._draw());
    this.dialog.querySelector("form").addEventListener("submit", (event) => this._submit(event));
    this.dialog.addEventListener("close", () => this._closed());
  }

  // Ask for a variable; `insert(liquid)` is called when one is chosen, `back()` always, with the dialog shut.
  pick({ insert, back, links = false, liquid = "" }) {
    Object.assign(this, { insert, back, links, chosenText: null });
    const now = this.read(liquid);
    this.chosen = now?.name || "";
    this.fallback.value = now?.fallback || "";
    this.search.value = "";
    this.fallbackField.hidden = links;
    this._draw();
    this.dialog.showModal();
    if (now) this.fallback.focus();
  }

  // { name, fallback } of a construct that the picker could have made; null for any other Liquid.
  read(liquid) {
    const found = OUTPUT.exec(liquid.replaceAll("\u00a0", " ").trim());
    return found ? { name: found[1], fallback: found[2] || "" } : null;
  }

  // What a person reads in place of the construct.
  labelOf(liquid) {
    const read = this.read(liquid);
    const item = read && this.byName.get(read.name);
    if (!item) return liquid;
    return read.fallback ? fill(this.words.variable_or, { label: item.label, fallback: read.fallback }) : item.label;
  }

  write(name, fallback) {
    const clean = fallback.replace(/["“”{}\n]/g, "").trim();
    return clean ? `{{ ${name} | default: "${clean}" }}` : `{{ ${name} }}`;
  }

  _draw() {
    const wanted = this.search.value.trim().toLowerCase();
    const matches = (item) => !wanted || `${item.label} ${item.name}`.toLowerCase().includes(wanted);
    const groups = this.groups
      .map((group) => ({ ...group, items: group.items.filter((item) => matches(item) && (!this.links || item.isUrl)) }))
      .filter((group) => group.items.length);
    if (!groups.length) {
      this.list.replaceChildren(h("p", { class: "muted" }, this.words.no_variable));
      return;
    }
    this.list.replaceChildren(...groups.map((group) => this._group(group)));
  }

  _group(group) {
    return h(
      "fieldset",
      { class: "variable-group" },
      h("legend", {}, group.label),
      group.items.map((item) =>
        h(
          "label",
          { class: "variable-choice" },
          h("input", {
            type: "radio",
            name: "variable",
            value: item.name,
            checked: item.name === this.chosen,
            required: true,
            onchange: () => (this.chosen = item.name),
          }),
          h("span", {}, item.label),
          h("span", { class: "variable-example" }, item.example),
        ),
      ),
    );
  }

  _submit(event) {
    event.preventDefault();
    if (!this.chosen) return;
    this.chosenText = this.write(this.chosen, this.links ? "" : this.fallback.value);
    this.dialog.close();
    this._closed(); // at once: what is typed next goes after the variable
  }

  _closed() {
    if (!this.back) return;
    const { back, insert, chosenText } = this;
    this.back = null;
    back();
    if (chosenText) insert(chosenText);
  }
}
