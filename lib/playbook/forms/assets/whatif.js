// Fields to play with beside what would follow. Nothing is stored until the person says so.
function render({ model, el: host }) {
  const root = el("div", { class: "pb pb-form pb-whatif", lang: "en" });
  host.replaceChildren(root);
  const noise = quiet(root);
  const result = el("div", { class: "result", "aria-live": "off" });
  const said = el("p", { class: "small", role: "status" });
  const list = el("div", { class: "tries" });
  const back = el("button", { type: "button", class: "link", text: "Back to the team’s answers", onclick: () => { fill(); attempt(); } });
  const hold = el("button", { type: "button", class: "link", text: "Keep as the team’s answers", onclick: () => store() });
  let tries = [];
  let pausing = null;

  function one(question) {
    const id = uid("try");
    const fault = el("p", { class: "fault", id: `${id}-fault`, hidden: true });
    const field = FIELDS[question.type](question, id, (now) => {
      const read = field.read();
      fault.textContent = read.fault ?? "";
      fault.hidden = !read.fault;
      clearTimeout(pausing);
      pausing = setTimeout(attempt, now ? 0 : 200);
    });
    field.inputs.forEach((input) => input.setAttribute("aria-describedby", `${id}-fault`));
    const node = ALONE.has(question.type)
      ? el("div", { class: "q" }, el("label", { for: id, class: "ask", text: question.text }), field.node, fault)
      : el("fieldset", { class: "q" }, el("legend", { class: "ask", text: question.text }), field.node, fault);
    return { question, field, node };
  }

  function fill() {
    tries.forEach(({ question, field }) => field.write(question.value));
    said.textContent = "";
  }

  function values() {
    const found = {};
    tries.forEach(({ question, field }) => {
      const read = field.read();
      const differs = JSON.stringify(read.value ?? null) !== JSON.stringify(question.value ?? null);
      if (read.value !== undefined && differs) found[question.key] = read.value;
    });
    return found;
  }

  function attempt() {
    const tried = values();
    const none = Object.keys(tried).length === 0;
    back.hidden = none;
    hold.hidden = none;
    root.dataset.tried = String(!none);
    model.send({ type: "try", values: tried });
  }

  function store() {
    const me = kept("pb:who");
    if (!me?.role || !(me.by || me.name)) { said.textContent = "Say who you are first, at the top of the form."; return; }
    model.send({ type: "keep", by: me.by ?? me.name, role: me.role, values: values() });
  }

  const build = () => {
    const focused = tries.findIndex((one) => one.node.contains(document.activeElement));
    tries = model.get("setup").questions.map(one);
    list.replaceChildren(...tries.map((made) => made.node));
    fill();
    back.hidden = true;
    hold.hidden = true;
    if (focused >= 0) tries[focused]?.field.inputs[0]?.focus();
  };
  const draw = () => {
    result.innerHTML = model.get("html");
    result.setAttribute("aria-busy", String(model.get("busy")));
  };
  const hear = (message) => { if (message.type === "kept") said.textContent = message.said; };
  root.append(el("p", { class: "head" }, el("strong", { text: model.get("setup").title }), el("span", { class: "soft small", text: "A trial: nothing is saved" })),
    el("div", { class: "sides-by" }, el("div", {}, list, el("p", { class: "acts" }, back, hold), said), result));
  model.on("change:setup", build);
  model.on("change:html", draw);
  model.on("change:busy", draw);
  model.on("msg:custom", hear);
  build();
  draw();
  return () => {
    clearTimeout(pausing);
    model.off("change:setup", build);
    model.off("change:html", draw);
    model.off("change:busy", draw);
    model.off("msg:custom", hear);
    noise();
  };
}

export default { render };
