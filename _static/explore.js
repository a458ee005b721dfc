// Moves the baked figures of a page. No formula stands here: every state was drawn by Python.
// What it reads is described in src/bends/explore/page.py (the elements) and baking.py (the states).
(() => {
  "use strict";
  const SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%()*+,-./";
  const explorers = new Map();

  // The id and the state that a link names, also where its percent signs mean nothing.
  const parts = ({ hash }) => {
    try {
      hash = decodeURIComponent(hash);
    } catch {}
    return hash.slice(1).split(":");
  };

  // A PNG of indexed colours, written out plainly: a canvas may be altered by a browser's shields.
  const CRC = Array.from({ length: 256 }, (_, n) => {
    for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
    return n >>> 0;
  });
  const be32 = (n) => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255];
  const chunk = (name, data) => {
    const body = [...name].map((c) => c.charCodeAt(0)).concat(data);
    const crc = body.reduce((c, byte) => CRC[(c ^ byte) & 255] ^ (c >>> 8), -1);
    return [...be32(data.length), ...body, ...be32(~crc)];
  };
  function png([width, height], colors, pixels) {
    const rows = [];
    for (let y = 0; y < height; y++) rows.push(0, ...pixels.subarray(y * width, (y + 1) * width));
    let a = 1, b = 0;
    for (const byte of rows) b = (b + (a = (a + byte) % 65521)) % 65521;
    const zlib = [0x78, 1];
    for (let at = 0; at < rows.length; at += 65535) {
      const part = rows.slice(at, at + 65535), n = part.length;
      zlib.push(at + n === rows.length, n & 255, n >> 8, ~n & 255, (~n >> 8) & 255, ...part);
    }
    zlib.push(b >> 8, b & 255, a >> 8, a & 255);
    const palette = colors.match(/../g).map((h) => parseInt(h, 16));
    const bytes = [137, 80, 78, 71, 13, 10, 26, 10].concat(
      chunk("IHDR", [...be32(width), ...be32(height), 8, 3, 0, 0, 0]),
      chunk("PLTE", palette.filter((_, i) => i % 4 < 3)),
      chunk("tRNS", palette.filter((_, i) => i % 4 === 3)),
      chunk("IDAT", zlib),
      chunk("IEND", [])
    );
    let text = "";
    for (const byte of bytes) text += String.fromCharCode(byte);
    return "data:image/png;base64," + btoa(text);
  }

  // A column's value in one state; images are put together from their differences at first need.
  function read(column, state) {
    const at = column.i ? column.i[state] : state;
    if (!column.v) {
      const count = column.colors.length / 8;
      let last = new Uint8Array(column.size[0] * column.size[1]);
      column.pixels = column.frames.map((frame) => {
        const next = last.slice();
        let p = 0;
        for (const [, run, sign] of frame.matchAll(/(\d*)(\D)/g)) {
          const step = SIGNS.indexOf(sign);
          for (const end = p + (+run || 1); p < end; p++) next[p] = (next[p] + step) % count;
        }
        return (last = next);
      });
      column.v = [];
    }
    return (column.v[at] ??= png(column.size, column.colors, column.pixels[at]));
  }

  function explorer(figure) {
    const fields = figure.querySelector(".controls");
    const inputs = [...fields.querySelectorAll("input, select")];
    const says = figure.querySelector(".says");
    // Choices whose every combination has a file of its own; most explorers have one file.
    const choices = inputs.filter((input) => figure.dataset.files?.split(" ").includes(input.name));
    const files = new Map(); // states by the file's address; null once asked for
    let states = null, layers, pending = 0, wanted = false;

    const position = (input) =>
      input.type === "range" ? +input.value : input.type === "checkbox" ? +input.checked : input.selectedIndex;

    const file = () => figure.dataset.states + choices.map((input) => "-" + position(input)).join("") + ".js";

    function receive(name, data) {
      files.set(name, data);
      if (pending) {
        const go = pending;
        pending = 0;
        use(data);
        return go();
      }
      show();
    }

    function use(data) {
      states = data;
      layers = data.draws.flatMap((draw, number) =>
        Object.entries(draw.panels).map(([panel, found]) => {
          const group = figure.querySelector(`[data-panel="${panel}"] > [data-layer="${number}"]`);
          return { of: draw.of, found, group, shape: found.shapes[0].html ? null : 0, elements: [...group.querySelectorAll("*")] };
        })
      );
    }

    // The states lie in scripts of the site: a page opened from disk may load no other file.
    function load() {
      const name = file();
      if (files.has(name)) return;
      files.set(name, null);
      figure.setAttribute("aria-busy", "true");
      const script = document.createElement("script");
      script.src = name;
      script.onerror = () => {
        files.delete(name); // offline: the next touch tries again
        figure.removeAttribute("aria-busy");
        if (wanted || pending) says.textContent = "This state could not be loaded. Is there a connection?";
      };
      document.head.append(script);
    }

    function show() {
      const data = files.get(file());
      if (!data) return (wanted = true), load();
      if (data !== states) use(data);
      figure.removeAttribute("aria-busy");
      const at = {};
      for (const input of inputs) {
        at[input.name] = position(input);
        const slider = states.sliders[input.name];
        if (slider) {
          const text = slider.texts[at[input.name]];
          input.setAttribute("aria-valuetext", text);
          input.nextElementSibling.value = text;
        }
      }
      for (const input of choices) at[input.name] = 0; // a file holds one option of these
      const number = (of) => of.reduce((n, name) => n * states.sizes[name] + at[name], 0);
      for (const [name, { of, index }] of Object.entries(states.computed)) at[name] = index[number(of)];
      for (const layer of layers) {
        const state = number(layer.of);
        const shape = layer.found.shape ? layer.found.shape[state] : 0;
        const { html, slots } = layer.found.shapes[shape];
        if (shape !== layer.shape) {
          layer.group.innerHTML = html;
          layer.elements = [...layer.group.querySelectorAll("*")];
          layer.shape = shape;
        }
        for (const [i, name, column] of slots) {
          const element = layer.elements[i], value = read(column, state);
          if (!name) {
            if (element.textContent !== value) element.textContent = value;
          } else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
        }
      }
      const said = states.draws.filter((d) => d.says).map((d) => read(d.says, number(d.of)));
      const sentence = said.filter(Boolean).join(" ");
      if (says.textContent !== sentence) says.textContent = sentence;
      figure.dispatchEvent(new CustomEvent("bends-shown"));
    }

    // "x=1.5,bend=relu": the nearest step of a slider, an option by its value, on or off.
    function set(text) {
      for (const [name, value] of text.split(",").map((pair) => pair.split("="))) {
        const input = inputs.find((i) => i.name === name);
        if (!input || value === undefined) continue;
        if (input.type === "range") {
          const distance = states.sliders[name].values.map((v) => Math.abs(v - value));
          const nearest = distance.indexOf(Math.min(...distance));
          if (nearest >= 0) input.value = nearest;
        } else if (input.type === "checkbox") input.checked = value === "on";
        else if ([...input.options].some((o) => o.value === value)) input.value = value;
      }
    }

    function go(text) {
      if (!states) return (pending = () => go(text)), load();
      set(text);
      show();
      figure.scrollIntoView({ block: figure.offsetHeight > innerHeight ? "start" : "nearest" });
    }

    // For paper: the states that the text links to, one after another from the start, side by side.
    // Printing waits for nothing that comes later, so a file that is not here yet is asked for now.
    function ask(name) {
      const request = new XMLHttpRequest(), script = document.createElement("script");
      request.open("GET", name, false);
      try {
        request.send();
      } catch {
        return; // offline, or opened from disk: that state stays away
      }
      if (request.status === 200) script.textContent = request.responseText;
      document.head.append(script);
    }

    function print() {
      const links = [...document.querySelectorAll(`article a[href^="#${figure.id}:"]`)];
      if (!links.length || !figure.isConnected) return;
      if (!states) ask(file());
      if (!states) return;
      const now = inputs.map((input) => [input.value, input.checked]), seen = new Set();
      const box = Object.assign(document.createElement("div"), { className: "tried" });
      for (const input of inputs) {
        input.value = input.defaultValue ?? [...input.options].find((o) => o.defaultSelected)?.value ?? input.options[0].value;
        input.checked = input.defaultChecked;
      }
      for (const link of links) {
        set(parts(link)[1]);
        if (seen.has(link.hash)) continue;
        if (!files.get(file())) ask(file());
        if (!files.get(file())) continue;
        seen.add(link.hash);
        show();
        const state = document.createElement("div"), name = document.createElement("b"), said = document.createElement("p");
        name.textContent = link.textContent;
        said.textContent = says.textContent;
        state.append(name, figure.querySelector(".panels").cloneNode(true), said);
        box.append(state);
      }
      inputs.forEach((input, i) => ([input.value, input.checked] = now[i]));
      show();
      if (seen.size) figure.after(box);
    }

    function address() {
      const words = inputs.map((input) => {
        const at = position(input);
        const value = input.type === "range" ? states.sliders[input.name].values[at] : input.type === "checkbox" ? ["off", "on"][at] : input.value;
        return `${input.name}=${value}`;
      });
      return `#${figure.id}:${words.join(",")}`;
    }

    for (const button of fields.querySelectorAll(".play")) {
      const track = inputs.find((input) => input.name === button.dataset.for);
      // Few moments take longer each; a reader who asked for less motion gets one a second.
      const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
      const pause = calm ? 1000 : Math.max(150, Math.min(700, 9000 / track.max));
      let timer = 0;
      const stop = () => {
        clearInterval(timer);
        timer = 0;
        button.textContent = "Play";
        says.setAttribute("aria-live", "polite");
      };
      button.addEventListener("click", () => {
        if (timer) return stop();
        if (track.value === track.max) track.value = 0;
        button.textContent = "Pause";
        says.setAttribute("aria-live", "off");
        timer = setInterval(() => {
          if (document.hidden || track.value === track.max) return stop();
          track.value++;
          show();
        }, pause);
      });
      track.addEventListener("input", stop);
      new IntersectionObserver(([entry]) => entry.isIntersecting || stop()).observe(figure);
    }

    fields.disabled = false;
    fields.addEventListener("input", show);
    for (const touch of ["pointerdown", "focusin", "keydown"]) fields.addEventListener(touch, load, { once: true });
    const link = figure.querySelector(".state-link");
    for (const near of ["pointerenter", "focus"]) link.addEventListener(near, () => states && (link.href = address()));
    link.addEventListener("click", () => states && (link.href = address()));
    explorers.set(figure.id, { figure, receive, load, go, print });
  }

  document.addEventListener("bends-states", ({ detail: [name, data] }) => {
    const [hash, ...options] = name.split("-");
    for (const { figure, receive } of explorers.values())
      if (figure.dataset.states.endsWith("/" + hash))
        receive([figure.dataset.states, ...options].join("-") + ".js", data);
  });

  function follow() {
    const [id, state] = parts(location);
    if (!state) return;
    if (explorers.has(id)) explorers.get(id).go(state);
    else document.getElementById(id)?.scrollIntoView(); // a name that it had before
  }

  document.querySelectorAll(".bends-explorer").forEach(explorer);
  addEventListener("hashchange", follow);
  follow();
  addEventListener("beforeprint", () => explorers.forEach(({ print }) => print()));
  addEventListener("afterprint", () => document.querySelectorAll(".tried").forEach((box) => box.remove()));
  // Small states come once the page stands; large ones wait for the reader's first touch, save on
  // a disk, where they cost nothing and cannot be asked for while a page is printed.
  const idle = window.requestIdleCallback ?? setTimeout;
  const rest = () => idle(() => explorers.forEach(({ figure, load }) => (location.protocol === "file:" || figure.dataset.large === undefined) && load()));
  document.readyState === "complete" ? rest() : addEventListener("load", rest);
})();
