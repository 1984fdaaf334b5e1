// Small helpers that every widget shares. Text reaches the page as text only, never as markup.
let counter = 0;

function uid(prefix) {
  counter += 1;
  return `pb-${prefix}-${counter}-${Math.random().toString(36).slice(2, 7)}`;
}

function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key === "text") node.textContent = value;
    else if (key === "value" || key === "checked" || key === "disabled" || key === "hidden") node[key] = value;
    else if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? "" : String(value));
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

// JupyterLab listens for single keys on the whole page: what is typed in a widget is not for it.
function quiet(root) {
  const stop = (event) => event.stopPropagation();
  const kinds = ["keydown", "keypress", "keyup", "paste", "copy", "cut", "contextmenu", "dragstart", "drop"];
  kinds.forEach((kind) => root.addEventListener(kind, stop));
  root.dataset.jpSuppressContextMenu = "true";
  return () => kinds.forEach((kind) => root.removeEventListener(kind, stop));
}

// The browser's own memory may be full or forbidden: then `keep` says so by returning false.
function keep(key, value) {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify(value));
    return true;
  } catch (error) {
    return false;
  }
}

function kept(key) {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch (error) {
    return null;
  }
}

function clock(moment) {
  const date = new Date(moment);
  const time = date.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  const today = new Date().toDateString() === date.toDateString();
  return today ? time : `${date.toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" })}, ${time}`;
}
