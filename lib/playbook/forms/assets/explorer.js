// The threshold explorer: every number and sentence comes with the data; here they are looked up.
function explorer(data, start, keep) {
  const said = el("div", { class: "pb-said", dir: "auto" });
  const counted = el("p", { class: "soft small", dir: "auto" });
  const live = announcer();
  const money = data.money ? curve(data) : null;
  const groups = data.groups.map(groupTable);

  const control = slider({
    label: data.legend,
    field: "Threshold, as a number",
    values: data.thresholds,
    labels: data.labels,
    index: start,
    told: (place) => {
      const marks = [place === data.today && "today's", place === data.best && "best for money"];
      return [data.labels[place], ...marks.filter(Boolean)].join(", ");
    },
    onmove: (place) => draw(place),
  });

  function draw(place) {
    keep(data.thresholds[place]);
    paragraphs(said, data.said[place]);
    counted.textContent = `Counted: ${data.kinds.map((kind, i) => `${data.counts[place][i]} ${kind}`).join(", ")}.`;
    money?.move(place);
    groups.forEach((group) => group.move(place));
    buttons.forEach(([button, to]) => button.setAttribute("aria-pressed", String(to === place)));
    const first = data.money ? data.money.said[place] : [];
    live.say([`Threshold ${data.labels[place]}.`, ...data.said[place], ...first].join(" "));
  }

  const buttons = [
    ["Today's threshold", data.today],
    ["Best for money", data.best],
  ].filter(([, to]) => to !== null).map(([name, to]) => [
    el("button", {
      type: "button", class: "button second", text: `${name}: ${data.labels[to]}`,
      onclick: () => control.move(to),
    }), to,
  ]);
  const root = el("div", { class: "pb-explorer-body" },
    control.node,
    el("div", { class: "pb-buttons" }, ...buttons.map(([button]) => button)),
    said, counted,
    money?.node ?? el("p", { class: "alert", text: data.no_money }),
    ...groups.map((group) => group.node),
    data.no_groups ? el("p", { class: "soft", text: data.no_groups }) : null,
    live.node);
  draw(start);
  live.stop();
  return { root, control, stop() { live.stop(); money?.stop(); } };
}

// Changes the text of paragraphs that are there rather than making new ones.
function paragraphs(node, lines) {
  while (node.children.length > lines.length) node.lastChild.remove();
  lines.forEach((line, i) => {
    if (node.children[i]) node.children[i].textContent = line;
    else node.append(el("p", { text: line }));
  });
}

function groupTable(group) {
  const caption = el("caption", { dir: "auto" });
  const rows = group.rows.map((row) => {
    const told = el("span", { class: "pb-told" });
    const [bar, reach] = [el("i"), el("b")];
    const node = el("tr", {},
      el("th", { scope: "row", dir: "auto", text: row.name }),
      el("td", { class: "n", text: row.n }),
      el("td", {}, el("div", { class: "pb-rate" }, told,
        el("span", { class: "pb-bar", "aria-hidden": "true" }, bar, reach))));
    return { node, move(place) {
      const [value, low, high] = [row.value[place], row.low[place], row.high[place]].map((x) => 100 * (x ?? 0));
      told.textContent = row.said[place];
      bar.style.width = `${value}%`;
      reach.style.left = `${low}%`;
      reach.style.width = `${high - low}%`;
    } };
  });
  const table = rows.length ? el("table", { class: "pb-groups" }, caption,
    el("thead", {}, el("tr", {},
      el("th", { scope: "col", text: "Group" }),
      el("th", { scope: "col", class: "n", dir: "auto", text: group.of }),
      el("th", { scope: "col", dir: "auto", text: `${group.share} (interval; a full bar is 100 %)` }))),
    el("tbody", {}, ...rows.map((row) => row.node))) : null;
  return {
    node: el("div", {}, table, group.note ? el("p", { class: "soft small", dir: "auto", text: group.note }) : null),
    move(place) {
      caption.textContent = group.titles[place];
      rows.forEach((row) => row.move(place));
    },
  };
}

// Money over the threshold, with its band: the curve stands still, the chosen threshold moves.
function curve(data) {
  const money = data.money;
  const said = el("div", { class: "pb-said", dir: "auto" });
  const picture = svg("svg", { role: "img", "aria-label": `${money.title}. ${money.alt}` });
  const box = el("div", { class: "pb-curve" }, picture);
  const node = el("div", {}, said, el("p", { class: "pb-title", text: money.title }), box,
    el("p", { class: "soft small", text: `${money.axis}. Band: the interval, from the rows and from the stated ranges together.` }));
  const height = 250;
  const edge = { top: 44, bottom: 42, left: 12, right: 12 };
  let place = 0;
  let marker = null;

  function drawAt(width) {
    edge.left = 14 + 7.5 * Math.max(...money.ticks.map(([, label]) => label.length));
    const ends = [Math.min(...money.low), Math.max(...money.high)];
    const span = ends[1] - ends[0] || 1;
    const first = data.thresholds[0];
    const wide = data.thresholds.at(-1) - first || 1;
    const x = (value) => edge.left + (width - edge.left - edge.right) * (value - first) / wide;
    const y = (value) => edge.top + (height - edge.top - edge.bottom) * (ends[1] - value) / span;
    const path = (side, order) => order.map((i) => `${x(data.thresholds[i]).toFixed(1)},${y(money[side][i]).toFixed(1)}`).join("L");
    const places = data.thresholds.map((_, i) => i);
    const back = [...places].reverse();
    // A label stays inside the picture, whatever stands at its edge.
    const anchor = (at, text) => (at + 4 * text.length > width ? "end" : at < 4 * text.length ? "start" : "middle");
    const label = (text, at, up) => svg("text", { x: at, y: up, "text-anchor": anchor(at, text), text });
    picture.setAttribute("viewBox", `0 0 ${width} ${height}`);
    picture.setAttribute("height", height);
    const parts = money.ticks.flatMap(([value, text]) => [
      svg("line", { x1: edge.left, x2: width - edge.right, y1: y(value), y2: y(value), class: value === 0 ? "zero" : "grid" }),
      svg("text", { x: edge.left - 8, y: y(value) + 4, "text-anchor": "end", text }),
    ]);
    parts.push(...data.x_ticks.map(([value, text]) => svg("text", {
      x: x(value), y: height - edge.bottom + 20, "text-anchor": "middle", text,
    })));
    parts.push(svg("text", { x: width - edge.right, y: height - 4, "text-anchor": "end", text: "threshold of the score" }));
    parts.push(svg("path", { class: "band", d: `M${path("low", places)}L${path("high", back)}Z` }));
    parts.push(svg("path", { class: "line", d: `M${path("value", places)}` }));
    const at = (mark) => x(data.thresholds[mark]);
    const apart = data.today === null || data.best === null || Math.abs(at(data.best) - at(data.today)) > 50;
    if (data.today !== null) {
      const also = apart ? "" : `, worth most ${data.labels[data.best]}`;
      parts.push(svg("line", { x1: at(data.today), x2: at(data.today), y1: edge.top - 6, y2: height - edge.bottom, class: "today" }));
      parts.push(label(`today ${data.labels[data.today]}${data.best === data.today ? ", worth most" : also}`, at(data.today), edge.top - 12));
    }
    if (data.best !== null && data.best !== data.today) {
      const up = y(money.value[data.best]);
      parts.push(svg("path", { class: "best", d: `M${at(data.best)},${up - 6}l6,6l-6,6l-6,-6Z` }));
      if (apart) parts.push(label("worth most", at(data.best), up + 24));
    }
    const line = svg("line", { class: "chosen", y1: edge.top - 6, y2: height - edge.bottom });
    const dot = svg("circle", { class: "chosen", r: 5.5 });
    const name = svg("text", { class: "strong", y: 13 });
    picture.replaceChildren(...parts, line, dot, name);
    marker = () => {
      const here = at(place);
      line.setAttribute("x1", here);
      line.setAttribute("x2", here);
      dot.setAttribute("cx", here);
      dot.setAttribute("cy", y(money.value[place]));
      name.textContent = `chosen ${data.labels[place]}`;
      name.setAttribute("x", here);
      name.setAttribute("text-anchor", anchor(here, name.textContent));
    };
    marker();
  }
  const stop = atWidth(box, drawAt);
  return { node, stop, move(to) {
    place = to;
    paragraphs(said, money.said[to]);
    marker?.();
  } };
}

function render({ model, el: host }) {
  const root = el("div", { class: "pb pb-explorer" });
  host.replaceChildren(root);
  const unquiet = quiet(root);
  let shown = null;
  let wanted = null;
  const build = () => {
    const data = model.get("data");
    if (!data.thresholds) {
      shown?.stop();
      shown = null;
      root.replaceChildren(el("p", { class: "soft", text: data.waiting }));
      return;
    }
    const within = shown && root.contains(document.activeElement) ? document.activeElement : null;
    const field = within && within === shown.control.number;
    const start = wanted === null ? data.today ?? data.best ?? Math.floor(data.thresholds.length / 2)
      : data.thresholds.reduce((best, value, i) => (Math.abs(value - wanted) < Math.abs(data.thresholds[best] - wanted) ? i : best), 0);
    shown?.stop();
    shown = explorer(data, start, (threshold) => { wanted = threshold; });
    root.replaceChildren(shown.root);
    if (within) (field ? shown.control.number : shown.control.range).focus();
  };
  model.on("change:data", build);
  build();
  return () => {
    model.off("change:data", build);
    shown?.stop();
    unquiet();
  };
}

export default { render };
