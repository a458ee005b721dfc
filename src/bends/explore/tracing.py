"""A NumPy function of one number, printed as JavaScript, so that no formula is written twice.

The function is called once with a `Traced` in place of an array. It records what NumPy is asked
to do with it, step by step; equal steps are recorded once. The page's laboratory
computes with these lines. A step that JavaScript lacks is refused by name. `exp` and `tanh` are
those of `_static/laboratory/elementary.js`, which are faster than the browser's own.
"""

import re
from collections import Counter

import numpy as np

STEPS = {  # NumPy's name of a step: JavaScript, with a place for each argument
    "add": "{}+{}", "subtract": "{}-{}", "multiply": "{}*{}", "divide": "{}/{}",
    "negative": "-{}", "positive": "{}", "absolute": "Math.abs({})", "sign": "Math.sign({})",
    "maximum": "Math.max({},{})", "minimum": "Math.min({},{})",
    # JavaScript's own branch on the number's sign, and the processor guesses it wrong.
    "maximum with 0": ".5*({0}+Math.abs({0}))", "minimum with 0": ".5*({0}-Math.abs({0}))",
    "exp": "exp({})", "expm1": "Math.expm1({})", "log": "Math.log({})",
    "log1p": "Math.log1p({})", "sqrt": "Math.sqrt({})", "square": "{0}*{0}",
    "tanh": "tanh({})", "cosh": "Math.cosh({})", "sin": "Math.sin({})", "cos": "Math.cos({})",
    "copysign": "{0}*(1-2*({1}<0))",  # of a constant 1 and not of -0: all that is needed
    "rint": "Math.round({})",  # differs at halves alone
    "fmin": "(isNaN({0})?{1}:Math.min({0},{1}))", "hypot": "Math.hypot({},{})",
    "greater": "+({}>{})", "greater_equal": "+({}>={})", "less": "+({}<{})",
    "less_equal": "+({}<={})", "equal": "+({}==={})", "not_equal": "+({}!=={})",
    "bitwise_and": "{}*{}", "logical_and": "{}*{}",  # of truths, which are 0 and 1
    "bitwise_or": "Math.max({},{})", "logical_or": "Math.max({},{})",
    "invert": "1-{}", "logical_not": "1-{}", "isnan": "+isNaN({})",
    "clip": "Math.min(Math.max({},{}),{})", "where": "({}?{}:{})",
}  # fmt: skip


class Training:
    """float64, but float32 to a formula that asks, so that it takes the shorter way of training.

    In float64 that way's absolute error is about 1e-16.
    """

    type, dtype = np.float64, np.dtype(np.float64)

    def __eq__(self, other):
        return np.dtype(other) == np.float32

    __hash__ = None


class Traced(np.lib.mixins.NDArrayOperatorsMixin):
    """Stands for an array in training; NumPy's functions record what they do with it."""

    dtype, shape, ndim = Training(), (), 0

    def __init__(self, code, lines):
        self.code, self.lines = code, lines

    def step(self, name, *arguments):
        """Record a step; give what stands for its result."""
        if name not in STEPS:
            raise ValueError(f"the page's laboratory has no JavaScript for numpy.{name}")
        line = STEPS[name].format(*map(literal, arguments))
        if line not in self.lines:
            self.lines[line] = f"v{len(self.lines)}"
        return Traced(self.lines[line], self.lines)

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        if method != "__call__" or set(options) - {"out"}:
            raise ValueError(f"the page's laboratory has no JavaScript for numpy.{ufunc.__name__}")
        name = ufunc.__name__
        if name == "power":
            return self.power(*inputs)
        if name in ("maximum", "minimum") and literal(inputs[1]) == "0":
            name += " with 0"
        return self.step(name, *inputs)

    def power(self, base, exponent):
        """A whole power, as NumPy does it: by multiplying."""
        if isinstance(exponent, Traced) or exponent not in (2, 3):
            raise ValueError(f"the page's laboratory has no JavaScript for the power {exponent}")
        square = self.step("multiply", base, base)
        return square if exponent == 2 else self.step("multiply", square, base)

    def __array_function__(self, function, types, args, kwargs):
        name = function.__name__
        if name in ("ones_like", "zeros_like", "full_like"):
            value = {"ones_like": 1.0, "zeros_like": 0.0}.get(name, args[-1])
            return value if isinstance(value, Traced) else Traced(literal(value), self.lines)
        return self.step(name, *args)

    def copy(self):
        """The same number: nothing here is changed in place."""
        return self

    # A step "in place" makes a new number, too.
    def __iadd__(self, other):
        return self + other

    def __imul__(self, other):
        return self * other

    def __isub__(self, other):
        return self - other

    def __itruediv__(self, other):
        return self / other


def literal(value):
    """A number, or what was recorded, as JavaScript."""
    if isinstance(value, Traced):
        return value.code
    number = float(value)
    text = repr(number).replace("inf", "Infinity").removesuffix(".0")
    return f"({text})" if number < 0 else text


def javascript(activation):
    """A function of the catalogue as a JavaScript function over arrays.

    Parameters
    ----------
    activation : Activation
        With its parameters as they are.

    Returns
    -------
    str
        ``function(z,a,s,n){…}``: the values of the first n numbers of z go to a, the slopes to s.
        It calls ``exp`` and ``tanh``.

    Raises
    ------
    ValueError
        If the function takes a step that JavaScript lacks.
    """
    lines = {}
    results = activation.function(Traced("x", lines), **activation.parameters)
    steps = {name: code for code, name in lines.items()}
    kept, (value, slope) = nested(steps, results)
    return (
        "function(z,a,s,n){for(let i=0;i<n;i++){const x=z[i];if(isNaN(x)){a[i]=s[i]=x;continue}"
        f"{''.join(kept)}a[i]={value};s[i]={slope}}}}}"
    )


def nested(steps, results):
    """The lines of the steps that are used again, and the results; a step that is used once stands
    in its place, in brackets."""
    name = re.compile(r"v\d+")
    results = [literal(result) for result in results]
    uses = Counter(name.findall(" ".join([*steps.values(), *results])))
    kept, inside = [], {}
    for step, code in steps.items():
        code = name.sub(lambda found: inside.get(found[0], found[0]), code)
        if uses[step] > 1:
            kept.append(f"const {step}={code};")
        else:
            inside[step] = f"({code})"
    return kept, [name.sub(lambda found: inside.get(found[0], found[0]), r) for r in results]
