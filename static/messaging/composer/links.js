// The question "where does this link go?".

export class Links {
  constructor(groups) {
    this.dialog = document.getElementById("link-dialog");
    this.form = this.dialog.querySelector("form");
    this.remove = this.dialog.querySelector("[data-link-remove]");
    this.choice = this.dialog.querySelector("[data-link-variable]");
    for (const item of groups.flatMap((group) => group.items).filter((one) => one.isUrl)) {
      this.choice.append(new Option(item.label, `{{ ${item.name} }}`));
    }
    this.choice.addEventListener("change", () => {
      if (this.choice.value) this.form.elements.url.value = this.choice.value;
      this.choice.value = "";
    });
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.answer = this._read();
      this.dialog.close();
    });
    this.remove.addEventListener("click", () => {
      this.answer = "remove";
      this.dialog.close();
    });
    this.dialog.addEventListener("close", () => this._closed());
  }

  ask({ url, text, asksText, canRemove, back, done, remove }) {
    Object.assign(this, { back, done, removeIt: remove, answer: null });
    this.form.elements.url.value = url;
    this.form.elements.text.value = text;
    this.form.elements.text.closest(".field").hidden = !asksText;
    this.remove.hidden = !canRemove;
    this.dialog.showModal();
    this.form.elements.url.focus();
  }

  _read() {
    return { url: wholeAddress(this.form.elements.url.value), text: this.form.elements.text.value.trim() };
  }

  _closed() {
    this.back();
    if (this.answer === "remove") this.removeIt();
    else if (this.answer?.url) this.done(this.answer.url, this.answer.text);
  }
}

// "example.org/page" and "name@example.org" become whole addresses; the rest is left for the server to judge.
export function wholeAddress(typed) {
  const url = typed.trim();
  if (!url || /^[a-z][a-z0-9+.-]*:/i.test(url) || url.startsWith("{{")) return url;
  if (/^[^\s@/]+@[^\s@/]+\.[^\s@/]+$/.test(url)) return `mailto:${url}`;
  return /^[\w-]+(\.[\w-]+)+([/?#:].*)?$/.test(url) ? `https://${url}` : url;
}
