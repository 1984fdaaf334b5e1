// One question: its field, what stands, what is on its way, and what to do when it does not arrive.
const PAUSE = 500;
const PATIENCE = 4000;
const LARGE = 50000;

function questionView(question, page) {
  const id = uid(question.id);
  const ids = { fault: `${id}-fault`, status: `${id}-status` };
  let standing = null; // the answer that the store has, as far as we know
  let flying = null; // the edit that was sent and not acknowledged yet
  let dirty = false; // something was typed that has not been sent
  let pausing = null;
  let late = null;
  const earlier = []; // what stood before each of our own edits, for Undo

  const field = FIELDS[question.type](question, id, (now) => edited(now));
  field.inputs.forEach((input) => input.setAttribute("aria-describedby", `${ids.fault} ${ids.status}`));
  const fault = el("p", { class: "fault", id: ids.fault, hidden: true });
  const status = el("span", { class: "status", id: ids.status, "aria-live": "polite" });
  const alarm = el("div", { class: "alert stop", role: "alert", hidden: true });
  const clash = el("div", { class: "alert conflict", hidden: true, role: "group", "aria-label": "Two answers to the same question" });
  const notes = el("div", { class: "notes" });
  const agreed = el("p", { class: "soft small agreed", hidden: true, dir: "auto" });
  const past = el("div", { class: "past", hidden: true, id: `${id}-past` });
  const because = el("input", { type: "text", id: `${id}-because`, dir: "auto", autocomplete: "off", oninput: () => reasoned(false), onchange: () => reasoned(true) });
  const reason = el("div", { class: "because", hidden: true }, el("label", { for: `${id}-because`, text: "Because" }), because);
  const button = (text, onclick, more = {}) => el("button", { type: "button", class: "link", onclick, text, ...more });
  const unknown = button("Unknown", () => toggle("unknown"), { "aria-pressed": "false" });
  const spared = button("Not applicable", () => toggle("not_applicable"), { "aria-pressed": "false" });
  const history = button("History", () => openPast(), { "aria-expanded": "false", "aria-controls": `${id}-past`, hidden: true });
  const undo = button("Undo", () => takeBack(), { hidden: true });
  const details = el("details", {}, el("summary", { text: question.example ? "Why it matters, and an example" : "Why it matters" }),
    question.why ? el("p", { text: question.why }) : null,
    question.example ? el("p", {}, el("span", { class: "soft", text: `Example: ${question.example}` })) : null,
    page.plain ? null : el("p", { class: "soft", text: `Best answered by: ${question.role}.` }));
  const foot = el("div", { class: "foot" }, status, el("span", { class: "acts" }, page.plain ? null : [undo, unknown, question.skippable ? spared : null, history]));
  const inside = [details, field.node, fault, reason, alarm, clash, notes, agreed, foot, past];
  const root = ALONE.has(question.type)
    ? el("div", { class: "q" }, el("label", { for: id, class: "ask", text: question.text }), inside)
    : el("fieldset", { class: "q" }, el("legend", { class: "ask", text: question.text }), inside);
  root.dataset.question = question.id;
  root.addEventListener("focusout", (event) => { if (!root.contains(event.relatedTarget)) flush(); });

  const draftKey = () => page.draftKey(question.id);
  const mark = (save) => { root.dataset.save = save; };
  const stateNow = () => standing?.state ?? "open";

  function complain(text) {
    fault.textContent = text ?? "";
    fault.hidden = !text;
    field.inputs.forEach((input) => (text ? input.setAttribute("aria-invalid", "true") : input.removeAttribute("aria-invalid")));
  }

  function show() {
    root.dataset.state = stateNow();
    unknown.setAttribute("aria-pressed", String(stateNow() === "unknown"));
    spared.setAttribute("aria-pressed", String(stateNow() === "not_applicable"));
    history.hidden = !standing && !earlier.length;
    undo.hidden = !earlier.length;
    if (!flying && !dirty) {
      const who = standing && standing.by !== page.me().by && standing.by !== "unknown" ? ` by ${standing.by}` : "";
      const what = { unknown: "Unknown. ", not_applicable: "Not applicable. " }[stateNow()] ?? "";
      status.textContent = standing ? `${what}Saved ${clock(standing.at)}${who}` : "";
      status.classList.toggle("saved", Boolean(standing));
      mark(standing ? "saved" : "");
    }
    page.progress();
  }

  // What the person means by what they typed: an edit to send, or null while it cannot be sent.
  function meant() {
    const read = field.read();
    complain(read.fault);
    status.classList.remove("saved");
    if (read.fault) { status.textContent = "Not saved: see above"; mark("refused"); return null; }
    if (read.unfinished) { status.textContent = read.note; mark("typing"); return null; }
    if (read.empty) return { state: "open", value: null, reason: null };
    return { state: "answered", value: read.value, reason: null, note: read.note };
  }

  function edited(now) {
    dirty = true;
    clash.hidden = true;
    reason.hidden = true;
    const edit = meant();
    const size = JSON.stringify(edit?.value ?? "").length;
    clearTimeout(pausing);
    if (size < LARGE) park(edit);
    if (!edit) return;
    status.textContent = edit.note || "Typing …";
    mark("typing");
    // A cleared field takes its answer back only when the person leaves it.
    if (edit.state === "open" && !now) return;
    pausing = setTimeout(() => { if (size >= LARGE) park(edit); send(edit); }, now ? 0 : PAUSE);
  }

  function reasoned(now) {
    dirty = true;
    clearTimeout(pausing);
    if (!because.value.trim()) {
      status.textContent = "Say in a few words why it does not apply";
      return mark("typing");
    }
    const edit = { state: "not_applicable", value: null, reason: because.value };
    park(edit);
    mark("typing");
    pausing = setTimeout(() => send(edit), now ? 0 : PAUSE);
    return undefined;
  }

  function flush() {
    if (!dirty || flying) return;
    clearTimeout(pausing);
    if (!reason.hidden) { reasoned(true); return; }
    const edit = meant();
    if (edit) { park(edit); send(edit); }
  }

  function toggle(state) {
    clearTimeout(pausing);
    complain("");
    if (stateNow() === state || (state === "not_applicable" && !reason.hidden)) {
      reason.hidden = true;
      spared.setAttribute("aria-expanded", "false");
      const back = meant();
      if (back && stateNow() === state) send(back);
      else { dirty = false; keep(draftKey(), null); show(); }
      return;
    }
    if (state === "not_applicable") {
      reason.hidden = false;
      because.focus();
      status.textContent = "Say in a few words why it does not apply";
      return;
    }
    reason.hidden = true;
    send({ state, value: null, reason: null });
  }

  function park(edit) {
    const draft = { raw: field.raw(), because: because.value, edit, expected: standing?.revision ?? 0 };
    if (!keep(draftKey(), draft)) status.textContent = "Too long to be kept in this browser until it is saved";
  }

  function send(edit, expected = standing?.revision ?? 0) {
    dirty = false;
    if (flying) { flying.next = edit; return; }
    if (same(edit, standing)) { keep(draftKey(), null); show(); return; }
    flying = { nonce: uid("edit"), edit, expected, before: standing };
    mark("saving");
    status.classList.remove("saved");
    status.textContent = "Saving …";
    deliver();
  }

  function deliver() {
    clearTimeout(late);
    late = setTimeout(missing, PATIENCE);
    const { nonce, edit, expected } = flying;
    page.send({ type: "edit", question: question.id, nonce, expected, state: edit.state, value: edit.value, reason: edit.reason });
  }

  function missing() {
    mark("waiting");
    status.textContent = "Not saved yet";
    alarm.hidden = false;
    alarm.textContent = "Not saved yet: the notebook does not answer. What you typed is kept in this browser and is sent again as soon as the page has been reloaded.";
  }

  function settled() {
    clearTimeout(late);
    alarm.hidden = true;
    const done = flying;
    flying = null;
    return done;
  }

  function saved(reply) {
    const done = settled();
    if (!done) return;
    if (!done.edit.undoing) earlier.push(done.before);
    standing = reply.answer.state === "open" ? null : { ...reply.answer, value: done.edit.value, reason: done.edit.reason };
    clash.hidden = true;
    complain("");
    if (done.next) { send(done.next); return; }
    if (!dirty) keep(draftKey(), null);
    show();
    if (!past.hidden) askPast();
  }

  function refused(reply) {
    const done = settled();
    if (done?.next) { send(done.next); return; }
    complain(reply.message);
    mark("refused");
    status.textContent = "Not saved: see above";
  }

  function conflict(reply) {
    const done = settled();
    if (!done) return;
    if (done.reuse) {
      show();
      complain("Someone changed this answer meanwhile. The history has it now: choose again.");
      askPast();
      return;
    }
    mark("conflict");
    status.textContent = "Two answers: choose one";
    const { current } = reply;
    const own = done.next ?? done.edit;
    const mine = tellMine(own);
    const theirs = current.state ? current : null;
    const who = theirs ? (theirs.by === page.me().by ? "You, in another window" : `${theirs.by} (${theirs.role})`) : "Someone";
    const take = () => { clash.hidden = true; keep(draftKey(), null); [dirty, standing] = [false, null]; mark(""); adopt(theirs?.state === "open" ? null : theirs); show(); };
    const hold = () => { clash.hidden = true; send(own, theirs?.revision ?? 0); };
    clash.replaceChildren(
      el("p", {}, el("strong", { text: "Someone else changed this answer meanwhile." })),
      el("dl", {}, el("dt", { text: "Yours, not saved" }), el("dd", { dir: "auto", text: mine }),
        el("dt", { text: theirs ? `${who}, ${clock(theirs.at)}` : who }), el("dd", { dir: "auto", text: current.told })),
      el("p", { class: "acts" }, button("Keep mine", hold, { class: "button" }), button("Take theirs", take, { class: "button second" })));
    clash.hidden = false;
  }

  function tellMine(edit) {
    if (edit.state === "unknown") return "Unknown";
    if (edit.state === "open") return "No answer";
    if (edit.state === "not_applicable") return `Not applicable: ${edit.reason}`;
    const label = (value) => question.options.find((option) => option.value === value)?.label ?? String(value);
    const { value } = edit;
    if (question.type === "range") return `${value.low} to ${value.high}, most likely ${value.likely}`;
    if (question.type === "table") return value.map((row) => Object.values(row).join(" · ")).join("; ");
    return Array.isArray(value) ? value.map(label).join(", ") || "None of these" : label(value).slice(0, 300);
  }

  // Shows what the store has. A person's own unsaved words are never overwritten.
  function adopt(answer) {
    if (flying || dirty || ["refused", "conflict", "typing"].includes(root.dataset.save)) return;
    if (answer && standing && answer.revision === standing.revision) return;
    if (!answer && !standing && !root.dataset.save) { show(); return; }
    standing = answer;
    complain("");
    clash.hidden = true;
    field.write(answer?.state === "answered" ? answer.value : null);
    because.value = answer?.reason ?? "";
    reason.hidden = stateNow() !== "not_applicable";
    show();
  }

  function reset() {
    clearTimeout(pausing);
    clearTimeout(late);
    [standing, flying, dirty] = [null, null, false];
    earlier.splice(0);
    past.hidden = true;
    alarm.hidden = true;
    mark("");
    field.write(null);
    show();
  }

  // What was typed before the page or the kernel went away comes back, and is sent.
  function replay() {
    const draft = kept(draftKey());
    if (!draft || flying) return;
    field.restore(draft.raw);
    because.value = draft.because ?? "";
    reason.hidden = draft.edit?.state !== "not_applicable";
    if (draft.edit && draft.edit.value !== undefined) send(draft.edit, draft.expected);
    else { dirty = true; meant(); }
  }

  function takeBack() {
    const before = earlier.pop();
    const edit = before ? { state: before.state, value: before.value, reason: before.reason } : { state: "open", value: null, reason: null };
    field.write(edit.state === "answered" ? edit.value : null);
    because.value = edit.reason ?? "";
    reason.hidden = edit.state !== "not_applicable";
    send({ ...edit, undoing: true });
  }

  function openPast() {
    past.hidden = !past.hidden;
    history.setAttribute("aria-expanded", String(!past.hidden));
    if (!past.hidden) askPast();
  }

  function askPast() { page.send({ type: "history", question: question.id }); }

  function pastArrived(reply) {
    const who = (one) => `${one.by === "unknown" ? "" : `${one.by}, `}${one.role}, ${clock(one.at)}`;
    const again = (one) => {
      flying = { nonce: uid("edit"), edit: { value: null, reason: null }, before: standing, reuse: true };
      page.send({ type: "reuse", question: question.id, nonce: flying.nonce, revision: one.revision, expected: standing?.revision ?? 0 });
    };
    const line = (one, act) => el("li", {}, el("span", { dir: "auto", text: one.told }), el("span", { class: "soft small", text: ` ${who(one)} ` }), act);
    past.replaceChildren(
      el("p", { class: "small" }, el("strong", { text: "History of this answer" })),
      el("ol", {}, reply.past.map((one, i) => line(one, i === 0 ? null : button("Use this again", () => again(one))))),
      ...(reply.people.length ? [el("p", { class: "small" }, el("strong", { text: "What participants answer for themselves" })),
        el("ul", {}, reply.people.map((one) => line(one, null)))] : []));
  }

  return {
    root, question, saved, refused, conflict, adopt, reset, replay, flush, pastArrived,
    answered: () => ["answered", "not_applicable", "unknown"].includes(stateNow()),
    waits: () => root.dataset.save === "waiting",
    resend: () => { if (flying) deliver(); },
    expects: (reply) => flying && flying.nonce === reply.nonce,
    reused: (reply) => {
      if (!flying?.reuse) return false;
      const done = flying;
      settled();
      earlier.push(done.before);
      [standing, dirty] = [null, false];
      mark("");
      adopt(reply.answer.state === "open" ? null : reply.answer);
      show();
      if (!past.hidden) askPast();
      return true;
    },
    note: (found) => notes.replaceChildren(...(found ?? []).map((one) => el("div", { class: `alert ${one.mark === "blocker" ? "stop" : ""}` },
      el("strong", { text: `${one.label}. ` }), el("span", { dir: "auto", text: one.statement })))),
    team: (told) => {
      agreed.hidden = told === null;
      agreed.textContent = told === null ? "" : `The team’s answer: ${told || "none yet"}`;
    },
    end: () => { clearTimeout(pausing); clearTimeout(late); },
  };
}

function same(edit, standing) {
  if (!standing) return edit.state === "open";
  const plain = (one) => JSON.stringify([one.state, one.value ?? null, one.reason ?? null]);
  return plain(edit) === plain(standing);
}
