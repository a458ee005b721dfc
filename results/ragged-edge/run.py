"""Where does training stop working? The border between two learning rates, for a linear network.

One command, `make results NAME=ragged-edge`, writes one text file a picture: rows of # (the loss
stayed finite and fell) and . (it did not), one character a training. Chapter 7 draws them. The
network has no activation function; what is not linear is its loss in its weights, since those of
one layer are multiplied by those of the next. After J. Sohl-Dickstein, "The boundary of neural
network trainability is fractal", 2024, on a smaller network.
"""

from pathlib import Path

import numpy as np

WIDTH, EXAMPLES, STEPS, GRID = 8, 8, 500, 160
# Logarithms to base 10 of the rates of the first and of the second layer: left, right, low, high.
WINDOW = -1.0, 1.0, -1.5, 0.5
CLOSE = 64  # the second picture is so many times smaller, around a place on the border


def trained(first, second):
    """Whether each training works: arrays of rates in, an array of bool out.

    One network of WIDTH inputs, WIDTH units without a bend, one output; all examples at each step;
    a rate for each layer. Every training starts with the same weights.
    """
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(EXAMPLES, WIDTH)), rng.normal(size=(EXAMPLES, 1))
    w1 = np.tile(rng.normal(size=(WIDTH, WIDTH)) / np.sqrt(WIDTH), (len(first), 1, 1))
    w2 = np.tile(rng.normal(size=(WIDTH, 1)) / WIDTH, (len(first), 1, 1))
    rate1, rate2 = first[:, None, None], second[:, None, None]
    start = loss = None
    with np.errstate(all="ignore"):  # what overflows has not worked
        for _ in range(STEPS):
            hidden = x @ w1
            wrong = (hidden @ w2 - y) / EXAMPLES
            loss = np.square(wrong).sum(axis=(1, 2))
            start = loss if start is None else start
            step1 = x.T @ (wrong @ w2.swapaxes(1, 2))
            step2 = hidden.swapaxes(1, 2) @ wrong
            w1, w2 = w1 - rate1 * step1, w2 - rate2 * step2
        return np.isfinite(loss) & (loss < start)


def picture(left, right, low, high):
    """Rows of bool, the highest rate of the second layer first."""
    first, second = np.logspace(left, right, GRID), np.logspace(high, low, GRID)
    return np.array([trained(first, np.full(GRID, rate)) for rate in second])


def border(works, left, right, low, high):
    """The place in a picture where neighbours differ most often, as logarithms of the rates."""
    change = np.zeros(works.shape)
    change[:, 1:] += works[:, 1:] != works[:, :-1]
    change[1:] += works[1:] != works[:-1]
    size = GRID // 20
    blocks = change[: size * 20, : size * 20].reshape(20, size, 20, size).sum(axis=(1, 3))
    row, column = np.unravel_index(blocks.argmax(), blocks.shape)
    across = left + (right - left) * (column + 0.5) * size / GRID
    return across, high - (high - low) * (row + 0.5) * size / GRID


def main():
    folder = Path(__file__).parent
    whole = picture(*WINDOW)
    across, up = (round(place, 3) for place in border(whole, *WINDOW))
    half = 1 / CLOSE  # half the width of the second picture; the first is 2 wide
    close = picture(across - half, across + half, up - half, up + half)
    pictures = {"whole": whole, "close": close}
    for name, works in pictures.items():
        lines = ["".join(".#"[int(work)] for work in row) for row in works]
        (folder / f"{name}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
        print(name, f"{works.mean():.0%} work")
    print(f"close: around 10^{across} and 10^{up}, {CLOSE} times smaller")


if __name__ == "__main__":
    main()
