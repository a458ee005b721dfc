// The chooser: of each group, show the first advice whose condition holds. The answers stand in
// the page's address, so that a choice can be linked to. Without this script all advice stands.
for (const chooser of document.querySelectorAll(".bends-chooser")) {
  const menus = [...chooser.querySelectorAll("select")];
  const says = chooser.querySelector(".says");
  const link = chooser.querySelector(".state-link");

  const show = () => {
    const said = Object.fromEntries(menus.map((menu) => [menu.name, menu.value]));
    const holds = (advice) =>
      Object.entries(JSON.parse(advice.dataset.when)).every(([name, values]) => values.includes(said[name]));
    says.textContent = [...chooser.querySelectorAll(".group")].map((group) => {
      const all = [...group.children];
      const taken = all.find(holds);
      for (const advice of all) advice.hidden = !(advice.open = advice === taken);
      return `${group.dataset.of}: ${taken.dataset.title}.`;
    }).join(" ");
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
      const [name, value] = pair.split("=").map(decodeURIComponent);
      const menu = menus.find((menu) => menu.name === name);
      if ([...(menu?.options ?? [])].some((option) => option.value === value)) menu.value = value;
    }
    show();
    chooser.scrollIntoView();
  };

  for (const menu of menus) menu.addEventListener("change", show);
  addEventListener("hashchange", follow);
  show();
  follow();
}
