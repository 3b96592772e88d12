// Queues of pairs to review: one key an answer. Everything works as plain forms and links without it.
// An answer is given once, by a key that was pressed for the pair on screen: a key held down, or the second
// tap of two, answers nothing.

const SEEN_AFTER = 400; // milliseconds: sooner, nobody has seen the pair that came
const TYPED_INTO = "textarea, select, [contenteditable], input:not([type='radio'], [type='checkbox'])";
const review = document.querySelector("[data-link-review]");
let answered = false;
let looking;

// Of a page that the browser kept, too, when somebody goes back to it: it may answer again.
window.addEventListener("pageshow", () => {
  answered = false;
  clearTimeout(looking);
  review?.removeAttribute("data-seen");
  looking = setTimeout(() => review?.setAttribute("data-seen", ""), SEEN_AFTER);
});

review?.addEventListener("submit", (event) => {
  if (answered) event.preventDefault();
  answered = true;
});

document.addEventListener("keydown", (event) => {
  if (!review || event.ctrlKey || event.metaKey || event.altKey || isBusy(event.target)) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (key.startsWith("Arrow") && event.target.matches("[type='radio']")) return; // they choose a value there
  const elements = [...review.querySelectorAll("[data-key]")];
  const element = elements.find((one) => one.dataset.key.split(" ").includes(key));
  if (!element) return;
  event.preventDefault();
  if (event.repeat || answered) return;
  if (element.matches("button") && !review.hasAttribute("data-seen")) return;
  element.click();
});

function isBusy(target) {
  return target.matches(TYPED_INTO) || document.querySelector("dialog[open], details.menu[open]");
}
