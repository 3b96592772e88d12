// <input type="radio" data-shows="NAME"> shows [data-shown-by="NAME"] while it is ticked, and hides it otherwise.

function show() {
  for (const input of document.querySelectorAll("input[data-shows]")) {
    for (const part of document.querySelectorAll(`[data-shown-by="${CSS.escape(input.dataset.shows)}"]`)) {
      part.hidden = !input.checked;
    }
  }
}
document.addEventListener("change", show);
document.addEventListener("htmx:afterSwap", show);
show();
