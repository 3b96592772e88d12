// Saves by itself, one request at a time, on the revision that was read. Nothing is ever lost: what is not on
// the server yet is kept in this browser, and an edit made elsewhere is said, with both texts kept.

import { csrfToken, fill, h, icon } from "./dom.js";

const QUIET_MS = 800; // pause in typing before a save
const RETRY_MS = 5000;

export class Saver {
  constructor(store, { urls, revision, words, status, banner }) {
    Object.assign(this, { store, urls, revision, words, status, banner });
    this.saved = JSON.stringify(store.content);
    this.busy = false;
    this.stopped = false; // in conflict: waits for the author's choice
    this.backupKey = `draft:${urls.save}`;
    this.listeners = [];
    store.addEventListener("edit", () => this._changed());
    store.addEventListener("replace", () => this._changed());
    addEventListener("beforeunload", (event) => {
      if (this.isDirty) event.preventDefault();
    });
    addEventListener("online", () => this.now());
    this._say("saved");
  }

  get isDirty() {
    return JSON.stringify(this.store.content) !== this.saved;
  }

  onSaved(listener) {
    this.listeners.push(listener);
  }

  // Text of an earlier visit that never reached the server comes back, as one step that can be undone.
  recover() {
    const kept = JSON.parse(localStorage.getItem(this.backupKey) || "null");
    if (!kept || kept.content === this.saved) return;
    if (kept.revision === this.revision) {
      this.store.replace(JSON.parse(kept.content));
      this._show("info", this.words.recovered, [[this.words.dismiss, () => this._hide()]]);
    } else {
      this._conflict({ message: this.words.conflict_earlier, content: this.store.content, revision: this.revision }, JSON.parse(kept.content));
    }
  }

  async now() {
    clearTimeout(this.timer);
    if (this.busy || this.stopped || !this.isDirty) return;
    this.busy = true;
    const sent = JSON.stringify(this.store.content);
    this._say("saving");
    let answer = null;
    try {
      answer = await fetch(this.urls.save, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken(), "HX-Request": "true" },
        body: JSON.stringify({ revision: this.revision, content: JSON.parse(sent) }),
      });
    } catch {
      this._later("offline");
    }
    this.busy = false;
    if (answer) await this._read(answer, sent);
  }

  async _read(answer, sent) {
    const isJson = (answer.headers.get("Content-Type") || "").startsWith("application/json");
    const body = isJson ? await answer.json() : {};
    if (answer.ok && isJson) {
      this.saved = sent;
      this.revision = body.revision;
      localStorage.removeItem(this.backupKey);
      this._say("saved");
      for (const listener of this.listeners) listener(body);
      if (this.isDirty) this._changed();
    } else if (answer.status === 409) {
      this._conflict(body, this.store.content);
    } else if (answer.status === 401) {
      this._later("signed_out");
    } else if (answer.status === 400 && body.message) {
      this._say("refused");
      this._show("bad", body.message, []);
    } else {
      this._later("failed");
    }
  }

  _changed() {
    if (!this.isDirty) return;
    this._keepHere();
    if (this.stopped) return;
    this._say("dirty");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.now(), QUIET_MS);
  }

  _keepHere() {
    const kept = { revision: this.revision, content: JSON.stringify(this.store.content) };
    try {
      localStorage.setItem(this.backupKey, JSON.stringify(kept));
    } catch {
      // Full or forbidden: the server's copy remains, and leaving asks first.
    }
  }

  _later(reason) {
    this._say(reason);
    this._keepHere();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.now(), RETRY_MS);
  }

  _conflict(theirs, mine) {
    this.stopped = true;
    this._say("conflict");
    const resume = (revision, content) => {
      this.revision = revision;
      this.stopped = false;
      this._hide();
      this.store.replace(content);
      if (!this.isDirty) this._say("saved");
    };
    const choices = [
      // Their text stays one undo away, and the other way round.
      [this.words.keep_mine, () => {
        this.saved = JSON.stringify(theirs.content);
        this.store.replace(theirs.content);
        resume(theirs.revision, mine);
      }],
      [this.words.take_theirs, () => {
        this.saved = JSON.stringify(theirs.content);
        this.store.replace(mine);
        resume(theirs.revision, theirs.content);
      }],
    ];
    if (this.urls.copy) choices.push([this.words.save_copy, () => this._saveCopy(mine)]);
    this._show("warn", theirs.message, choices);
  }

  async _saveCopy(content) {
    const answer = await fetch(this.urls.copy, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken(), "HX-Request": "true" },
      body: JSON.stringify({ content }),
    });
    const body = await answer.json();
    if (answer.ok) {
      this.saved = JSON.stringify(this.store.content);
      localStorage.removeItem(this.backupKey);
      location.assign(body.url);
    } else {
      this._show("bad", body.message || this.words.failed, []);
    }
  }

  _say(state) {
    this.status.dataset.state = state;
    this.status.textContent = this.words[`status_${state}`];
  }

  _show(kind, text, choices) {
    const sign = { info: "info", warn: "triangle-alert", bad: "circle-x" }[kind];
    const buttons = choices.map(([label, act]) => h("button", { type: "button", class: "btn btn-sm", onclick: act }, label));
    this.banner.replaceChildren(
      h(
        "div",
        { class: `alert alert-${kind}` },
        icon(sign),
        h("div", {}, h("p", {}, fill(text, {})), buttons.length ? h("div", { class: "row banner-choices" }, buttons) : null),
      ),
    );
  }

  _hide() {
    this.banner.replaceChildren();
  }
}
