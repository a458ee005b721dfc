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

  const by = document.createElement("select"); // on a phone, where cards have no heads to press
  const sort = (column, up) => {
    for (const other of heads) other.removeAttribute("aria-sort");
    heads[column].setAttribute("aria-sort", up ? "ascending" : "descending");
    by.value = column;
    const sorted = rows.toSorted(order(column));
    body.append(...(up ? sorted : sorted.reverse()));
  };
  heads.forEach((head, column) => {
    by.append(new Option(head.textContent.trim(), column));
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => sort(column, head.getAttribute("aria-sort") !== "ascending"));
  });
  by.selectedIndex = -1;
  by.addEventListener("change", () => sort(by.selectedIndex, true));

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
  const sorting = Object.assign(document.createElement("label"), { className: "sort" });
  sorting.append("Sort by ", by);
  region.previousElementSibling.append(label, sorting); // the place that the page keeps
}
