// A thousand people as dots: how a base rate, hits and false alarms make up what is flagged.
const COLUMNS = 40;
const STEP = 10;

function people(count, one = "person", many = "people") {
  return `${count.toLocaleString("en-GB")} ${count === 1 ? one : many}`;
}

// One path for all dots of a kind: a thousand elements would be slow to move.
const SHAPES = {
  found: (x, y) => `M${x - 3.8},${y}a3.8,3.8 0 1,0 7.6,0a3.8,3.8 0 1,0 -7.6,0`,
  missed: (x, y) => `M${x - 3.2},${y}a3.2,3.2 0 1,0 6.4,0a3.2,3.2 0 1,0 -6.4,0`,
  alarm: (x, y) => `M${x - 3.3},${y - 3.3}h6.6v6.6h-6.6Z`,
  alone: (x, y) => `M${x - 1.5},${y}a1.5,1.5 0 1,0 3,0a1.5,1.5 0 1,0 -3,0`,
};

function render({ model, el: host }) {
  const root = el("div", { class: "pb pb-baserates" });
  host.replaceChildren(root);
  const unquiet = quiet(root);
  const data = model.get("data");
  const rows = data.people / COLUMNS;
  const kinds = [
    ["found", "rightly flagged"],
    ["missed", "missed"],
    ["alarm", "flagged by mistake"],
    ["alone", "rightly left alone"],
  ];
  const paths = Object.fromEntries(kinds.map(([kind]) => [kind, svg("path", { class: `dot ${kind}` })]));
  const picture = svg("svg", { role: "img", viewBox: `0 0 ${COLUMNS * STEP} ${rows * STEP}`, class: "pb-dots" }, ...Object.values(paths));
  const counts = Object.fromEntries(kinds.map(([kind]) => [kind, el("strong")]));
  const key = el("ul", { class: "pb-key" }, ...kinds.map(([kind, name]) => el("li", {},
    svg("svg", { viewBox: "0 0 10 10", class: "pb-keydot", "aria-hidden": "true" }, svg("path", { class: `dot ${kind}`, d: SHAPES[kind](5, 5) })),
    counts[kind], ` ${name}`)));
  const title = el("p", { class: "pb-title" });
  const said = el("div", { class: "pb-said" });
  const real = el("p", { class: "alert pb-real", dir: "auto", hidden: true });
  const live = announcer();

  const hundred = [...Array(101).keys()];
  const start = data.examples[0] ?? { base: 0, sensitivity: 90, specificity: 90 };
  const asked = [
    ["base", "How common is it? Of 1,000 people, so many have it", "Of 1,000 people, as a number", data.bases],
    ["sensitivity", "Of 100 who have it, how many are found? (recall)", "Of 100 who have it, as a number", hundred],
    ["specificity", "Of 100 who do not, how many are left alone? (specificity)", "Of 100 who do not, as a number", hundred],
  ];
  const controls = Object.fromEntries(asked.map(([name, label, field, values]) => [name, slider({
    label, field, values, labels: values.map(String), index: start[name], onmove: () => draw(),
  })]));
  const at = (name) => controls[name].index;

  const examples = data.examples.map((example) => {
    const button = el("button", { type: "button", class: "button second", text: example.name, onclick: () => {
      for (const name of Object.keys(controls)) controls[name].show(example[name]);
      draw();
    } });
    const chosen = () => Object.keys(controls).every((name) => at(name) === example[name]);
    return { example, button, chosen };
  });

  function draw() {
    const base = data.bases[at("base")];
    const found = data.found[at("base")][at("sensitivity")];
    const alarm = data.alarms[at("base")][at("specificity")];
    const n = { found, missed: base - found, alarm, alone: data.people - base - alarm };
    let place = 0;
    for (const [kind] of kinds) {
      let path = "";
      for (const end = place + n[kind]; place < end; place += 1) {
        path += SHAPES[kind](Math.floor(place / rows) * STEP + 5, (place % rows) * STEP + 5);
      }
      paths[kind].setAttribute("d", path);
      counts[kind].textContent = n[kind].toLocaleString("en-GB");
    }
    const flagged = found + alarm;
    title.textContent = flagged
      ? `Of ${people(flagged)} flagged, ${found.toLocaleString("en-GB")} really ${found === 1 ? "has" : "have"} it`
      : "Nobody is flagged";
    const lines = [
      `Of 1,000 people, ${base.toLocaleString("en-GB")} ${base === 1 ? "has" : "have"} it: ${found} are found, ${n.missed} missed. Of the other ${data.people - base}, ${alarm} are flagged by mistake.`,
      `All in all, ${found + n.alone} of 1,000 decisions are right. Flagging nobody is right ${data.people - base} times, and finds none.`,
    ];
    lines.forEach((line, i) => {
      if (said.children[i]) said.children[i].textContent = line;
      else said.append(el("p", { text: line }));
    });
    picture.setAttribute("aria-label", `1,000 people as dots. ${title.textContent}. ${kinds.map(([kind, name]) => `${n[kind]} ${name}`).join(", ")}.`);
    const shown = examples.find(({ chosen }) => chosen());
    examples.forEach(({ button, chosen }) => button.setAttribute("aria-pressed", String(chosen())));
    real.hidden = !shown;
    real.textContent = shown ? shown.example.said : "";
    live.say([`${title.textContent}.`, ...lines].join(" "));
  }

  root.append(
    el("div", { class: "pb-buttons", role: "group", "aria-label": "Figures of a real example" }, ...examples.map(({ button }) => button)),
    ...asked.map(([name]) => controls[name].node),
    title, picture, key, said, real, live.node,
  );
  draw();
  live.stop();
  return () => {
    live.stop();
    unquiet();
  };
}

export default { render };
