// One maker per kind of field. Each returns { node, read, write, raw, restore }:
// read() gives { value } or { empty } or { fault }, with a `note` where something is still to come;
// write(value) shows a stored value; raw() and restore(raw) carry what was typed, right or wrong.
// `changed(now)` is called at each edit; `now` is true where there is nothing more to wait for.
const DIGITS = new Intl.NumberFormat("en", { maximumFractionDigits: 10 });

function numberOf(typed) {
  const text = typed.trim().replace(/[\s\u00a0\u202f'_]|[$€£¥%]/g, "");
  if (/^[-+]?\d{1,3}(,\d{3})+(\.\d+)?$/.test(text)) return Number(text.replace(/,/g, ""));
  if (/^[-+]?\d{1,3}(\.\d{3}){2,}(,\d+)?$/.test(text)) return Number(text.replace(/\./g, "").replace(",", "."));
  if (/^[-+]?\d*,\d+$/.test(text)) return Number(text.replace(",", "."));
  return /^[-+]?(\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : NaN;
}

function readNumber(typed, question) {
  if (!typed.trim()) return { empty: true };
  const value = numberOf(typed);
  if (!Number.isFinite(value)) return { fault: `“${typed.trim().slice(0, 40)}” is not a number. Write digits only, such as 12.5.` };
  if (question.type === "percentage" && (value < 0 || value > 100)) return { fault: "A percentage lies between 0 and 100." };
  const plain = typed.trim() === String(value);
  return { value, note: plain && Math.abs(value) < 10000 ? "" : `Read as ${DIGITS.format(value)}${question.unit ? ` ${question.unit}` : ""}.` };
}

function single(input, read, changed) {
  input.addEventListener("input", () => changed(false));
  input.addEventListener("change", () => changed(true));
  return {
    node: input,
    inputs: [input],
    read: () => read(input.value, input),
    write: (value) => { input.value = value ?? ""; },
    raw: () => input.value,
    restore: (raw) => { input.value = raw ?? ""; },
  };
}

const asText = (typed) => (typed.trim() ? { value: typed } : { empty: true });

// Short text grows with what is typed, so that an answer is always read whole.
function textField(question, id, changed) {
  return longField(question, id, changed, 1);
}

function longField(question, id, changed, rows = 4) {
  const area = el("textarea", { id, dir: "auto", rows, class: rows === 1 ? "line" : null });
  const fit = () => {
    if (area.value.length > 20000) return;
    area.style.height = "auto";
    area.style.height = `${Math.min(area.scrollHeight + 2, 480)}px`;
  };
  const field = single(area, asText, (now) => { fit(); changed(now); });
  const { write } = field;
  field.write = (value) => { write(value); requestAnimationFrame(fit); };
  return field;
}

function numberField(question, id, changed) {
  const input = el("input", { type: "text", inputmode: "decimal", id, autocomplete: "off" });
  const field = single(input, (typed) => readNumber(typed, question), changed);
  field.node = el("div", { class: "measure" }, input, question.unit ? el("span", { class: "unit", text: question.unit }) : null);
  return field;
}

function dateField(question, id, changed) {
  const input = el("input", { type: "date", id, min: "1000-01-01", max: "9999-12-31" });
  const read = (typed) => (input.validity.badInput ? { fault: "This is not a date yet: give day, month and year." } : typed ? { value: typed } : { empty: true });
  return single(input, read, changed);
}

function choiceField(question, id, changed) {
  const name = uid(question.id);
  const radios = question.options.map((option) => el("input", { type: "radio", name, value: option.value, onchange: () => { explain(); changed(true); } }));
  const told = el("div", { class: "alert", hidden: true, "aria-live": "polite" });
  const node = el("div", {}, radios.map((radio, i) => el("label", { class: "opt" }, radio, el("span", { dir: "auto", text: question.options[i].label }))), told);
  const chosen = () => radios.findIndex((radio) => radio.checked);
  const explain = () => {
    const text = question.options[chosen()]?.explain;
    told.hidden = !text;
    told.textContent = text ?? "";
  };
  const write = (value) => { radios.forEach((radio) => { radio.checked = radio.value === value; }); explain(); };
  return {
    node, inputs: radios, write, restore: write,
    read: () => (chosen() < 0 ? { empty: true } : { value: radios[chosen()].value }),
    raw: () => radios[chosen()]?.value ?? null,
  };
}

function severalField(question, id, changed) {
  const boxes = question.options.map((option) => el("input", { type: "checkbox", value: option.value, onchange: () => { none.checked = false; changed(true); } }));
  const none = el("input", { type: "checkbox", onchange: () => { if (none.checked) boxes.forEach((box) => { box.checked = false; }); changed(true); } });
  const node = el("div", {},
    boxes.map((box, i) => el("label", { class: "opt" }, box, el("span", { dir: "auto", text: question.options[i].label }))),
    el("label", { class: "opt" }, none, el("span", { text: "None of these" })));
  const chosen = () => boxes.filter((box) => box.checked).map((box) => box.value);
  const write = (value) => {
    boxes.forEach((box) => { box.checked = Array.isArray(value) && value.includes(box.value); });
    none.checked = Array.isArray(value) && value.length === 0;
  };
  return {
    node, inputs: [...boxes, none], write, restore: write,
    read: () => (chosen().length || none.checked ? { value: chosen() } : { empty: true }),
    raw: () => (chosen().length || none.checked ? chosen() : null),
  };
}

function rangeField(question, id, changed) {
  const parts = [["low", "At least"], ["likely", "Most likely"], ["high", "At most"]];
  const inputs = parts.map(([key]) => el("input", { type: "text", inputmode: "decimal", id: `${id}-${key}`, autocomplete: "off", oninput: () => changed(false), onchange: () => changed(true) }));
  const node = el("div", { class: "range" }, parts.map(([key, label], i) => el("div", {}, el("label", { for: `${id}-${key}`, text: label }), inputs[i])));
  const read = () => {
    const parsed = inputs.map((input) => readNumber(input.value, question));
    const wrong = parsed.find((one) => one.fault);
    if (wrong) return wrong;
    const missing = parsed.filter((one) => one.empty).length;
    if (missing === 3) return { empty: true };
    if (missing) return { unfinished: true, note: `${missing === 1 ? "One number is" : "Two numbers are"} still missing.` };
    const [low, likely, high] = parsed.map((one) => one.value);
    if (!(low <= likely && likely <= high)) return { fault: `${low}, ${likely} and ${high} are not in order: give the lowest first and the highest last.` };
    return { value: { low, likely, high }, note: question.unit ? `In ${question.unit}.` : "" };
  };
  return {
    node, inputs, read,
    write: (value) => parts.forEach(([key], i) => { inputs[i].value = value?.[key] ?? ""; }),
    raw: () => inputs.map((input) => input.value),
    restore: (raw) => inputs.forEach((input, i) => { input.value = raw?.[i] ?? ""; }),
  };
}

function rankField(question, id, changed) {
  const label = Object.fromEntries(question.options.map((option) => [option.value, option.label]));
  let order = question.options.map((option) => option.value);
  let decided = false;
  const list = el("ol", { class: "rank" });
  const confirm = el("button", { type: "button", class: "link", text: "This order is right", onclick: () => { decided = true; draw(); changed(true); } });
  const move = (from, to) => {
    order.splice(to, 0, order.splice(from, 1)[0]);
    decided = true;
    draw();
    const row = list.children[to].querySelectorAll("button");
    (row[to < from ? 0 : 1].disabled ? row[to < from ? 1 : 0] : row[to < from ? 0 : 1]).focus();
    changed(true);
  };
  const draw = () => {
    list.replaceChildren(...order.map((value, i) => el("li", {},
      el("span", { dir: "auto", text: label[value] ?? value }),
      el("span", { class: "moves" },
        el("button", { type: "button", class: "move", "aria-label": `Move up: ${label[value]}`, text: "↑", disabled: i === 0, onclick: () => move(i, i - 1) }),
        el("button", { type: "button", class: "move", "aria-label": `Move down: ${label[value]}`, text: "↓", disabled: i === order.length - 1, onclick: () => move(i, i + 1) })))));
    confirm.hidden = decided;
  };
  const write = (value) => {
    decided = Array.isArray(value);
    const known = question.options.map((option) => option.value);
    order = decided ? [...value.filter((one) => known.includes(one)), ...known.filter((one) => !value.includes(one))] : known;
    draw();
  };
  draw();
  return {
    node: el("div", {}, list, confirm), inputs: [], write, restore: write,
    read: () => (decided ? { value: [...order] } : { empty: true }),
    raw: () => (decided ? [...order] : null),
  };
}

const FIELDS = {
  choice: choiceField, yes_no: choiceField, several: severalField, text: textField, long_text: longField,
  number: numberField, money: numberField, percentage: numberField, date: dateField, range: rangeField,
  rank: rankField, table: tableField,
};
const ALONE = new Set(["text", "long_text", "number", "money", "percentage", "date"]);
