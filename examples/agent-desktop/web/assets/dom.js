/**
 * Building the page. Everything goes through nodes and text: markup is never made from strings, so nothing that
 * anybody wrote can become part of it.
 */
import { towers, visible } from './text.js';

/** @typedef {Node | string | null | undefined | false} Child */

/**
 * Makes an element.
 * @param {string} tag
 * @param {Record<string, any>} [attributes] `class`, `testid`, `on` (listeners), `data` and `aria` (their prefixes are
 *   added); properties such as `value`, `disabled`, `hidden` by their names; everything else as attributes
 * @param {...Child} children
 * @returns {any} the element; `any` because the callers know its kind from the tag
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null) continue;
    if (name === 'testid') element.dataset.testid = value;
    else if (name === 'on') for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    else if (name === 'data') Object.assign(element.dataset, value);
    else if (name === 'aria') for (const [key, each] of Object.entries(value)) element.setAttribute(`aria-${key}`, String(each));
    else if (name === 'value' || typeof value === 'boolean') /** @type {any} */ (element)[name] = value;
    else element.setAttribute(name, String(value));
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/**
 * A name that somebody chose, isolated from the direction of the text around it.
 * @param {string} name
 * @param {Record<string, any>} [attributes]
 * @returns {HTMLElement}
 */
export function nameNode(name, attributes = {}) {
  return h('bdi', { dir: 'auto', ...attributes }, visible(name));
}

/**
 * What somebody wrote, exactly; only the excess of towering combining marks is kept out of the layout.
 * @param {string} text
 * @returns {(Node | string)[]}
 */
export function written(text) {
  return towers(text).map((part) => (part.excess ? h('span', { hidden: true }, part.text) : part.text));
}

/**
 * Changes the text of a node only when it differs, so that live regions and selections are left in peace.
 * @param {Element} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * @param {Element} element
 * @param {string} name
 * @param {string | null} value `null` removes it
 */
export function setAttribute(element, name, value) {
  if (value === null) element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/** @type {WeakMap<Node, string>} */
const keysOfNodes = new WeakMap();

/**
 * Brings the children of `parent` in line with `items`: known ones are kept and moved, new ones made, others removed.
 * Focus and scroll positions of the kept ones survive.
 * @template T
 * @param {Element} parent
 * @param {readonly T[]} items
 * @param {(item: T) => string} keyOf
 * @param {(item: T) => HTMLElement} create
 * @param {(element: any, item: T) => void} [update]
 */
export function reconcile(parent, items, keyOf, create, update) {
  const wanted = new Set(items.map(keyOf));
  /** @type {Map<string, HTMLElement>} */
  const known = new Map();
  // What goes, goes first: then whatever stays is already in its place, and is not taken out of the page.
  for (const child of Array.from(parent.children)) {
    const key = keysOfNodes.get(child) ?? '';
    if (wanted.has(key)) known.set(key, /** @type {HTMLElement} */ (child));
    else child.remove();
  }
  /** @type {ChildNode | null} */
  let cursor = parent.firstChild;
  for (const item of items) {
    const key = keyOf(item);
    let element = known.get(key);
    if (element === undefined) {
      element = create(item);
      keysOfNodes.set(element, key);
    }
    update?.(element, item);
    if (cursor === element) cursor = element.nextSibling;
    else parent.insertBefore(element, cursor);
  }
}
