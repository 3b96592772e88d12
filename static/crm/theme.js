// Sets light or dark before the first paint; loaded without defer for that reason.
(() => {
  const root = document.documentElement;
  const prefersDark = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    const choice = localStorage.getItem("theme") || "auto";
    root.classList.toggle("dark", choice === "dark" || (choice === "auto" && prefersDark.matches));
    root.dataset.theme = choice;
  };
  apply();
  prefersDark.addEventListener("change", apply);
  addEventListener("storage", apply);
  addEventListener("themechoice", (event) => {
    localStorage.setItem("theme", event.detail);
    apply();
  });
})();
