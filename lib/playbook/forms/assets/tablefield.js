// The field of a table question: rows in a table, or each row as a card where a table would be too
// wide to be read.
const WIDE = 5; // columns

function tableField(question, id, changed) {
  const cards = question.columns.length > WIDE;
  const needed = question.columns.some((column) => column.required);
  const body = cards ? el("ol", { class: "cards" }) : el("tbody");
  const rows = [];

  const label = (column) => [column.label, column.required ? el("span", { class: "needed", text: " (needed)" }) : null];
  const cell = (column, value) => {
    const common = { oninput: () => edited(false), onchange: () => edited(true), dir: "auto", "aria-required": column.required ? "true" : null };
    const shown = value === true ? "yes" : value === false ? "no" : value ?? "";
    if (column.type === "choice" || column.type === "yes_no") {
      const options = column.type === "choice" ? column.options.map((one) => [one, one]) : [["yes", "Yes"], ["no", "No"]];
      const select = el("select", common, el("option", { value: "", text: "—" }), options.map(([one, text]) => el("option", { value: one, text })));
      select.value = shown;
      return select;
    }
    if (cards && column.type === "text") {
      const area = el("textarea", { ...common, rows: 1, class: "line", value: String(shown) });
      const fit = () => { if (!area.scrollHeight) return; area.style.height = "auto"; area.style.height = `${Math.min(area.scrollHeight + 2, 240)}px`; };
      area.addEventListener("input", fit);
      requestAnimationFrame(fit);
      return area;
    }
    return el("input", { ...common, type: column.type === "date" ? "date" : "text", max: column.type === "date" ? "9999-12-31" : null, inputmode: column.type === "number" ? "decimal" : null, value: String(shown) });
  };
  const edited = (now) => {
    rename();
    changed(now);
  };
  // A card is called after what its row is about.
  const rename = () => rows.forEach((row, i) => {
    if (row.name) row.name.textContent = row.cells[0].value.trim() || `Row ${i + 1}`;
  });
  const renumber = () => {
    rows.forEach((row, i) => {
      row.cells.forEach((input, c) => input.setAttribute("aria-label", `${question.columns[c].label}, row ${i + 1}`));
      const [up, down, gone] = row.buttons;
      up.setAttribute("aria-label", `Move row ${i + 1} up`);
      down.setAttribute("aria-label", `Move row ${i + 1} down`);
      gone.setAttribute("aria-label", `Remove row ${i + 1}`);
      up.disabled = i === 0;
      down.disabled = i === rows.length - 1;
    });
    rename();
  };
  const asCard = (row) => {
    row.name = el("span", { dir: "auto" });
    const fields = row.cells.map((input, c) => el("div", {}, el("span", { class: "of", "aria-hidden": "true" }, label(question.columns[c])), input));
    return el("li", { class: "entry" }, el("div", { class: "top" }, row.name, el("span", { class: "moves" }, row.buttons)), el("div", { class: "cells" }, fields));
  };
  const asRow = (row) => el("tr", {}, row.cells.map((input, c) => el("td", { "data-label": question.columns[c].label }, input)), el("td", { class: "moves" }, row.buttons));
  const add = (values = {}) => {
    const row = { cells: question.columns.map((column) => cell(column, values[column.id])) };
    const shift = (by) => () => {
      const from = rows.indexOf(row);
      rows.splice(from + by, 0, rows.splice(from, 1)[0]);
      body.replaceChildren(...rows.map((one) => one.node));
      renumber();
      (by < 0 ? (row.buttons[0].disabled ? row.buttons[1] : row.buttons[0]) : (row.buttons[1].disabled ? row.buttons[0] : row.buttons[1])).focus();
      changed(true);
    };
    const remove = () => {
      const at = rows.indexOf(row);
      rows.splice(at, 1);
      row.node.remove();
      renumber();
      (rows[Math.min(at, rows.length - 1)]?.cells[0] ?? more).focus();
      changed(true);
    };
    row.buttons = [["↑", shift(-1)], ["↓", shift(1)], ["×", remove]].map(([text, onclick]) => el("button", { type: "button", class: "move", text, onclick }));
    row.node = cards ? asCard(row) : asRow(row);
    rows.push(row);
    body.append(row.node);
    renumber();
    return row;
  };

  const head = () => el("thead", {}, el("tr", {}, question.columns.map((column) => el("th", { scope: "col" }, label(column))), el("th", { scope: "col" }, el("span", { class: "quiet", text: "Order" }))));
  const table = cards ? body : el("div", { class: "scroll" }, el("table", { class: "entries" }, head(), body));
  const more = el("button", { type: "button", class: "link", text: "Add a row", onclick: () => { add().cells[0].focus(); changed(false); } });
  const fill = (list) => { rows.splice(0); body.replaceChildren(); (list ?? []).forEach((row) => add(row)); };
  const raw = () => rows.map((row) => Object.fromEntries(question.columns.map((column, c) => [column.id, row.cells[c].value])));
  // What a row still lacks: the columns that are needed, or any where none is marked so.
  const lacks = (entry, i) => {
    const open = question.columns.find((column) => (column.undecided ?? []).includes(entry[column.id]));
    const lacking = question.columns.find((column) => !(column.id in entry) && (column.required || !needed));
    if (lacking) return `Row ${i + 1} has no “${lacking.label}” yet.`;
    return open ? `Row ${i + 1}: “${entry[open.id]}” leaves “${open.label}” open.` : "";
  };
  const read = () => {
    const value = [];
    let note = "";
    for (const [i, row] of rows.entries()) {
      const entry = {};
      for (const [c, column] of question.columns.entries()) {
        const typed = row.cells[c].value;
        if (!typed.trim()) continue;
        if (column.type === "number") {
          const number = readNumber(typed, {});
          if (number.fault) return { fault: `Row ${i + 1}, ${column.label}: ${number.fault}` };
          entry[column.id] = number.value;
        } else entry[column.id] = column.type === "yes_no" ? typed === "yes" : typed;
      }
      if (!Object.keys(entry).length) continue;
      note ||= lacks(entry, i);
      value.push(entry);
    }
    return value.length ? { value, note } : { empty: true };
  };
  return { node: el("div", {}, table, more), inputs: [], read, write: fill, raw, restore: fill };
}
