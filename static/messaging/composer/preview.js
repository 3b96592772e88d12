// The message as a reader gets it, beside the form. The frame has no script of its own (sandbox, and a policy
// of its own); this page listens inside it, so that a click on a block opens its form.

import { h } from "./dom.js";

export class Preview {
  constructor({ stage, urls, words, onPick }) {
    Object.assign(this, { stage, urls, words, onPick });
    this.reader = "example";
    this.part = "html";
    this.selected = "";
    this.turn = 0;
    this.refresh();
  }

  setReader(reader) {
    this.reader = reader;
    this.refresh();
  }

  setPart(part) {
    this.part = part;
    this.refresh();
  }

  // A new frame loads behind the old one and takes its place and its scroll: no flash.
  refresh() {
    const turn = (this.turn += 1);
    const query = new URLSearchParams({ reader: this.reader, part: this.part, turn });
    const frame = h("iframe", { class: "preview-loading", sandbox: "allow-same-origin", title: this.words.preview, tabindex: "0" });
    frame.addEventListener("load", () => {
      if (turn !== this.turn) return frame.remove();
      const old = [...this.stage.querySelectorAll("iframe")].filter((one) => one !== frame);
      const scroll = old[0]?.contentDocument?.documentElement.scrollTop ?? 0;
      frame.classList.remove("preview-loading");
      for (const one of old) one.remove();
      this._listen(frame);
      if (frame.contentDocument) frame.contentDocument.documentElement.scrollTop = scroll;
      this._mark(this.follow);
      this.follow = false;
    });
    frame.src = `${this.urls.preview}?${query}`;
    this.stage.append(frame);
  }

  // Show which block is being written, now and, if it is not there yet, once it is drawn.
  select(id) {
    this.selected = id;
    this.follow = !this._mark(true);
  }

  _listen(frame) {
    const page = frame.contentDocument;
    if (!page) return;
    const style = page.createElement("style");
    style.textContent =
      "[class*=block-]{cursor:pointer}[class*=block-]:hover{outline:1px dashed #3f51c7;outline-offset:-1px}.crm-selected{outline:2px solid #3f51c7!important;outline-offset:-2px}";
    page.head.append(style);
    page.addEventListener("click", (event) => {
      event.preventDefault();
      const element = event.target.closest("[class*='block-']");
      if (!element) return;
      const id = [...element.classList].find((name) => name.startsWith("block-")).slice(6);
      this.select(id);
      this.onPick(id);
    });
  }

  _mark(scroll = false) {
    const page = this.stage.querySelector("iframe:not(.preview-loading)")?.contentDocument;
    if (!page) return false;
    for (const element of page.querySelectorAll(".crm-selected")) element.classList.remove("crm-selected");
    if (!this.selected) return true;
    const found = page.getElementsByClassName(`block-${this.selected}`);
    for (const element of found) element.classList.add("crm-selected");
    if (scroll) found[0]?.scrollIntoView({ block: "nearest" });
    return found.length > 0;
  }
}
