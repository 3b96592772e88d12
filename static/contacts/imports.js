// Imports: boxes ticked with a basis, keys of the review queue. Files are sent by upload.js.
// Everything here only helps: each page works as plain forms and links.

// ---- Source: a basis ticks the channels it usually opens, until somebody ticked them by hand ----------------
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-source-form]");
  if (!form) return;
  if (event.target.name === "channels") form.dataset.channelsChosen = "yes";
  if (event.target.name !== "lawful_basis" || form.dataset.channelsChosen) return;
  const usual = event.target.dataset.usual.split(" ");
  for (const box of form.querySelectorAll('input[name="channels"]')) box.checked = usual.includes(box.value);
});

// ---- Review queue: one key an answer --------------------------------------------------------------------------
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || !document.querySelector("[data-link-review]")) return;
  if (event.target.matches("input, textarea, select") || document.querySelector("dialog[open]")) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  for (const element of document.querySelectorAll("[data-key]")) {
    if (element.dataset.key.split(" ").includes(key)) {
      event.preventDefault();
      element.click();
      return;
    }
  }
});
