// "?slide=ID": one figure fills the screen. Below it stand what a teacher takes along: the picture
// as an SVG file in its present state, and a line that says whose it is.
{
  const figure = document.getElementById(new URLSearchParams(location.search).get("slide"));
  figure.classList.add("slide");
  // It may lie in a fold; what it covers is out of the keyboard's way.
  for (let part = figure; part !== document.body; part = part.parentElement) {
    if (part.matches("details")) part.open = true;
    for (const other of part.parentElement.children) if (other !== part) other.inert = true;
  }
  const tools = Object.assign(document.createElement("div"), { className: "tools" });
  const save = Object.assign(document.createElement("button"), { type: "button", textContent: "Download as SVG" });
  const leave = Object.assign(document.createElement("a"), { href: `${location.pathname}#${figure.id}`, textContent: "Back to the chapter" });
  const title = document.title.replace(" · Bends", "");
  tools.append(save, leave, `Bends, ${title}: The Bends authors, CC BY 4.0`);
  figure.append(tools);
  document.documentElement.dataset.made = "";
  addEventListener("keydown", ({ key }) => key === "Escape" && leave.click());
  save.addEventListener("click", () => {
    const panels = [...figure.querySelectorAll(".panels > svg")], boxes = panels.map((svg) => svg.viewBox.baseVal);
    const across = Math.min(2, panels.length), width = Math.max(...boxes.map((box) => box.width)), height = Math.max(...boxes.map((box) => box.height));
    const parts = panels.map((svg, i) => {
      const copy = svg.cloneNode(true);
      copy.setAttribute("x", (i % across) * width);
      copy.setAttribute("y", Math.floor(i / across) * height);
      copy.setAttribute("width", boxes[i].width);
      copy.setAttribute("height", boxes[i].height);
      return new XMLSerializer().serializeToString(copy);
    });
    const style = getComputedStyle(document.documentElement);
    const rows = Math.ceil(panels.length / across);
    const text = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${across * width} ${rows * height}" font-family="sans-serif"><title>${figure.querySelector(".says")?.textContent ?? title} (Bends, CC BY 4.0)</title>${parts.join("")}</svg>`
      .replace(/var\((--[\w-]+)\)/g, (_, name) => style.getPropertyValue(name).trim());
    const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(new Blob([text], { type: "image/svg+xml" })), download: `${figure.id}.svg` });
    link.click();
  });
}
