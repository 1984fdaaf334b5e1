// A module-federation container written by hand: what a bundler would make of two files, no more.
// JupyterLab loads this script, calls init() with the packages it shares, and get() for our plugin.
(() => {
  const here = document.currentScript.src.replace(/[^/]*$/, "");
  const config = JSON.parse(document.getElementById("jupyter-config-data")?.textContent || "{}");
  let shared = {};

  for (const name of ["pages.css", "lab.css"]) {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = here + name;
    document.head.append(link);
  }
  // One notebook fills the window: nothing of JupyterLab is to flash up before the page is there.
  if (config.mode === "single-document" && location.pathname.endsWith(".ipynb")) {
    document.documentElement.classList.add("pb-opening");
  }

  // The newest version of a package that JupyterLab shares.
  const load = async (name) => {
    const versions = shared[name] || {};
    const newest = Object.keys(versions).sort((a, b) =>
      a.localeCompare(b, undefined, { numeric: true }),
    );
    return (await versions[newest.at(-1)].get())();
  };

  window._JUPYTERLAB = window._JUPYTERLAB || {};
  window._JUPYTERLAB["playbook-pages"] = {
    init: (scope) => {
      shared = scope;
    },
    get: async () => {
      const { makePlugin } = await import(here + "pages.js");
      const [application, notebook, cells] = await Promise.all(
        ["@jupyterlab/application", "@jupyterlab/notebook", "@jupyterlab/cells"].map(load),
      );
      const plugin = makePlugin(application, notebook, cells, config);
      return () => ({ __esModule: true, default: plugin });
    },
  };
})();
