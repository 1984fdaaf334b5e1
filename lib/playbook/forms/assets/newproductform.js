// The form for a new product: who it is, where it starts from, what its columns mean.
function render({ model, el: host }) {
  const start = model.get("start");
  const fields = {};
  const add = (made) => { fields[made.name] = made; return made.node; };
  const text = (extra = {}) => el("input", { type: "text", dir: "auto", autocomplete: "off", ...extra });
  let columns = null; // those of the table that is there; null for none
  let higher = {};
  let turn = 0; // grows with each new source, so that late answers are dropped
  let ownSlug = false;

  // What it is.
  const name = text({ oninput: () => suggestSlug() });
  const slug = text({ dir: "ltr", spellcheck: "false", oninput: () => { ownSlug = slug.value !== ""; } });
  const owner = text();
  const stage = el("select");
  options(stage, start.stages.map((word) => [word, word[0].toUpperCase() + word.slice(1)]), "prototype");
  const currency = text({ value: "USD", maxlength: "3", dir: "ltr", spellcheck: "false" });
  const what = el("div", {},
    add(field("name", "Full name", name)),
    add(field("slug", "Short name", slug, "Names its folder and its pages: small letters, digits and hyphens.")),
    el("div", { class: "three" },
      add(field("owner", "Owner", owner, "Who answers for it.")),
      add(field("stage", "Stage", stage, "How far it is.")),
      add(field("currency", "Currency", currency, "Three letters."))));

  // Where it starts from.
  const from = uid("from");
  const example = uid("example");
  const chosen = (radios) => origin.querySelector(`input[name="${radios}"]:checked`)?.value ?? "";
  const file = el("input", { type: "file", accept: ".csv,.tsv,.txt,.parquet,.pq,.duckdb,.db,.sqlite", onchange: () => send() });
  const bar = el("progress", { max: "1", value: 0, hidden: true, "aria-label": "Transfer of the file" });
  const arrived = el("p", { class: "hint", role: "status" });
  const path = text({ dir: "ltr", spellcheck: "false", placeholder: "decisions.parquet" });
  const table = text({ dir: "ltr", spellcheck: "false" });
  const parts = {
    example: el("div", {}, add(group("example", "Which example?", "",
      start.examples.map((e) => radio(example, e.slug, e.name, e.description, () => takeExample(e)))))),
    file: el("div", {}, add(field("file", "A CSV or Parquet file, one row per decided case", file, `At most ${Math.round(start.most / 2 ** 20)} MB.`)), bar, arrived),
    path: el("div", {},
      add(field("path", "Path, folder or address", path, "On the machine that runs this page. A password is written as ${NAME} and read from the environment: postgres://user:${PASSWORD}@host/database.")),
      add(field("table", "Table, where it is a database", table)),
      el("button", { type: "button", class: "button second", text: "Read the table", onclick: () => look("path") })),
  };
  const origin = el("div", {}, add(group("from", "Start from", "",
    radio(from, "example", "An example", "Real data with answers to change.", () => begin()),
    radio(from, "file", "A file on this computer", "It is copied into the product’s folder.", () => begin()),
    radio(from, "path", "A table where it lies", "A file, a folder of Parquet files, a store or a database.", () => begin()))),
    Object.values(parts));

  // What its columns mean.
  const told = el("p", { class: "told", role: "status" });
  const listed = el("details", {}, el("summary", { text: "The columns as they were found" }), el("div"));
  const groupBoxes = group("groups", "Groups to compare", "");
  const roleNodes = ROLES.map(([role, label, hint]) => {
    const control = role === "threshold" ? text({ inputmode: "decimal", dir: "ltr" }) : el("select");
    control.addEventListener("change", () => { rechosen(role); });
    return add(field(role, label, control, hint));
  });
  const preview = el("div", { class: "preview", role: "status", "aria-live": "polite" });
  const ownWords = wordFields(add, (key) => rechosen(key));
  const mapping = el("div", { class: "mapping", hidden: true }, el("h3", { text: "What the columns mean" }), told, listed,
    roleNodes, add(groupBoxes), el("h3", { text: "What was understood" }), preview, ownWords);

  const create = el("button", { type: "submit", class: "button", text: "Create the product" });
  const working = el("span", { class: "soft small", role: "status" });
  const general = el("p", { class: "alert stop", role: "alert", hidden: true, dir: "auto" });
  const silence = el("p", { class: "alert", role: "alert", hidden: true, text: SILENT });
  const form = el("form", { novalidate: true, onsubmit: (event) => { event.preventDefault(); make(); } },
    what, origin, mapping, general, silence, el("div", { class: "foot" }, create, working));
  const done = el("div", { class: "alert good", role: "status", tabindex: "-1", hidden: true });
  const root = el("div", { class: "pb pb-new" }, done, form);
  host.replaceChildren(root);
  const unquiet = quiet(root);
  const { ask, stop } = asker(model, (silent) => { silence.hidden = !silent; });

  const blame = (answer) => {
    Object.values(fields).forEach((each) => each.blame(""));
    const at = fields[answer.field];
    const seen = at && at.node.offsetParent !== null;
    if (seen && answer.fault) at.blame(answer.fault);
    general.hidden = !answer.fault || Boolean(seen);
    general.textContent = answer.fault ?? "";
    return seen ? at : null;
  };
  const source = () => chosen(from);
  const value = (key) => fields[key].control.value;
  const identity = () => ({ name: name.value, slug: slug.value, owner: owner.value, stage: stage.value, currency: currency.value, case: value("case"), cases: value("cases"), positive: value("positive-word"), negative: value("negative-word") });
  const roles = () => ({
    ...Object.fromEntries(ROLES.map(([role]) => [role, value(role)])),
    groups: [...groupBoxes.box.querySelectorAll("input:checked")].map((box) => box.value),
  });
  const show = () => {
    Object.entries(parts).forEach(([key, node]) => { node.hidden = source() !== key; });
    mapping.hidden = columns === null;
    create.disabled = !(source() === "example" ? chosen(example) : columns);
  };

  let asked = null;
  const suggestSlug = () => {
    clearTimeout(asked);
    if (ownSlug) return;
    asked = setTimeout(async () => {
      const answer = await ask("slug", { name: name.value });
      if (!ownSlug) slug.value = name.value.trim() ? answer.slug ?? "" : "";
    }, 250);
  };
  const takeExample = (chosenOne) => {
    if (!name.value) { name.value = chosenOne.name; suggestSlug(); }
    if (!owner.value) owner.value = chosenOne.owner;
    stage.value = chosenOne.stage;
    currency.value = chosenOne.currency;
    blame({});
    show();
  };
  const begin = () => {
    turn += 1;
    columns = null;
    file.value = "";
    bar.hidden = true;
    arrived.textContent = "";
    blame({});
    show();
    ask("discard");
  };
  const send = async () => {
    const picked = file.files[0];
    turn += 1;
    const mine = turn;
    columns = null;
    blame({});
    show();
    if (!picked) return;
    bar.hidden = false;
    bar.value = 0;
    arrived.textContent = "Sending …";
    const answer = await transfer(ask, picked, (sent) => { bar.value = sent / picked.size; }, () => mine === turn);
    if (mine !== turn) return;
    bar.hidden = true;
    arrived.textContent = "";
    if (answer.fault) blame(answer);
    else await look("file");
  };
  const look = async (kind) => {
    turn += 1;
    const mine = turn;
    columns = null;
    blame({});
    show();
    working.textContent = "Reading the table …";
    const answer = await ask("look", { from: kind, path: path.value, table: table.value });
    if (mine !== turn) return;
    working.textContent = "";
    if (answer.fault) { blame(answer); return; }
    columns = answer.columns;
    higher = answer.suggested.higher ?? {};
    told.textContent = answer.told;
    listed.lastChild.replaceChildren(columnTable(columns));
    listed.open = columns.length <= 20;
    suggest(answer.suggested);
    show();
    await understand();
  };
  const suggest = (suggested) => {
    const names = [NOT_STATED, ...columns.map((column) => [column.name, column.name])];
    for (const [role, , hint] of ROLES) {
      if (role === "threshold") fields[role].control.value = "";
      else if (!VALUES.includes(role)) options(fields[role].control, names, suggested[role]);
      fields[role].note.textContent = suggested[role] ? `${hint} ${CHECK}` : hint;
    }
    values(suggested.positive, suggested.favourable);
    const few = columns.filter((column) => column.values.length > 1);
    const marked = suggested.groups ?? [];
    groupBoxes.note.textContent = few.length ? "Columns with 2 to 20 different values. Mark those that say who people are." : "No column has between 2 and 20 different values.";
    groupBoxes.box.replaceChildren(...few.map((column) => el("label", { class: "tick" },
      el("input", { type: "checkbox", value: column.name, checked: marked.includes(column.name), onchange: () => understand() }),
      el("span", { dir: "auto", text: column.name }))));
  };
  // A column that has a role cannot also be a group.
  const withoutRoles = () => {
    const taken = ROLES.filter(([role]) => role !== "threshold" && !VALUES.includes(role)).map(([role]) => value(role));
    groupBoxes.box.querySelectorAll("input").forEach((box) => {
      box.closest("label").hidden = taken.includes(box.value);
      if (taken.includes(box.value)) box.checked = false;
    });
  };
  // The values of the outcome; of the decision, where no outcome is known.
  const values = (positive, favourable) => {
    const column = columns.find((each) => each.name === (value("label") || value("prediction")));
    const list = [NOT_STATED, ...(column?.values ?? []).map((word) => [word, word])];
    options(fields.positive.control, list, positive);
    options(fields.favourable.control, list, favourable);
  };
  const rechosen = (role) => {
    const hint = ROLES.find(([key]) => key === role)?.[2];
    if (hint) fields[role].note.textContent = hint;
    if (role === "label" || (role === "prediction" && !value("label"))) {
      values(higher[value(role)], "");
      fields.positive.note.textContent = `${ROLES[1][2]}${value("positive") ? ` ${CHECK}` : ""}`;
      fields.favourable.note.textContent = ROLES[2][2];
    }
    understand();
  };

  // One question at a time; what changes meanwhile is asked once more at the end.
  let [understanding, again] = [false, false];
  const understand = async () => {
    if (columns === null) return;
    withoutRoles();
    again = understanding;
    if (understanding) return;
    understanding = true;
    const mine = turn;
    preview.setAttribute("aria-busy", "true");
    const answer = await ask("preview", { ...identity(), from: source(), roles: roles() });
    understanding = false;
    preview.setAttribute("aria-busy", "false");
    if (again || mine !== turn) { again = false; understand(); return; }
    blame(answer);
    const lines = answer.told ?? [`Not understood yet. ${general.hidden ? "See the field marked above." : "See below."}`];
    preview.replaceChildren(...lines.map((line) => el("p", { text: line, dir: "auto" })));
  };
  const make = async () => {
    create.disabled = true;
    working.textContent = "Creating …";
    const answer = await ask("create", { ...identity(), from: source(), example: chosen(example), roles: roles() });
    working.textContent = "";
    create.disabled = false;
    const at = blame(answer);
    if (answer.fault) { at?.control.focus(); return; }
    done.replaceChildren(
      el("p", {}, el("strong", { text: answer.name, dir: "auto" }), " is made."),
      el("p", {}, el("a", { href: answer.href, text: `Begin with ${answer.title}` })),
      el("button", { type: "button", class: "link", text: "Make another product", onclick: () => { done.hidden = true; form.hidden = false; name.focus(); } }));
    form.reset();
    ownSlug = false;
    turn += 1;
    columns = null;
    [stage.value, currency.value] = ["prototype", "USD"];
    show();
    form.hidden = true;
    done.hidden = false;
    done.focus();
  };

  show();
  return () => { clearTimeout(asked); stop(); unquiet(); };
}

export default { render };
