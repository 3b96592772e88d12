// The blocks of the message: a list that can be dragged, moved by buttons, opened, copied and deleted.

import { drawConditions, hasAny } from "./conditions.js";
import { fill, h, icon, iconButton } from "./dom.js";
import { drawField, find } from "./fields.js";
import { copyOf, locate, walk } from "./state.js";

export class Blocks {
  constructor(root, context) {
    Object.assign(this, { root, context, store: context.store, words: context.words });
    this.open = new Set();
    this.fresh = new Set(); // just added: what is still empty there is not a fault yet
    this.problems = [];
    this.live = root.parentElement.querySelector("[data-blocks-live]");
    this.onSelect = () => {};
    this.store.addEventListener("replace", (event) => this.draw(event.detail.focus));
    this.store.addEventListener("edit", () => this._summaries());
    root.addEventListener("focusout", (event) => this._left(event));
    root.addEventListener("keydown", (event) => this._key(event));
    this.draw();
  }

  draw(focus = null) {
    const kept = focus === "keep" ? whereFocusIs(this.root) : null;
    for (const sortable of this.sortables ?? []) sortable.destroy();
    this.sortables = [];
    this.root.replaceChildren(this._list(this.store.content.blocks, { parent: null, name: "blocks", inColumns: false }));
    this._showProblems();
    if (kept) restoreFocus(this.root, kept);
    else if (focus?.id) this._focus(focus);
  }

  // Open a block's form and bring it into view.
  select(id, { field = "" } = {}) {
    const found = locate(this.store.content.blocks, id);
    if (!found) return;
    for (let at = found; at; at = at.parent && locate(this.store.content.blocks, at.parent.id)) this.open.add(at.list[at.index].id);
    this.draw({ id, field });
  }

  showProblems(problems) {
    this.problems = problems;
    this._showProblems();
  }

  // ---- Drawing -------------------------------------------------------------------------------------------
  _list(blocks, place) {
    const list = h(
      "ol",
      { class: place.parent ? "blocks blocks-inner" : "blocks", "data-parent": place.parent, "data-name": place.name },
      blocks.map((block, index) => this._item(block, index, blocks, place)),
    );
    if (this._isFixed(place)) return h("div", { class: "block-list" }, list, blocks.length ? null : h("p", { class: "muted small blocks-none" }, this.words.no_local_block));
    this.sortables.push(
      window.Sortable.create(list, {
        handle: ".block-grip",
        draggable: ".block",
        forceFallback: true, // the browser's own dragging differs too much from one to the next
        fallbackTolerance: 4,
        animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 140,
        group: { name: "blocks", put: (_to, _from, item) => this._fits(item.dataset.type, place) },
        onEnd: (event) => this._dropped(event),
      }),
    );
    return h("div", { class: "block-list" }, list, blocks.length ? null : h("p", { class: "muted small blocks-none" }, place.parent ? this.words.no_inner_block : this.words.no_block), this._adder(place));
  }

  _item(block, index, blocks, place) {
    const type = this.store.types.get(block.type);
    if (this._isFixed(place) && !block.open) return this._locked(block, type);
    const isOpen = this.open.has(block.id);
    const head = h(
      "div",
      { class: "block-head" },
      this._isFixed(place) ? null : h("span", { class: "block-grip", "aria-hidden": "true", title: this.words.drag }, icon("grip-vertical", "s")),
      h(
        "button",
        { type: "button", class: "block-toggle", "aria-expanded": String(isOpen), onclick: () => this._toggle(block.id) },
        icon(type.icon),
        h("span", { class: "block-name" }, type.label),
        h("span", { class: "block-summary" }, this._summary(block)),
        block.open && !this.context.fixed ? h("span", { class: "badge badge-accent" }, icon("map-pin"), this.words.local_block) : null,
        this._isConditional(block) ? h("span", { class: "badge badge-accent" }, icon("eye"), this.words.some_readers) : null,
        h("span", { class: "badge badge-bad block-problem", hidden: true }, this.words.to_complete),
      ),
      this._isFixed(place) ? null : this._actions(block, index, blocks, place),
    );
    const item = h("li", { class: "block", "data-id": block.id, "data-type": block.type }, head);
    if (isOpen) item.append(this._form(block, type, place));
    return item;
  }

  // Whole blocks of a message that somebody else laid out; inside an open block, columns are one's own.
  _isFixed(place) {
    return this.context.fixed && !place.parent;
  }

  _locked(block, type) {
    return h(
      "li",
      { class: "block block-locked", "data-id": block.id, "data-type": block.type },
      h(
        "div",
        { class: "block-head" },
        h("div", { class: "block-toggle" }, icon(type.icon), h("span", { class: "block-name" }, type.label), h("span", { class: "block-summary" }, this._summary(block)), icon("lock", "s"), h("span", { class: "visually-hidden" }, this.words.locked_block)),
        h("span", { class: "badge badge-bad block-problem", hidden: true }, this.words.to_complete),
      ),
    );
  }

  // A message with few blocks to fill in shows their forms at once.
  openLocal() {
    for (const block of this.store.content.blocks) if (block.open) this.open.add(block.id);
    this.draw();
  }

  _actions(block, index, blocks, place) {
    const named = (words) => `${words} – ${this.store.types.get(block.type).label} ${index + 1}`;
    const button = (name, words, act, more = {}) => iconButton(name, named(words), act, { title: words, ...more });
    return h(
      "div",
      { class: "block-actions" },
      button("arrow-up", this.words.up, () => this._move(block.id, -1), { disabled: index === 0, "data-act": "up" }),
      button("arrow-down", this.words.down, () => this._move(block.id, 1), { disabled: index === blocks.length - 1, "data-act": "down" }),
      this._adder(place, block.id),
      button("copy", this.words.duplicate, () => this._duplicate(block.id), { "data-act": "copy" }),
      button("trash-2", this.words.remove, () => this._remove(block.id), { "data-act": "remove" }),
    );
  }

  _form(block, type, place) {
    const body = h("div", { class: "block-form stack" });
    for (const field of type.fields) {
      if (field.kind === "blocks") {
        block[field.name] ??= [];
        body.append(
          h("div", { class: "field" }, h("span", { class: "label" }, field.label), this._list(block[field.name], { parent: block.id, name: field.name, inColumns: true })),
        );
      } else {
        body.append(drawField(field, block, this.context));
      }
    }
    if (!type.fields.length) body.append(h("p", { class: "muted small" }, this.words.no_field));
    if (this._isFixed(place)) body.append(...this._backToNational(block));
    if (place.parent || this.context.fixed) return body;
    if (!this._isConditional(block) && !this.context.version) body.append(this._opener(block));
    if (!block.open) body.append((this.context.drawConditions ?? drawConditions)(block, this.context, (blocks, inner) => this._list(blocks, inner)));
    return body;
  }

  // Not everybody reads it. Forms have conditions of their own (static/tracking/builder/).
  _isConditional(block) {
    return (this.context.isConditional ?? hasAny)(block.only_if);
  }

  // "Local block": each territory may put its own words here.
  _opener(block) {
    const set = (event) =>
      this.store.edit(
        (content) => {
          const target = find(content.blocks, block.id);
          if (event.target.checked) target.open = true;
          else delete target.open;
        },
        { redraw: true, focus: "keep" },
      );
    return h(
      "div",
      { class: "field" },
      h("label", { class: "switch" }, h("input", { type: "checkbox", role: "switch", checked: Boolean(block.open), onchange: set }), h("span", {}, this.words.local_block)),
      h("p", { class: "help" }, this.words.local_help),
    );
  }

  _backToNational(block) {
    const national = this.context.national[block.id];
    if (!national || JSON.stringify(sorted(national)) === JSON.stringify(sorted(block))) return [];
    const take = () =>
      this.store.edit(
        (content) => {
          const { list, index } = locate(content.blocks, block.id);
          list[index] = structuredClone(national);
        },
        { redraw: true, focus: { id: block.id } },
      );
    return [h("div", {}, h("button", { type: "button", class: "btn btn-sm", onclick: take }, icon("undo-2", "s"), this.words.national_text))];
  }

  // The menu of kinds of blocks: at the end of a list, or (`after` a block) in its row of buttons.
  _adder(place, after = null) {
    const taken = new Set(this.store.content.blocks.map((block) => block.type));
    const types = [...this.store.types.values()].filter((type) => (!place.inColumns || type.inColumns) && !(type.once && taken.has(type.name)));
    const menu = h(
      "details",
      { class: "menu add-block" },
      after
        ? h("summary", { class: "btn btn-ghost btn-icon btn-sm", "aria-label": this.words.add_below, title: this.words.add_below }, icon("plus", "s"))
        : h("summary", { class: place.parent ? "btn btn-sm" : "btn" }, icon("plus"), this.words.add_block),
      h(
        "div",
        { class: "menu-list add-list" },
        types.map((type) => h("button", { type: "button", onclick: () => this._add(type.name, place, after, menu) }, icon(type.icon), type.label)),
      ),
    );
    return menu;
  }

  _summary(block) {
    const type = this.store.types.get(block.type);
    if (this.context.summary) return this.context.summary(block, type);
    if (block.type === "columns") {
      return fill(this.words.columns_summary, { left: (block.left || []).length, right: (block.right || []).length });
    }
    if (block.type === "spacer") return `${block.height} px`;
    const first = type.fields.find((field) => ["line", "rich", "image"].includes(field.kind) && block[field.name]);
    if (!first) return "";
    const raw = first.kind === "image" ? block.alt || "" : first.kind === "rich" ? textOf(block[first.name]) : block[first.name];
    return raw.replace(/\{\{[^{}]*\}\}/g, (liquid) => `[${this.context.variables.labelOf(liquid)}]`).slice(0, 120);
  }

  _summaries() {
    walk(this.store.content.blocks, (block) => {
      const place = this._element(block.id)?.querySelector(":scope > .block-head .block-summary");
      if (place) place.textContent = this._summary(block);
    });
  }

  _showProblems() {
    const byBlock = Map.groupBy ? Map.groupBy(this.problems, (one) => one.block) : groupBy(this.problems);
    walk(this.store.content.blocks, (block) => {
      const element = this._element(block.id);
      if (!element) return;
      const mine = this.fresh.has(block.id) ? [] : byBlock.get(block.id) || [];
      let inside = 0;
      walk([block], (one) => (inside += this.fresh.has(one.id) ? 0 : (byBlock.get(one.id) || []).length));
      element.querySelector(":scope > .block-head .block-problem").hidden = !inside;
      for (const place of element.querySelectorAll(":scope > .block-form [data-error-of]")) {
        if (place.closest(".block") !== element) continue;
        const found = mine.filter((one) => one.field === place.dataset.errorOf);
        place.textContent = found.map((one) => one.message).join(" ");
        place.hidden = !found.length;
      }
    });
  }

  // ---- Acts -----------------------------------------------------------------------------------------------
  _toggle(id) {
    if (this.open.has(id)) this.open.delete(id);
    else this.open.add(id);
    this.fresh.delete(id);
    this.draw({ id });
    if (this.open.has(id)) this.onSelect(id);
  }

  _add(type, place, after, menu) {
    menu.open = false;
    const block = this.store.newBlock(type);
    this.open.add(block.id);
    this.fresh.add(block.id);
    const put = (content) => {
      const list = this._target(content, place);
      const index = after ? list.findIndex((one) => one.id === after) + 1 : list.length;
      list.splice(index, 0, block);
    };
    this.store.edit(put, { redraw: true, focus: { id: block.id, field: "first" } });
    this.onSelect(block.id);
  }

  _target(content, place) {
    if (!place.parent) return content.blocks;
    const parent = find(content.blocks, place.parent);
    return (parent[place.name] ??= []);
  }

  _move(id, step) {
    const act = step < 0 ? "up" : "down";
    this.store.edit(
      (content) => {
        const { list, index } = locate(content.blocks, id);
        list.splice(index + step, 0, ...list.splice(index, 1));
      },
      { redraw: true, focus: { id, act } },
    );
    const { list, index } = locate(this.store.content.blocks, id);
    this._announce(fill(this.words.moved, { place: index + 1, of: list.length }));
  }

  _duplicate(id) {
    const { list, index } = locate(this.store.content.blocks, id);
    const copy = copyOf(list[index]);
    this.open.delete(id);
    this.open.add(copy.id);
    this.store.edit(
      (content) => {
        const place = locate(content.blocks, id);
        place.list.splice(place.index + 1, 0, copy);
      },
      { redraw: true, focus: { id: copy.id } },
    );
    this._announce(this.words.duplicated);
  }

  _remove(id) {
    const { list, index } = locate(this.store.content.blocks, id);
    const next = list[index + 1] ?? list[index - 1];
    this.store.edit(
      (content) => {
        const place = locate(content.blocks, id);
        place.list.splice(place.index, 1);
      },
      { redraw: true, focus: next ? { id: next.id } : null },
    );
    if (!next) this.root.querySelector(".block-list > .add-block > summary")?.focus();
    this._announce(this.words.removed);
  }

  _dropped(event) {
    const id = event.item.dataset.id;
    const { parent, name } = event.to.dataset;
    const goal = event.newDraggableIndex;
    this.store.edit(
      (content) => {
        const { list, index } = locate(content.blocks, id);
        const [block] = list.splice(index, 1);
        this._target(content, { parent, name }).splice(goal, 0, block);
      },
      { redraw: true, focus: { id } },
    );
  }

  _fits(type, place) {
    if (place.inColumns && !this.store.types.get(type).inColumns) return false;
    return !(place.parent && this._element(place.parent)?.dataset.type === type && type === "columns");
  }

  _key(event) {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const toggle = event.target.closest(".block-toggle");
    if (!step || !event.altKey || !toggle) return;
    event.preventDefault();
    if (this.context.fixed && !toggle.closest(".blocks-inner")) return;
    const id = toggle.closest(".block").dataset.id;
    const { list, index } = locate(this.store.content.blocks, id);
    if (list[index + step]) {
      this._move(id, step);
      this._element(id).querySelector(".block-toggle").focus();
    }
  }

  // What was just added counts as faulty once its author goes elsewhere.
  _left(event) {
    const block = event.target.closest?.(".block");
    if (!block || block.contains(event.relatedTarget) || !event.relatedTarget) return;
    if (this.fresh.delete(block.dataset.id)) this._showProblems();
  }

  // ---- Finding ---------------------------------------------------------------------------------------------
  _element(id) {
    return this.root.querySelector(`.block[data-id="${CSS.escape(id)}"]`);
  }

  _focus({ id, field = "", act = "" }) {
    const element = this._element(id);
    if (!element) return;
    const wanted =
      (field === "first" && element.querySelector(".block-form :is(input:not([type=radio]), textarea, select, .rich-box, summary, button)")) ||
      (field && field !== "first" && element.querySelector(`[data-field="${field}"] :is(input, textarea, select, .rich-box, button)`)) ||
      (act && element.querySelector(`[data-act="${act}"]:not(:disabled)`)) ||
      element.querySelector(".block-toggle");
    wanted.focus({ preventScroll: true });
    element.scrollIntoView({ block: "nearest", behavior: "instant" });
  }

  _announce(text) {
    this.live.textContent = text;
  }
}

// The same fields in the same order, so that two blocks can be compared.
const sorted = (block) => Object.entries(block).sort(([one], [other]) => (one < other ? -1 : 1));

const textOf = (html) => new DOMParser().parseFromString(html.replace(/<\/(p|li)>|<br>/g, " "), "text/html").body.textContent.trim();

function groupBy(problems) {
  const found = new Map();
  for (const one of problems) found.set(one.block, [...(found.get(one.block) || []), one]);
  return found;
}

// Where the caret is, in words that survive a redraw.
function whereFocusIs(root) {
  const active = document.activeElement;
  if (!active || !root.contains(active)) return null;
  const id = active.closest(".block")?.dataset.id;
  const all = focusable(root, id);
  const caret = active.isContentEditable ? caretIn(active) : active.selectionStart;
  return { id, index: all.indexOf(active), caret };
}

function restoreFocus(root, { id, index, caret }) {
  const element = focusable(root, id)[index];
  if (!element) return;
  element.focus({ preventScroll: true });
  if (element.isContentEditable) putCaret(element, caret);
  else if (typeof caret === "number" && element.setSelectionRange) element.setSelectionRange(caret, caret);
}

function focusable(root, id) {
  const place = id ? root.querySelector(`.block[data-id="${CSS.escape(id)}"]`) : root;
  return place ? [...place.querySelectorAll("input, textarea, select, button, summary, .rich-box")] : [];
}

function caretIn(box) {
  const selection = getSelection();
  if (!selection.rangeCount) return 0;
  const before = document.createRange();
  before.selectNodeContents(box);
  before.setEnd(selection.getRangeAt(0).startContainer, selection.getRangeAt(0).startOffset);
  return before.toString().length;
}

function putCaret(box, offset) {
  const texts = document.createTreeWalker(box, NodeFilter.SHOW_TEXT);
  let left = offset;
  while (texts.nextNode()) {
    const node = texts.currentNode;
    if (left <= node.length && !node.parentElement.closest(".variable")) {
      getSelection().collapse(node, left);
      return;
    }
    left = Math.max(0, left - node.length);
  }
}
