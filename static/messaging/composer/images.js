// The library of pictures: choose one, or add one.

import { csrfToken, h } from "./dom.js";

export class Images {
  constructor(urls, words) {
    Object.assign(this, { urls, words });
    this.dialog = document.getElementById("images-dialog");
    this.grid = this.dialog.querySelector("[data-images]");
    this.more = this.dialog.querySelector("[data-images-more]");
    this.problem = this.dialog.querySelector("[data-images-problem]");
    this.file = this.dialog.querySelector('input[type="file"]');
    this.alt = this.dialog.querySelector("[data-images-alt]");
    this.file.addEventListener("change", () => this._upload());
    this.more.addEventListener("click", () => this._load(this.next));
    this.dialog.addEventListener("close", () => this.back?.());
  }

  // `done({ url, alt, width })` when one is chosen; `back()` always, with the dialog shut.
  choose({ done, back }) {
    Object.assign(this, { done, back });
    this._say("");
    this.grid.replaceChildren();
    this.dialog.showModal();
    this._load(this.urls.images);
  }

  async _load(url) {
    const answer = await fetch(url, { headers: { "HX-Request": "true" } });
    if (!answer.ok) return this._say(this.words.images_failed);
    const { images, next } = await answer.json();
    this.next = next;
    this.more.hidden = !next;
    if (!images.length && !this.grid.children.length) this.grid.append(h("p", { class: "muted" }, this.words.no_image));
    this.grid.append(...images.map((image) => this._tile(image)));
  }

  _tile(image) {
    return h(
      "button",
      { type: "button", class: "image-tile", onclick: () => this._choose(image) },
      h("img", { src: image.path, alt: image.alt || this.words.image_without_alt, loading: "lazy" }),
      h("span", { class: "cell-sub" }, `${image.width} × ${image.height}`),
    );
  }

  _choose(image) {
    const done = this.done;
    this.dialog.close();
    done(image);
  }

  async _upload() {
    const file = this.file.files[0];
    if (!file) return;
    this._say(this.words.uploading, "muted");
    const body = new FormData();
    body.append("file", file);
    body.append("alt", this.alt.value);
    let answer = null;
    try {
      answer = await fetch(this.urls.upload, {
        method: "POST",
        headers: { "X-CSRFToken": csrfToken(), "HX-Request": "true" },
        body,
      });
    } catch {
      return this._say(this.words.status_offline);
    }
    this.file.value = "";
    const read = (answer.headers.get("Content-Type") || "").startsWith("application/json") ? await answer.json() : {};
    if (!answer.ok) return this._say(read.message || this.words.images_failed);
    this.alt.value = "";
    this._choose(read);
  }

  _say(text, kind = "error") {
    this.problem.className = kind;
    this.problem.textContent = text;
    this.problem.hidden = !text;
  }
}
