// Shows what the kernel has rendered, in place: one text at a time, and only when it differs.
function render({ model, el: host }) {
  const root = el("div", { class: "pb-view" });
  host.replaceChildren(root);
  let shown = null;
  const draw = () => {
    const html = model.get("html");
    if (html !== shown) {
      const within = root.contains(document.activeElement) ? position(root, document.activeElement) : null;
      const open = [...root.querySelectorAll("details")].map((part) => part.open);
      // Keep the height while the new text takes its place, so that the page does not jump.
      root.style.minHeight = `${root.offsetHeight}px`;
      root.innerHTML = html;
      [...root.querySelectorAll("details")].forEach((part, i) => { part.open = open[i] ?? part.open; });
      if (within !== null) root.querySelectorAll("a, button, summary, [tabindex]")[within]?.focus();
      requestAnimationFrame(() => { root.style.minHeight = ""; });
      shown = html;
    }
    root.setAttribute("aria-busy", String(model.get("busy")));
  };
  const position = (inside, active) => [...inside.querySelectorAll("a, button, summary, [tabindex]")].indexOf(active);
  model.on("change:html", draw);
  model.on("change:busy", draw);
  draw();
  return () => {
    model.off("change:html", draw);
    model.off("change:busy", draw);
  };
}

export default { render };
