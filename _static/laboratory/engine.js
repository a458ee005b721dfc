/* The laboratory's engine: the network of network.py, the steps of optimizers.py and the loop of
   training.py, on typed arrays. It knows nothing of the page. `functions` holds the activation
   functions, each as function(z, a, s, n): of n numbers in z it writes the values to a and the
   slopes to s. They are printed from the book's own NumPy code. `elementary` holds their exp.

   An array of shape (n, units) is one row of numbers, example after example. */
function bendsEngine(functions, elementary) {
  "use strict";
  const { exp } = elementary;

  /* Random numbers that follow from a seed: Mulberry32 for even ones, Box and Muller for the bell
     curve. */
  function generator(seed) {
    const state = Int32Array.of(seed);
    function bits() {
      let t = (state[0] += 0x6d2b79f5);
      t = Math.imul(t ^ (t >>> 15), t | 1);
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
      return (t ^ (t >>> 14)) >>> 0;
    }
    const even = () => bits() / 4294967296;
    const normal = () =>
      Math.sqrt(-2 * Math.log(1 - even())) * Math.cos(2 * Math.PI * even());
    const below = (n) => Math.floor(even() * n);
    return { even, normal, below };
  }

  /* --- data: as datasets.py makes them, before noise ---------------------------------------- */

  const turn = 2 * Math.PI;
  const shapes = {
    circles: (u, k) => [(k ? 0.5 : 1) * Math.cos(turn * u), (k ? 0.5 : 1) * Math.sin(turn * u)],
    moons: (u, k) => {
      const [x, y] = [Math.cos(Math.PI * u), Math.sin(Math.PI * u)];
      return k ? [0.75 * (0.5 - x), 0.75 * (0.25 - y)] : [0.75 * (x - 0.5), 0.75 * (y - 0.25)];
    },
    xor: (u, k, even) => {
      const [x, y] = [0.06 + even(), 0.06 + even()];
      return u < 0.5 ? [x, k ? -y : y] : [-x, k ? y : -y];
    },
    spirals: (u, k) => spiral(u, k, 2, 1.5),
    three: (u, k) => spiral(u, k, 3, 1),
  };
  function spiral(u, k, arms, turns) {
    const angle = turn * (turns * u + k / arms);
    return [u * Math.sin(angle), u * Math.cos(angle)];
  }
  const curves = {
    sine: (x) => Math.sin(Math.PI * x),
    abs: (x) => Math.abs(x),
    square: (x) => x * x,
    step: (x) => (x > 0 ? 1 : 0),
    bump: (x) => Math.exp(-((x / 0.25) ** 2)),
  };

  /* n examples: { x, y, inputs, outputs, n }; y is the class, or the number to be given. */
  function examples(name, n, noise, seed) {
    const { even, normal } = generator(seed);
    const curve = curves[name];
    const classes = curve ? 0 : name === "three" ? 3 : 2;
    const inputs = curve ? 1 : 2;
    const x = new Float64Array(n * inputs), y = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      if (curve) {
        x[i] = 2 * even() - 1;
        y[i] = curve(x[i]) + noise * normal();
      } else {
        y[i] = i % classes;
        const point = shapes[name](even(), y[i], even);
        x[2 * i] = point[0] + noise * normal();
        x[2 * i + 1] = point[1] + noise * normal();
      }
    }
    return { x, y, n, inputs, classes, outputs: classes === 3 ? 3 : 1 };
  }

  /* --- the network --------------------------------------------------------------------------- */

  /* How large the weights are at the start; `gain` is that of the function that feeds the layer. */
  const deviations = {
    gain: (fan, gain) => gain / Math.sqrt(fan),
    he: (fan) => Math.sqrt(2 / fan),
    lecun: (fan) => 1 / Math.sqrt(fan),
    glorot: (fan, gain, out) => Math.sqrt(2 / (fan + out)),
    small: (fan) => 0.1 / Math.sqrt(fan),
    large: (fan) => 4 / Math.sqrt(fan),
    zeros: () => 0,
  };

  /* A network with raw outputs. `bends` names the function of each hidden layer. All weights, then
     all biases, stand in one array, and each layer has its view of it; so do the gradients. */
  function network(sizes, bends, init, gains, seed) {
    const { normal } = generator(seed);
    const counts = sizes.slice(1).map((units, i) => sizes[i] * units);
    const weights = counts.reduce((a, b) => a + b), biases = sizes.slice(1).reduce((a, b) => a + b);
    const parameters = new Float64Array(weights + biases), gradients = new Float64Array(weights + biases);
    let w = 0, b = weights;
    const layers = counts.map((count, i) => {
      const fan = sizes[i], units = sizes[i + 1];
      const view = (array) => [array.subarray(w, w + count), array.subarray(b, b + units)];
      const [[W, B], [dW, dB]] = [view(parameters), view(gradients)];
      const deviation = deviations[init](fan, i ? gains[bends[i - 1]] : 1, units);
      for (let k = 0; k < count; k++) W[k] = deviation * normal();
      [w, b] = [w + count, b + units];
      return { fan, units, W, b: B, dW, db: dB, bend: functions[bends[i]], ...loops(fan, units, i > 0) };
    });
    return { layers, parameters, gradients, weights, room: 0 };
  }

  /* A layer's two loops, printed for its size and then kept. With every weight in a variable of its
     own, and nothing that loops within an example, they take a quarter of the time.

     forward: z = a @ W + b, for the n examples of `a` that begin with number `from`.
     backward: from the gradient in z (`signal`) to dW and db, and to the gradient in the layer
     below before its bend, where there is one. */
  const printed = {};
  function loops(fan, units, below) {
    const each = (n, text, between = ";") => Array.from({ length: n }, (_, i) => text(i)).join(between);
    const pairs = (text, between) => each(fan, (k) => each(units, (j) => text(k, j), between), between);
    const examples = (body) =>
      `for (let i = 0, p = from * ${fan}, q = 0; i < n; i++, p += ${fan}, q += ${units}) {
        const ${each(fan, (k) => `a${k} = a[p + ${k}]`, ",")}; ${body} }`;
    const weights = `const ${pairs((k, j) => `w${k}_${j} = W[${k * units + j}]`, ",")};`;
    return (printed[[fan, units, below]] ??= {
      forward: new Function("a", "from", "W", "b", "z", "n", `"use strict"; ${weights}
        const ${each(units, (j) => `b${j} = b[${j}]`, ",")};
        ${examples(each(units, (j) => `z[q + ${j}] = b${j} + ${each(fan, (k) => `a${k} * w${k}_${j}`, "+")}`))}`),
      backward: new Function("a", "from", "W", "signal", "dW", "db", "slope", "down", "n", `"use strict";
        ${below ? weights : ""}
        let ${pairs((k, j) => `g${k}_${j} = 0`, ",")}, ${each(units, (j) => `h${j} = 0`, ",")};
        ${examples(`const ${each(units, (j) => `s${j} = signal[q + ${j}]`, ",")};
          ${each(units, (j) => `h${j} += s${j}`)};
          ${pairs((k, j) => `g${k}_${j} += a${k} * s${j}`)};
          ${below ? each(fan, (k) => `down[p + ${k}] = slope[p + ${k}] * (${each(units, (j) => `w${k}_${j} * s${j}`, "+")})`) : ""}`)}
        ${pairs((k, j) => `dW[${k * units + j}] = g${k}_${j}`)};
        ${each(units, (j) => `db[${j}] = h${j}`)}`),
    });
  }

  /* Room for the numbers of n examples in every layer. */
  function makeRoom(net, n) {
    if (net.room >= n) return;
    net.room = n;
    for (const layer of net.layers)
      for (const name of ["z", "a", "slope", "signal"])
        layer[name] = new Float64Array(n * layer.units);
  }

  /* The n examples of x that begin with number `from`: z = a @ W + b, then a = f(z), layer by
     layer; the last layer stays raw. */
  function forward(net, x, from, n) {
    makeRoom(net, n);
    let a = x;
    for (const layer of net.layers) {
      layer.forward(a, from, layer.W, layer.b, layer.z, n);
      if (!layer.bend) return layer.z;
      layer.bend(layer.z, layer.a, layer.slope, n * layer.units);
      a = layer.a;
      from = 0;
    }
  }

  /* Back from the gradient in the outputs, which stands in the last layer's `signal`. */
  function backward(net, x, from, n) {
    for (let i = net.layers.length - 1; i >= 0; i--) {
      const { W, dW, db, signal, backward } = net.layers[i], below = net.layers[i - 1];
      if (below) backward(below.a, 0, W, signal, dW, db, below.slope, below.signal, n);
      else backward(x, from, W, signal, dW, db, null, null, n);
    }
  }

  /* --- losses: squared error, or cross entropy of two or of three classes ----------------------- */

  /* The mean loss of n examples. */
  function loss({ classes, y }, outputs, n) {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const z = outputs[i];
      if (classes === 0) sum += (z - y[i]) ** 2;
      else if (classes === 2) sum += Math.max(z, 0) + Math.log1p(exp(-Math.abs(z))) - y[i] * z;
      else {
        const row = outputs.subarray(3 * i, 3 * i + 3), top = Math.max(...row);
        sum += top + Math.log(exp(row[0] - top) + exp(row[1] - top) + exp(row[2] - top)) - row[y[i]];
      }
    }
    return sum / n;
  }

  /* Its gradient in the outputs, for the n examples that begin with number `from`. */
  function slopes({ classes, y }, outputs, from, n, gradient) {
    for (let i = 0; i < n; i++) {
      const z = outputs[i], target = y[from + i];
      if (classes === 0) gradient[i] = (2 * (z - target)) / n;
      else if (classes === 2) gradient[i] = (1 / (1 + exp(-z)) - target) / n;
      else {
        const top = Math.max(outputs[3 * i], outputs[3 * i + 1], outputs[3 * i + 2]);
        let total = 0;
        for (let k = 3 * i; k < 3 * i + 3; k++) total += gradient[k] = exp(outputs[k] - top);
        for (let k = 0; k < 3; k++) gradient[3 * i + k] = (gradient[3 * i + k] / total - (k === target)) / n;
      }
    }
  }

  /* The share of right answers. */
  function right({ classes, y }, outputs, n) {
    let count = 0;
    for (let i = 0; i < n; i++) {
      if (classes === 2) count += outputs[i] > 0 === (y[i] === 1);
      else {
        const [a, b, c] = outputs.subarray(3 * i, 3 * i + 3);
        count += (a >= b && a >= c ? 0 : b >= c ? 1 : 2) === y[i];
      }
    }
    return count / n;
  }

  /* --- optimisers: the textbook's lines, parameter by parameter; m and v are what they remember - */

  const optimizers = {
    sgd(p, g, rate) {
      for (let i = 0; i < p.length; i++) p[i] -= rate * g[i];
    },
    momentum(p, g, rate, v) {
      for (let i = 0; i < p.length; i++) {
        v[i] = 0.9 * v[i] + g[i];
        p[i] -= rate * v[i];
      }
    },
    adam(p, g, rate, m, v, step) {
      const first = 1 - 0.9 ** step, second = 1 - 0.999 ** step;
      for (let i = 0; i < p.length; i++) {
        m[i] = 0.9 * m[i] + 0.1 * g[i];
        v[i] = 0.999 * v[i] + 0.001 * g[i] * g[i];
        p[i] -= (rate * (m[i] / first)) / (Math.sqrt(v[i] / second) + 1e-8);
      }
    },
  };

  /* --- training ------------------------------------------------------------------------------- */

  /* A run: its data, its network, and step(), which trains on one batch. */
  function run(settings, seed) {
    const { data: name, noise, bends, widths, init, gains, optimizer, rate, batch, l2 } = settings;
    const train = { ...(settings.train ?? examples(name, 200, noise, settings.seed)) };
    const test = settings.test ?? examples(name, 200, noise, settings.seed + 1_000_003);
    const net = network([train.inputs, ...widths, train.outputs], bends, init, gains, 7919 * seed + 1);
    const { parameters, gradients, weights } = net, last = net.layers[net.layers.length - 1];
    const m = new Float64Array(parameters.length), v = new Float64Array(parameters.length);
    const move = optimizers[optimizer], size = Math.min(batch || train.n, train.n);
    const { below } = generator(104_729 * seed + 2);
    [train.x, train.y] = [train.x.slice(), train.y.slice()]; // this run's own: it shuffles them
    let next = size < train.n ? train.n : 0, steps = 0;

    function shuffle({ x, y, n, inputs }) {
      for (let i = n - 1; i > 0; i--) {
        const j = below(i + 1), kept = y[i];
        y[i] = y[j];
        y[j] = kept;
        for (let k = 0; k < inputs; k++) {
          const a = i * inputs + k, b = j * inputs + k, kept = x[a];
          x[a] = x[b];
          x[b] = kept;
        }
      }
    }
    function step() {
      if (next + size > train.n) {
        shuffle(train);
        next = 0;
      }
      slopes(train, forward(net, train.x, next, size), next, size, last.signal);
      backward(net, train.x, next, size);
      if (l2) for (let i = 0; i < weights; i++) gradients[i] += l2 * parameters[i];
      move(parameters, gradients, rate, m, v, ++steps);
      if (size < train.n) next += size;
    }

    /* Loss and share of right answers on the training and the test examples. */
    function judge() {
      return [train, test].map((part) => {
        const outputs = forward(net, part.x, 0, part.n);
        return {
          loss: loss(part, outputs, part.n),
          right: part.classes ? right(part, outputs, part.n) : null,
        };
      });
    }

    /* Layer by layer on all training examples: root mean square of the activations and of the
       gradients in the pre-activations, and the share of units whose slope is 0 on every example. */
    function flow() {
      slopes(train, forward(net, train.x, 0, train.n), 0, train.n, last.signal);
      backward(net, train.x, 0, train.n);
      const size = (numbers, n) => {
        let sum = 0;
        for (let i = 0; i < n; i++) sum += numbers[i] * numbers[i];
        return Math.sqrt(sum / n);
      };
      return net.layers.slice(0, -1).map(({ units, a, slope, signal }) => {
        let dead = 0;
        for (let j = 0; j < units; j++) {
          let alive = false;
          for (let row = 0; row < train.n && !alive; row++) alive = slope[row * units + j] !== 0;
          dead += !alive;
        }
        const n = train.n * units;
        return { signal: size(a, n), gradient: size(signal, n), dead: dead / units };
      });
    }

    /* The outputs, and every hidden unit's activation, on a grid of places. */
    function draw(places, n) {
      const outputs = forward(net, places, 0, n).slice(0, n * last.units);
      const units = net.layers.slice(0, -1).map(({ a, units }) => ({ units, a: a.slice(0, n * units) }));
      return { outputs, units };
    }

    /* The line on which the output is 0, as points to be joined two by two: in each square of the
       grid, side by side places, from edge to edge. An edge is halved until the point is known to
       a hundredth of it; straight lines between the outputs would make steps beside a flat. */
    function border(outputs, places, side) {
      const inside = [], outside = [];
      for (let i = 0; i < side * (side - 1); i++) {
        if (i % side === side - 1) continue;
        const corners = [i, i + 1, i + side + 1, i + side, i];
        for (let k = 0; k < 4; k++) {
          const [a, b] = [corners[k], corners[k + 1]], above = outputs[a] > 0;
          if (above === outputs[b] > 0) continue;
          (above ? inside : outside).push(places[2 * a], places[2 * a + 1]);
          (above ? outside : inside).push(places[2 * b], places[2 * b + 1]);
        }
      }
      const one = Float64Array.from(inside), other = Float64Array.from(outside), n = one.length / 2;
      for (let halving = 0; halving < 7; halving++) {
        const middle = one.map((x, i) => (x + other[i]) / 2), z = forward(net, middle, 0, n);
        for (let i = 0; i < n; i++) (z[i] > 0 ? one : other).set(middle.subarray(2 * i, 2 * i + 2), 2 * i);
      }
      return one;
    }

    return { net, train, test, step, judge, flow, draw, border, get steps() { return steps; } };
  }

  return { run, examples, network, generator, shapes, curves, deviations, optimizers };
}
