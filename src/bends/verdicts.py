"""The verdicts of `diagnose`: each one short rule, which gives a word and what to say, or nothing.

A rule sees the `Layer`s that `bends.diagnosis` has measured. Where each begins stands first.
"""

import math

import numpy as np

VANISHING, EXPLODING = 5, 4  # by what factor, from the first layer to the last,
A_LAYER = 0.1  # and by what share at least from each layer to the next
GRADIENTS, A_STEP = 20, 1.3  # exploding gradients: the same, on their way back
MOSTLY_FLAT = 0.85  # saturated: the share of flat slopes, where a function is flat at both ends
SMALL, LARGE = 0.1, 30  # unscaled: the first layer's spread; inputs of spread 1 give about 1
OFF_CENTRE = 2  # off centre: the first layer's means, in spreads
WRAPPED = 2  # the spread of what enters a sine behind the first layer; its period is 6.28
DEAD = 0.25  # dead: the share of a layer; chapter 11 measures what a quarter costs
FEW, DEAD_OF_FEW = 100, 0.5  # the same, with fewer examples; and how many numbers linear needs
NO_BOUND = 3  # so many examples show nothing: the bound of 3/n is then 1 or more


def findings(layers):
    """What looks wrong in a network's layers: sentences by the word for it, such as "vanishing"."""
    found = {}
    for verdict in (
        _axis, _constant, _copies, _dead, _linear, _saturated, _inputs, _change, _wrapped
    ):  # fmt: skip
        found |= verdict(layers)
    return found


def _axis(layers):
    """Images are mostly square; and channels become more while images become smaller."""
    images = [layer for layer in layers if len(layer.shape) == 4 and layer.axis in (1, 3)]
    for layer in images:
        other = 4 - layer.axis
        _, a, b, c = layer.shape
        if (a == b) == (b == c):  # not told apart by one square side
            first, last = images[0], images[-1]
            likely = last.units < first.units and last.shape[other] > first.shape[other]
        else:
            likely = b == c if other == 1 else a == b
        if likely:
            order = "(n, channels, h, w)" if other == 1 else "(n, h, w, channels)"
            return {
                "axis": f"layer {layer.name}, of shape {layer.shape}, looks like {order}, but its "
                f"units were counted along axis {layer.axis}. If so, say axis={other}."
            }
    return {}


def _constant(layers):
    if not layers[0].constant:
        return {}
    return {
        "constant": "every example gives the same numbers in the first layer. Suspects: weights "
        "of 0, inputs that are all alike."
    }


def _copies(layers):
    for layer in layers:
        if layer.copies and not layer.constant:
            return {
                "copies": f"in layer {layer.name}, all units give the same numbers, and stay "
                "copies. Suspect: weights that all start equal."
            }
    return {}


def _dead(layers):
    if not any(map(_mostly_dead, layers)):
        return {}
    dead, units = sum(len(layer.dead) for layer in layers), sum(layer.units for layer in layers)
    n = layers[0].shape[0]
    text = f"{dead} of {units} units have slope 0 on each of the {n} examples"
    if all(layer.off for layer in layers):  # not so where the slope is 0 on the upper side as well
        text += f", so they are active on at most about {300 / n:.3g}% of all"
    text += ". No gradient passes through them."
    if any(layer.activation.family == "step" for layer in layers):
        text += " Suspect: a function without slopes."
    elif not layers[0].constant:  # then that is told, with its suspects
        text += (
            " Suspects: in training, a learning rate that was too large; before it, inputs or "
            "biases far from 0."
        )
    return {"dead": text}


def _mostly_dead(layer):
    n = layer.shape[0]
    share = DEAD if n >= FEW else DEAD_OF_FEW
    return n > NO_BOUND and len(layer.dead) >= share * layer.units


def few_to_tell(layer):
    """Whether units of a layer are dead on its examples, which are few."""
    return layer.shape[0] < FEW and len(layer.dead) > 0


def _linear(layers):
    """Layers that act as linear ones, where no other word says why."""
    found = [layer for layer in layers if _bends_nothing(layer, layers[0])]
    if not found:
        return {}
    names, one = ", ".join(layer.name for layer in found), len(found) == 1
    text = (
        f"layer {names} acts as a linear layer" if one else f"layers {names} act as linear layers"
    )
    text += ": no unit's slope changes from example to example"
    if len(found) == len(layers):
        text += ", so the whole network acts as one too"
    if any(layer.activation.family == "linear" for layer in found):
        return {"linear": f"{text}. Suspect: a forgotten activation function."}
    return {"linear": f"{text}. Suspect: biases far from 0."}


def _bends_nothing(layer, first):
    if layer.activation.family == "linear":
        return True
    small = first.before < SMALL or layer.before < first.before / VANISHING  # told by other words
    told = small or layer.constant or layer.flat == 1 or _mostly_flat(layer)
    return layer.straight and not told and math.prod(layer.shape) >= FEW


def _saturated(layers):
    """Whole layers, of a function that is flat at both ends; single units, of the others."""
    full = [layer for layer in layers if _mostly_flat(layer)]
    if full:
        at_first = full[0] is layers[0]
        suspect = "inputs that are not scaled" if at_first else "weights that are too large"
        names, least = ", ".join(layer.name for layer in full), min(layer.flat for layer in full)
        return {
            "saturated": f"{least:.0%} of the slopes in layer {names} are below a hundredth of "
            f"{full[0].activation.title}'s steepest. Little gradient passes. Suspect: {suspect}."
        }
    units = sum(len(layer.saturated) for layer in layers if not _flat_at_both_ends(layer))
    if not units:
        return {}
    return {
        "saturated": f"{units} of {sum(layer.units for layer in layers)} units have slopes near 0 "
        "on every example. They learn very slowly."
    }


def _flat_at_both_ends(layer):
    return bool(np.isfinite(layer.activation.limits).all())


def _mostly_flat(layer):
    all_dead = len(layer.dead) == layer.units
    return _flat_at_both_ends(layer) and layer.flat > MOSTLY_FLAT and not all_dead


def _inputs(layers):
    """What the first layer tells of the inputs; whether they saturate it is told before."""
    first, found = layers[0], {}
    if first.constant:
        return {}
    if first.before < SMALL or first.before > LARGE and not _mostly_flat(first):
        found["unscaled"] = (
            f"the spread in the first layer is {first.before:.3g}; inputs of spread 1 give about "
            "1. Suspects: the inputs' scale, the initialisation."
        )
    if first.mean > OFF_CENTRE * first.before:
        found["off centre"] = (
            f"what enters the first layer has means of {first.mean:.3g} beside a spread of "
            f"{first.before:.3g}. Suspect: inputs whose mean is not taken off."
        )
    return found


def _change(layers):
    """Both before and after the function: else a saturated or dead layer looks like vanishing."""
    first, last, steps = layers[0], layers[-1], len(layers) - 1
    if steps == 0 or first.constant or first.after == 0:
        return {}
    ratios = last.before / first.before, last.after / first.after
    least = (1 + A_LAYER) ** steps
    if max(ratios) < 1 / max(VANISHING, least):
        word, moves = "vanishing", "falls"
    elif min(ratios) > max(EXPLODING, least):
        word, moves = "exploding", "grows"
    else:
        return _gradients(layers)
    return {
        word: f"the spread of what leaves {moves} from {first.after:.3g} in the first layer to "
        f"{last.after:.3g} in the last, by a factor of {ratios[1] ** (1 / steps):.2g} a layer. "
        "Suspect: the initialisation."
    }


def _gradients(layers):
    pairs = list(zip(layers, layers[1:], strict=False))
    if any(layer.constant for layer in layers):  # its spread is rounding
        return {}
    growth = math.prod(a.slope * b.before / a.after for a, b in pairs if a.after)
    if growth < max(GRADIENTS, A_STEP ** len(pairs)):
        return {}
    return {
        "exploding gradients": f"judging by spreads and slopes, gradients grow about {growth:.1g} "
        "times on their way back to the first layer. Suspect: weights that are too large."
    }


def _wrapped(layers):
    for layer in layers[1:]:
        f = layer.activation
        if f.family == "periodic" and f.bounded and layer.before > WRAPPED:
            return {
                "wrapped": f"what enters the {f.title} in layer {layer.name} has a spread of "
                f"{layer.before:.3g}, beside a period of 6.28: near inputs are torn apart. "
                "Suspect: a sine without its own initialisation."
            }
    return {}
