/* What runs beside the page: it trains, and sends what the page draws. It is started from this
   function's own text, since a page opened from disk may load no worker by address. */
function bendsWorker(makeElementary, makeFunctions, makeEngine, formula) {
  "use strict";
  const elementary = makeElementary(), functions = makeFunctions(elementary);
  const engine = makeEngine(functions, elementary);
  let runs = [], timer = null, wanted = 0, every = 1, places, count;

  function make({ settings, own, seeds, grid }) {
    stop();
    if (own) functions.own = formula(own);
    const first = settings.seed;
    runs = Array.from({ length: seeds }, (_, i) => engine.run(settings, first + i));
    places = grid;
    count = grid.length / runs[0].train.inputs;
    report();
  }
  function train(steps) {
    for (let i = 0; i < steps; i++) for (const run of runs) run.step();
  }
  function report() {
    const [run] = runs;
    const judged = runs.map((r) => r.judge()), drawn = run.draw(places, count);
    if (run.train.classes === 2) drawn.border = run.border(drawn.outputs, places, Math.sqrt(count));
    postMessage({
      steps: run.steps, judged, flow: run.flow(), drawn,
      points: { train: run.train, test: run.test }, failed: !Number.isFinite(judged[0][0].loss),
    }, [drawn.outputs.buffer, ...drawn.units.map(({ a }) => a.buffer)]); // given away, not copied
    if (!Number.isFinite(judged[0][0].loss)) stop();
  }
  function turn() {
    const end = performance.now() + 40;
    let left = every;
    do { train(Math.min(left, 5)); left -= 5; } while (left > 0 && performance.now() < end);
    report();
    if (timer !== null) timer = setTimeout(turn, wanted);
  }
  function stop() { clearTimeout(timer); timer = null; }

  onmessage = ({ data }) => {
    if (data.make) make(data.make);
    if (data.pace) [every, wanted] = data.pace;
    if (data.run && timer === null) timer = setTimeout(turn, 0);
    if (data.stop) stop();
    if (data.step) { train(data.step); report(); }
  };
}
