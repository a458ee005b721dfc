// The search: every section of the book with all its words, ranked by how rare the words are that
// it shares with what was asked, and where they stand: in its heading, its page's title, its text.
const bendsSearch = (() => {
  const SAME = {
    __proto__: null, // else "constructor" would be found in it
    output: "end",     dying: "dead", die: "dead", died: "dead", init: "initialisation", initialise: "initialisation",
    initialiser: "initialisation", initial: "initialisation", backprop: "backpropagation", lr: "learning rate", logit: "logit",
    batchnorm: "normalisation", layernorm: "normalisation", batch: "normalisation", norm: "normalisation", normalise: "normalisation", std: "spread", neuron: "unit", node: "unit",
    explode: "exploding", vanish: "vanishing", derivative: "slope", nonlinear: "non-linear", nonlinearity: "non-linear",
    swish: "silu", chaotic: "chaos", kaiming: "he", xavier: "glorot", hockey: "relu", pinn: "physics", pinns: "physics", comparison: "compare",
    rectified: "relu", rectifier: "relu", vs: "", versus: "", or: "", the: "", a: "", an: "", is: "", of: "", to: "", in: "", for: "", and: "", do: "", does: "", what: "", which: "", how: "", why: "", i: "", my: "", use: "", should: "", with: "", not: "", it: "", function: "", activation: "", are: "", on: "", network: "", neural: "", when: "", after: "", before: "", at: "",
  };
  const stem = (word) => {
    if (/^[a-z]+iz(e|ed|er|ation|ing)s?$/.test(word)) word = word.replace(/iz(?=[eai])/, "is");
    if (word.length > 4) word = word.replace(/ies$/, "y").replace(/(?<=[^s])s$/, "");
    return word;
  };
  const words = (text) =>
    (text.toLowerCase().normalize("NFKC").replace(/[’']s\b/g, "").match(/[\p{L}\p{N}]+(?:[-_][\p{L}\p{N}]+)*/gu) ?? [])
      .flatMap((word) => (word.includes("-") ? [word, ...word.split("-")] : word)).map(stem);
  const asked = (query) => {
    const all = words(query).map((word) => SAME[word] ?? word);
    const kept = [...new Set(all.flatMap((word) => word.split(" ")).map(stem))].filter(Boolean);
    return kept.length ? kept : [...new Set(words(query))];
  };
  const canon = (list) => list.map((word) => SAME[word] || word);

  let places = null, count = new Map();
  const prepare = () => {
    places = bendsPages.flatMap(([page, sections]) =>
      sections.map(([anchor, heading, text], number) => {
        const own = canon(words(heading).filter((word) => SAME[word] !== "")), title = canon(words(sections[0][1])), body = canon(words(text));
        const place = { page, anchor, heading, text, title: sections[0][1], number, own, inOwn: new Set(own), inTitle: new Set(title), body, times: new Map() };
        for (const word of body) place.times.set(word, (place.times.get(word) ?? 0) + 1);
        for (const word of new Set([...own, ...title, ...body])) count.set(word, (count.get(word) ?? 0) + 1);
        return place;
      })
    );
  };
  const rank = (query) => {
    if (!places) prepare();
    const terms = asked(query);
    const mean = places.reduce((sum, place) => sum + place.body.length, 0) / places.length;
    const found = [];
    for (const place of places) {
      let score = 0, met = 0;
      for (const term of terms) {
        const rare = Math.log(1 + places.length / ((count.get(term) ?? 0) + 0.5));
        const times = place.times.get(term) ?? 0;
        const often = (2.2 * times) / (times + 1.2 * (0.4 + (0.6 * place.body.length) / mean));
        const part = often + (place.inOwn.has(term) ? 3.5 : 0) + (place.inTitle.has(term) ? 1.5 : 0);
        if (part) met++;
        score += rare * part;
      }
      if (!met) continue;
      if (place.own.length && place.own.every((word) => terms.includes(word))) score *= 1.5;
      if (/^(sources|in one breath|check yourself|your turn|you might think…)$/i.test(place.heading)) score *= 0.4;
      const asIs = place.own.length === terms.length && terms.every((term) => place.inOwn.has(term)); // the query is the heading
      if (/back.(sources|functions|questions|reference)/.test(place.page) && !(asIs && /questions|functions/.test(place.page))) score *= 0.3; // chapters explain
      if (/^where-it-comes-from/.test(place.anchor)) score *= 0.1; // titles of papers
      score *= 1.2 - 0.01 * (place.page.match(/chapters.(\d+)/)?.[1] ?? 10); // what is new is explained where it first comes
      found.push({ ...place, score: score * (met / terms.length) ** 2 });
    }
    return found.sort((a, b) => b.score - a.score);
  };
  // The sentence with most of the words asked for, or the section's first.
  const excerpt = (place, query) => {
    const terms = new Set(asked(query));
    const sentences = place.text.split(/(?<=[.!?])\s+(?=\p{Lu})|\s*¶\s*/u).filter((s) => s.split(" ").length > 3);
    const share = (s) => new Set(canon(words(s)).filter((w) => terms.has(w))).size;
    return sentences.reduce((best, s) => (share(s) > share(best) ? s : best), sentences[0] ?? "");
  };
  return { rank, excerpt, words, asked, canon };
})();

if (document.querySelector("#search-results")) {
  const results = document.querySelector("#search-results"), input = document.querySelector(".search input");
  const root = document.documentElement.dataset.content_root;
  const query = new URLSearchParams(location.search).get("q")?.trim() ?? "";
  input.value = query;
  if (query) {
    const found = bendsSearch.rank(query).slice(0, 20), terms = new Set(bendsSearch.asked(query));
    const count = Object.assign(document.createElement("p"), { textContent: found.length ? "" : `Nothing found for “${query}”.` });
    const list = Object.assign(document.createElement("ol"), { className: "found" });
    for (const place of found) {
      const item = document.createElement("li"), link = document.createElement("a"), text = document.createElement("p");
      link.href = `${root}${place.page}.html${place.anchor ? `#${place.anchor}` : ""}`;
      link.textContent = place.number ? `${place.heading} · ${place.title}` : place.title;
      for (const part of bendsSearch.excerpt(place, query).split(/(\s+)/)) {
        const hit = bendsSearch.canon(bendsSearch.words(part)).some((word) => terms.has(word));
        text.append(hit ? Object.assign(document.createElement("mark"), { textContent: part }) : part);
      }
      item.append(link, text);
      list.append(item);
    }
    results.replaceChildren(count, list);
    document.title = `${query} · Search · Bends`;
  }
}
