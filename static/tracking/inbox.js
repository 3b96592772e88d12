// The inbox by keyboard, and ready answers put where the cursor is.

const isTyping = (element) => element.matches("input, textarea, select") || element.isContentEditable;

// ---- A list: J and K walk, only while the focus is inside it (WCAG 2.1.4) ------------------------------
for (const list of document.querySelectorAll("[data-walk]")) {
  list.addEventListener("keydown", (event) => {
    const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
    if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
    const links = [...list.querySelectorAll("a.list-item")];
    const now = links.indexOf(document.activeElement);
    const next = links[Math.min(Math.max(now + step, 0), links.length - 1)];
    if (!next) return;
    event.preventDefault();
    next.focus();
  });
}

// ---- A conversation: single keys, which may be switched off ----------------------------------------------
const toggle = document.querySelector("[data-keys-toggle]");
if (toggle) {
  toggle.checked = localStorage.getItem("inboxKeys") !== "off";
  toggle.addEventListener("change", () => localStorage.setItem("inboxKeys", toggle.checked ? "on" : "off"));
  document.addEventListener("keydown", (event) => {
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey && !event.repeat;
    if (!toggle.checked || !plain || isTyping(event.target) || document.querySelector("dialog[open]")) return;
    if (event.key === "r") document.getElementById("id_text")?.focus();
    else if (/^[a-z]$/.test(event.key)) document.querySelector(`[data-key="${event.key}"]`)?.click();
    else return;
    event.preventDefault();
  });
}

// ---- Ready answers ---------------------------------------------------------------------------------------
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-insert]");
  const field = document.getElementById("id_text");
  if (!link || !field) return;
  event.preventDefault();
  link.closest("details")?.removeAttribute("open");
  field.setRangeText(link.dataset.insert, field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
});
