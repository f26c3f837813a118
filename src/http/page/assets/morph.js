/**
 * Makes an element equal to another one, and keeps what is equal: the focus, the selection and the position of the
 * reader stay, and a screen reader hears only what changed.
 */
export function morph(from, to) {
  if (from.isEqualNode(to)) return;
  if (from.nodeName !== to.nodeName || from.id !== to.id) {
    from.replaceWith(to);
    return;
  }
  morphAttributes(from, to);
  // The script itself fills the other ones.
  if (!from.hasAttribute('data-at') && !from.hasAttribute('data-own')) morphChildren(from, to);
}

function morphAttributes(from, to) {
  for (const { name } of [...from.attributes]) if (!to.hasAttribute(name)) from.removeAttribute(name);
  for (const { name, value } of to.attributes) if (from.getAttribute(name) !== value) from.setAttribute(name, value);
}

function morphChildren(from, to) {
  let old = from.firstChild;
  for (const next of [...to.childNodes]) {
    const kept = match(old, next);
    if (kept === null) {
      from.insertBefore(next, old);
      continue;
    }
    // What moves up passes the others, which stay where they are and keep the focus.
    if (kept === old) old = kept.nextSibling;
    else from.insertBefore(kept, old);
    if (kept.nodeType === Node.ELEMENT_NODE) morph(kept, next);
    else if (kept.nodeValue !== next.nodeValue) kept.nodeValue = next.nodeValue;
  }
  while (old !== null) old = remove(old);
}

function remove(node) {
  const next = node.nextSibling;
  node.remove();
  return next;
}

/** The old node for a new one: that with its id, or the next one of its kind. Null if there is none. */
function match(old, next) {
  if (next.id) {
    for (let at = old; at !== null; at = at.nextSibling) if (at.id === next.id) return at;
    return null;
  }
  return old !== null && old.nodeName === next.nodeName && !old.id ? old : null;
}
