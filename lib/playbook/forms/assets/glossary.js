// The words of both sides: find a term by its name, or by the question that it answers.
function render({ model, el: host }) {
  const root = el("div", { class: "pb pb-glossary" });
  host.replaceChildren(root);
  const unquiet = quiet(root);
  const { terms } = model.get("data");
  const ids = { search: uid("search"), list: uid("list") };
  const live = announcer();
  const search = el("input", { type: "text", id: ids.search, autocomplete: "off", dir: "auto", oninput: () => draw() });
  const name = uid("from");
  const side = (value, label, checked) => el("label", { class: "opt" },
    el("input", { type: "radio", name, value, checked, onchange: () => draw() }), label);
  const sides = el("fieldset", {},
    el("legend", { class: "pb-slider-name", text: "What do you have?" }),
    el("div", { class: "pb-sizes" }, side("term", "A technical word", true), side("ask", "A question", false)));
  const count = el("p", { class: "soft small" });
  const list = el("dl", { id: ids.list });

  const plain = (text) => text.toLocaleLowerCase("en").normalize("NFKD").replace(/\p{M}/gu, "");
  const entries = terms.map((term) => {
    const words = [term.term, ...term.also].join(", ");
    const asked = el("dt", { text: term.ask });
    const named = el("dt", {}, el("span", { text: term.term }), el("span", { class: "soft small", text: ` ${term.also.join(", ")}` }));
    const first = el("dd", { text: `${term.ask} ${term.plain}` });
    const second = el("dd", {}, el("strong", { text: term.term }), `: ${term.plain}`);
    const example = el("dd", { class: "soft", text: term.example });
    return {
      term: term.term,
      ask: term.ask,
      text: plain([words, term.ask, term.plain, term.example].join(" ")),
      heads: [term.term, ...term.also].map(plain),
      show: (from) => el("div", {}, ...(from === "ask" ? [asked, second] : [named, first]), example),
    };
  });

  function draw() {
    const from = root.querySelector("input[type=radio]:checked").value;
    const wanted = plain(search.value).split(/\s+/).filter(Boolean);
    const hits = entries.filter((entry) => wanted.every((word) => entry.text.includes(word)));
    const typed = wanted.join(" ");
    // A term of that very name first, then those whose names hold what was typed.
    const near = ({ heads }) => {
      if (!typed) return 0;
      return heads.includes(typed) ? 0 : heads.some((head) => head.includes(typed)) ? 1 : 2;
    };
    hits.sort((a, b) => near(a) - near(b) || a[from].localeCompare(b[from], "en"));
    list.replaceChildren(...hits.map((entry) => entry.show(from)));
    count.textContent = hits.length
      ? `${hits.length} of ${terms.length} words`
      : "No word fits. Try fewer letters, or a word of your own for it.";
    live.say(count.textContent);
  }

  root.append(el("details", {},
    el("summary", { text: `Glossary: ${terms.length} words of both sides` }),
    sides,
    el("label", { for: ids.search, class: "pb-slider-name", text: "Search" }), search, count, list), live.node);
  draw();
  live.stop();
  return () => {
    live.stop();
    unquiet();
  };
}

export default { render };
