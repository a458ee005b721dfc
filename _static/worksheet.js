// "?worksheet": what a class works on, taken from the page itself: the guess, the states that the
// text says to try, the exercises with lines to write on, the questions; the key on a page of its own.
(async () => {
  const article = document.querySelector("article"), sheet = document.createElement("div");
  sheet.className = "sheet";
  const make = (name, text = "", className = "") => Object.assign(document.createElement(name), { textContent: text, className });
  const copy = (element) => {
    const clone = element.cloneNode(true);
    for (const closed of clone.querySelectorAll("details[open]")) closed.open = false;
    for (const gone of clone.querySelectorAll(".headerlink")) gone.remove();
    return clone;
  };
  const title = copy(article.querySelector("h1"));
  const name = make("p", "", "name");
  name.append("Name", make("span"), "Date", make("span"));
  sheet.append(title, name);

  const guess = article.querySelector(".question");
  if (guess) sheet.append(make("h2", "Guess first"), copy(guess));

  const links = [...article.querySelectorAll("a[href^='#']")].filter((link) => /^#[\w-]+:\w+=/.test(link.getAttribute("href")));
  if (links.length) {
    const states = make("div", "", "states"), seen = new Set();
    for (const link of links) {
      const address = link.getAttribute("href"), figure = document.getElementById(address.slice(1).split(":")[0]);
      if (!figure?.querySelector(".panels")) continue;  // the chooser has words alone
      if (seen.has(address)) continue;
      seen.add(address);
      history.replaceState(null, "", "#");
      const shown = await new Promise((done) => {
        figure.addEventListener("bends-shown", done, { once: true });
        setTimeout(done, 4000);
        location.replace(address);
      });
      if (!shown) continue;  // its picture would be another state's
      const state = make("div");
      state.append(make("b", link.textContent), figure.querySelector(".panels").cloneNode(true), make("p", figure.querySelector(".says").textContent));
      states.append(state);
    }
    history.replaceState(null, "", location.pathname + location.search);
    if (states.children.length) sheet.append(make("h2", "Look"), states);
  }

  const turn = article.querySelector("#your-turn");
  if (turn) {
    const exercises = copy(turn);
    for (const gone of exercises.querySelectorAll("details, .answer")) gone.remove();
    for (const code of exercises.querySelectorAll(".tag_starter")) code.replaceWith(make("div", "", "lines"));
    sheet.append(exercises);
  }
  const check = [...article.querySelectorAll("#check-yourself .question")];
  if (check.length) sheet.append(make("h2", "Check yourself"), ...check.map(copy));
  const key = article.querySelector(".paper");
  if (key) sheet.append(key);
  article.replaceChildren(sheet);
  document.documentElement.dataset.made = "";
  scrollTo(0, 0);
})();
