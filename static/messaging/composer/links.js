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
      this._answered(this._read());
    });
    this.remove.addEventListener("click", () => {
      this._answered("remove");
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

  // At once, not when the browser gets round to its event: what is typed next goes where it should.
  _answered(answer) {
    this.answer = answer;
    this.dialog.close();
    this._closed();
  }

  _closed() {
    if (!this.back) return;
    const { back, done, removeIt, answer } = this;
    this.back = null;
    back();
    if (answer === "remove") removeIt();
    else if (answer?.url) done(answer.url, answer.text);
  }
}

// "example.org/page" and "name@example.org" become whole addresses; the rest is left for the server to judge.
export function wholeAddress(typed) {
  const url = typed.trim();
  if (!url || /^[a-z][a-z0-9+.-]*:/i.test(url) || url.startsWith("{{")) return url;
  if (/^[^\s@/]+@[^\s@/]+\.[^\s@/]+$/.test(url)) return `mailto:${url}`;
  return /^[\w-]+(\.[\w-]+)+([/?#:].*)?$/.test(url) ? `https://${url}` : url;
}
