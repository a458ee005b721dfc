/* The laboratory's engine: the network of network.py, the steps of optimizers.py and the loop of
   training.py, on typed arrays. It knows nothing of the page. `functions` holds the activation
   functions, each as function(z, a, s, n): of n numbers in z it writes the values to a and the
   slopes to s. They are printed from the book's own NumPy code.

   An array of shape (n, units) is one row of numbers, example after example. */
function bendsEngine(functions) {
  "use strict";

  /* Random numbers that follow from a seed: Mulberry32 for even ones, Box and Muller for the bell
     curve. */
  function generator(seed) {
    let state = seed >>> 0;
    const even = () => {
      state = (state + 0x6d2b79f5) >>> 0;
      let t = Math.imul(state ^ (state >>> 15), state | 1);
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
      return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
    const normal = () =>
      Math.sqrt(-2 * Math.log(1 - even())) * Math.cos(2 * Math.PI * even());
    const order = (n) => {
      const found = Array.from({ length: n }, (_, i) => i);
      for (let i = n - 1; i > 0; i--) {
        const j = Math.floor(even() * (i + 1));
        [found[i], found[j]] = [found[j], found[i]];
      }
      return found;
    };
    return { even, normal, order };
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

  /* A network with raw outputs. `bends` names the function of each hidden layer. */
  function network(sizes, bends, init, gains, seed) {
    const { normal } = generator(seed);
    const layers = sizes.slice(1).map((units, i) => {
      const fan = sizes[i];
      const deviation = deviations[init](fan, i ? gains[bends[i - 1]] : 1, units);
      const W = Float64Array.from({ length: fan * units }, () => deviation * normal());
      return { fan, units, W, b: new Float64Array(units), bend: bends[i] };
    });
    for (const layer of layers) {
      layer.dW = new Float64Array(layer.W.length);
      layer.db = new Float64Array(layer.units);
    }
    return { sizes, layers, room: 0 };
  }

  /* Room for the numbers of n examples in every layer. */
  function makeRoom(net, n) {
    if (net.room >= n) return;
    net.room = n;
    for (const layer of net.layers)
      for (const name of ["z", "a", "slope", "signal"])
        layer[name] = new Float64Array(n * layer.units);
  }

  /* z = a @ W + b, then a = f(z), layer by layer; the last layer stays raw. */
  function forward(net, x, n) {
    makeRoom(net, n);
    let a = x;
    for (const layer of net.layers) {
      const { fan, units, W, b, z } = layer;
      for (let row = 0; row < n; row++) {
        const from = row * fan, to = row * units;
        for (let j = 0; j < units; j++) z[to + j] = b[j];
        for (let k = 0; k < fan; k++) {
          const value = a[from + k], weights = k * units;
          for (let j = 0; j < units; j++) z[to + j] += value * W[weights + j];
        }
      }
      layer.inputs = a;
      if (layer.bend === undefined) return z;
      functions[layer.bend](z, layer.a, layer.slope, n * units);
      a = layer.a;
    }
  }

  /* Back from the gradient in the outputs, which stands in the last layer's `signal`. */
  function backward(net, n) {
    for (let i = net.layers.length - 1; i >= 0; i--) {
      const { fan, units, W, dW, db, signal, inputs } = net.layers[i];
      const below = net.layers[i - 1];
      dW.fill(0);
      db.fill(0);
      for (let row = 0; row < n; row++) {
        const from = row * fan, to = row * units;
        for (let j = 0; j < units; j++) db[j] += signal[to + j];
        for (let k = 0; k < fan; k++) {
          const value = inputs[from + k], weights = k * units;
          let back = 0;
          for (let j = 0; j < units; j++) {
            dW[weights + j] += value * signal[to + j];
            back += W[weights + j] * signal[to + j];
          }
          if (below) below.signal[from + k] = back * below.slope[from + k];
        }
      }
    }
  }

  /* --- losses: the value, and its gradient written to `gradient` ------------------------------ */

  function loss(data, outputs, gradient, y, n) {
    let sum = 0;
    if (data.classes === 0) {
      for (let i = 0; i < n; i++) {
        const off = outputs[i] - y[i];
        sum += off * off;
        gradient[i] = (2 * off) / n;
      }
    } else if (data.classes === 2) {
      for (let i = 0; i < n; i++) {
        const z = outputs[i], e = Math.exp(-Math.abs(z));
        sum += Math.max(z, 0) + Math.log1p(e) - y[i] * z;
        gradient[i] = ((z > 0 ? 1 : e) / (1 + e) - y[i]) / n;
      }
    } else {
      for (let i = 0; i < n; i++) {
        const row = outputs.subarray(3 * i, 3 * i + 3);
        const top = Math.max(row[0], row[1], row[2]);
        const total = Math.exp(row[0] - top) + Math.exp(row[1] - top) + Math.exp(row[2] - top);
        sum += top + Math.log(total) - row[y[i]];
        for (let k = 0; k < 3; k++)
          gradient[3 * i + k] = (Math.exp(row[k] - top) / total - (k === y[i])) / n;
      }
    }
    return sum / n;
  }

  function right(data, outputs, y, n) {
    let count = 0;
    for (let i = 0; i < n; i++) {
      if (data.classes === 2) count += outputs[i] > 0 === (y[i] === 1);
      else {
        const [a, b, c] = outputs.subarray(3 * i, 3 * i + 3);
        count += (a >= b && a >= c ? 0 : b >= c ? 1 : 2) === y[i];
      }
    }
    return count / n;
  }

  /* --- optimisers: the textbook's lines, parameter by parameter -------------------------------- */

  const optimizers = {
    sgd: (rate) => (p, g) => {
      for (let i = 0; i < p.length; i++) p[i] -= rate * g[i];
    },
    momentum: (rate) => (p, g, kept) => {
      const v = (kept.v ??= new Float64Array(p.length));
      for (let i = 0; i < p.length; i++) {
        v[i] = 0.9 * v[i] + g[i];
        p[i] -= rate * v[i];
      }
    },
    adam: (rate) => (p, g, kept, step) => {
      const m = (kept.m ??= new Float64Array(p.length));
      const v = (kept.v ??= new Float64Array(p.length));
      const first = 1 - 0.9 ** step, second = 1 - 0.999 ** step;
      for (let i = 0; i < p.length; i++) {
        m[i] = 0.9 * m[i] + 0.1 * g[i];
        v[i] = 0.999 * v[i] + 0.001 * g[i] * g[i];
        p[i] -= (rate * (m[i] / first)) / (Math.sqrt(v[i] / second) + 1e-8);
      }
    },
  };

  /* --- training ------------------------------------------------------------------------------- */

  /* A run: its data, its network, and step(), which trains on one batch and gives the loss there. */
  function run(settings, seed) {
    const { data: name, noise, bends, widths, init, gains, optimizer, rate, batch, l2 } = settings;
    const train = settings.train ?? examples(name, 200, noise, settings.seed);
    const test = settings.test ?? examples(name, 200, noise, settings.seed + 1_000_003);
    const net = network([train.inputs, ...widths, train.outputs], bends, init, gains, 7919 * seed + 1);
    const { order } = generator(104_729 * seed + 2);
    const move = optimizers[optimizer](rate);
    const size = Math.min(batch || train.n, train.n);
    const x = new Float64Array(size * train.inputs), y = new Float64Array(size);
    const last = net.layers[net.layers.length - 1];
    for (const layer of net.layers) layer.kept = [{}, {}];
    let queue = [], steps = 0;

    function step() {
      if (size === train.n) {
        x.set(train.x);
        y.set(train.y);
      } else {
        if (queue.length < size) queue = order(train.n);
        queue.splice(0, size).forEach((from, to) => {
          for (let k = 0; k < train.inputs; k++)
            x[to * train.inputs + k] = train.x[from * train.inputs + k];
          y[to] = train.y[from];
        });
      }
      forward(net, x, size);
      const value = loss(train, last.z, last.signal, y, size);
      backward(net, size);
      steps++;
      for (const layer of net.layers) {
        if (l2) for (let i = 0; i < layer.W.length; i++) layer.dW[i] += l2 * layer.W[i];
        move(layer.W, layer.dW, layer.kept[0], steps);
        move(layer.b, layer.db, layer.kept[1], steps);
      }
      return value;
    }

    /* Loss and share of right answers on the training and the test examples. */
    function judge() {
      const scratch = new Float64Array(200 * 3 + train.n * 3 + test.n * 3);
      return [train, test].map((part) => {
        const outputs = forward(net, part.x, part.n);
        return {
          loss: loss(part, outputs, scratch, part.y, part.n),
          right: part.classes ? right(part, outputs, part.y, part.n) : null,
        };
      });
    }

    /* Layer by layer on all training examples: root mean square of the activations and of the
       gradients in the pre-activations, and the share of units whose slope is 0 on every example. */
    function flow() {
      forward(net, train.x, train.n);
      loss(train, last.z, last.signal, train.y, train.n);
      backward(net, train.n);
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
      const outputs = forward(net, places, n).slice(0, n * last.units);
      const units = net.layers.slice(0, -1).map(({ a, units }) => ({ units, a: a.slice(0, n * units) }));
      return { outputs, units };
    }

    return { net, train, test, step, judge, flow, draw, get steps() { return steps; } };
  }

  return { run, examples, network, generator, shapes, curves, deviations, optimizers };
}
