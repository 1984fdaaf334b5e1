// Turns a notebook that asks for it (metadata.playbook.autorun) into a page: runs every cell as
// soon as its kernel is ready, again after each restart, and asks the reader nothing.

const FRESH = ["restarting", "autorestarting", "starting"];

export function makePlugin({ IRouter }, { INotebookTracker }, { CodeCell }, config) {
  const single = config.mode === "single-document";
  return {
    id: "playbook-pages:plugin",
    autoStart: true,
    requires: [INotebookTracker, IRouter],
    activate(app, tracker, router) {
      if (single) keepAddress(router);
      tracker.widgetAdded.connect((_, panel) => open(panel, CodeCell, config, single));
      if (single) setTimeout(reveal, 20000); // Whatever happens: no one waits before a white page.
    },
  };
}

async function open(panel, CodeCell, config, single) {
  await panel.context.ready;
  if (!panel.model?.getMetadata("playbook")?.autorun) {
    reveal();
    return;
  }
  dress(panel, single);
  neverAsk(panel);
  followLinks(panel, config.baseUrl || "/");
  const status = document.createElement("p");
  status.className = "pb-status";
  status.setAttribute("role", "status");
  panel.node.append(status);
  attend(panel, CodeCell, status);
}

// The file browser, out of sight, would put its folder into the address, and a reload would then
// open the folder instead of the page.
function keepAddress(router) {
  const navigate = router.navigate.bind(router);
  router.navigate = (path, options) => options?.skipRouting || navigate(path, options);
}

// A page, not an editor: no keys that cut cells, no cell that opens for editing, all rendered.
function dress(panel, single) {
  panel.addClass("pb-page");
  panel.content.notebookConfig = {
    ...panel.content.notebookConfig,
    windowingMode: "none",
    scrollPastEnd: false,
  };
  panel.content.model.readOnly = true;
  panel.node.dataset.jpSuppressContextMenu = "true";
  keepKeys(panel.node, single);
  panel.node.addEventListener(
    "dblclick",
    (event) => event.target.closest(".jp-MarkdownCell") && event.stopPropagation(),
    true,
  );
  panel.content.node.setAttribute("role", "main");
  if (!single) return;
  document.documentElement.classList.add("pb-single");
  entitle(panel.model.getMetadata("title"));
}

// JupyterLab looks at every key before the page does ("d" twice cuts a cell), unless the very element
// that is typed into says otherwise.
function keepKeys(node, single) {
  const keep = (event) => {
    const target = event.target;
    if (target instanceof HTMLElement && (single || node.contains(target))) {
      target.dataset.lmSuppressShortcuts = "true";
    }
  };
  window.addEventListener("keydown", keep, true);
}

// The window is called what the page is called. (The panel's own title is the file's name:
// changing that would rename the file.)
function entitle(title) {
  if (!title) return;
  const element = document.querySelector("title");
  const set = () => element.textContent !== title && (element.textContent = title);
  new MutationObserver(set).observe(element, { childList: true });
  set();
}

// What a page shows is computed anew each time: there is nothing to save, so nobody is asked.
function neverAsk(panel) {
  const { context } = panel;
  context.save = async () => {};
  context.saveAs = async () => false;
  context.model.dirty = false;
  context.model.stateChanged.connect((model, change) => {
    if (change.name === "dirty" && change.newValue) model.dirty = false;
  });
  // JupyterLab would open a dialog when a kernel restarts; the page runs again instead.
  if (panel._onSessionStatusChanged) {
    context.sessionContext.statusChanged.disconnect(panel._onSessionStatusChanged, panel);
  }
}

// JupyterLab opens a link to a notebook inside itself; a page is left for the next one.
function followLinks(panel, base) {
  panel.node.addEventListener(
    "click",
    (event) => {
      const link = event.target.closest?.("a[data-commandlinker-args]");
      if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
      const { path } = JSON.parse(link.dataset.commandlinkerArgs);
      if (!path?.endsWith(".ipynb")) return;
      event.preventDefault();
      event.stopPropagation();
      const tree = location.pathname.includes("/lab/") ? "lab/tree/" : "doc/tree/";
      location.assign(base + tree + path.split("/").map(encodeURIComponent).join("/"));
    },
    true,
  );
}

// Run now, and again whenever a new kernel process stands behind the page. The first words of a new
// process can be lost on their way here: what tells it for sure is the session in all its messages.
async function attend(panel, CodeCell, status) {
  const session = panel.context.sessionContext;
  let turn = 0;
  let fresh = false;
  let speaker = "";
  const expect = () => {
    fresh = true;
    turn += 1;
    status.textContent = "Opening again…";
  };
  const start = async () => {
    const mine = ++turn;
    fresh = false;
    const current = () => mine === turn && !panel.isDisposed;
    await session.ready;
    await session.session?.kernel?.info;
    if (current()) await runAll(panel, CodeCell, status, current);
  };
  session.statusChanged.connect((_, now) => {
    if (FRESH.includes(now)) {
      expect();
    } else if (now === "idle" && fresh) {
      start();
    } else if (now === "dead") {
      status.textContent = "This page has stopped. Reload it to go on; your answers are kept.";
    }
  });
  session.iopubMessage.connect((_, message) => {
    const now = message.content.execution_state;
    if (now !== "busy" && now !== "idle") return; // Other states are the server's own words.
    if (speaker && speaker !== message.header.session) expect();
    speaker = message.header.session;
    if (now === "idle" && fresh) start();
  });
  session.kernelChanged.connect((_, change) => {
    speaker = "";
    if (change.oldValue && change.newValue) start();
  });
  await start();
}

async function runAll(panel, CodeCell, status, current) {
  status.textContent = "Opening…";
  let broken = false;
  for (const cell of panel.content.widgets) {
    if (!current()) return;
    if (!(cell instanceof CodeCell)) continue;
    try {
      const reply = await CodeCell.execute(cell, panel.context.sessionContext);
      // A page's own faults are sentences among its outputs; others mean a broken installation.
      broken ||= reply?.content.status === "error" && !!reply.content.traceback?.length;
    } catch (fault) {
      if (!current() || /cancel/i.test(String(fault))) return;
      console.warn(fault);
    }
    if (cell.outputArea.model.length) reveal();
  }
  reveal();
  status.textContent = broken
    ? "A part of this page could not be computed. Reload it; if that does not help, tell whoever set it up."
    : "";
}

function reveal() {
  document.documentElement.classList.remove("pb-opening");
}
