// Making elements without markup in strings: text is always text.

const SPRITE = document.querySelector("svg.icon use")?.getAttribute("href").split("#")[0];

// h("button", { class: "btn", onclick: act, "aria-label": "Close" }, "text", child, [children])
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked" || name === "selected") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export function icon(name, size = "") {
  const namespace = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(namespace, "svg");
  svg.setAttribute("class", size ? `icon icon-${size}` : "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(namespace, "use");
  use.setAttribute("href", `${SPRITE}#${name}`);
  svg.append(use);
  return svg;
}

export function iconButton(name, label, act, attributes = {}) {
  return h(
    "button",
    { type: "button", class: "btn btn-ghost btn-icon btn-sm", "aria-label": label, title: label, onclick: act, ...attributes },
    icon(name, "s"),
  );
}

// "%(n)s blocks" with { n: 3 }
export const fill = (text, values) => text.replace(/%\((\w+)\)s/g, (_whole, name) => values[name]);

let count = 0;
export const freshId = (prefix) => `${prefix}-${(count += 1)}`;

export function cookie(name) {
  const found = document.cookie.split("; ").find((part) => part.startsWith(`${name}=`));
  return found ? decodeURIComponent(found.slice(name.length + 1)) : "";
}

// The token of the cookie is the freshest one: signing in again in another tab changes it.
export const csrfToken = () => cookie("csrftoken") || document.querySelector("[name=csrfmiddlewaretoken]")?.value || "";

export function toast(text, kind = "ok") {
  document.dispatchEvent(new CustomEvent("toast", { detail: { text, kind } }));
}
