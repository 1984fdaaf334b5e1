// The form: who answers, for whom, the questions, and one conversation with the notebook.
function render({ model, el: host }) {
  const setup = model.get("setup");
  const root = el("div", { class: "pb pb-form", lang: "en" });
  host.replaceChildren(root);
  const noise = quiet(root);
  const me = { by: setup.identity, role: setup.known_role, ...(setup.identity ? {} : kept("pb:who") ?? {}) };
  if (setup.identity && !me.role) me.role = kept("pb:who")?.role ?? null;
  let sheet = setup.only || setup.mine ? "mine" : "team";
  let revision = -1;
  let heard = Date.now();
  let asked = 0;

  const page = {
    me: () => me,
    plain: setup.only, // a check of oneself: no histories, and nobody's agreed answer
    send: (message) => tell(message),
    draftKey: (question) => `pb:draft:${setup.place}:${sheet}:${me.by}:${question}`,
    progress: () => progress(),
  };
  const views = setup.questions.map((question) => questionView(question, page));
  const byId = Object.fromEntries(views.map((view) => [view.question.id, view]));

  const alarm = el("div", { class: "alert stop", role: "alert", hidden: true });
  const done = el("span", { class: "soft small" });
  const as = el("span", { class: "small" });
  const name = el("input", { type: "text", id: uid("name"), autocomplete: "name", dir: "auto", maxlength: 80 });
  const role = el("select", { id: uid("role") }, el("option", { value: "", text: "Choose …" }), Object.entries(setup.roles).map(([value, text]) => el("option", { value, text })));
  const lacking = el("p", { class: "fault", hidden: true, role: "alert" });
  const who = el("form", { class: "who", onsubmit: (event) => { event.preventDefault(); start(); } },
    el("p", {}, el("strong", { text: "Who is answering?" }), el("span", { class: "soft", text: " Asked once; it stands beside each answer." })),
    el("div", { class: "pair" }, el("div", {}, el("label", { for: name.id, text: "Your name" }), name), el("div", {}, el("label", { for: role.id, text: "Your role" }), role)),
    lacking, el("button", { class: "button", type: "submit", text: "Start" }));
  const sides = [["team", "The team"], ["mine", "Myself"]].map(([value, text]) => {
    const radio = el("input", { type: "radio", name: uid("sheet"), value, onchange: () => turn(value) });
    return { radio, node: el("label", {}, radio, ` ${text}`) };
  });
  sides[1].radio.name = sides[0].radio.name;
  const sided = el("fieldset", { class: "sides small" }, el("legend", { text: "Answering for" }), sides.map((side) => side.node));
  const meaning = el("p", { class: "soft small" });
  const parts = [];
  const essential = el("div", {}, inParts(views.filter((view) => view.question.essential), parts));
  const rest = views.filter((view) => !view.question.essential);
  const summary = el("summary", {});
  const more = el("details", { class: "more" }, summary, inParts(rest, parts));
  const body = el("div", { hidden: true }, sided, meaning, essential, rest.length ? more : null);
  const change = el("button", { type: "button", class: "link", text: "Change", onclick: () => { body.hidden = true; who.hidden = false; name.focus(); } });
  root.append(el("div", { class: "head" }, el("strong", { text: setup.title }), done), el("p", { class: "whoami", hidden: true }, as, " ", setup.identity ? null : change), alarm, who, body);

  function tell(message) {
    try {
      model.send({ by: me.by, role: me.role, sheet, ...message });
    } catch (error) {
      deaf();
    }
  }

  function deaf() {
    alarm.hidden = false;
    alarm.textContent = "The notebook does not answer. Go on typing: it is kept in this browser, and sent as soon as the page has been reloaded.";
  }

  function start() {
    name.value = name.value.trim().replace(/\s+/g, " ");
    const fault = !(setup.identity || name.value) ? "Write your name." : !role.value ? "Choose the role that fits best." : "";
    lacking.textContent = fault;
    lacking.hidden = !fault;
    if (fault) { (name.value || setup.identity ? role : name).focus(); return; }
    me.by = setup.identity || name.value;
    me.role = role.value;
    keep("pb:who", { name: me.by, by: me.by, role: me.role });
    begin();
    root.querySelector(".q input, .q textarea, .q button")?.focus();
  }

  function begin() {
    if (!me.by && me.name) me.by = me.name;
    if (!me.by || !me.role) {
      who.hidden = false;
      name.value = me.by ?? "";
      name.parentElement.hidden = Boolean(setup.identity);
      return;
    }
    who.hidden = true;
    as.textContent = `Answering as ${me.by}, ${setup.roles[me.role]}.`;
    as.parentElement.hidden = false;
    body.hidden = false;
    turn(sheet, true);
  }

  function turn(to, first = false) {
    if (!first) views.forEach((view) => view.flush());
    sheet = to;
    sides.forEach((side) => { side.radio.checked = side.radio.value === to; });
    sided.hidden = Boolean(setup.only);
    meaning.hidden = Boolean(setup.only);
    meaning.textContent = to === "team"
      ? "These are the team’s agreed answers. The verdict below follows from them."
      : "These are your own answers, for comparison. The verdict below follows from the team’s.";
    views.forEach((view) => { view.reset(); view.team(null); });
    revision = -1;
    if (first && to === "team") take({ ...model.get("first"), sheet: "team" });
    tell({ type: "hello" });
    asked = Date.now();
    if (!(first && to === "team")) return;
    views.forEach((view) => view.replay());
  }

  function take(state) {
    const standing = new Set(state.standing);
    const fresh = revision < 0;
    views.forEach((view) => {
      const id = view.question.id;
      if (id in state.answers) view.adopt(state.answers[id]);
      else if (!standing.has(id)) view.adopt(null);
      if (sheet === "mine" && !setup.only) view.team(state.team?.[id] ?? "");
    });
    revision = state.revision;
    unfold(state.shown);
    if (fresh) views.forEach((view) => view.replay());
  }

  function unfold(shown) {
    const visible = new Set(shown);
    views.forEach((view) => { view.root.hidden = !visible.has(view.question.id); });
    parts.forEach((part) => { part.root.hidden = part.views.every((view) => view.root.hidden); });
    progress();
  }

  function progress() {
    const open = (list) => list.filter((view) => !view.root.hidden && !view.answered());
    const first = views.filter((view) => view.question.essential && !view.root.hidden);
    const counted = first.length ? first : views.filter((view) => !view.root.hidden);
    const left = open(counted);
    const minutes = Math.ceil(left.reduce((sum, view) => sum + (["long_text", "table", "range"].includes(view.question.type) ? 1 : 0.4), 0));
    done.textContent = `${first.length ? "Essentials: " : ""}${counted.length - left.length} of ${counted.length}${left.length ? ` · about ${minutes} minute${minutes === 1 ? "" : "s"} left` : " · complete"}`;
    const others = rest.filter((view) => !view.root.hidden);
    more.hidden = !others.length;
    summary.textContent = `More questions: ${others.length - open(others).length} of ${others.length} answered`;
  }

  function hear(message) {
    heard = Date.now();
    alarm.hidden = true;
    const view = byId[message.question];
    if (message.type === "state") {
      take(message);
      views.filter((one) => one.waits()).forEach((one) => one.resend());
    } else if (message.type === "saved") {
      if (view?.expects(message) && !view.reused(message)) view.saved(message);
      if (message.shown) unfold(message.shown);
    } else if (message.type === "conflict" && view?.expects(message)) view.conflict(message);
    else if (message.type === "history") view?.pastArrived(message);
    else if (message.type === "refused") {
      if (view?.expects(message)) view.refused(message);
      else if (!view) { alarm.hidden = false; alarm.textContent = message.message; }
    }
  }

  const notes = () => {
    const found = model.get("notes") ?? {};
    views.forEach((view) => view.note(found[view.question.id]));
  };
  const sync = () => {
    if (body.hidden || document.hidden) return;
    if (asked > heard) {
      if (Date.now() - asked > 10000) { deaf(); asked = 0; }
      return;
    }
    asked = Date.now();
    tell({ type: "sync", revision });
  };
  const leave = () => { if (document.hidden) views.forEach((view) => view.flush()); else sync(); };
  // When the kernel starts again, the page makes this form anew: who was typing goes on typing.
  const focused = (event) => {
    const question = event.target.closest?.("[data-question]");
    const fields = question ? [...question.querySelectorAll("input, textarea, select, button")] : [];
    window.playbookFocus = { place: setup.place, question: question?.dataset.question, at: fields.indexOf(event.target) };
  };
  const left = () => setTimeout(() => {
    if (root.isConnected && !root.contains(document.activeElement)) window.playbookFocus = null;
  });
  const back = () => {
    const was = window.playbookFocus;
    const view = was?.place === setup.place && document.activeElement === document.body ? byId[was.question] : null;
    const field = view?.root.querySelectorAll("input, textarea, select, button")[was.at];
    field?.focus({ preventScroll: true });
    if (field?.tagName === "TEXTAREA") field.setSelectionRange(field.value.length, field.value.length);
  };
  root.addEventListener("focusin", focused);
  root.addEventListener("focusout", left);
  model.on("msg:custom", hear);
  model.on("change:notes", notes);
  document.addEventListener("visibilitychange", leave);
  const timer = setInterval(sync, setup.every);
  notes();
  begin();
  requestAnimationFrame(back);
  identify(setup, me, name);
  return () => {
    clearInterval(timer);
    views.forEach((view) => view.end());
    model.off("msg:custom", hear);
    model.off("change:notes", notes);
    document.removeEventListener("visibilitychange", leave);
    noise();
  };
}

// Questions below the headings of their sections; each heading is noted in `parts`.
function inParts(views, parts) {
  const nodes = [];
  let last = null;
  views.forEach((view) => {
    const { section } = view.question;
    if (!section) { last = null; nodes.push(view.root); return; }
    if (last?.section !== section) {
      const id = uid("part");
      last = { section, views: [], root: el("section", { class: "part", "aria-labelledby": id }, el("h3", { id, dir: "auto", text: section })) };
      parts.push(last);
      nodes.push(last.root);
    }
    last.views.push(view);
    last.root.append(view.root);
  });
  return nodes;
}

// A Jupyter server may know who is there; its invented "Anonymous …" names are nobody's.
async function identify(setup, me, name) {
  const config = document.getElementById("jupyter-config-data");
  if (me.by || setup.identity || !config || document.body.dataset.voila) return;
  try {
    const { baseUrl } = JSON.parse(config.textContent);
    const answer = await fetch(`${baseUrl}api/me`, { credentials: "same-origin" });
    const { identity } = await answer.json();
    if (!name.value && identity?.display_name && !/^Anonymous /.test(identity.display_name)) name.value = identity.display_name;
  } catch (error) {
    console.info("playbook: the server does not say who is there", error);
  }
}

export default { render };
