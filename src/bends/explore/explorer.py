"""One explorer: its panels, its drawing functions and the parameters that these name."""

import hashlib
import inspect
import itertools
import re
from difflib import get_close_matches

import numpy as np

from .controls import Computed, Control
from .stage import Panel, Stage


class Explorer:
    """One explorer: its stage, its drawing functions and its parameters.

    Attributes
    ----------
    controls : dict
        `Control` by name.
    computed : dict
        `Computed` by name.
    draws : list of (callable, tuple of str)
        Each drawing function with the parameters that it names.
    files : tuple of str
        Choices whose every combination has its states in a file of its own.
    kernel_only : bool
        Whether the page shows the first picture alone.
    start : dict
        Value of each control in the first picture.
    """

    def __init__(self, draws, panels, id, caption, time, controls, files=(), kernel_only=False):
        self.controls = {k: c.named(k) for k, c in controls.items() if isinstance(c, Control)}
        self.computed = {k: c for k, c in controls.items() if isinstance(c, Computed)}
        self.caption, self.time = caption, time
        self.files, self.kernel_only = tuple(files), kernel_only
        if kernel_only and not self.controls:
            raise TypeError("kernel_only is for controls that only a notebook has; none are given")
        self._check(draws, panels, id, controls)
        self.draws = [(draw, self._names(draw)) for draw in draws]
        self._check_names()
        self.start = {name: c.values[c.start] for name, c in self.controls.items()}
        self._memory = {}
        self.id = id or f"figure-{digest([caption, *panels, draws[-1].__name__])}"
        self.stage = Stage(panels, self.id)

    def _check(self, draws, panels, id, controls):
        if not draws or not all(callable(draw) for draw in draws):
            raise TypeError("explore needs one or more drawing functions before its keywords")
        if not panels or not all(isinstance(p, Panel) for p in panels.values()):
            raise TypeError("panels must be a mapping from names to panel(...)")
        wrong = [k for k, c in controls.items() if not isinstance(c, Control | Computed)]
        if wrong:
            raise TypeError(f"{wrong[0]} must be a slider, choice, switch or computed")
        named = id is not None or self.controls
        if named and not re.fullmatch(r"[a-z][a-z0-9-]*", id or ""):
            raise ValueError(f"id must be lowercase letters, digits and hyphens, not {id!r}")
        for name in panels:
            if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
                raise ValueError(f"a panel's name must be a lowercase word, not {name!r}")
        sliders = [name for name, c in self.controls.items() if c.kind == "slider"]
        if self.time is not None and self.time not in sliders:
            raise ValueError(f"time={self.time!r} is not the name of a slider of this call")
        choices = [name for name, c in self.controls.items() if c.kind == "choice"]
        for name in self.files:
            if name not in choices:
                raise ValueError(f"files names {name!r}, which is not a choice of this call")

    def _names(self, draw):
        """Parameters of a drawing function; time comes last, since neighbours in time differ
        least and images are kept as differences from the state before."""
        return tuple(
            sorted([*inspect.signature(draw).parameters][1:], key=lambda n: n == self.time)
        )

    def _check_names(self):
        known = [*self.controls, *self.computed]
        used = set()
        readers = [*self.draws, *((c.function, c.of) for c in self.computed.values())]
        for function, names in readers:
            for name in names:
                accepted = known if (function, names) in self.draws else list(self.controls)
                if name not in accepted:
                    near = get_close_matches(name, accepted, 1)
                    hint = f"; the nearest is {near[0]!r}" if near else ""
                    raise ValueError(
                        f"{function.__name__} names {name!r}, which is no parameter here{hint}"
                    )
                used.add(name)
        unused = [name for name in known if name not in used]
        if unused:
            raise ValueError(f"no drawing function names {unused[0]!r}, so it would move nothing")

    def value(self, name, state):
        """Value of a control or computed parameter in a state."""
        if name in self.controls:
            return state[name]
        parameter = self.computed[name]
        value = parameter.function(**{k: state[k] for k in parameter.of})
        return round(float(value), 9) + 0.0 if isinstance(value, float | np.floating) else value

    def domain(self, name):
        """All values that a parameter can take."""
        if name in self.controls:
            return list(self.controls[name].values)
        of = self.computed[name].of
        every = itertools.product(*(self.controls[k].values for k in of))
        return sorted({self.value(name, dict(zip(of, values, strict=True))) for values in every})

    def record(self, layer, values):
        """Elements by panel and sentence of one drawing function for its parameters' values."""
        key = (layer, *values)
        if key not in self._memory:
            draw, names = self.draws[layer]
            named = dict(zip(names, values, strict=True))
            try:
                drawn, said = self.stage.record(draw, named, layer)
                if layer == len(self.draws) - 1 and (not isinstance(said, str) or not said.strip()):
                    raise ValueError(
                        f"{draw.__name__} comes last, so it must return the state's sentence, "
                        f"not {said!r}"
                    )
            except Exception as error:
                error.add_note(f"while {draw.__name__} drew {described(named) or 'its picture'}")
                raise
            self._memory[key] = drawn, said
        return self._memory[key]

    def layers(self, state):
        """What `record` gives for every drawing function in one state."""
        return [
            self.record(layer, tuple(self.value(name, state) for name in names))
            for layer, (_, names) in enumerate(self.draws)
        ]

    def sentence(self, state):
        """What the drawing functions say of one state, one after another."""
        return " ".join(said for _, said in self.layers(state) if isinstance(said, str))

    def pictures(self, state):
        """Each panel of one state as SVG text."""
        layers = self.layers(state)
        return [
            self.stage.svg(name, {n: drawn[name] for n, (drawn, _) in enumerate(layers)})
            for name in self.stage.axes
        ]


def described(values):
    """Parameters and their values in words."""
    return ", ".join(f"{name} = {value!r}" for name, value in values.items())


def digest(content):
    """A short name for a content, the same on every machine."""
    return hashlib.sha256(repr(content).encode()).hexdigest()[:10]
