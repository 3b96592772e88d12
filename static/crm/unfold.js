// Unfold's admin pages under a strict content security policy: its global functions become Alpine data, so
// that Alpine's CSP build never has to evaluate a string. Loaded before Alpine.
document.addEventListener("alpine:init", () => {
  for (const name of ["searchForm", "searchDropdown"]) Alpine.data(name, (...values) => window[name](...values));

  // On <html>: what Unfold's own "theme" holds besides the theme, which static/crm/theme.js decides.
  Alpine.data("page", () => ({
    openModal: false,
    filterOpen: false,
    openAllApplications: false,
    init() {
      for (const name of ["openModal", "filterOpen", "openAllApplications"]) {
        this.$watch(name, (open) => document.body.classList.toggle("overflow-hidden", open));
      }
    },
  }));

  // On <body>: the tab of a form that is shown; it stays after saving through the address's fragment.
  Alpine.data("adminPage", () => ({
    activeTab: "",
    init() {
      this.activeTab = (window.getCurrentTab && getCurrentTab()) || this.$el.dataset.tab;
    },
    formAction() {
      const tab = this.activeTab && this.activeTab !== "general" ? `#${this.activeTab}` : "";
      return location.pathname + location.search + tab;
    },
  }));
});

// Names for screen readers where Unfold and select2 give none.
addEventListener("load", () => {
  const labelOf = (field) => field.id && document.querySelector(`label[for="${CSS.escape(field.id)}"]`);

  // Autocomplete fields: the box takes the label of the field it stands for.
  const nameBoxes = () => {
    for (const box of document.querySelectorAll(".select2-selection[role=combobox]:not([aria-label])")) {
      const field = box.closest(".select2")?.previousElementSibling;
      box.setAttribute("aria-label", ((field && labelOf(field)?.textContent) || field?.name || "").trim());
      const shown = box.querySelector("[role=textbox]");
      shown?.removeAttribute("role");
      shown?.removeAttribute("aria-readonly");
    }
  };

  // Fields of a table: the column says what they are.
  const nameCells = () => {
    for (const field of document.querySelectorAll("td :is(input, select, textarea):not([type=hidden], [aria-label])")) {
      if (labelOf(field) || field.closest("label")) continue;
      const cell = field.closest("td");
      const head = cell.closest("table")?.querySelector("thead tr")?.children[cell.cellIndex];
      const name = (cell.dataset.label || head?.textContent || field.name).trim();
      field.setAttribute("aria-label", name);
    }
  };

  const nameAll = () => {
    nameBoxes();
    nameCells();
  };
  nameAll();
  new MutationObserver(nameAll).observe(document.body, { childList: true, subtree: true });
});
