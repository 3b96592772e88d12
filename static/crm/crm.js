// Behaviour of the staff frame and of the components in docs/screens.md. No build, no dependency;
// everything is found by data attributes, so that fragments swapped in by htmx work at once.

const root = document.documentElement;
const isTyping = (element) => element.matches("input, textarea, select") || element.isContentEditable;

// ---- Theme --------------------------------------------------------------------------------------------
function showThemeChoice() {
  for (const button of document.querySelectorAll("[data-theme-choice]")) {
    button.setAttribute("aria-pressed", String(button.dataset.themeChoice === root.dataset.theme));
  }
}

// ---- Sidebar on a phone -----------------------------------------------------------------------------------
function showSidebar(shown) {
  root.classList.toggle("sidebar-shown", shown);
  document.querySelector("[data-sidebar-open]")?.setAttribute("aria-expanded", String(shown));
  const target = shown ? document.querySelector(".sidebar .nav a") : document.querySelector("[data-sidebar-open]");
  target?.focus();
}

// ---- Menus: one open at a time, closed by Escape and by a click elsewhere ------------------------------------
function closeMenus(except) {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (menu !== except) menu.open = false;
  }
}

// ---- Groups of the navigation stay as the person left them ------------------------------------------------------
function rememberGroups() {
  const closed = new Set((localStorage.getItem("closedGroups") || "").split(" "));
  for (const group of document.querySelectorAll("details.nav-group")) {
    if (closed.has(group.dataset.group) && !group.querySelector("[aria-current]")) group.open = false;
    group.addEventListener("toggle", () => {
      closed[group.open ? "delete" : "add"](group.dataset.group);
      localStorage.setItem("closedGroups", [...closed].join(" "));
    });
  }
}

// ---- Palette ---------------------------------------------------------------------------------------------------
const palette = document.getElementById("palette");

function openPalette() {
  if (!palette || palette.open) return;
  closeMenus();
  palette.showModal();
  const field = palette.querySelector("input");
  field.select();
  if (!field.dataset.loaded) {
    field.dataset.loaded = "yes";
    field.dispatchEvent(new Event("palette-open"));
  }
}

function movePalette(step) {
  const links = [...palette.querySelectorAll(".palette-results a")];
  if (!links.length) return;
  const now = links.findIndex((link) => link.getAttribute("aria-selected") === "true");
  const next = links[(now + step + links.length) % links.length];
  select(links, next);
  next.scrollIntoView({ block: "nearest" });
}

function select(links, chosen) {
  for (const link of links) link.setAttribute("aria-selected", String(link === chosen));
  palette.querySelector("input").setAttribute("aria-activedescendant", chosen?.id || "");
}

palette?.addEventListener("keydown", (event) => {
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    movePalette(event.key === "ArrowDown" ? 1 : -1);
  } else if (event.key === "Enter" && event.target.matches("input")) {
    event.preventDefault();
    palette.querySelector('.palette-results a[aria-selected="true"]')?.click();
  }
});
palette?.addEventListener("click", (event) => {
  if (event.target === palette) palette.close();
});
palette?.addEventListener("htmx:afterSwap", () => {
  const links = [...palette.querySelectorAll(".palette-results a")];
  links.forEach((link, index) => (link.id = `palette-${index}`));
  select(links, links[0]);
});

// ---- Keys --------------------------------------------------------------------------------------------------------
document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    openPalette();
  } else if (event.key === "/" && !event.ctrlKey && !event.metaKey && !isTyping(event.target)) {
    event.preventDefault();
    const field = document.querySelector("[data-search]");
    if (field) {
      field.focus();
      field.select?.();
    } else {
      openPalette();
    }
  } else if (event.key === "Escape") {
    const menu = document.querySelector("details.menu[open]");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    } else if (root.classList.contains("sidebar-shown")) {
      showSidebar(false);
    }
  }
});

// ---- Clicks --------------------------------------------------------------------------------------------------------
const onClick = {
  "[data-theme-choice]": (element) => {
    dispatchEvent(new CustomEvent("themechoice", { detail: element.dataset.themeChoice }));
    showThemeChoice();
  },
  "[data-sidebar-open]": (element, event) => {
    event.preventDefault();
    showSidebar(true);
  },
  "[data-sidebar-close]": (element, event) => {
    event.preventDefault();
    showSidebar(false);
  },
  "[data-palette-open]": openPalette,
  "[data-dialog-open]": (element) => document.getElementById(element.dataset.dialogOpen)?.showModal(),
  "[data-dialog-close]": (element) => element.closest("dialog")?.close(),
  ".toast-close": (element) => element.closest(".toast").remove(),
  "[data-copy]": async (element) => {
    await navigator.clipboard.writeText(element.dataset.copy);
    if (element.dataset.copied) toast(element.dataset.copied, "ok");
  },
  "[data-check-all]": (element) => {
    for (const box of document.querySelectorAll(`input[name="${element.dataset.checkAll}"]`)) {
      if (box !== element) box.checked = element.checked;
    }
    countChecked(element.dataset.checkAll);
  },
  "[data-preview-width]": (element) => {
    const stage = document.getElementById(element.dataset.previewFor);
    stage.classList.toggle("preview-phone", element.dataset.previewWidth === "phone");
    for (const other of element.parentElement.children) {
      other.setAttribute("aria-pressed", String(other === element));
    }
  },
};

document.addEventListener("click", (event) => {
  closeMenus(event.target.closest("details.menu"));
  for (const [selector, act] of Object.entries(onClick)) {
    const element = event.target.closest(selector);
    if (element) act(element, event);
  }
});

// ---- Forms -----------------------------------------------------------------------------------------------------------
// data-autosubmit: a form of filters sends itself when one of its fields changes.
document.addEventListener("change", (event) => {
  const form = event.target.form;
  if (form?.hasAttribute("data-autosubmit")) form.requestSubmit();
  if (event.target.matches('input[type="checkbox"][name]')) countChecked(event.target.name);
});

// data-settle: a list of choices whose change redraws the page. From the keyboard each letter or arrow changes
// it, so its change is told once, when the person has stopped or has left the field, and nothing is redrawn
// under their fingers.
const SETTLED_AFTER = 600; // milliseconds; within it browsers read letters as one word
let unsettled = null;

function settle() {
  if (!unsettled) return;
  const { field, timer } = unsettled;
  clearTimeout(timer);
  unsettled = null;
  field.dispatchEvent(new Event("change", { bubbles: true }));
}

document.addEventListener("keydown", ({ target }) => {
  if (target.matches("select[data-settle]")) target.dataset.settle = "keys";
}, true);
document.addEventListener("pointerdown", ({ target }) => {
  if (target.matches("select[data-settle]")) target.dataset.settle = "";
}, true);
document.addEventListener("change", (event) => {
  const field = event.target;
  if (!event.isTrusted || !field.matches('select[data-settle="keys"]')) return;
  event.stopImmediatePropagation();
  clearTimeout(unsettled?.timer);
  unsettled = { field, timer: setTimeout(settle, SETTLED_AFTER) };
}, true);
document.addEventListener("focusout", ({ target }) => {
  if (unsettled?.field === target) settle();
});

// Empty fields of a filter form stay out of the address, so that it can be shared.
document.addEventListener("submit", (event) => {
  if (event.target.matches("form[data-autosubmit], form[data-clean]")) {
    for (const field of event.target.elements) {
      if (field.name && field.value === "" && field.type !== "submit") field.disabled = true;
    }
  }
  if (event.target.dataset.unsaved) delete event.target.dataset.unsaved;
});
addEventListener("pageshow", () => {
  for (const field of document.querySelectorAll("form[data-autosubmit] :disabled, form[data-clean] :disabled")) {
    field.disabled = false;
  }
});

// data-bulk-bar="NAME": shown while boxes of that name are ticked, with their number in [data-bulk-count].
function countChecked(name) {
  const bar = document.querySelector(`[data-bulk-bar="${name}"]`);
  if (!bar) return;
  const count = document.querySelectorAll(`input[name="${name}"]:checked:not([data-check-all])`).length;
  bar.hidden = count === 0;
  for (const place of bar.querySelectorAll("[data-bulk-count]")) place.textContent = String(count);
}

// data-warn-unsaved: leaving a changed form asks first.
document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (form?.hasAttribute("data-warn-unsaved")) form.dataset.unsaved = "yes";
});
addEventListener("beforeunload", (event) => {
  if (document.querySelector("form[data-unsaved]")) event.preventDefault();
});

// Drop zones: a file dropped on the label is put in its file field; the name chosen is shown.
document.addEventListener("dragover", (event) => {
  const zone = event.target.closest?.(".dropzone");
  if (!zone) return;
  event.preventDefault();
  zone.classList.add("over");
});
document.addEventListener("dragleave", (event) => event.target.closest?.(".dropzone")?.classList.remove("over"));
document.addEventListener("drop", (event) => {
  const zone = event.target.closest?.(".dropzone");
  if (!zone) return;
  event.preventDefault();
  zone.classList.remove("over");
  const field = zone.querySelector('input[type="file"]');
  field.files = event.dataTransfer.files;
  field.dispatchEvent(new Event("change", { bubbles: true }));
});
document.addEventListener("change", (event) => {
  const name = event.target.closest?.(".dropzone")?.querySelector("[data-file-name]");
  if (name && event.target.files) name.textContent = [...event.target.files].map((file) => file.name).join(", ");
});

// ---- Toasts: what the server said (messages, or the HX-Trigger header {"toast": {"text", "kind"}}) -----------------------
function toast(text, kind = "ok") {
  const list = document.getElementById("toasts");
  const template = document.getElementById("toast-template");
  if (!list || !template) return;
  const item = template.content.firstElementChild.cloneNode(true);
  item.classList.add(`toast-${kind}`);
  item.querySelector("div").textContent = text;
  list.append(item);
  if (kind === "ok") setTimeout(() => item.remove(), 6000);
}
document.addEventListener("toast", (event) => toast(event.detail.text, event.detail.kind));
for (const item of document.querySelectorAll(".toast-ok")) setTimeout(() => item.remove(), 6000);

// ---- Tabs that do not fit the width: the one we are on is in view -------------------------------------------------------
for (const tabs of document.querySelectorAll(".tabs")) {
  const here = tabs.querySelector("[aria-current]")?.getBoundingClientRect();
  if (here) tabs.scrollLeft += here.left + here.width / 2 - tabs.getBoundingClientRect().left - tabs.clientWidth / 2;
}

rememberGroups();
showThemeChoice();
