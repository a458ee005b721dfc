"""The checker: `python -m bends.vectors torch` prints what is wrong with a framework's functions.

Or with one of yours: `python -m bends.vectors mymodule:my_gelu --function gelu`. It ends with 0
(nothing is wrong), 1 (something is) or 2 (it could not check, and says why).
"""

import argparse
import math
import sys
from functools import partial

from .._arguments import UnknownName, known, nearest
from ..activations import ACTIVATIONS
from . import BOUND, TYPES, VERSION, Verdict, asking, check, read
from .asking import CannotAsk, function_at


def show(y):
    """A number, short enough for a table."""
    return f"{y:.7g}".replace("-", "−")


def table(rows):
    """Rows of texts as lines of columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]


def amount(units, number_type):
    """An error in units for a reader: a short number, or that no digit is right."""
    return "no digit right" if units >= 2.0 ** (TYPES[number_type].digits - 1) else f"{units:.3g}"


def lines_of(verdicts, bound, absolute):
    """What a table says of one function: special cases, then errors beyond the bound."""
    cases = {}
    for v in verdicts:
        for case, x in v.special.items():
            first, types, whats = cases.setdefault(case, (x, {}, {}))
            types[v.type] = whats[v.what] = True
    for case, (x, types, whats) in cases.items():
        kinds = (
            "every type" if 1 < len(types) == len({v.type for v in verdicts}) else ", ".join(types)
        )
        what = " and ".join(sorted(whats, reverse=True))
        yield [verdicts[0].function, kinds, what, case, show(x), "", ""]
    for v in verdicts:
        miss = v.absolute if absolute else v.relative
        if miss.units > bound:
            numbers = map(show, (miss.x, miss.given, miss.right))
            yield [v.function, v.type, v.what, amount(miss.units, v.type), *numbers]


def asked_for(options):
    """How to ask for each function that the command line names, and the file to judge by."""
    found = read(options.file) if options.file else None
    name = options.function or (found and found.name)
    if ":" in options.what:
        name = name or options.what.partition(":")[2]
        if name not in ACTIVATIONS:
            near = nearest(name, ACTIVATIONS)
            raise CannotAsk(f"no test vectors are for {name!r}; say --function with a name; {near}")
        asks = {
            ACTIVATIONS[name].name: partial(asking.WITH[options.arrays], function_at(options.what))
        }
    else:
        known("what", options.what, asking.PACKAGES)
        asks = asking.functions_of(options.what)
    if name:
        name = ACTIVATIONS[name].name
        if name not in asks:
            raise CannotAsk(f"{options.what} has no function for {name}; it has: {', '.join(asks)}")
        if found and found.name != name:
            raise CannotAsk(f"{options.file} is for {found.name}, not for {name}")
        asks = {name: asks[name]}
    if found and options.type and options.type not in found.rows:
        has = ", ".join(found.rows)
        raise CannotAsk(f"{options.file} has no lines of {options.type}; it has: {has}")
    return asks, found


def report(options):
    """Check what the command line names, print what is wrong, and tell whether anything is."""
    asks, found = asked_for(options)
    types = [options.type] if options.type else list(found.rows if found else TYPES)
    title = options.what if ":" in options.what else asking.versions(options.what)
    rows = [["function", "type", "what", "error", "at", "given", "right"]]
    right, checked, slopes, refused = 0, False, False, {}
    for name, ask in asks.items():
        answers = list(check(name, ask, types, found))
        verdicts = [answer for answer in answers if isinstance(answer, Verdict)]
        for number_type, error in (answer for answer in answers if answer not in verdicts):
            refused.setdefault(number_type, {})[name] = error
        if not verdicts and ":" in options.what:
            raise CannotAsk(no_answer(options.what, refused))
        checked |= bool(verdicts)
        wrong = list(lines_of(verdicts, options.bound, options.absolute))
        slopes |= any(verdict.what == "slope" for verdict in verdicts)
        right += bool(verdicts) and not wrong
        rows += wrong
    if not checked:
        raise CannotAsk(f"{title} gives no answer to arrays of {' or '.join(types)}")
    print(f"{title}, checked with test vectors of version {VERSION}.")
    if len(rows) > 1:
        print("", *table(rows), "", sep="\n")
    if not slopes:
        print("There were no slopes: values alone were checked.")
    for number_type, names in refused.items():
        names = "any" if len(names) == len(asks) else ", ".join(names)
        print(f"{number_type} is not taken, or not given back, by {names}.")
    bound = f"{options.bound:g} units{' of 1' * options.absolute}"
    print(f"Right within {bound}, and in every special case: {right} of {len(asks)}.")
    return len(rows) > 1


def no_answer(what, refused):
    """The sentence on a function that took no type at all."""
    number_type, error = next((key, *named.values()) for key, named in refused.items())
    said = str(error).strip().partition("\n")[0].rstrip(".")
    return (
        f"{what} gives no answer to an array of {number_type} ({type(error).__name__}: {said}); it "
        "must take one array and give one of that shape, or two: values and slopes. For tensors "
        "add --with torch or --with jax"
    )


def units(text):
    """The bound as a number; nan would be kept by every error."""
    bound = float(text)
    if not 0 <= bound < math.inf:
        raise ValueError
    return bound


def parser():
    command = argparse.ArgumentParser("python -m bends.vectors", description=__doc__.split("\n")[0])
    add = command.add_argument
    add("what", help=f"{', '.join(asking.PACKAGES)}, or module:function")
    add("--function", metavar="NAME", help="which function it is, or the only one to check")
    add("--type", choices=TYPES, help="check this type only")
    add("--bound", type=units, default=BOUND, help=f"units in the last place; {BOUND} if not given")
    add("--absolute", action="store_true", help="count no unit as smaller than that of 1")
    add("--with", choices=asking.WITH, default="numpy", dest="arrays",
        help="what module:function takes; of torch and jax slopes are checked too")  # fmt: skip
    add("--file", help="a file of vectors, in place of those that come with bends")
    return command


def main(arguments=None):
    """Run the command; the number that it ends with."""
    options = parser().parse_args(arguments)
    try:
        return int(report(options))
    except (CannotAsk, UnknownName) as error:
        print(f"{error}.", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
