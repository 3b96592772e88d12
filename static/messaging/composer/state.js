// The document being written, and its history. One source of truth: forms write here, everything else reads.
//
// `content` is { name, sender, subject, preview_text, operation, tracking, blocks }; blocks are the JSON of
// messaging/content/blocks.py. Listeners: "edit" (a value changed in place), "replace" (draw all again).

const MOST_STEPS = 200;
const BURST_MS = 1200; // typing in one field within this time is one step of the history

export class Store extends EventTarget {
  constructor(content, types) {
    super();
    this.content = content;
    this.types = new Map(types.map((type) => [type.name, type]));
    this.past = [];
    this.future = [];
    this.lastKey = "";
    this.lastAt = 0;
  }

  // Change something: `change` alters this.content. `key` names the field that is typed in, so that a burst is
  // one step. `redraw`: the structure changed, forms must be drawn again; `focus` says where to go then.
  edit(change, { key = "", redraw = false, focus = null } = {}) {
    const now = Date.now();
    const sameBurst = key !== "" && key === this.lastKey && now - this.lastAt < BURST_MS;
    if (!sameBurst) {
      this.past.push(JSON.stringify(this.content));
      if (this.past.length > MOST_STEPS) this.past.shift();
    }
    this.lastKey = key;
    this.lastAt = now;
    this.future = [];
    change(this.content);
    this._tell(redraw ? "replace" : "edit", focus);
  }

  // Put another whole content in place, as one step that can be undone.
  replace(content) {
    this.past.push(JSON.stringify(this.content));
    this.future = [];
    this.lastKey = "";
    this.content = content;
    this._tell("replace");
  }

  undo() {
    this._step(this.past, this.future);
  }

  redo() {
    this._step(this.future, this.past);
  }

  get canUndo() {
    return this.past.length > 0;
  }

  get canRedo() {
    return this.future.length > 0;
  }

  _step(from, to) {
    if (!from.length) return;
    to.push(JSON.stringify(this.content));
    this.content = JSON.parse(from.pop());
    this.lastKey = "";
    this._tell("replace", "keep");
  }

  _tell(kind, focus = null) {
    this.dispatchEvent(new CustomEvent(kind, { detail: { focus } }));
  }

  newBlock(typeName) {
    const block = { id: newId(), type: typeName };
    for (const field of this.types.get(typeName).fields) {
      block[field.name] = field.kind === "blocks" ? [] : structuredClone(field.default);
    }
    return block;
  }
}

export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(6));
  return "b" + [...bytes].map((byte) => byte.toString(36).padStart(2, "0")).join("");
}

// A copy whose blocks all have identifiers of their own.
export function copyOf(block) {
  const copy = structuredClone(block);
  walk([copy], (one) => (one.id = newId()));
  return copy;
}

export function walk(blocks, visit) {
  for (const block of blocks) {
    visit(block);
    for (const inner of innerLists(block)) walk(inner, visit);
  }
}

const innerLists = (block) => [block.left, block.right, block.otherwise].filter(Array.isArray);

// The list that holds a block, and its place in it.
export function locate(blocks, id) {
  const index = blocks.findIndex((block) => block.id === id);
  if (index >= 0) return { list: blocks, index };
  for (const block of blocks) {
    for (const inner of innerLists(block)) {
      const found = locate(inner, id);
      if (found) return { ...found, parent: found.parent ?? block };
    }
  }
  return null;
}
