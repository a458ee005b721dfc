// Tables that sort and filter. Without this script they stand as plain tables.
for (const region of document.querySelectorAll(".bends-table")) {
  const body = region.querySelector("tbody");
  const heads = [...region.querySelectorAll("th")];
  const rows = [...body.rows];

  const value = (cell) => {
    const number = cell.match(/^−?(∞|[\d.]+)/);
    if (!number) return cell === "–" || cell === "none" ? Infinity : null;
    return Number(number[0].replace("−", "-").replace("∞", "1e999"));
  };
  const order = (column) => (one, other) => {
    const [a, b] = [one, other].map((row) => row.cells[column].textContent.trim());
    const [x, y] = [value(a), value(b)];
    return x === null || y === null ? a.localeCompare(b) : x === y ? 0 : x - y;
  };

  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const up = head.getAttribute("aria-sort") !== "ascending";
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const sorted = rows.toSorted(order(column));
      body.append(...(up ? sorted : sorted.reverse()));
    });
  });

  const filter = Object.assign(document.createElement("input"), { type: "search", autocomplete: "off" });
  const count = document.createElement("output");
  const show = () => {
    const words = filter.value.toLowerCase().split(/\s+/);
    for (const row of rows) row.hidden = !words.every((word) => row.textContent.toLowerCase().includes(word));
    count.textContent = `${rows.filter((row) => !row.hidden).length} of ${rows.length} rows`;
  };
  filter.addEventListener("input", show);
  show();
  const label = document.createElement("label");
  label.append("Show rows with ", filter, count);
  region.previousElementSibling.append(label); // the place that the page keeps
}
