// The chooser: of each group, show the first advice whose condition holds. The answers stand in
// the page's address, so that a choice can be linked to. Without this script all advice stands.
for (const chooser of document.querySelectorAll(".bends-chooser")) {
  const menus = [...chooser.querySelectorAll("select")];
  const says = chooser.querySelector(".says");
  const idle = chooser.querySelector(".idle");
  const link = chooser.querySelector(".state-link");

  const groups = [...chooser.querySelectorAll(".group")];
  const taken = (group, said) => [...group.children].find((advice) =>
    Object.entries(JSON.parse(advice.dataset.when)).every(([name, values]) => values.includes(said[name])));

  const show = () => {
    const said = Object.fromEntries(menus.map((menu) => [menu.name, menu.value]));
    says.replaceChildren(...groups.map((group) => {
      const advice = taken(group, said);
      for (const other of group.children) other.hidden = !(other.open = other === advice);
      return Object.assign(document.createElement("p"), { textContent: `${group.dataset.of}: ${advice.dataset.title}.` });
    }));
    // Which answers, changed alone, would change nothing?
    const none = menus.filter((menu) => menu.dataset.short && groups.every((group) =>
      [...menu.options].every(({ value }) => taken(group, { ...said, [menu.name]: value }) === taken(group, said))));
    idle.hidden = !none.length;
    idle.textContent = `${idle.dataset.says} ${none.map((menu) => menu.dataset.short).join(", ")}.`;
    for (const lines of chooser.querySelectorAll("[data-framework]")) {
      lines.hidden = lines.dataset.framework !== said.framework;
    }
    const state = Object.entries(said).map((pair) => pair.map(encodeURIComponent).join("="));
    link.href = `#${chooser.id}:${state.join(",")}`;
  };

  const follow = () => {
    const [id, state = ""] = location.hash.slice(1).split(":");
    if (id !== chooser.id) return;
    for (const pair of state.split(",")) {
      const [name, value] = pair.split("=");
      const menu = menus.find((menu) => encodeURIComponent(menu.name) === name);
      for (const option of menu?.options ?? []) if (encodeURIComponent(option.value) === value) option.selected = true;
    }
    show();
    chooser.scrollIntoView();
  };

  for (const menu of menus) menu.addEventListener("change", show);
  addEventListener("hashchange", follow);
  show();
  follow();
}
