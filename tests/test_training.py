"""The training loop: its steps, stacks that equal their members, and every way to stop."""

import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_info

from bends import LOSSES, MLP, OPTIMIZERS, SGD, Adam, train
from bends.datasets import moons
from bends.losses import cross_entropy
from bends.stacks import task
from bends.training import one_blas_thread, split

X = np.random.default_rng(0).standard_normal((50, 3))
LABELS = (X[:, 0] * X[:, 1] > 0).astype(int)


@pytest.fixture(autouse=True)
def no_bar(monkeypatch):
    monkeypatch.setenv("BENDS_FACE", "text")


def parameters(net):
    return net.weights + net.biases


@pytest.mark.parametrize("workload", ["mini", "digits", "deep"])
def test_the_peer_of_the_benchmark_trains_the_same_networks(workload, monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).parent.parent / "benchmarks")
    from training import WORKLOADS
    from tuned_numpy import TunedStack

    work = replace(WORKLOADS[workload], batch=None, examples=60)
    peer = TunedStack(work, 3, np.float64, rate=0.001)
    net = MLP(work.sizes, work.activation, seed=range(3))
    for mine, theirs in zip(parameters(net), peer.weights + peer.biases, strict=True):
        theirs[:] = mine.reshape(theirs.shape)
    train(net, *work.data(np.float64), loss=work.loss, optimizer=OPTIMIZERS[work.optimizer](0.001),
          epochs=3, batch_size=None)  # fmt: skip
    peer.train(3)
    for mine, theirs in zip(parameters(net), peer.weights + peer.biases, strict=True):
        np.testing.assert_allclose(mine.ravel(), theirs.ravel(), rtol=0, atol=1e-12)


def test_full_batch_training_is_the_loop_that_a_reader_writes():
    net, history = MLP([3, 8, 2], "tanh", seed=1), None
    history = train(net, X, LABELS, loss="cross_entropy", optimizer=Adam(0.01), epochs=20,
                    batch_size=None)  # fmt: skip
    mine, adam = MLP([3, 8, 2], "tanh", seed=1), Adam(0.01)
    for epoch in range(20):
        value, gradient = cross_entropy(mine(X), LABELS)
        assert history.loss[epoch] == value
        adam.step(mine, mine.backward(gradient))
    for p, q in zip(parameters(net), parameters(mine), strict=True):
        assert np.array_equal(p, q)
    assert history.loss[-1] < 0.9 * history.loss[0] and not history.stops


def test_an_epoch_uses_each_example_once_in_new_order():
    net = MLP([3, 1], seed=3)
    seen = []
    train(net, X, X[:, 0], loss="squared_error", epochs=2, batch_size=15,
          observe=lambda step, net: seen.append((step, net.layer_inputs[0])))  # fmt: skip
    assert [step for step, _ in seen] == list(range(1, 9))
    assert [len(batch) for _, batch in seen] == [15, 15, 15, 5] * 2
    epochs = np.concatenate([b for _, b in seen[:4]]), np.concatenate([b for _, b in seen[4:]])
    assert not np.array_equal(*epochs)
    for epoch in epochs:
        assert np.array_equal(np.sort(epoch, axis=0), np.sort(X, axis=0))


@settings(max_examples=30)
@given(st.data())
def test_a_stack_trains_as_its_members_do_alone(data):
    loss = data.draw(st.sampled_from(list(LOSSES)))
    dtype = data.draw(st.sampled_from([np.float32, np.float64]))
    optimizer = OPTIMIZERS[data.draw(st.sampled_from(list(OPTIMIZERS)))]
    # 1e3 makes most members diverge, and some only after some steps.
    rates = data.draw(st.lists(st.sampled_from([1e-3, 0.1, 5, 1e3]), min_size=1, max_size=4))
    seeds = data.draw(st.lists(st.integers(0, 9), min_size=len(rates), max_size=len(rates)))
    options = {
        "epochs": data.draw(st.integers(1, 6)),
        "batch_size": data.draw(st.sampled_from([None, 7, 50])),
        "validation": (X[:20], LABELS[:20]),
        "patience": data.draw(st.sampled_from([None, 1, 2])),
        "loss": loss,
    }
    sizes = [3, 6, 2 if loss == "cross_entropy" else 1]
    name = data.draw(st.sampled_from(["relu", "tanh", "squared_relu"]))
    stack = MLP(sizes, name, seed=seeds, dtype=dtype)
    history = train(stack, X, LABELS, optimizer=optimizer(rates), **options)
    for k, (seed, rate) in enumerate(zip(seeds, rates, strict=True)):
        net = MLP(sizes, name, seed=seed, dtype=dtype)
        alone = train(net, X, LABELS, optimizer=optimizer(rate), **options)
        for p, q in zip(parameters(stack), parameters(net), strict=True):
            assert np.array_equal(p[k], q, equal_nan=True)
        for column in ("loss", "validation_loss", "validation_accuracy"):
            together, single = getattr(history, column), getattr(alone, column)
            if together is not None:
                done = single.shape[-1]
                assert np.array_equal(together[k, :done], single, equal_nan=True)
                assert np.isnan(together[k, done:]).all()
        assert history.stops.get(k) == alone.stops.get(0)


def test_divergence_names_step_and_layer_and_spares_the_others(capsys):
    net = MLP([3, 5, 5, 1], "leaky_relu", seed=[0, 1])
    history = train(net, X, X[:, 0], loss="squared_error", optimizer=SGD([1e3, 1e-3]),
                    epochs=4, batch_size=10)  # fmt: skip
    assert list(history.stops) == [0]
    stop = history.stops[0]
    assert stop.step > 1 and stop.epoch == (stop.step - 1) // 5 + 1 and stop.layer in (1, 2, 3)
    assert f"seed 0 stopped at step {stop.step}, in epoch {stop.epoch}" in capsys.readouterr().out
    assert f"of layer {stop.layer} are not finite" in stop.reason
    assert np.isnan(history.loss[0, -1]) and np.isfinite(history.loss[1]).all()
    assert history.loss[1, -1] < history.loss[1, 0]


@pytest.mark.parametrize(
    "spoil, layer, what",
    [
        (lambda net: net.weights[1].__setitem__((0, 0), np.inf), 2, "the weights"),
        (lambda net: net.biases[0].__setitem__(0, np.nan), 1, "the biases"),
        (lambda net: net.weights[0].__setitem__(..., 1e200), 1, "the pre-activations"),
        (
            lambda net: net.weights[1].__setitem__(..., 1e160),
            2,
            "the losses of the finite outputs of layer 2 are",
        ),
    ],
)
def test_the_first_numbers_that_are_not_finite_are_named(spoil, layer, what):
    net = MLP([3, 4, 1], "relu", seed=0)
    spoil(net)
    x = np.full((4, 3), 1e120)
    history = train(net, x if "pre" in what else X, np.zeros(len(x if "pre" in what else X)),
                    loss="squared_error", progress=False)  # fmt: skip
    assert history.stops[0].step == 1 and history.stops[0].layer == layer
    assert history.stops[0].reason.startswith(what)


@pytest.mark.parametrize(
    "first, second, layer, what",
    [  # the output is second · first², 1e150 or 1e140, whose square is still finite
        (1e-10, 1e170, 1, "the backward signals"),  # 2e150 · 1e170 · 2e-10
        (1e100, 1e-60, 2, "the weights"),  # moved by 2e140 · 1e200
    ],
)
def test_what_overflows_on_the_way_back_is_named_at_the_next_step(first, second, layer, what):
    net = MLP([1, 1, 1], "squared_relu", seed=0)
    net.weights[0][:], net.weights[1][:] = first, second
    history = train(net, [[1], [1]], [0, 0], loss="squared_error", optimizer=SGD(1), batch_size=1,
                    progress=False)  # fmt: skip
    stop = history.stops[0]
    assert (stop.step, stop.layer) == (2, layer) and stop.reason.startswith(what)


def test_patience_gives_back_the_best_parameters():
    x_train, y_train, x_val, y_val = split(X, LABELS, 0.4)
    net = MLP([3, 30, 2], "tanh", seed=[0, 1])
    snapshots = []
    history = train(net, x_train, y_train, loss="cross_entropy", optimizer=Adam([0.1, 1e-4]),
                    epochs=30, batch_size=None, validation=(x_val, y_val), patience=3,
                    observe=lambda step, net: snapshots.append(net.weights[0].copy()))  # fmt: skip
    best = np.nanargmin(history.validation_loss[0])
    assert list(history.stops) == [0] and history.stops[0].epoch == best + 4
    assert f"lowest after epoch {best + 1}" in history.stops[0].reason
    assert np.array_equal(net.weights[0][0], snapshots[best][0])
    assert np.isnan(history.loss[0, best + 4 :]).all() and np.isfinite(history.loss[1]).all()


def test_validation_is_judged_after_each_epoch():
    net = MLP([3, 6, 2], "relu", seed=0)
    history = train(
        net, X, LABELS, loss="cross_entropy", epochs=3, validation=(X[:10], LABELS[:10])
    )
    value, _ = cross_entropy(net(X[:10]), LABELS[:10])
    right = np.mean(net(X[:10]).argmax(-1) == LABELS[:10])
    assert history.validation_loss[-1] == value and history.validation_accuracy[-1] == right
    assert history.loss.shape == history.validation_loss.shape == (3,)
    assert pickle.loads(pickle.dumps(history)).loss[0] == history.loss[0]


@given(st.floats(0.05, 0.9), st.integers(0, 5), st.integers(20, 60))
def test_a_split_loses_and_repeats_nothing(share, seed, n):
    x = np.arange(2 * n).reshape(n, 2)
    x_train, y_train, x_val, y_val = split(x, x[:, 0], share, seed)
    assert len(x_val) == round(share * n)
    assert np.array_equal(x_train[:, 0], y_train) and np.array_equal(x_val[:, 0], y_val)
    assert sorted([*y_train, *y_val]) == list(x[:, 0])


def test_the_bar_is_shown_only_where_it_can_be_seen(monkeypatch, capsys):
    for face, shown in [("live", True), ("page", False), ("text", False)]:
        monkeypatch.setenv("BENDS_FACE", face)
        train(MLP([3, 2]), X, LABELS, loss="cross_entropy", epochs=2)
        output = capsys.readouterr()
        assert output.out == "" and bool(output.err) == shown


def test_blas_has_one_thread_inside():
    with one_blas_thread():
        blas = [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]
        assert blas and set(blas) == {1}


def test_without_a_word_adam_makes_ten_epochs_of_batches_of_32():
    steps, one, two = [], MLP([3, 2]), MLP([3, 2])
    x, labels = np.tile(X, (2, 1))[:65], np.tile(LABELS, 2)[:65]  # two batches and one example
    options = {"loss": "cross_entropy", "progress": False}
    history = train(one, x, labels, observe=lambda step, net: steps.append(step), **options)
    train(two, x, labels, optimizer=Adam(), epochs=10, batch_size=32, **options)
    assert len(history.loss) == 10 and steps == list(range(1, 31))
    assert np.array_equal(one.weights[0], two.weights[0])


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"x": X[:, :2]}, r"x must have the shape \(n, 3\); got \(50, 2\)"),
        ({"x": X[:0], "y": LABELS[:0]}, "x is empty"),
        ({"x": np.where(X > 2, np.nan, X)}, "x must be finite"),
        ({"y": LABELS[:-1]}, r"y must have the shape \(50,\)"),
        ({"y": LABELS + 1}, "y must lie from 0 to 1 for cross_entropy; got 1 to 2"),
        ({"loss": "crossentropy"}, "loss='crossentropy' is not known; nearest: cross_entropy"),
        ({"loss": None}, "loss must be a name or the thing itself; got None"),
        ({"optimizer": Adam}, "is not known; known: sgd, momentum, adam"),
        ({"optimizer": "adm"}, "optimizer='adm' is not known; nearest: adam"),
        ({"epochs": 0}, "epochs must be a whole number, 1 or more; got 0"),
        ({"batch_size": 2.5}, "batch_size must be a whole number, 1 or more; got 2.5"),
        ({"validation": (X[:5, :1], LABELS[:5])}, r"validation\[0\] must have the shape"),
        ({"validation": (X[:5], LABELS[:4])}, r"validation\[1\] must have the shape"),
        ({"patience": 2}, "patience needs validation"),
        ({"patience": 0, "validation": (X, LABELS)}, "patience must be a whole number"),
    ],
)
def test_wrong_arguments_are_refused_before_a_step(changes, message):
    net = MLP([3, 2])
    before = net.weights[0].copy()
    with pytest.raises((ValueError, TypeError), match=message):
        train(net, **{"x": X, "y": LABELS, "loss": "cross_entropy", **changes})
    assert np.array_equal(net.weights[0], before)


@pytest.mark.parametrize("share", [0, 1, -0.1, np.nan, "half"])
def test_a_share_that_is_none_is_refused(share):
    with pytest.raises(ValueError, match="share must be a finite number above 0 and less than 1"):
        split(X, LABELS, share)


def test_a_split_needs_examples_on_both_sides():
    with pytest.raises(ValueError, match="leaves one part empty"):
        split(X[:2], LABELS[:2], 0.1)
    with pytest.raises(ValueError, match="x has 50 examples and y has 49"):
        split(X, LABELS[:-1])


def test_a_second_call_goes_on_where_the_first_ended():
    x, y = moons(60, seed=0)
    once, twice = (MLP([2, 5, 2], "tanh", seed=[3, 4]) for _ in range(2))
    options = {"loss": "cross_entropy", "batch_size": 7, "progress": False}
    whole = train(once, x, y, optimizer=Adam(0.01), epochs=5, **options)
    optimizer = Adam(0.01)
    parts = [train(twice, x, y, optimizer=optimizer, epochs=n, **options).loss for n in (2, 3)]
    assert np.array_equal(np.concatenate(parts, axis=-1), whole.loss)
    assert all(map(np.array_equal, once.weights, twice.weights))


def test_an_interrupt_keeps_the_history(capsys):
    x, y = moons(60, seed=0)

    def interrupt(step, net):
        if step == 25:
            raise KeyboardInterrupt

    options = {"loss": "cross_entropy", "batch_size": 10, "observe": interrupt, "progress": False}
    net = MLP([2, 5, 2])
    history = train(net, x, y, epochs=9, validation=(x, y), **options)
    assert history.loss.shape == history.validation_loss.shape == (4,)
    assert np.isfinite(history.loss).all() and "interrupted in epoch 5" in capsys.readouterr().out
    with pytest.raises(KeyboardInterrupt):
        train(net, x, y, epochs=9, **options | {"batch_size": 1})


def test_things_introduce_themselves():
    x, y = moons(20, seed=0)
    net = MLP([2, 5, 2], seed=[1, 2], dtype="float32")
    history = train(
        net, x, y, loss="cross_entropy", epochs=3, validation=(x, y), progress=False
    )  # fmt: skip
    assert repr(history) == (
        "<history: 3 epochs, loss, validation_loss, validation_accuracy; 0 stopped early>"
    )
    assert repr(net) == "<MLP [2, 5, 2], relu, stack of 2, float32>"
    assert repr(MLP([2, 1])) == "<MLP [2, 1], no hidden layer, float64>"
    assert repr(Adam()) == "Adam(learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-08)"
    assert repr(SGD([0.1, 0.2])) == "SGD(learning_rate=[0.1, 0.2])"


def test_the_order_of_the_examples_is_not_drawn_as_the_weights_are():
    for net, seeds in [(MLP([2, 1], seed=3), [3]), (MLP([2, 1], seed=[4, 5]), [4, 5])]:
        expected = [np.random.default_rng([seed, 1]).permutation(9).tolist() for seed in seeds]
        assert [rng.permutation(9).tolist() for rng in net.shuffles] == expected
        assert np.random.default_rng(seeds[0]).permutation(9).tolist() not in expected


@pytest.mark.parametrize("observe", [3, "print", [print]])
def test_what_cannot_observe_is_refused_before_the_first_step(observe):
    net = MLP([3, 4, 1], seed=0)
    before = [p.copy() for p in net.weights]
    with pytest.raises(TypeError, match="observe must be a function, or None; got"):
        train(net, X, X[:, 0], loss="squared_error", observe=observe, progress=False)
    assert all(np.array_equal(p, q) for p, q in zip(before, net.weights, strict=True))


def test_split_and_task_drop_no_mask():
    masked = np.ma.masked_greater(X, 0)
    for call in (
        lambda: split(masked, X),
        lambda: split(X, y=masked),
        lambda: task(masked, X, X, X, "squared_error"),
        lambda: task(X, X, X, masked, "squared_error"),
    ):
        with pytest.raises(TypeError, match="(x|y|y_test) is a masked array"):
            call()
    with pytest.raises(TypeError, match="unexpected keyword argument 'z'"):
        split(X, z=X)
