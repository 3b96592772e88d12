// Imports: boxes ticked with a basis. Files are sent by upload.js, keys of the review queues are review.js's.
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
