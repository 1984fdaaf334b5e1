// The home: which product is looked at, remembered by this browser, and how it stands.
const REMEMBERED = "pb:product";
const FOCUSABLE = "a, button, summary, [tabindex]";

function render({ model, el: host }) {
  const select = el("select", {
    id: uid("product"),
    onchange: () => model.send({ type: "choose", slug: select.value }),
  });
  const label = el("div", { class: "choose" }, el("label", { for: select.id, text: "Product" }), select);
  const panel = el("div", { class: "panel" });
  const fault = el("p", { class: "alert stop sent", role: "alert", hidden: true });
  const root = el("div", { class: "pb pb-home" }, label, panel, fault);
  host.replaceChildren(root);
  const unquiet = quiet(root);
  const pages = [];
  let waiting = false;
  let opened = null;

  const list = () => {
    const products = model.get("products");
    select.replaceChildren(
      ...products.map(({ slug, name }) => el("option", { value: slug, text: name, dir: "auto" })),
    );
    select.value = model.get("chosen");
    label.hidden = products.length < 2;
  };
  const draw = () => {
    const active = [...panel.querySelectorAll(FOCUSABLE)].indexOf(document.activeElement);
    panel.innerHTML = model.get("html");
    if (active >= 0) panel.querySelectorAll(FOCUSABLE)[active]?.focus();
  };
  const busy = () => panel.setAttribute("aria-busy", String(model.get("busy")));
  const remember = () => {
    select.value = model.get("chosen");
    if (model.get("chosen")) keep(REMEMBERED, model.get("chosen"));
  };
  const heard = (message) => {
    if (message.of === "sync") waiting = false;
    if (message.type === "fault") {
      fault.textContent = message.text;
      fault.dataset.of = message.of;
      fault.hidden = false;
    } else if (message.of === fault.dataset.of) fault.hidden = true;
    if (message.of !== "report" || !opened) return;
    if (message.type === "page") opened.location = page(message.html);
    else opened.close();
    opened = null;
  };
  // A report is one whole file; links to others beside it would lead nowhere from here.
  const page = (html) => {
    const report = new DOMParser().parseFromString(html, "text/html");
    const policy = report.createElement("meta");
    policy.httpEquiv = "Content-Security-Policy";
    policy.content = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";
    report.head.prepend(policy);
    report.querySelectorAll("a[href]").forEach((link) => {
      if (!link.getAttribute("href").startsWith("#")) link.removeAttribute("href");
    });
    const text = `<!doctype html>\n${report.documentElement.outerHTML}`;
    pages.push(URL.createObjectURL(new Blob([text], { type: "text/html;charset=utf-8" })));
    return pages.at(-1);
  };
  panel.addEventListener("click", (event) => {
    const name = event.target.closest("[data-report]")?.dataset.report;
    if (!name) return;
    opened = window.open("", "_blank"); // now, as browsers allow it only while a click is served
    model.send({ type: "report", name });
  });

  model.on("change:products", list);
  model.on("change:html", draw);
  model.on("change:busy", busy);
  model.on("change:chosen", remember);
  model.on("msg:custom", heard);
  list();
  draw();
  busy();
  const before = kept(REMEMBERED);
  const known = model.get("products").some(({ slug }) => slug === before);
  if (known && before !== model.get("chosen")) model.send({ type: "choose", slug: before });
  const timer = setInterval(() => {
    if (waiting || document.hidden) return;
    waiting = true;
    try {
      model.send({ type: "sync" });
    } catch (error) {
      clearInterval(timer); // the kernel is gone for good: the page is being left
    }
  }, 1000);
  return () => {
    clearInterval(timer);
    unquiet();
    pages.forEach((address) => URL.revokeObjectURL(address));
    model.off("change:products", list);
    model.off("change:html", draw);
    model.off("change:busy", busy);
    model.off("change:chosen", remember);
    model.off("msg:custom", heard);
  };
}

export default { render };
