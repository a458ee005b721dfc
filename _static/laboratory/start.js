/* Puts the laboratory in its place at the first touch, or at once where a link carries a state. */
(() => {
  const root = document.querySelector(".bends-laboratory"), folder = document.currentScript.src.replace(/[^/]*$/, "");
  const files = ["elementary.js", "functions.js", "formula.js", "engine.js", "worker.js", "page.js"];
  const load = (name) => new Promise((done, fail) => {
    const script = document.createElement("script");
    Object.assign(script, { src: folder + name, onload: done, onerror: () => fail(new Error(name)) });
    document.head.append(script);
  });
  const button = root.querySelector("button");
  let begun = false;
  async function begin() {
    if (begun) return;
    begun = true;
    button.disabled = true;
    try {
      await Promise.all(files.map(load));
      bendsLaboratory(root, bendsFunctions, bendsNames, bendsGains);
    } catch (error) {
      root.textContent = `The laboratory cannot be loaded (${error.message}).`;
    }
  }
  button.hidden = false;
  button.addEventListener("click", begin);
  const linked = () => location.hash.startsWith("#laboratory:") && begin();
  linked();
  addEventListener("hashchange", linked);
})();
