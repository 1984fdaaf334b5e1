// What the new-product form is made of: questions to the kernel, fields with a place for a fault,
// the list of columns, and the transfer of a file in pieces.
const PIECE = 1024 * 1024;
const PATIENCE = 15000;
const SILENT = "Nothing has been heard from the server for a while. If this stays, reload the page: nothing has been made yet.";

const NOT_STATED = ["", "Not stated"];
const CHECK = "Suggested from its name and values: check it.";
const ROLES = [
  ["label", "What turned out to be true", "The outcome, known afterwards: was the loan repaid, did the customer leave?"],
  ["positive", "Which of its values does the model look for?", "The score is the chance of this value."],
  ["favourable", "Which of its values is good for the person?", "Without it nobody can see who is treated worse."],
  ["score", "The model’s score", "A number from 0 to 1."],
  ["prediction", "The model’s decision", "In the same words as what turned out to be true."],
  ["threshold", "Or: the score from which it says yes", "Only where no column holds the decision, such as 0.25."],
  ["id", "What names each case", "An application number, a customer number."],
  ["time", "When it was decided", "A column of dates; it shows what moved over time."],
];
const VALUES = ["positive", "favourable"];

// ask(type, content, buffers) gives a promise of the kernel's answer to exactly this question.
function asker(model, onSilence) {
  const open = new Map();
  let last = 0;
  const heard = (message) => {
    const waiting = open.get(message.seq);
    if (!waiting) return;
    open.delete(message.seq);
    clearTimeout(waiting.timer);
    onSilence(false);
    waiting.settle(message);
  };
  model.on("msg:custom", heard);
  const ask = (type, content = {}, buffers = []) => new Promise((settle) => {
    last += 1;
    open.set(last, { settle, timer: setTimeout(() => onSilence(true), PATIENCE) });
    model.send({ ...content, type, seq: last }, undefined, buffers);
  });
  const stop = () => {
    open.forEach(({ timer }) => clearTimeout(timer));
    model.off("msg:custom", heard);
  };
  return { ask, stop };
}

// One labelled control with a hint and a place for what is wrong with it.
function field(name, label, control, hint = "") {
  const ids = { hint: uid("hint"), fault: uid("fault") };
  control.id ||= uid(name);
  const note = el("p", { class: "hint", id: ids.hint, text: hint, dir: "auto" });
  const fault = el("p", { class: "fault", id: ids.fault, hidden: true, dir: "auto" });
  const node = el("div", { class: "field", "data-field": name },
    el("label", { for: control.id, text: label }), note, control, fault);
  control.setAttribute("aria-describedby", `${ids.hint} ${ids.fault}`);
  return { name, node, control, note, blame: blamer(fault, control) };
}

// The same for several controls under one legend.
function group(name, legend, hint = "", ...inside) {
  const fault = el("p", { class: "fault", id: uid("fault"), hidden: true, dir: "auto" });
  const box = el("div", { class: "inside" }, ...inside);
  const note = el("p", { class: "hint", text: hint });
  const node = el("fieldset", { class: "field", "data-field": name, "aria-describedby": fault.id, tabindex: "-1" },
    el("legend", { text: legend }), note, box, fault);
  return { name, node, box, note, control: node, blame: blamer(fault, null) };
}

function blamer(fault, control) {
  return (text) => {
    fault.textContent = text;
    fault.hidden = !text;
    if (control) control.setAttribute("aria-invalid", String(Boolean(text)));
  };
}

function radio(group, value, label, more, onchange) {
  return el("label", { class: "opt" },
    el("input", { type: "radio", name: group, value, onchange }),
    el("span", { dir: "auto" }, el("span", { class: "lead", text: label }), more ? el("span", { class: "hint", text: more }) : null));
}

// What the product calls its cases and outcomes, folded away: plain words serve until then.
function wordFields(add, changed) {
  const asked = [["case", "One case", "applicant"], ["cases", "Many cases", "applicants"],
    ["positive-word", "The outcome looked for", "denied"], ["negative-word", "The other outcome", "approved"]];
  return el("details", {}, el("summary", { text: "Your own words" }),
    el("p", { class: "hint", text: "Reports say “of 100 cases, 12 are positive”. In your words it may be “of 100 applicants, 12 are denied”." }),
    el("div", { class: "two" }, asked.map(([key, label, placeholder]) => add(
      field(key, label, el("input", { type: "text", dir: "auto", autocomplete: "off", placeholder, onchange: () => changed(key) }))))));
}

function options(select, values, chosen = "") {
  select.replaceChildren(...values.map(([value, text]) => el("option", { value, text, dir: "auto" })));
  select.value = chosen ?? "";
  if (select.selectedIndex < 0) select.value = "";
}

function percentage(share) {
  if (share === 0) return "none";
  return share < 0.01 ? "under 1 %" : share > 0.99 && share < 1 ? "over 99 %" : `${Math.round(100 * share)} %`;
}

function columnTable(columns) {
  const head = ["Column", "Type", "Examples", "Missing"].map((text) => el("th", { scope: "col", text, class: text === "Missing" ? "n" : null }));
  const rows = columns.map((column) => el("tr", {},
    el("th", { scope: "row", text: column.name, dir: "auto" }),
    el("td", { text: column.kind }),
    el("td", { text: column.examples.join(" · "), dir: "auto" }),
    el("td", { class: "n", text: percentage(column.missing) })));
  return el("div", { class: "scroll columns", role: "group", tabindex: "0", "aria-label": "Columns of the table" },
    el("table", {}, el("thead", {}, el("tr", {}, head)), el("tbody", {}, rows)));
}

// Sends a file piece by piece, each when the one before has arrived. A newer file ends it.
async function transfer(ask, file, progress, stillWanted) {
  let answer = await ask("begin", { name: file.name, size: file.size });
  let offset = 0;
  while (!answer.fault && offset < file.size && stillWanted()) {
    const piece = await file.slice(offset, offset + PIECE).arrayBuffer().catch(() => null);
    if (!piece) return { fault: "The file cannot be read any more. Choose it once more.", field: "file" };
    if (!stillWanted()) break;
    answer = await ask("piece", { offset }, [piece]);
    offset = answer.received ?? offset;
    progress(offset);
  }
  return answer;
}
