// The version that is shown in the frame is the one marked: links with a target open it there by themselves.

for (const choice of document.querySelectorAll("[data-version-choice]")) {
  choice.addEventListener("click", () => {
    for (const other of choice.parentElement.querySelectorAll("[data-version-choice]")) {
      if (other === choice) other.setAttribute("aria-current", "true");
      else other.removeAttribute("aria-current");
    }
  });
}
