// One quantity, two native controls that are always in step: a range to drag, a field to type into.
function slider({ label, field, values, labels, index, told, onmove }) {
  const ids = { range: uid("range"), field: uid("field"), fault: uid("fault") };
  const last = values.length - 1;
  let at = index;
  const text = told ?? ((place) => labels[place]);
  const range = el("input", {
    type: "range", id: ids.range, min: 0, max: last, step: 1, value: at, class: "pb-range",
  });
  const number = el("input", {
    type: "number", id: ids.field, min: values[0], max: values[last], step: "any",
    inputmode: "decimal", value: labels[at], class: "pb-number", autocomplete: "off",
  });
  const fault = el("p", { class: "pb-fault small", id: ids.fault, hidden: true });

  const nearest = (wanted) => values.reduce(
    (best, value, place) => (Math.abs(value - wanted) < Math.abs(values[best] - wanted) ? place : best), 0,
  );
  const settle = (wrong) => {
    fault.hidden = !wrong;
    fault.textContent = wrong ? `Type a number from ${labels[0]} to ${labels[last]}.` : "";
    if (wrong) {
      number.setAttribute("aria-invalid", "true");
      number.setAttribute("aria-describedby", ids.fault);
    } else {
      number.removeAttribute("aria-invalid");
      number.removeAttribute("aria-describedby");
    }
  };
  const show = (place, typing) => {
    at = Math.min(last, Math.max(0, place));
    range.value = at;
    range.setAttribute("aria-valuetext", text(at));
    if (!typing) number.value = labels[at];
    settle(false);
  };
  const move = (place, typing = false) => {
    show(place, typing);
    onmove(at);
  };
  range.addEventListener("input", () => move(Number(range.value)));
  number.addEventListener("input", () => {
    const wanted = number.valueAsNumber;
    if (!(wanted >= values[0] && wanted <= values[last])) settle(true);
    else move(nearest(wanted), true);
  });
  number.addEventListener("change", () => {
    if (number.getAttribute("aria-invalid") !== "true") number.value = labels[at];
  });
  number.addEventListener("keydown", (event) => {
    const step = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    move(at + step);
  });
  show(at);
  const node = el("div", { class: "pb-slider" },
    el("label", { for: ids.range, class: "pb-slider-name", text: label }),
    el("div", { class: "pb-slider-row" }, range,
      el("label", { for: ids.field, class: "quiet", text: field }), number),
    fault);
  return { node, move, show, get index() { return at; }, range, number };
}

// Says what is shown once the hand rests, so that a screen reader is not flooded.
function announcer() {
  const node = el("p", { class: "quiet", "aria-live": "polite" });
  let timer = null;
  return {
    node,
    say(text) {
      clearTimeout(timer);
      timer = setTimeout(() => { node.textContent = text; }, 500);
    },
    stop() { clearTimeout(timer); },
  };
}

function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined) continue;
    if (key === "text") node.textContent = value;
    else node.setAttribute(key, value);
  }
  node.append(...children);
  return node;
}

// Draws again whenever the width changes, so that letters in charts never shrink.
function atWidth(node, draw) {
  let width = 0;
  const look = () => {
    const now = Math.round(node.clientWidth);
    if (now && now !== width) draw(width = now);
  };
  const observer = new ResizeObserver(look);
  observer.observe(node);
  return () => observer.disconnect();
}
