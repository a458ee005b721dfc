// The theme button: follow the system, or light, or dark. The choice is kept for the next page.
{
  const button = document.querySelector("button.theme");
  const names = ["auto", "light", "dark"];
  const show = (name) => {
    button.lastChild.textContent = name;
    if (name === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = name;
  };
  let name = document.documentElement.dataset.theme || "auto";
  show(name);
  button.addEventListener("click", () => {
    name = names[(names.indexOf(name) + 1) % names.length];
    show(name);
    try {
      if (name === "auto") localStorage.removeItem("bends-theme");
      else localStorage.setItem("bends-theme", name);
    } catch {
      // A browser that keeps nothing still changes this page.
    }
  });
}

// A part of an address in plain text; as it stands where its percent signs mean nothing.
const bendsPlain = (text) => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

// What is folded opens for its anchor (also that of a state, "#id:x=1"), and for the printer.
{
  const open = () => {
    const target = document.getElementById(bendsPlain(location.hash.slice(1).split(":")[0]));
    let closed = false;
    for (let fold = target?.closest("details"); fold; fold = fold.parentElement.closest("details")) {
      closed ||= !fold.open;
      fold.open = true;
    }
    if (closed) target.scrollIntoView();
  };
  addEventListener("hashchange", open);
  open();
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll(":is(.piece, .fold):not([open])")];
    for (const fold of opened) fold.open = true;
  });
  addEventListener("afterprint", () => opened.forEach((fold) => (fold.open = false)));
}

// A button on each piece of code, and on the line to quote, that copies it; what code prints has none.
// With code go the lines of the cells above that it needs: "3:2-5" are lines of the fourth cell.
{
  const cells = [...document.querySelectorAll(".highlight-ipython3 pre")];
  const needs = ({ dataset }) => (dataset.needs ?? "").match(/\d+/g) ?? [];
  const whole = (block) => {
    const numbers = needs(block), parts = [];
    for (let i = 0; i < numbers.length; i += 3)
      parts.push(...cells[numbers[i]].textContent.split("\n").slice(numbers[i + 1] - 1, numbers[i + 2]));
    return (parts.length ? parts.join("\n") + "\n\n" : "") + block.textContent;
  };
  for (const block of document.querySelectorAll("pre, .quote")) {
    if (block.closest(".cell_output") && !block.closest(".bends-chooser")) continue;
    const button = Object.assign(document.createElement("button"), {
      className: "copy", type: "button", textContent: "Copy",
    });
    if (needs(block).length) button.title = "With the lines above that it needs";
    button.addEventListener("click", async () => {
      let copied = true;
      try {
        await navigator.clipboard.writeText(whole(block));
      } catch { // as on a page without encryption: the older way
        const text = Object.assign(document.createElement("textarea"), { value: whole(block) });
        button.after(text);
        text.select();
        copied = document.execCommand("copy");
        text.remove();
        button.focus();
      }
      button.textContent = copied ? "Copied" : "Not copied";
      setTimeout(() => (button.textContent = "Copy"), 2000);
    });
    if (block.matches(".quote")) block.after(" ", button);
    else {
      const box = Object.assign(document.createElement("div"), { className: "copyable" });
      block.replaceWith(box);
      box.append(block, button);
    }
  }
}

// What the reader has answered, by page; the contents have a quiet mark, and a button to clear it.
const bendsAnswers = {
  read() {
    const fits = ([, page]) => Number.isInteger(page?.of) && page.said && Object.values(page.said).every(Array.isArray);
    try {
      return Object.fromEntries(Object.entries(JSON.parse(localStorage.getItem("bends-answers")) ?? {}).filter(fits));
    } catch {
      return {};
    }
  },
  write(book) {
    try {
      localStorage.setItem("bends-answers", JSON.stringify(book));
    } catch {
      // A browser that keeps nothing still answers.
    }
    bendsAnswers.mark();
  },
  mark() {
    const book = this.read(), list = document.querySelector("#contents");
    for (const old of list.querySelectorAll(".answered")) old.remove();
    for (const link of list.querySelectorAll("a")) {
      const { said, of } = book[new URL(link.href).pathname.split("/").pop().replace(".html", "")] ?? {};
      const count = Object.values(said ?? {}).filter((answer) => answer.length).length;
      if (count) link.insertAdjacentHTML("beforeend", ` <small class="answered">${Math.min(count, of)} of ${of} answered</small>`);
    }
    if (!list.querySelector(".answered")) return;
    const clear = Object.assign(document.createElement("button"), { type: "button", className: "answered quiet", textContent: "Clear my answers" });
    clear.addEventListener("click", () => {
      localStorage.removeItem("bends-answers");
      location.reload();
    });
    list.append(clear);
  },
};
bendsAnswers.mark();

// Both lists of contents show where one is: that of the book scrolls to the page, and that of the
// page marks the section whose heading went by last.
{
  const list = document.querySelector("#contents"), here = list.querySelector("[aria-current]");
  const centre = () => here && (list.scrollTop += here.getBoundingClientRect().top - list.getBoundingClientRect().top - list.clientHeight / 2);
  list.addEventListener("toggle", centre);
  centre();
  // Where the window becomes so wide that they stand beside the text, their button is gone.
  matchMedia("(max-width: 60rem)").addEventListener("change", () => list.matches(":popover-open") && list.hidePopover());

  const links = [...document.querySelectorAll(".here a[href^='#']:not([href='#'])")];
  const heads = links.map((link) => document.getElementById(bendsPlain(link.hash.slice(1))));
  const mark = () => {
    const next = heads.findIndex((head) => head?.getBoundingClientRect().top > innerHeight / 3);
    const at = next < 0 ? links.length - 1 : next - 1;
    links.forEach((link, i) => (i === at ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current")));
  };
  if (links.length) {
    let asked = false;
    addEventListener("scroll", () => asked || (asked = requestAnimationFrame(() => (asked = mark()))), { passive: true });
    mark();
  }
}

// Two other views of a page, by its address: one figure that fills the screen, and a worksheet. The
// page's head has named the view, which stays out of sight until its script has made it.
{
  const root = document.documentElement, view = root.dataset.view;
  const leave = () => root.dataset.made ?? delete root.dataset.view;
  const possible = view === "slide"
    ? document.getElementById(new URLSearchParams(location.search).get("slide"))
    : document.body.dataset.page?.startsWith("chapters/");
  if (!possible) leave();
  else if (view) {
    const script = Object.assign(document.createElement("script"), { src: document.currentScript.src.replace("bends.js", `${view}.js`), onerror: leave });
    addEventListener("load", () => document.head.append(script));
    for (const fault of ["error", "unhandledrejection"]) addEventListener(fault, ({ error, reason }) => (error || reason) && leave()); // the page is better than nothing
  }
}

// What is too wide for its place scrolls by itself, and then takes the focus, for the arrow keys.
const sizes = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
    else target.removeAttribute("tabindex");
  }
});
document.querySelectorAll("pre, div.math, .scroll").forEach((box) => sizes.observe(box));
