"""Every state of a picture in few bytes: what stays is kept once, what differs once for each state.

`differences` compares the states of one drawing function on one panel. States whose elements have
the same tags and attributes share a *shape*; within a shape each attribute or text that varies is
a *slot*, and a slot has a *column*: its distinct values, and for each state which of them. A state
like no other is a shape of its own and thereby stored whole.

`_static/explore.js` reads the result; tests/test_baking.py reads it too, independently.
"""

import numpy as np

from .svg import Raster, colors_and_index, markup

# One sign for each colour of an image: no digit (those are counts) and nothing JSON escapes.
SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%()*+,-./"


def differences(states, whole=False):
    """States of one picture as shapes, slots and columns.

    Parameters
    ----------
    states : list of list of Element
    whole : bool
        Write the ``html`` of one shape too: the page may have another picture there.

    Returns
    -------
    dict
        ``shapes``: a list of ``{"html": ..., "slots": [[element, attribute, column], ...]}``,
        where an attribute "" is the element's text; ``shape``: for each state the number of its
        shape. With one shape the numbers are left out, and the ``html`` unless `whole`.
    """
    shapes = {}
    for number, state in enumerate(states):
        key = tuple((e.depth, e.tag, tuple(e.attributes)) for e in state)
        shapes.setdefault(key, []).append(number)
    result = {"shapes": []}
    if len(shapes) > 1:
        result["shape"] = [0] * len(states)
    for number, members in enumerate(shapes.values()):
        shape = {}
        if whole or len(shapes) > 1:
            shape["html"] = markup(states[members[0]])
        if len(shapes) > 1:
            for member in members:
                result["shape"][member] = number
        shape["slots"] = slots(states, members)
        result["shapes"].append(shape)
    return result


def slots(states, members):
    """`[element, attribute, column]` of all that varies among the members of one shape."""
    found = []
    for i, element in enumerate(states[members[0]]):
        for name in (*element.attributes, ""):
            values = [states[m][i].attributes[name] if name else states[m][i].text for m in members]
            if any(value != values[0] for value in values):
                # States of other shapes never read this column: any value will do there.
                row = dict(zip(members, values, strict=True))
                filled = [row.get(n, values[0]) for n in range(len(states))]
                found.append([i, name, column(filled)])
    return found


def column(values):
    """Distinct values in order of appearance, and for each state which of them.

    Returns
    -------
    dict
        ``v``: the values; ``i``: their numbers, left out where they are 0, 1, 2, ... For images
        of one size and few colours, in place of ``v``: ``size``, ``colors`` (rrggbbaa for each)
        and ``frames``, each its differences from the frame before as counts and signs.
    """
    distinct = list(dict.fromkeys(values))
    order = {value: number for number, value in enumerate(distinct)}
    index = [order[value] for value in values]
    result = (raster(distinct) if isinstance(distinct[0], Raster) else None) or {"v": distinct}
    if index != list(range(len(distinct))):
        result["i"] = index
    return result


def raster(images):
    """Images as differences in time, or None where their sizes or colours are too many."""
    sizes = {image.rgba.shape for image in images}
    if len(sizes) > 1:
        return None
    palette, index = colors_and_index(np.stack([image.rgba for image in images]))
    if len(palette) > len(SIGNS):
        return None
    steps = np.diff(index.astype(int), axis=0, prepend=0) % len(palette)
    height, width, _ = sizes.pop()
    return {
        "size": [width, height],
        "colors": palette.tobytes().hex(),
        "frames": [runs(frame.ravel()) for frame in steps],
    }


def runs(numbers):
    """Run lengths: `3AB2C` is A A A B C C; a count of 1 is left out."""
    ends = np.flatnonzero(np.diff(numbers, append=-1)) + 1
    lengths = np.diff(ends, prepend=0).tolist()
    return "".join(
        f"{length if length > 1 else ''}{SIGNS[numbers[end - 1]]}"
        for length, end in zip(lengths, ends.tolist(), strict=True)
    )
