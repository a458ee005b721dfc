"""The training loop: batches, steps, history, and a clear word when a run stops early."""

from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, wraps

import numpy as np
from threadpoolctl import ThreadpoolController
from tqdm.auto import tqdm

from bends._arguments import (
    face,
    finite,
    function_or_none,
    known,
    positive,
    refusing,
    unmasked,
    whole,
)  # fmt: skip
from bends.catalogue import find
from bends.losses import LOSSES
from bends.optimizers import OPTIMIZERS, Optimizer


@refusing(observe=function_or_none)
def train(
    net, x, y, *, loss, optimizer="adam", epochs=10, batch_size=32,
    validation=None, patience=None, observe=None, progress=True,
):  # fmt: skip
    """Train a network, or each member of a stack, and return the history.

    With ``batch_size=None`` this is all that happens, epoch by epoch::

        for epoch in range(epochs):
            outputs = net(x)
            value, gradient = loss(outputs, y)
            optimizer.step(net, net.backward(gradient))

    Each member draws its own batches from its own seed: bit for bit those of the network alone. A
    member whose numbers stop being finite keeps the parameters it had then, and the others go on.
    A second call goes on where the first ended, with the next batches; give it the same optimiser
    object to keep what that remembers. An interrupt gives the history of the epochs so far.

    Parameters
    ----------
    net : MLP
        Changed in place.
    x : array of shape (n, inputs)
    y : array
        Targets, as `loss` takes them.
    loss : str or Loss
    optimizer : str or Optimizer
        A name gives the optimiser with its own defaults.
    epochs : int
        Passes over the examples.
    batch_size : int or None
        Examples a step, newly shuffled each epoch. None is all of them at once, in order.
    validation : (x, y), optional
        Examples to judge by after each epoch.
    patience : int, optional
        Stop a network when its validation loss has not fallen for so many epochs. Whether it stops
        or reaches the last epoch, it gets back the parameters it had when that loss was lowest.
    observe : callable, optional
        `observe(step, net)` is called after each step; step 1 is the first. An error that it
        raises ends the training: the network keeps the steps so far, and there is no history.
    progress : bool
        Show a progress bar, and a line for each network that stops early.

    Returns
    -------
    History

    Raises
    ------
    ValueError, TypeError, KeyError
        If an argument is not as above; the message names it, and no step has been made.
    """
    loss = find(LOSSES, loss, "loss")
    if not isinstance(optimizer, Optimizer):
        optimizer = known("optimizer", optimizer, OPTIMIZERS)()
    x, y = _examples(net, loss, x, y, "x", "y")
    if batch_size is not None:
        whole("batch_size", batch_size)
    if validation is not None:
        if not isinstance(validation, tuple | list) or len(validation) != 2:
            came = f"{len(validation)} entries" if np.iterable(validation) else repr(validation)
            raise TypeError(
                f"validation must be a pair (x, y); got {came}. `split` holds back a share of the "
                "examples"
            )
        validation = _examples(net, loss, *validation, "validation[0]", "validation[1]")
    if patience is not None:
        whole("patience", patience)
        if validation is None:
            raise ValueError("patience needs validation=(x, y) to judge by")

    run = _Run(net, progress)
    columns = {}
    quiet = not progress or face() != "live"
    # What is not finite is told by the run.
    with one_blas_thread(), np.errstate(all="ignore"), run.interruptible(columns):
        for run.epoch in tqdm(range(1, whole("epochs", epochs) + 1), disable=quiet, leave=False):
            total = np.zeros(net.members)
            for inputs, targets in _batches(x, y, batch_size, net.shuffles, net.members):
                outputs = net.forward(inputs)
                value, gradient = loss.value_and_gradient(outputs, targets)
                run.step += 1
                if not np.isfinite(value).all():
                    run.stop_unless(np.isfinite(value))
                    if not run.going.any():
                        break
                optimizer.step(net, net.backward(gradient))
                total += value * outputs.shape[-2]
                if observe is not None:
                    observe(run.step, net)
            run.stop_unless(_finite_parameters(net))
            row = {"loss": total / len(x)}
            if validation is not None:
                row |= _judged(net, loss, *validation)
            for name, value in row.items():
                columns.setdefault(name, []).append(np.where(run.going, value, np.nan))
            if patience is not None:
                run.stop_where_patience_ends(columns["validation_loss"][-1], patience)
            if not run.going.any():
                break
    run.give_back()
    columns = {name: np.stack(column, axis=-1) for name, column in columns.items()}
    return History(**columns, stops=run.stops)


@dataclass(frozen=True)
class Stop:
    """Why and when a network stopped before its last epoch. Epochs, steps, layers count from 1.

    `layer` says where numbers first stopped being finite; it is None where patience ended.
    """

    reason: str
    epoch: int
    step: int
    layer: int | None = None

    @property
    def diverged(self):
        """Whether the network's numbers stopped being finite."""
        return self.layer is not None

    def __str__(self):
        return f"stopped at step {self.step}, in epoch {self.epoch}: {self.reason}"


@dataclass
class History:
    """What happened in training, epoch by epoch.

    Arrays have the shape (epochs,), or (members, epochs) for a stack; an epoch that a network did
    not finish is nan.

    Attributes
    ----------
    loss : ndarray
        Mean over the epoch's examples, each judged just before the step that learnt from it.
    validation_loss, validation_accuracy : ndarray or None
        After each epoch; accuracy where the loss has right answers.
    stops : dict
        `Stop` by number of the member (0 for one network) that stopped early.
    """

    loss: np.ndarray
    validation_loss: np.ndarray | None = None
    validation_accuracy: np.ndarray | None = None
    stops: dict = field(default_factory=dict)

    def __repr__(self):
        parts = [f"{self.loss.shape[-1]} epochs", "loss"]
        parts += [
            n for n in ("validation_loss", "validation_accuracy") if vars(self)[n] is not None
        ]
        return f"<history: {', '.join(parts)}; {len(self.stops)} stopped early>"


@cache
def _blas():
    return ThreadpoolController()


@contextmanager
def one_blas_thread():
    """Keep matrix products on one thread, for matrices this small and for repeatable results."""
    with _blas().limit(limits=1, user_api="blas"):
        yield


@refusing(x=unmasked, y=unmasked)
def split(x, y, share=0.2, seed=0):
    """Draw a share of the examples for validation.

    Parameters
    ----------
    x, y : array
        Examples and targets, as many of the one as of the other.
    share : float
        Above 0 and less than 1.
    seed : int
        Seed of the draw.

    Returns
    -------
    x_train, y_train, x_validation, y_validation : ndarray
        The `round(share · n)` validation examples are drawn without replacement.

    Raises
    ------
    ValueError
        If x and y differ in number, an argument is out of range, or one part would be empty.
    TypeError
        If x or y is masked.
    """
    x, y = np.asarray(x), np.asarray(y)
    if len(x) != len(y):
        raise ValueError(f"x has {len(x)} examples and y has {len(y)} targets")
    count = round(positive("share", share, below=1) * len(x))
    if not 0 < count < len(x):
        raise ValueError(f"share={share} of {len(x)} examples leaves one part empty")
    order = np.random.default_rng(whole("seed", seed, 0)).permutation(len(x))
    return x[order[count:]], y[order[count:]], x[order[:count]], y[order[:count]]


def _batches(x, y, size, rngs, members):
    """Yield the inputs and targets of each batch, for one epoch."""
    if size is None:
        yield x, y
        return
    n = len(x)
    order = np.reshape([rng.permutation(n) for rng in rngs], (*members, n))
    for start in range(0, n, size):
        batch = order[..., start : start + size]
        yield x.take(batch, axis=0), y.take(batch, axis=0)  # x[batch], in a quarter of the time


def _judged(net, loss, x, y):
    outputs = net.forward(x)
    value, _ = loss.value_and_gradient(outputs, y)
    if loss.correct is None:
        return {"validation_loss": value}
    share = loss.correct(outputs, y).mean(axis=-1)
    return {"validation_loss": value, "validation_accuracy": share}


def _examples(net, loss, x, y, x_name, y_name):
    x = finite(x_name, x, net.dtype)
    if x.ndim != 2 or x.shape[1] != net.sizes[0]:
        raise ValueError(f"{x_name} must have the shape (n, {net.sizes[0]}); got {x.shape}")
    return x, loss.prepare(y, (len(x), net.sizes[-1]), net.dtype, y_name)


class _Run:
    """Which members still go on, and the parameters to give back to those that do not.

    A member's key is (number,) in a stack and () for one network: `array[key]` is its part.
    """

    def __init__(self, net, progress):
        self.net, self.progress = net, progress
        self.going = np.ones(net.members, dtype=bool)
        self.epoch, self.step, self.stops, self.kept = 0, 0, {}, {}
        self.best = {}  # validation loss and its epoch, by member

    def stop(self, key, reason, layer=None):
        if key not in self.kept:
            self.keep(key)
        self.going[key] = False
        stop = self.stops[int(key[0]) if key else 0] = Stop(reason, self.epoch, self.step, layer)
        if self.progress:
            seed = self.net.seed[key[0]] if key else self.net.seed
            tqdm.write(f"seed {seed} {stop}")

    def keep(self, key):
        self.kept[key] = [p[key].copy() for p in self.net.weights + self.net.biases]

    @contextmanager
    def interruptible(self, columns):
        """End at an interrupt, once an epoch is done, as if the rest had not been asked for."""
        try:
            yield
        except KeyboardInterrupt:
            if not columns:
                raise
            for column in columns.values():  # an epoch counts when all of its numbers are there
                del column[min(map(len, columns.values())) :]
            tqdm.write(f"interrupted in epoch {self.epoch}")

    def give_back(self):
        for key, parameters in self.kept.items():
            for p, kept in zip(self.net.weights + self.net.biases, parameters, strict=True):
                p[key] = kept

    def stop_unless(self, finite):
        lost = self.going & ~finite
        if not lost.any():
            return
        for key in map(tuple, np.argwhere(lost)):
            layer, what = _first_not_finite(self.net, key)
            self.stop(key, f"{what} of layer {layer} are not finite", layer)

    def stop_where_patience_ends(self, losses, patience):
        for key in map(tuple, np.argwhere(self.going)):
            value = losses[key]
            lowest, since = self.best.get(key, (np.inf, 0))
            if value < lowest:
                self.best[key] = value, self.epoch
                self.keep(key)
            elif self.epoch - since >= patience:
                self.stop(key, f"the validation loss was lowest after epoch {since}")


def _finite_parameters(net):
    """Whether all of a member's parameters are finite: -inf can hide behind a ReLU for ever."""
    parameters = [p.reshape(*net.members, -1) for p in net.weights + net.biases]
    return np.isfinite(np.concatenate(parameters, axis=-1)).all(axis=-1)


def _losses_in_words(first_not_finite):
    """Decorator: words for losses alone that " of layer 2 are not finite" can follow.

    It stands outside, since stored runs carry the digest of what it decorates.
    """

    @wraps(first_not_finite)
    def in_words(net, key):
        layer, what = first_not_finite(net, key)
        return layer, "the losses of the finite outputs" if what.endswith("losses") else what

    return in_words


@_losses_in_words
def _first_not_finite(net, key):
    """The layer where a member's numbers first stopped being finite, and which numbers.

    In the order of time: the step before sent signals back, from the last layer to the first,
    and moved the parameters; this step went forward, from the first layer to the last.
    """
    layers = list(range(len(net.weights)))
    for what, arrays, order in [
        ("the backward signals", net.signals, layers[::-1]),
        ("the weights", net.weights, layers[::-1]),
        ("the biases", net.biases, layers[::-1]),
        ("the pre-activations", net.pre_activations, layers),
    ]:
        for i in order:
            if arrays and not np.isfinite(arrays[i][key]).all():
                return i + 1, what
    return len(layers), "the outputs are finite, but their losses"
