// A small rich text field: bold, italic, links, lists and variables; the server reduces it to the same set
// (messaging/content/richtext.py). Markup only ever passes through `nodesOf`, an allow-list.

import { fill, freshId, h, iconButton } from "./dom.js";

const LIQUID = /\{\{[^{}]*\}\}|\{%[^{}]*%\}/g;
const KEPT = { B: "strong", STRONG: "strong", I: "em", EM: "em", UL: "ul", OL: "ol", LI: "li", P: "p", DIV: "p", BR: "br" };
const HEADINGS = new Set(["H1", "H2", "H3", "H4", "H5", "H6", "BLOCKQUOTE"]);
const DROPPED = new Set(["SCRIPT", "STYLE", "TITLE", "META", "LINK", "TEMPLATE"]);
const SAFE_LINK = /^(https?:|mailto:|tel:|\{\{)/i;

export class RichText {
  constructor({ value, label, variables, links, words, onchange, onundo, onredo }) {
    Object.assign(this, { variables, links, words, onchange });
    this.box = h("div", {
      class: "rich-box",
      contenteditable: "true",
      role: "textbox",
      "aria-multiline": "true",
      "aria-label": label,
      id: freshId("rich"),
      spellcheck: "true",
    });
    this.box.append(...this._paragraphs(nodesOf(value, variables)));
    this.buttons = this._buttons();
    this.toolbar = h("div", { class: "rich-bar", role: "toolbar", "aria-label": words.formatting, "aria-controls": this.box.id }, this.buttons);
    this.element = h("div", { class: "rich" }, this.toolbar, this.box);
    this._listen(onundo, onredo);
  }

  get value() {
    const html = htmlOf(this.box);
    return html.replace(/<[^>]*>/g, "").trim() || html.includes("<a ") ? html : "";
  }

  focus() {
    this.box.focus();
  }

  _paragraphs(nodes) {
    const found = [];
    let open = null;
    for (const node of nodes) {
      if (["P", "UL", "OL"].includes(node.nodeName)) {
        open = null;
        found.push(node);
      } else {
        if (!open) found.push((open = h("p")));
        open.append(node);
      }
    }
    for (const paragraph of found) if (!paragraph.hasChildNodes()) paragraph.append(h("br"));
    return found.length ? found : [h("p", {}, h("br"))];
  }

  _buttons() {
    const run = (command) => () => this._command(command);
    const all = [
      ["bold", this.words.bold, run("bold"), "bold"],
      ["italic", this.words.italic, run("italic"), "italic"],
      ["link", this.words.link, () => this._link(), null],
      ["list", this.words.bullets, run("insertUnorderedList"), "insertUnorderedList"],
      ["list-ordered", this.words.numbers, run("insertOrderedList"), "insertOrderedList"],
      ["braces", this.words.variable, () => this._variable(), null],
    ];
    return all.map(([name, label, act, state], index) => {
      const button = iconButton(name, label, act, { tabindex: index ? "-1" : "0", "data-state": state });
      button.addEventListener("mousedown", (event) => event.preventDefault()); // the selection stays in the text
      return button;
    });
  }

  _listen(onundo, onredo) {
    this.box.addEventListener("focus", () => {
      document.execCommand("defaultParagraphSeparator", false, "p");
      document.execCommand("styleWithCSS", false, false);
    });
    this.box.addEventListener("input", () => this._changed());
    this.box.addEventListener("keydown", (event) => this._key(event));
    this.box.addEventListener("paste", (event) => this._paste(event));
    this.box.addEventListener("click", (event) => {
      const chip = event.target.closest(".variable");
      if (chip && this.variables.read(chip.dataset.liquid)) this._variable(chip);
    });
    this.box.addEventListener("beforeinput", (event) => {
      const step = { historyUndo: onundo, historyRedo: onredo }[event.inputType];
      if (!step) return;
      event.preventDefault();
      step();
    });
    this.box.addEventListener("drop", (event) => event.preventDefault());
    this.toolbar.addEventListener("keydown", (event) => this._rove(event));
    for (const happening of ["keyup", "mouseup", "focus"]) this.box.addEventListener(happening, () => this._showState());
  }

  _key(event) {
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
    const act = { b: () => this._command("bold"), i: () => this._command("italic"), k: () => this._link() }[event.key.toLowerCase()];
    if (!act || event.shiftKey) return;
    event.preventDefault();
    event.stopPropagation(); // Ctrl+K is the palette everywhere else
    act();
  }

  _rove(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const now = this.buttons.indexOf(document.activeElement);
    const next = this.buttons[(now + step + this.buttons.length) % this.buttons.length];
    for (const button of this.buttons) button.tabIndex = button === next ? 0 : -1;
    next.focus();
  }

  _command(name) {
    this.box.focus();
    document.execCommand(name);
    this._changed();
    this._showState();
  }

  _changed() {
    this.onchange(this.value);
  }

  _showState() {
    for (const button of this.buttons) {
      const state = button.dataset.state;
      if (state) button.setAttribute("aria-pressed", String(document.queryCommandState(state)));
    }
  }

  _paste(event) {
    event.preventDefault();
    const html = event.clipboardData.getData("text/html");
    const nodes = html ? nodesOf(html, this.variables) : textNodes(event.clipboardData.getData("text/plain"), this.variables);
    const holder = h("div", {}, nodes);
    // One short line joins the sentence; paragraphs stay paragraphs.
    const inline = holder.children.length === 1 && holder.firstElementChild.nodeName === "P" && holder.childNodes.length === 1;
    document.execCommand("insertHTML", false, inline ? holder.firstElementChild.innerHTML : holder.innerHTML);
    this._changed();
  }

  // ---- Selection ------------------------------------------------------------------------------------
  _range() {
    const selection = getSelection();
    if (selection.rangeCount && this.box.contains(selection.getRangeAt(0).commonAncestorContainer)) {
      return outsideChips(selection.getRangeAt(0).cloneRange());
    }
    const range = document.createRange();
    range.selectNodeContents(this.box.lastElementChild || this.box);
    range.collapse(false);
    return range;
  }

  _restore(range) {
    this.box.focus();
    const selection = getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
  }

  _insert(range, ...nodes) {
    range.deleteContents();
    for (const node of nodes.reverse()) range.insertNode(node);
    const last = nodes[0];
    range.setStartAfter(last);
    range.collapse(true);
    this._restore(range);
    this._changed();
  }

  _variable(chip = null) {
    const range = this._range();
    this.variables.pick({
      liquid: chip?.dataset.liquid || "",
      back: () => this._restore(range),
      insert: (liquid) => {
        const made = chipOf(liquid, this.variables);
        if (chip) {
          chip.replaceWith(made);
          this._changed();
        } else {
          this._insert(range, made, document.createTextNode("\u00a0"));
        }
      },
    });
  }

  _link() {
    const range = this._range();
    const start = range.startContainer.nodeType === Node.ELEMENT_NODE ? range.startContainer : range.startContainer.parentElement;
    const anchor = start.closest("a");
    this.links.ask({
      url: anchor?.getAttribute("href") || "",
      text: range.collapsed ? (anchor?.textContent ?? "") : range.toString(),
      asksText: range.collapsed && !anchor,
      canRemove: Boolean(anchor),
      back: () => this._restore(range),
      done: (url, text) => this._setLink(range, anchor, url, text),
      remove: () => {
        anchor.replaceWith(...anchor.childNodes);
        this._changed();
      },
    });
  }

  _setLink(range, anchor, url, text) {
    if (anchor) {
      anchor.setAttribute("href", url);
      this._changed();
    } else if (range.collapsed) {
      this._insert(range, h("a", { href: url }, text || url), document.createTextNode("\u00a0"));
    } else {
      this._restore(range);
      document.execCommand("createLink", false, url);
      this._changed();
    }
  }
}

// A chip is one thing: nothing begins or ends inside it.
function outsideChips(range) {
  const chipAround = (node) => (node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement)?.closest(".variable");
  const first = chipAround(range.startContainer);
  const last = chipAround(range.endContainer);
  if (first) range.setStartAfter(first);
  if (last) range.setEndAfter(last);
  return range;
}

// ---- Between HTML and nodes ----------------------------------------------------------------------------

// The allowed part of some HTML, as nodes; variables become chips.
export function nodesOf(html, variables) {
  const page = new DOMParser().parseFromString(html, "text/html");
  return children(page.body, variables);
}

function textNodes(text, variables) {
  const paragraphs = text.replace(/\r/g, "").split(/\n{2,}/);
  return paragraphs.map((paragraph) => {
    const lines = paragraph.split("\n").flatMap((line, index) => [index ? h("br") : null, ...withChips(line, variables)]);
    return h("p", {}, lines);
  });
}

const children = (node, variables) => [...node.childNodes].flatMap((child) => allowed(child, variables));

function allowed(node, variables) {
  if (node.nodeType === Node.TEXT_NODE) return withChips(node.data, variables);
  if (node.nodeType !== Node.ELEMENT_NODE || DROPPED.has(node.nodeName)) return [];
  if (node.dataset.liquid) return [chipOf(node.dataset.liquid, variables)];
  const inner = children(node, variables);
  if (HEADINGS.has(node.nodeName)) return [h("p", {}, h("strong", {}, inner))];
  if (node.nodeName === "A") {
    const href = (node.getAttribute("href") || "").trim();
    return SAFE_LINK.test(href) ? [h("a", { href }, inner)] : inner;
  }
  const name = KEPT[node.nodeName];
  if (!name) return isBlock(node) ? [h("p", {}, inner)] : inner;
  // A block inside a paragraph would be two paragraphs: the outer one gives way.
  if (name === "p" && inner.some((one) => ["P", "UL", "OL"].includes(one.nodeName))) return inner;
  return [h(name, {}, inner)];
}

const isBlock = (node) => ["TR", "SECTION", "ARTICLE", "HEADER", "FOOTER", "PRE"].includes(node.nodeName);

function withChips(text, variables) {
  const nodes = [];
  let end = 0;
  const squeezed = text.replace(/[ \t\n\r\f]+/g, " ");
  for (const found of squeezed.matchAll(LIQUID)) {
    nodes.push(squeezed.slice(end, found.index), chipOf(found[0], variables));
    end = found.index + found[0].length;
  }
  nodes.push(squeezed.slice(end));
  return nodes.filter((node) => node !== "").map((node) => (typeof node === "string" ? document.createTextNode(node) : node));
}

function chipOf(liquid, variables) {
  const title = variables.read(liquid) ? fill(variables.words.change_variable, { liquid }) : liquid;
  return h("span", { class: "variable", contenteditable: "false", "data-liquid": liquid, title }, variables.labelOf(liquid));
}

// What is saved: chips as their Liquid, nothing else but the allow-list.
function htmlOf(box) {
  const clean = (node) => {
    if (node.nodeType === Node.TEXT_NODE) return escaped(plainSpaces(node.data));
    if (node.nodeType !== Node.ELEMENT_NODE) return "";
    if (node.dataset.liquid) return escaped(node.dataset.liquid);
    const inner = [...node.childNodes].map(clean).join("");
    if (node.nodeName === "A") {
      const href = node.getAttribute("href") || "";
      return inner && SAFE_LINK.test(href) ? `<a href="${escaped(href)}">${inner}</a>` : inner;
    }
    const name = KEPT[node.nodeName];
    if (name === "br") return node.nextSibling ? "<br>" : ""; // the last one only holds the line open
    if (!name || (!inner && name !== "p")) return inner;
    if (name === "p" && [...node.children].some(isParagraph)) return unwrapped(node, clean);
    return `<${name}>${inner.replace(/ +$/, name === "p" || name === "li" ? "" : "$&")}</${name}>`;
  };
  return [...box.childNodes].map(clean).join("").replace(/(<p><\/p>)+$/, "");
}

const isParagraph = (node) => ["P", "DIV", "UL", "OL"].includes(node.nodeName);

// Browsers put a list inside the paragraph it was made of: a sibling is meant.
function unwrapped(node, clean) {
  let html = "";
  let line = "";
  const end = () => {
    if (line.trim()) html += `<p>${line.trim()}</p>`;
    line = "";
  };
  for (const child of node.childNodes) {
    if (!isParagraph(child)) {
      line += clean(child);
      continue;
    }
    end();
    html += clean(child);
  }
  end();
  return html;
}

// Browsers write a no-break space for one typed at an edge; only those of French typography are meant.
const plainSpaces = (text) => text.replace(/(?<!«)\u00a0(?![:;!?»%€\d])/g, " ");

const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
