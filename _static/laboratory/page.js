/* The laboratory on the page: its controls, its pictures, and the worker that trains. */
function bendsLaboratory(root, functions, names, gains) {
  "use strict";
  const DATA = {
    circles: "two rings", moons: "two moons", xor: "four corners", spirals: "two spirals", three: "three spirals",
    sine: "curve: a sine", abs: "curve: |x|", square: "curve: x²", step: "curve: a step", bump: "curve: a bump",
  };
  const CURVES = ["sine", "abs", "square", "step", "bump"];
  const INITS = {
    gain: "the function's gain", he: "He, √(2/n)", lecun: "LeCun, √(1/n)", glorot: "Glorot",
    small: "far too small", large: "far too large", zeros: "all zero",
  };
  const OPTIMIZERS = { sgd: "gradient descent", momentum: "momentum", adam: "Adam" };
  const RATES = [0.001, 0.003, 0.01, 0.02, 0.05, 0.1, 0.3, 1];
  const PACES = { slow: [1, 60], medium: [10, 20], full: [100000, 0] };
  const start = () => ({
    data: "circles", noise: 0.08, layers: [["relu", 8]], init: "gain", optimizer: "adam", rate: 0.02,
    batch: 0, l2: 0, seed: 0, seeds: 1,
  });
  const state = { ...start(), pace: "medium", own: "" };
  const calm = matchMedia("(prefers-reduced-motion: reduce)"); // then two pictures a second, no film
  let worker = null, running = false, last = null, history = [], ownGain = 1, queued = false;

  /* --- small helpers --------------------------------------------------------------------------- */

  function make(tag, attributes = {}, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes))
      if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else if (value !== false) node.setAttribute(name, value === true ? "" : value);
    node.append(...children);
    return node;
  }
  function menu(label, options, value, change, attributes = {}) {
    const select = make("select", { onchange: () => change(select.value), "aria-label": label, ...attributes });
    for (const [name, text] of Array.isArray(options) ? options : Object.entries(options))
      select.append(make("option", { value: name, selected: name === String(value) }, text));
    return select;
  }
  const row = (label, control) => make("label", { class: "lab-row" }, make("span", {}, label), control);
  const isCurve = () => CURVES.includes(state.data);
  function say(value, digits = 2) { // 0.012, 0.0004, 3·10⁻⁹, 140, 2·10²²
    if (!Number.isFinite(value)) return "not a number";
    const [first, power] = value.toExponential(0).split("e");
    if (Math.abs(power) > 4) return `${first}·10${`${+power}`.replace(/./g, (digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit] ?? "⁻")}`;
    return value && power > -4 && power < 2 ? value.toPrecision(digits) : value.toFixed(Math.max(0, -power));
  }
  const color = (name) => getComputedStyle(root).getPropertyValue(`--${name}`).trim();

  /* --- the link ---------------------------------------------------------------------------------- */

  function link() {
    const { layers, own, ...plain } = state;
    const parts = Object.entries(plain).map(([k, v]) => `${k}=${v}`);
    parts.push(`layers=${layers.map(([f, n]) => `${f}-${n}`).join(".")}`);
    if (own) parts.push(`own=${encodeURIComponent(own)}`);
    return `#laboratory:${parts.join(",")}`;
  }
  /* Takes what it knows from a link, and the rest from the start. */
  function read(text) {
    Object.assign(state, start());
    const lists = { data: DATA, init: INITS, optimizer: OPTIMIZERS, pace: PACES };
    const limits = { noise: [0, 0.5], rate: [1e-5, 10], batch: [0, 200], l2: [0, 1], seed: [0, 999], seeds: [1, 20] };
    const given = Object.fromEntries(text.split(",").map((part) => [part.split("=")[0], part.slice(part.indexOf("=") + 1)]));
    for (const [name, options] of Object.entries(lists)) if (Object.hasOwn(options, given[name] ?? "")) state[name] = given[name];
    for (const [name, [low, high]] of Object.entries(limits)) {
      const value = parseFloat(given[name]);
      if (value >= low && value <= high) state[name] = value;
    }
    if (given.own) try { take((own.value = decodeURIComponent(given.own))); } catch { /* no text: no formula */ }
    if (given.layers !== undefined) {
      const layers = given.layers.split(".").filter(Boolean).map((l) => [l.split("-")[0], parseInt(l.split("-")[1], 10)]);
      const known = ([f, n]) => (Object.hasOwn(names, f) || (f === "own" && state.own)) && n >= 1 && n <= 32;
      if (layers.length <= 6 && layers.every(known)) state.layers = layers;
    }
  }

  /* --- controls ---------------------------------------------------------------------------------- */

  function useOwn(text) {
    const f = bendsFormula(text), found = bendsExamine(f);
    if (found.fault) throw new Error(found.fault);
    state.own = text;
    ownGain = found.gain;
    const still = found.still ? " Its slope is 0 everywhere, so the layers before it cannot learn." : "";
    ownSays.textContent = `Your function (thick) and its slope (thin), from −4 to 4. It has a gain of ${say(ownGain, 3)}, and stands in the menu of every layer.${still}`;
    ownGraph.hidden = false;
    drawOwn = () => {
      const [pen, width, height] = prepare(ownGraph, 90), n = 161;
      const z = Float64Array.from({ length: n }, (_, i) => -4 + i / 20), a = new Float64Array(n), s = new Float64Array(n);
      f(z, a, s, n);
      const most = Math.min(8, Math.max(...[...a, ...s].map(Math.abs)));
      const X = (i) => (i / (n - 1)) * width, Y = (y) => height / 2 - (y / most) * (height / 2 - 3);
      line(pen, [[0, Y(0)], [width, Y(0)]], color("rule"), 1);
      line(pen, [[X(80), 0], [X(80), height]], color("rule"), 1);
      line(pen, Array.from(s, (y, i) => [X(i), Y(y)]), color("c-class1"), 1.2);
      line(pen, Array.from(a, (y, i) => [X(i), Y(y)]), color("c-class0"), 2.4);
    };
    drawOwn();
  }
  const choices = () => (state.own ? { own: "my own f(x)", ...names } : names);

  const data = menu("data", DATA, state.data, set("data"));
  const noise = slider("noise", 0, 0.4, 0.02, "noise");
  const layers = make("div", { class: "lab-layers" });
  const init = menu("initialisation", INITS, state.init, set("init"));
  const optimizer = menu("optimiser", OPTIMIZERS, state.optimizer, set("optimizer"));
  const rate = menu("learning rate", RATES.map((r) => [r, r]), state.rate, (v) => set("rate")(+v));
  const batch = menu("batch", { 0: "all 200 examples", 1: "1", 10: "10", 32: "32" }, state.batch, (v) => set("batch")(+v));
  const l2 = menu("L2", { 0: "none", 0.0001: "0.0001", 0.001: "0.001", 0.01: "0.01" }, state.l2, (v) => set("l2")(+v));
  const seed = make("input", { type: "number", min: 0, max: 999, value: 0, "aria-label": "seed", onchange: () => set("seed")(Math.min(999, Math.max(0, Math.round(+seed.value) || 0))) });
  const many = make("input", { type: "checkbox", onchange: () => set("seeds")(many.checked ? 20 : 1) });
  const pace = menu("speed", { slow: "slow", medium: "medium", full: "as fast as it can" }, state.pace, (v) => { state.pace = v; worker?.postMessage({ pace: PACES[v] }); });
  const own = make("input", { type: "text", placeholder: "x * sigmoid(2x)", spellcheck: "false", autocapitalize: "off", "aria-label": "your own f(x)", "aria-describedby": "lab-own-says" });
  const ownSays = make("p", { id: "lab-own-says", class: "lab-note", role: "status" });
  const ownGraph = make("canvas", { hidden: true, role: "img", "aria-label": "The graph of your function and of its slope." });
  let drawOwn = () => {};
  const useButton = make("button", { type: "button", onclick: useTyped }, "Use it");
  own.addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); useTyped(); } });

  /* Whether the text is a function that can serve; if not, the page says why, and draws none. */
  function take(text) {
    try {
      useOwn(text);
      return true;
    } catch (error) {
      ownGraph.hidden = true;
      ownSays.textContent = error.message + (state.own ? ` “My own f(x)” is still ${state.own}.` : "");
    }
  }
  function useTyped() {
    if (!take(own.value)) return;
    if (state.layers.length) state.layers[0][0] = "own";
    rebuild();
  }
  function slider(name, low, high, step, label) {
    const input = make("input", { type: "range", min: low, max: high, step, value: state[name], "aria-label": label, oninput: () => { set(name)(+input.value); } });
    return input;
  }
  function set(name) {
    return (value) => { state[name] = value; rebuild(); };
  }
  function showLayers() {
    layers.replaceChildren(
      row("hidden layers", menu("hidden layers", Object.fromEntries([0, 1, 2, 3, 4, 5, 6].map((n) => [n, n])), state.layers.length, (n) => {
        while (state.layers.length > n) state.layers.pop();
        while (state.layers.length < n) state.layers.push([...(state.layers[state.layers.length - 1] ?? ["relu", 8])]);
        rebuild();
      })),
      ...state.layers.map((layer, i) => {
        const widths = [1, 2, 3, 4, 5, 6, 7, 8, ...(state.layers.length === 1 ? [16, 32] : [])];
        if (!widths.includes(layer[1])) layer[1] = 8;
        return make("div", { class: "lab-layer" }, make("span", {}, `layer ${i + 1}`),
          menu(`activation function of layer ${i + 1}`, choices(), layer[0], (f) => { layer[0] = f; rebuild(); }),
          menu(`units in layer ${i + 1}`, Object.fromEntries(widths.map((n) => [n, `${n} unit${n > 1 ? "s" : ""}`])), layer[1], (n) => { layer[1] = +n; rebuild(); }));
      }));
  }
  function showControls() {
    const focus = document.activeElement?.getAttribute("aria-label");
    for (const [node, name] of [[data, "data"], [init, "init"], [optimizer, "optimizer"], [rate, "rate"], [batch, "batch"], [l2, "l2"], [seed, "seed"], [noise, "noise"], [pace, "pace"]]) node.value = state[name];
    many.checked = state.seeds > 1;
    showLayers();
    if (focus) layers.querySelector(`[aria-label="${focus}"]`)?.focus();
  }

  /* --- the worker --------------------------------------------------------------------------------- */

  const GRID = 88, TILE = 22; // places along a side: of the large picture, of a small one
  function grid() {
    if (isCurve()) return Float64Array.from({ length: 161 }, (_, i) => -2 + i / 40);
    const places = new Float64Array(2 * GRID * GRID);
    for (let i = 0; i < GRID * GRID; i++) {
      places[2 * i] = -1.4 + (2.8 * ((i % GRID) + 0.5)) / GRID;
      places[2 * i + 1] = 1.4 - (2.8 * (Math.floor(i / GRID) + 0.5)) / GRID;
    }
    return places;
  }
  function hire() {
    const source = `(${bendsWorker})(${bendsElementary}, ${functions}, ${bendsEngine}, ${bendsFormula})`;
    const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    worker = new Worker(address);
    URL.revokeObjectURL(address);
    worker.onmessage = ({ data: report }) => {
      last = report;
      if (report.steps === 0) history = [];
      history.push([report.steps, report.judged.map((j) => [j[0].loss, j[1].loss])]);
      const room = report.judged.length > 1 ? 120 : 300; // points on a line: no more than one can see
      if (history.length > room) history = history.filter((_, i) => i % 2 === 0 || i > room - 10);
      if (report.failed && running) toggle();
      if (queued) return;
      queued = true;
      setTimeout(() => requestAnimationFrame(() => { queued = false; draw(); }), calm.matches && running ? 500 : 0);
    };
    worker.onerror = (event) => { says.textContent = `The laboratory stopped: ${event.message}`; };
  }
  /* A new network from the settings, at step 0. */
  function rebuild() {
    showControls();
    if (!worker) hire();
    const settings = {
      data: state.data, noise: state.noise, bends: state.layers.map((l) => l[0]), widths: state.layers.map((l) => l[1]),
      init: state.init, gains: { ...gains, own: ownGain }, optimizer: state.optimizer, rate: state.rate,
      batch: state.batch, l2: state.l2, seed: state.seed,
    };
    worker.postMessage({ make: { settings, own: state.own, seeds: state.seeds, grid: grid() }, pace: PACES[state.pace], run: running });
  }
  function toggle() {
    running = !running;
    runButton.textContent = running ? "Stop" : "Run";
    worker.postMessage(running ? { run: true } : { stop: true });
    if (!running && last) announce();
  }

  /* --- pictures ------------------------------------------------------------------------------------ */

  const plane = make("canvas", { role: "img" }), unitsCanvas = make("canvas", { role: "img" });
  const lossCanvas = make("canvas", { role: "img", "aria-label": "The loss over the steps: on the training examples, and on the test examples.", "aria-describedby": "lab-loss-says" });
  const lossSays = make("p", { id: "lab-loss-says", class: "lab-note" });
  const table = make("table", { class: "lab-flow" });
  const says = make("p", { class: "says", role: "status" });

  function prepare(canvas, height) {
    const width = canvas.clientWidth || 340, ratio = Math.min(2, devicePixelRatio || 1);
    canvas.style.height = `${height}px`;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    const pen = canvas.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    pen.font = `12px ${getComputedStyle(root).fontFamily}`;
    return [pen, width, height];
  }
  function write(pen, text, x, y, align = "left") {
    pen.fillStyle = color("muted");
    pen.textAlign = align;
    pen.fillText(`${text}`.replace("-", "−"), x, y);
  }
  /* An example: a disc, a square or a triangle by its class; filled, or hollow where it is for the test. */
  function mark(pen, x, y, kind, paint, hollow) {
    pen.beginPath();
    if (kind === 1) pen.rect(x - 2.6, y - 2.6, 5.2, 5.2);
    else if (kind === 2) { pen.moveTo(x, y - 3.6); pen.lineTo(x + 3.4, y + 2.8); pen.lineTo(x - 3.4, y + 2.8); pen.closePath(); }
    else pen.arc(x, y, 2.8, 0, 7);
    pen.lineWidth = 1;
    pen.strokeStyle = hollow ? paint : color("paper");
    pen.fillStyle = paint;
    if (!hollow) pen.fill();
    pen.stroke();
  }
  const classColors = () => ["c-class0", "c-class1", "c-class2"].map(color);
  const scratch = make("canvas");
  /* A square of side × side cells; value(i) is the number of cell i's color plus a strength below 1. */
  function tile(pen, x, y, size, side, value) {
    scratch.width = scratch.height = side;
    const image = new ImageData(side, side), small = scratch.getContext("2d");
    const paints = classColors().map((text) => {
      pen.fillStyle = text; // gives it back as #rrggbb
      return [1, 3, 5].map((at) => parseInt(pen.fillStyle.slice(at, at + 2), 16));
    });
    for (let i = 0; i < side * side; i++) {
      const cell = value(i), paint = Math.floor(cell);
      for (let k = 0; k < 3; k++) image.data[4 * i + k] = paints[paint]?.[k];
      image.data[4 * i + 3] = 255 * (cell - paint);
    }
    small.putImageData(image, 0, 0);
    pen.drawImage(scratch, x, y, size, size);
  }
  function drawPlane() {
    const [pen, width] = prepare(plane, Math.min(340, plane.clientWidth || 340));
    const size = Math.min(340, width), colors = classColors(), { outputs, border } = last.drawn, { train, test } = last.points;
    const X = (x) => ((x + 1.4) / 2.8) * size, Y = (y) => size - X(y);
    tile(pen, 0, 0, size, GRID, (i) => {
      if (train.classes === 2) {
        const p = 1 / (1 + Math.exp(-outputs[i]));
        return (p > 0.5 ? 1 : 0) + 0.5 * Math.abs(2 * p - 1);
      }
      const [a, b, c] = [outputs[3 * i], outputs[3 * i + 1], outputs[3 * i + 2]], top = Math.max(a, b, c);
      const total = Math.exp(a - top) + Math.exp(b - top) + Math.exp(c - top);
      return (a === top ? 0 : b === top ? 1 : 2) + (1 / total - 1 / 3) * 0.75;
    });
    pen.beginPath();
    for (let k = 0; k < border?.length; k += 2) pen[k % 4 ? "lineTo" : "moveTo"](X(border[k]), Y(border[k + 1]));
    pen.strokeStyle = color("ink");
    pen.lineWidth = 1.4;
    pen.stroke();
    for (const part of [train, test])
      for (let i = 0; i < part.n; i++) mark(pen, X(part.x[2 * i]), Y(part.x[2 * i + 1]), part.y[i], colors[part.y[i]], part === test);
  }
  function line(pen, points, stroke, width = 2) {
    pen.beginPath();
    points.forEach(([x, y], i) => (i ? pen.lineTo(x, y) : pen.moveTo(x, y)));
    pen.strokeStyle = stroke;
    pen.lineWidth = width;
    pen.stroke();
  }
  function drawCurve() {
    const [pen, width, height] = prepare(plane, 300), { outputs } = last.drawn, { train, test } = last.points;
    const X = (x) => ((x + 2) / 4) * width, Y = (y) => height - ((y + 1.6) / 3.6) * height;
    pen.fillStyle = color("rule");
    pen.globalAlpha = 0.35; // beyond the data
    pen.fillRect(0, 0, X(-1), height);
    pen.fillRect(X(1), 0, width, height);
    pen.globalAlpha = 1;
    for (const v of [-1, 0, 1]) {
      line(pen, [[X(v), 0], [X(v), height]], color("rule"), 1);
      line(pen, [[0, Y(v)], [width, Y(v)]], color("rule"), 1);
      write(pen, v, X(v) + 4, height - 5);
      write(pen, v, 4, Y(v) - 4);
    }
    for (const part of [train, test])
      for (let i = 0; i < part.n; i++) mark(pen, X(part.x[i]), Y(part.y[i]), 0, color("c-class0"), part === test);
    line(pen, Array.from(outputs, (y, i) => [X(-2 + i / 40), Y(Math.max(-9, Math.min(9, y)))]), color("c-class1"), 2.5);
  }
  function drawUnits() {
    const { units } = last.drawn;
    unitsCanvas.hidden = !units.length;
    const most = Math.max(1, ...units.map((l) => l.units)), width = unitsCanvas.clientWidth || 340;
    const columns = Math.min(most, 8), size = Math.min(44, width / columns - 4), rows = units.map((l) => Math.ceil(l.units / columns));
    const [pen] = prepare(unitsCanvas, Math.max(20, rows.reduce((a, b) => a + b, 0) * (size + 4) + units.length * 22));
    const places = Array.from({ length: isCurve() ? 161 : TILE * TILE }, (_, i) => (isCurve() ? i : (Math.floor(i / TILE) * GRID + (i % TILE)) * (GRID / TILE)));
    let y = 0;
    units.forEach((layer, l) => {
      write(pen, `layer ${l + 1}`, 0, y + 12);
      y += 18;
      for (let j = 0; j < layer.units; j++) {
        const x = (j % columns) * (size + 4), top = y + Math.floor(j / columns) * (size + 4);
        const values = places.map((place) => layer.a[place * layer.units + j]), largest = Math.max(1e-9, ...values.map(Math.abs));
        if (isCurve()) line(pen, values.map((v, i) => [x + (i / 161) * size, top + size / 2 - (v / largest) * (size / 2 - 2)]), color("ink"), 1.2);
        else tile(pen, x, top, size, TILE, (i) => (values[i] > 0 ? 1 : 0) + 0.75 * Math.abs(values[i] / largest));
        pen.strokeStyle = color("muted");
        pen.lineWidth = 0.8;
        pen.strokeRect(x + 0.5, top + 0.5, size - 1, size - 1);
      }
      y += rows[l] * (size + 4) + 4;
    });
    unitsCanvas.setAttribute("aria-label", `What each hidden unit draws, ${units.map((l, i) => `layer ${i + 1}: ${l.units}`).join(", ") || "no hidden layer"}.`);
  }
  const HIGH = 2; // the most loss that the graph has room for: above it a line leaves the picture
  function drawLoss() {
    const [pen, width, height] = prepare(lossCanvas, 130);
    const most = Math.max(1, history[history.length - 1][0]), members = history[0][1].length;
    let top = 0.1;
    for (const [, losses] of history) for (const pair of losses) for (const loss of pair) if (loss > top) top = Math.min(HIGH, loss);
    const X = (step) => 34 + (step / most) * (width - 40), Y = (loss) => height - 18 - Math.min(loss / top, 9) * (height - 26);
    const tens = 10 ** Math.floor(Math.log10(most)), round = Math.floor(most / tens) * tens;
    write(pen, say(top), 0, Y(top) + 8);
    write(pen, 0, 0, Y(0));
    write(pen, `step ${round}`, X(round) + 4, height - 2, "right");
    line(pen, [[34, Y(0)], [width, Y(0)]], color("rule"), 1);
    line(pen, [[X(round), Y(0)], [X(round), Y(0) + 5]], color("muted"), 1);
    const path = (m, which, stroke, width) =>
      line(pen, history.filter(([, l]) => Number.isFinite(l[m]?.[which])).map(([s, l]) => [X(s), Y(l[m][which])]), stroke, width);
    pen.globalAlpha = 0.5;
    for (let m = 1; m < members; m++) path(m, 1, color("muted"), 1);
    pen.globalAlpha = 1;
    path(0, 0, color("muted"), 3.5);
    pen.setLineDash([6, 4]);
    path(0, 1, color("ink"), 1.6);
    pen.setLineDash([]);
  }
  let told = 0;
  function showFlow() {
    told = performance.now();
    const cells = (tag, ...texts) => make("tr", {}, ...texts.map((t) => make(tag, tag === "th" ? { scope: "col" } : {}, t)));
    table.hidden = !last.flow.length;
    const most = Math.max(...last.judged[0].map((part) => part.loss)), others = last.judged.length - 1;
    lossSays.textContent = "Loss: thick on the training examples, dashed on the test examples" + (others ? `; pale: the ${others} other seeds on the test examples` : "") + "." +
      (most <= HIGH ? "" : ` It leaves the picture: ${say(most)}.`);
    table.replaceChildren(
      make("caption", {}, "Layer by layer: root mean square of the activations and of the gradient, and the share of dead units"),
      make("thead", {}, cells("th", "layer", "activations", "gradient", "dead")),
      make("tbody", {}, ...last.flow.map((l, i) => cells("td", `${i + 1}`, say(l.signal), say(l.gradient), `${Math.round(100 * l.dead)}\u00a0%`))));
  }
  function words() {
    const [train, test] = last.judged[0];
    if (last.failed) return `After ${last.steps} steps the loss is not a number: training diverged. Try a smaller learning rate or another initialisation.`;
    const losses = `Step ${last.steps}: loss ${say(train.loss)} on the training examples, ${say(test.loss)} on the test examples`;
    const shares = train.right === null ? "" : `; ${Math.round(100 * test.right)}\u00a0% of the test examples right`;
    const spread = last.judged.map((j) => j[1].loss).sort((a, b) => a - b);
    const seeds = spread.length > 1 ? ` Over ${spread.length} seeds the test loss runs from ${say(spread[0])} to ${say(spread[spread.length - 1])}.` : "";
    return `${losses}${shares}.${seeds}`;
  }
  let spoken = 0;
  function announce() {
    spoken = performance.now();
    says.textContent = words();
    plane.setAttribute("aria-label", `${isCurve() ? "The curve that the network gives, with the examples" : "The network's answer at every place, with the examples"}. ${words()}`);
  }
  function draw() {
    if (!last) return;
    if ((last.points.train.classes === 0) !== isCurve()) return; // a report from before the change
    isCurve() ? drawCurve() : drawPlane();
    drawUnits();
    drawLoss();
    if (!running || performance.now() - told > 250) showFlow();
    if (!running || performance.now() - spoken > 1000) announce();
  }

  /* --- put together ---------------------------------------------------------------------------------- */

  const runButton = make("button", { type: "button", class: "lab-run", onclick: toggle }, "Run");
  const copied = make("span", { class: "lab-note", role: "status" });
  const buttons = make("div", { class: "lab-buttons" }, runButton,
    make("button", { type: "button", onclick: () => worker.postMessage({ step: 1 }) }, "Step"),
    make("button", { type: "button", onclick: rebuild }, "Start again"),
    make("button", { type: "button", onclick: () => {
      history_replace(link());
      navigator.clipboard?.writeText(location.href).then(() => { copied.textContent = "Copied."; }, () => { copied.textContent = "The link stands in the address bar."; });
      if (!navigator.clipboard) copied.textContent = "The link stands in the address bar.";
    } }, "Copy the link"), copied);
  function history_replace(hash) { window.history.replaceState(null, "", hash); }

  root.replaceChildren(
    make("div", { class: "lab-pictures" }, make("div", {}, plane, says, buttons), make("div", {}, lossCanvas, lossSays, unitsCanvas, table)),
    make("div", { class: "lab-controls" },
      make("fieldset", {}, make("legend", {}, "Your own function"), make("div", { class: "lab-layer" }, make("span", {}, "f(x) ="), own, useButton), ownGraph, ownSays),
      make("fieldset", {}, make("legend", {}, "Data"), row("data", data), row("noise", noise), row("seed", seed)),
      make("fieldset", {}, make("legend", {}, "Network"), layers, row("initialisation", init)),
      make("fieldset", {}, make("legend", {}, "Training"), row("optimiser", optimizer), row("learning rate", rate), row("batch", batch), row("L2", l2), row("speed", pace),
        make("label", { class: "lab-row" }, make("span", {}, "20 seeds at once"), many))));
  /* A link to a state: the page shows it, and comes to where it is. */
  function follow() {
    const text = location.hash.split("#laboratory:")[1];
    if (!text) return;
    read(text);
    rebuild();
    root.scrollIntoView();
  }
  rebuild();
  follow();
  const redraw = () => { draw(); drawOwn(); };
  new ResizeObserver(redraw).observe(root);
  new MutationObserver(redraw).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  addEventListener("hashchange", follow);
  addEventListener("click", ({ target }) => target.closest?.("a")?.hash === location.hash && follow()); // the same link again
}
