// Whose message the preview shows, or whose data a test takes: an example, somebody of whom nothing is known,
// or a person of the base. Every [data-reader] button of the page opens the same dialog.

import { h, icon } from "./dom.js";

export class Readers {
  constructor({ urls, words, onChoose }) {
    Object.assign(this, { urls, words, onChoose });
    this.dialog = document.getElementById("reader-dialog");
    this.search = this.dialog.querySelector("[data-reader-search]");
    this.results = this.dialog.querySelector("[data-reader-results]");
    for (const button of document.querySelectorAll("[data-reader]")) {
      button.addEventListener("click", () => {
        this.dialog.showModal();
        this.search.focus();
      });
    }
    this.search.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this._find(), 200);
    });
    for (const fixed of this.dialog.querySelectorAll("[data-reader-value]")) {
      fixed.addEventListener("click", () => this._choose(fixed.dataset.readerValue, fixed.dataset.readerLabel));
    }
  }

  async _find() {
    const wanted = this.search.value.trim();
    if (wanted.length < 2) return this.results.replaceChildren();
    const query = new URLSearchParams({ q: wanted });
    const answer = await fetch(`${this.urls.readers}?${query}`, { headers: { "HX-Request": "true" } });
    if (!answer.ok || wanted !== this.search.value.trim()) return;
    const { people } = await answer.json();
    const none = h("li", { class: "muted small reader-none" }, this.words.nobody_found);
    this.results.replaceChildren(...(people.length ? people.map((person) => this._line(person)) : [none]));
  }

  _line(person) {
    const words = h("span", { class: "list-main" }, h("strong", {}, person.name), h("span", { class: "cell-sub" }, person.about));
    const choose = () => this._choose(String(person.id), person.name);
    return h("li", {}, h("button", { type: "button", class: "list-item", onclick: choose }, icon("user"), words));
  }

  _choose(value, label) {
    for (const name of document.querySelectorAll("[data-reader-name]")) name.textContent = label;
    for (const field of document.querySelectorAll("[data-test-reader]")) field.value = value;
    this.dialog.close();
    this.onChoose(value);
  }
}
