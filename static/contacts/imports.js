// Imports: progress of a file being sent, boxes ticked with a basis, keys of the review queue.
// Everything here only helps: each page works as plain forms and links.

// ---- Sending a file ------------------------------------------------------------------------------------
const upload = (event) => event.target.closest?.("form[data-upload]");

function showProgress(form, shown, words, sent = 0, total = 0) {
  const box = form.querySelector("[data-upload-progress]");
  box.hidden = !shown;
  if (!shown) return;
  const text = box.querySelector("[data-upload-words]");
  text.textContent = text.dataset[words];
  const bar = box.querySelector("progress");
  if (words === "reading") bar.removeAttribute("value");
  else bar.value = total ? (100 * sent) / total : 0;
  box.querySelector("[data-upload-figures]").textContent = total ? `${megabytes(sent)} / ${megabytes(total)}` : "";
}

function megabytes(bytes) {
  const unit = { style: "unit", unit: "megabyte", maximumFractionDigits: bytes < 1e7 ? 1 : 0 };
  return new Intl.NumberFormat(document.documentElement.lang, unit).format(bytes / 1048576);
}

function refuse(form, text) {
  const alert = document.createElement("p");
  alert.className = "alert alert-bad";
  alert.setAttribute("role", "alert");
  alert.textContent = text;
  form.querySelector("[data-upload-problem]").replaceChildren(alert);
}

document.addEventListener("submit", (event) => {
  const form = upload(event);
  const file = form?.querySelector('input[type="file"]').files[0];
  if (file && file.size > Number(form.dataset.maxBytes)) {
    event.preventDefault();
    event.stopImmediatePropagation();
    refuse(form, form.dataset.tooBig);
  }
}, true);

document.addEventListener("htmx:beforeRequest", (event) => {
  const form = upload(event);
  if (form) showProgress(form, true, "sending");
});
document.addEventListener("htmx:xhr:progress", (event) => {
  const form = upload(event);
  const { loaded, total } = event.detail;
  if (form && total) showProgress(form, true, loaded < total ? "sending" : "reading", loaded, total);
});
// 422 is the form again, with what was wrong.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (!upload(event) || event.detail.xhr.status !== 422) return;
  event.detail.shouldSwap = true;
  event.detail.isError = false;
});
function lost(event) {
  const form = upload(event);
  if (!form) return;
  showProgress(form, false);
  refuse(form, form.dataset.lost);
}
document.addEventListener("htmx:sendError", lost);
document.addEventListener("htmx:responseError", lost);

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
