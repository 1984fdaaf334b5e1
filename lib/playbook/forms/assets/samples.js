// Twenty samples of one size around the real value; every line was computed before.
function render({ model, el: host }) {
  const root = el("div", { class: "pb pb-samples" });
  host.replaceChildren(root);
  const unquiet = quiet(root);
  const data = model.get("data");
  const name = uid("size");
  const title = el("p", { class: "pb-title" });
  const picture = svg("svg", { role: "img" });
  const box = el("div", {}, picture);
  const live = announcer();
  let [size, batch] = [0, 0];
  let width = 0;

  const sizes = el("fieldset", {},
    el("legend", { class: "pb-slider-name", dir: "auto", text: data.legend }),
    el("div", { class: "pb-sizes" }, ...data.sizes.map((one, place) => el("label", { class: "opt" },
      el("input", { type: "radio", name, value: String(place), checked: place === size, onchange: () => {
        [size, batch] = [place, 0];
        tell();
      } }), one.label))));
  const again = el("button", { type: "button", class: "button second", onclick: () => {
    batch = (batch + 1) % data.sizes[size].titles.length;
    tell();
  } });

  function tell() {
    const last = batch === data.sizes[size].titles.length - 1;
    title.textContent = data.sizes[size].titles[batch];
    again.textContent = last ? "Start again with the first 20" : "Draw 20 more";
    draw();
    live.say(title.textContent);
  }

  function draw() {
    if (!width) return;
    const { lines, holds } = data.sizes[size];
    const row = 15;
    const top = 26;
    const height = top + row * lines[batch].length + 30;
    const right = 74;
    const x = (value) => 10 + (width - 10 - right) * (value - data.ends[0]) / (data.ends[1] - data.ends[0] || 1);
    const truth = x(data.truth);
    const parts = [
      svg("line", { x1: truth, x2: truth, y1: top - 6, y2: height - 28, class: "truth" }),
      svg("text", { x: truth, y: 13, "text-anchor": truth < 80 ? "start" : truth > width - 80 ? "end" : "middle", class: "strong", text: data.truth_said }),
      ...data.ticks.map(([value, text]) => svg("text", { x: x(value), y: height - 6, "text-anchor": "middle", text })),
    ];
    lines[batch].forEach(([value, low, high], i) => {
      const y = top + row * i + row / 2;
      const held = holds[batch][i];
      const kind = held ? "held" : "lost";
      parts.push(svg("line", { x1: x(low), x2: x(high), y1: y, y2: y, class: kind }));
      parts.push(held ? svg("circle", { cx: x(value), cy: y, r: 4, class: kind })
        : svg("path", { d: `M${x(value)},${y - 6}l6,6l-6,6l-6,-6Z`, class: kind }));
      if (!held) parts.push(svg("text", { x: width - 4, y: y + 4, "text-anchor": "end", class: "lost", text: "misses it" }));
    });
    picture.setAttribute("viewBox", `0 0 ${width} ${height}`);
    picture.setAttribute("height", height);
    picture.setAttribute("aria-label", `Twenty samples with their intervals around the ${data.truth_said}. ${data.sizes[size].titles[batch]}`);
    picture.replaceChildren(...parts);
  }

  const table = el("table", {},
    el("caption", { text: data.enough_title }),
    el("thead", {}, el("tr", {}, ...data.enough_head.map((head, i) => el("th", { scope: "col", class: i ? "n" : null, dir: "auto", text: head })))),
    el("tbody", {}, ...data.enough.map(([first, ...rest]) => el("tr", {},
      el("th", { scope: "row", text: first }), ...rest.map((cell) => el("td", { class: "n", text: cell }))))));
  root.append(
    el("p", { dir: "auto", text: data.real }), sizes,
    el("div", { class: "pb-buttons" }, again), title, box,
    el("p", { class: "soft small", text: "A dot is what one sample says, a line its interval. Four times as many cases halve the line." }),
    table, live.node,
  );
  tell();
  live.stop();
  const stop = atWidth(box, (now) => {
    width = now;
    draw();
  });
  return () => {
    live.stop();
    stop();
    unquiet();
  };
}

export default { render };
