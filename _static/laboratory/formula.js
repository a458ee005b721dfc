/* Reads a formula of x, such as x * sigmoid(2x), and gives its value and its slope at a number.
   Every part works on a number and carries the slope along (forward-mode automatic
   differentiation), so that no slope is written by the reader, and no text is run as code. */
function bendsFormula(text) {
  "use strict";
  let slope = 0; // of the part that was worked out last
  const FUNCTIONS = {
    exp: [Math.exp, (v, y) => y],
    log: [Math.log, (v) => 1 / v],
    ln: [Math.log, (v) => 1 / v],
    sqrt: [Math.sqrt, (v, y) => 0.5 / y],
    sin: [Math.sin, (v) => Math.cos(v)],
    cos: [Math.cos, (v) => -Math.sin(v)],
    tanh: [Math.tanh, (v, y) => 1 - y * y],
    atan: [Math.atan, (v) => 1 / (1 + v * v)],
    abs: [Math.abs, (v) => Math.sign(v)],
    relu: [(v) => Math.max(v, 0), (v) => (v > 0 ? 1 : 0)],
    step: [(v) => (v > 0 ? 1 : 0), () => 0],
    sigmoid: [(v) => 1 / (1 + Math.exp(-v)), (v, y) => y * (1 - y)],
    softplus: [(v) => Math.max(v, 0) + Math.log1p(Math.exp(-Math.abs(v))), (v) => 1 / (1 + Math.exp(-v))],
  };
  const known = `x, numbers, pi, e, + − * / ^, brackets, max(a, b), min(a, b), ${Object.keys(FUNCTIONS).join(", ")}`;
  const tokens = [];
  const blank = (found) => " ".repeat(found.length); // what goes before names leaves its place
  const source = text.replace(/^\s*(f\s*\(\s*x\s*\)|y)\s*=/i, blank).replace(/\b(np|math)\./gi, blank)
    .replace(/−/g, "-").replace(/·|×/g, "*").replace(/\*\*/g, " ^").replace(/²/g, "^2").replace(/³/g, "^3");
  const pattern = /\s*(?:(\d+\.?\d*(?:e[+-]?\d+)?|\.\d+)|([a-zA-Z_]+)|(.))/gy;
  for (let m; pattern.lastIndex < source.trimEnd().length && (m = pattern.exec(source)); )
    tokens.push({ number: m[1], name: m[2]?.toLowerCase(), sign: m[3], at: pattern.lastIndex - m[0].trim().length + 1 });
  let place = 0;
  const fail = (what) => {
    const token = tokens[place];
    const where = token ? `at “${token.number ?? token.name ?? token.sign}”, place ${token.at}` : "at the end";
    throw new Error(`${what} ${where}. You can use ${known}.`);
  };
  const take = (sign) => tokens[place]?.sign === sign && ++place > 0;
  const expect = (sign) => take(sign) || fail(`A “${sign}” is missing`);

  function sum() {
    let left = product();
    for (;;) {
      if (take("+")) left = both(left, product(), (a, da, b, db) => ((slope = da + db), a + b));
      else if (take("-")) left = both(left, product(), (a, da, b, db) => ((slope = da - db), a - b));
      else return left;
    }
  }
  function product() {
    let left = signed();
    for (;;) {
      const next = tokens[place];
      if (take("*") || (next && (next.name || next.sign === "(")))
        left = both(left, signed(), (a, da, b, db) => ((slope = da * b + a * db), a * b));
      else if (take("/")) left = both(left, signed(), (a, da, b, db) => ((slope = (da - (a / b) * db) / b), a / b));
      else return left;
    }
  }
  function signed() {
    if (take("-")) {
      const inner = signed();
      return (x) => { const v = inner(x); slope = -slope; return -v; };
    }
    return power();
  }
  function power() {
    const base = atom();
    if (!take("^")) return base;
    return both(base, signed(), (a, da, b, db) => {
      const y = a ** b;
      slope = (da ? b * a ** (b - 1) * da : 0) + (db ? y * Math.log(a) * db : 0);
      return y;
    });
  }
  function atom() {
    const { number, name } = tokens[place] ?? {};
    if (number) return place++, constant(+number);
    if (take("(")) { const inner = sum(); expect(")"); return inner; }
    if (name === "x") return place++, (x) => ((slope = 1), x);
    if (name === "pi" || name === "e") return place++, constant(name === "e" ? Math.E : Math.PI);
    if (name === "max" || name === "min") {
      place++; expect("(");
      const first = sum(); expect(",");
      const second = sum(); expect(")");
      const sign = name === "max" ? 1 : -1;
      return both(first, second, (a, da, b, db) => (sign * (a - b) > 0 ? ((slope = da), a) : ((slope = db), b)));
    }
    if (!Object.hasOwn(FUNCTIONS, name ?? "")) fail(name ? "This name is not known" : "A number or x is missing");
    const [value, derivative] = FUNCTIONS[name];
    place++; expect("(");
    const inner = sum(); expect(")");
    return (x) => { const v = inner(x), d = slope, y = value(v); slope = derivative(v, y) * d; return y; };
  }
  function constant(c) { return () => ((slope = 0), c); }
  function both(left, right, join) {
    return (x) => { const a = left(x), da = slope, b = right(x); return join(a, da, b, slope); };
  }

  if (!tokens.length) throw new Error(`The formula is empty. You can use ${known}.`);
  const value = sum();
  if (tokens[place]?.sign === ",") fail("A comma stands between the two parts of max or min only, and numbers have a point, as in 0.5. It cannot be read");
  if (place < tokens.length) fail("The formula cannot be read");
  return function (z, a, s, n) { for (let i = 0; i < n; i++) { a[i] = value(z[i]); s[i] = slope; } };
}

/* What is wrong with a function as an activation function, or null; as bends' @activation asks. */
function bendsExamine(f) {
  "use strict";
  const n = 2001, z = Float64Array.from({ length: n }, (_, i) => (i - 1000) / 100);
  const a = new Float64Array(n), s = new Float64Array(n);
  f(z, a, s, n);
  const said = (v) => (Number.isFinite(v) ? `${v}` : Number.isNaN(v) ? "no number" : `${v < 0 ? "−" : ""}infinity`).replace("-", "−");
  const bad = z.findIndex((_, i) => !Number.isFinite(a[i]) || !Number.isFinite(s[i]));
  if (bad >= 0) return { fault: `At x = ${said(z[bad])} it gives ${said(a[bad])}, with a slope of ${said(s[bad])}: a network needs finite numbers from −10 to 10.` };
  let straight = true, square = 0;
  for (let i = 0; i < n; i++) {
    straight &&= Math.abs(a[i] - a[1000] - s[1000] * z[i]) < 1e-9;
    square += a[i] * a[i] * Math.exp((-z[i] * z[i]) / 2) * 0.01;
  }
  const mean = square / Math.sqrt(2 * Math.PI);
  if (straight) return { fault: "It is a straight line, so layers of it are one layer: no activation function." };
  if (mean < 1e-12) return { fault: "It is 0 where most numbers lie, so nothing gets through." };
  return { gain: 1 / Math.sqrt(mean), still: s.every((slope) => slope === 0) };
}
