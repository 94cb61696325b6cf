// Helpers for all parts of the page.

/** @import { Child, Data, Elements } from "./types.d.ts" */

/**
 * An element of report.html.
 *
 * @type {<Id extends string>(id: Id) => Id extends keyof Elements ? Elements[Id] : HTMLElement}
 */
export const $ = (id) => /** @type {any} */ (document.getElementById(id));

/** @type {Data} */
export const data = JSON.parse($("data").textContent);

/** @param {number} value */
export const number = (value) => value.toLocaleString("en-GB");
/**
 * @param {number} count
 * @param {string} word
 */
export const plural = (count, word) => `${number(count)} ${word}${count === 1 ? "" : "s"}`;

/**
 * Formats a time of at least 0.1 ms in the unit that needs the fewest digits.
 *
 * @param {number} value
 */
export function seconds(value) {
  if (value >= 0.9995) return `${value >= 99.95 ? number(Math.round(value)) : value.toFixed(1)} s`;
  return `${Math.max(value * 1000, 0.1).toFixed(value < 0.00995 ? 1 : 0)} ms`;
}

/**
 * Creates an element. All data from guests is inserted here, as text.
 *
 * @template {string} Tag
 * @param {Tag} tag
 * @param {Record<string, any> | null} attributes
 * @param {...Child} children
 * @returns {Tag extends keyof HTMLElementTagNameMap ? HTMLElementTagNameMap[Tag] : HTMLElement}
 */
export function el(tag, attributes = null, ...children) {
  return /** @type {any} */ (filled(document.createElement(tag), attributes, children));
}

/**
 * @param {string} tag
 * @param {Record<string, any> | null} attributes
 * @param {...Child} children
 */
export function svg(tag, attributes, ...children) {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

/**
 * @template {Element} Kind
 * @param {Kind} element
 * @param {Record<string, any> | null} attributes
 * @param {Child[]} children
 */
function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value);
  }
  /** @type {(Node | string)[]} */
  const present = /** @type {any[]} */ (children).flat(Infinity).filter((child) =>
    child !== null && child !== undefined && child !== false
  );
  element.append(...present);
  return element;
}

/**
 * Shows control characters as symbols, so that escape sequences are readable, and direction changes as code points.
 *
 * @param {string} text
 */
export function visible(text) {
  return text.replace(/\r\n/g, "\n").replace(
    // deno-lint-ignore no-control-regex -- control characters are what it matches
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (c) => {
      const code = c.charCodeAt(0);
      if (code < 0x20) return String.fromCharCode(0x2400 + code);
      return code === 0x7f ? "\u2421" : `\u27e8${code.toString(16)}\u27e9`;
    },
  );
}

/**
 * Runs `then` after the next frame is drawn.
 *
 * @param {() => void} then
 */
export const afterFrame = (then) => requestAnimationFrame(() => setTimeout(then));

/** @param {string} symbol */
export const icon = (symbol) => el("b", { class: "mark", "aria-hidden": "true" }, symbol);

/**
 * Quotes a word for a shell.
 *
 * @param {string} word
 */
export const quoted = (word) => (/^[\w.,:@%+=/-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

/**
 * @param {string} label
 * @param {() => string} text
 */
export function copyButton(label, text) {
  const button = el("button", { type: "button", class: "copy" }, label);
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text());
      button.textContent = "Copied";
    } catch {
      button.textContent = "Cannot copy here";
    }
    setTimeout(() => {
      button.textContent = label;
    }, 1500);
  });
  return button;
}
