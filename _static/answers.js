// What a reader answers on the page: the verdicts were found by Python. What was answered stays in
// this browser alone, under the digest of the question's text, until the reader clears it.
{
  const page = location.pathname.split("/").pop().replace(".html", "");
  const { read, write } = bendsAnswers;
  const all = [...document.querySelectorAll(".question, form.answer")];
  const name = (box) => box.id || box.querySelector("[id]").id;
  const keep = (box, said) => {
    const book = read();
    const mine = (book[page] ??= { said: {} });
    mine.of = all.length;
    mine.said[name(box)] = said;
    write(book);
  };
  const before = read()[page]?.said ?? {};

  for (const box of document.querySelectorAll(".question")) {
    const choices = [...box.querySelectorAll("details")];
    for (const at of before[name(box)] ?? []) if (choices[at]) choices[at].open = true;
    box.addEventListener("click", (event) => {
      if (event.target.closest("summary"))
        setTimeout(() => keep(box, choices.flatMap((choice, at) => (choice.open ? [at] : []))));
    });
  }

  for (const form of document.querySelectorAll("form.answer")) {
    const inputs = [...form.querySelectorAll("input")], output = form.querySelector("output");
    const { says, at } = JSON.parse(form.querySelector("script").textContent);
    // The number of the step that a text names; NaN where it names none.
    const step = (input) => {
      const { low, step, count } = input.dataset;
      const text = input.value.trim().replace("−", "-").replace(",", ".");
      const place = (Number(text || NaN) - low) / step;
      const near = Math.round(place);
      return Math.abs(place - near) < 1e-6 && near >= 0 && near < count ? near : NaN;
    };
    const show = () => {
      const steps = inputs.map(step), bad = steps.findIndex(Number.isNaN);
      output.textContent = bad < 0
        ? says[at[steps.reduce((n, place, i) => n * inputs[i].dataset.count + place, 0)]]
        : `Give a number from ${inputs[bad].nextElementSibling.textContent}.`;
      output.className = output.textContent.startsWith("Right.") ? "right" : "wrong";
      return bad < 0;
    };
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (show()) keep(form, inputs.map((input) => input.value));
    });
    if (before[name(form)]) {
      before[name(form)].forEach((value, i) => inputs[i] && (inputs[i].value = value));
      show();
    }
  }
}
