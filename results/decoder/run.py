"""Which activation function in a small decoder? The runs behind chapter 14; PROTOCOL.md says why.

    make results NAME=decoder

One process, one thread. Killed at any moment, it goes on where it was. The text is the Python
source of the pinned scikit-learn: seven million characters of code and English, the same wherever
that release is installed.
"""

import hashlib
import math
from importlib.metadata import files
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

from bends.grids import Grid, product
from bends.runs import run

LETTERS = "\n" + "".join(map(chr, range(32, 127)))
WIDTH, LAYERS, HEADS = 96, 2, 4
CONTEXT, BATCH, STEPS, WARM_UP = 64, 12, 500, 50
RATES = [2e-3, 4e-3, 8e-3]
MOST_RATES = 5
JUDGED = 100_000
TUNING_SEEDS = range(100, 102)
SEEDS = range(6)
PLAIN = {
    "relu": functional.relu,
    "gelu": functional.gelu,
    "silu": functional.silu,
    "squared_relu": lambda x: functional.relu(x).square(),
}
GATED = {
    "reglu": functional.relu,
    "geglu": functional.gelu,
    "swiglu": functional.silu,
    "bilinear": lambda x: x,
}


# --- the text -------------------------------------------------------------------------------------


def read_text():
    """The text in three parts, each an array of character numbers.

    A file of the package is test text, validation text or training text by a hash of its name.
    Characters outside printable ASCII and the line break become one and the same.
    """
    parts = {"train": [], "validation": [], "test": []}
    for file in sorted(files("scikit-learn"), key=str):
        name = str(file)
        if not name.endswith(".py") or "/tests/" in name or "/externals/" in name:
            continue
        share = int(hashlib.sha256(name.encode()).hexdigest()[:4], 16) / 0x10000
        part = "test" if share < 0.1 else "validation" if share < 0.2 else "train"
        parts[part].append(file.locate().read_text(encoding="utf-8"))
    number = {letter: i for i, letter in enumerate(LETTERS)}
    return {
        part: torch.tensor([number.get(c, len(LETTERS)) for c in "\n".join(texts)])
        for part, texts in parts.items()
    }


# --- the network ----------------------------------------------------------------------------------


class FeedForward(nn.Module):
    """The part of a block that holds the activation function.

    Plain: one layer out to four times the width, the function, one layer back. Gated: two layers
    out, one through the function, multiplied; 8/3 of the width, so that three matrices hold as
    many numbers as two.
    """

    def __init__(self, activation):
        super().__init__()
        self.gated = activation in GATED
        self.function = (PLAIN | GATED)[activation]
        inner = 8 * WIDTH // 3 if self.gated else 4 * WIDTH
        if self.gated:
            self.gate = nn.Linear(WIDTH, inner, bias=False)
        self.up = nn.Linear(WIDTH, inner, bias=False)
        self.down = nn.Linear(inner, WIDTH, bias=False)
        self.swapped = False

    def forward(self, x):
        if not self.gated:
            return self.down(self.function(self.up(x)))
        gate, up = self.gate(x), self.up(x)
        if self.swapped:
            gate, up = up, gate
        return self.down(self.function(gate) * up)


class Block(nn.Module):
    """Attention, then the feed-forward part: a norm before each, the input added after it."""

    def __init__(self, activation):
        super().__init__()
        self.norms = nn.ModuleList([nn.RMSNorm(WIDTH), nn.RMSNorm(WIDTH)])
        self.mix = nn.Linear(WIDTH, 3 * WIDTH, bias=False)
        self.back = nn.Linear(WIDTH, WIDTH, bias=False)
        self.feed_forward = FeedForward(activation)

    def attend(self, x):
        heads = self.mix(x).view(*x.shape[:2], 3, HEADS, -1).permute(2, 0, 3, 1, 4)
        seen = functional.scaled_dot_product_attention(*heads, is_causal=True)
        return self.back(seen.transpose(1, 2).reshape(x.shape))

    def forward(self, x):
        x = x + self.attend(self.norms[0](x))
        return x + self.feed_forward(self.norms[1](x))


class Decoder(nn.Module):
    """A decoder-only transformer over characters: it predicts the next one at every place."""

    def __init__(self, activation):
        super().__init__()
        self.letter = nn.Embedding(len(LETTERS) + 1, WIDTH)
        self.place = nn.Embedding(CONTEXT, WIDTH)
        self.blocks = nn.Sequential(*[Block(activation) for _ in range(LAYERS)])
        self.norm = nn.RMSNorm(WIDTH)
        self.head = nn.Linear(WIDTH, len(LETTERS) + 1, bias=False)

    def forward(self, letters):
        x = self.letter(letters) + self.place.weight[: letters.shape[-1]]
        return self.head(self.norm(self.blocks(x)))


def initialise(net, seed):
    """Normal weights of variance 1/inputs; what is added to the stream starts smaller.

    Everything but the feed-forward parts draws first, so that networks with the same seed share
    all of that, whatever their activation function.
    """
    random = torch.Generator().manual_seed(seed)
    matrices = [(name, w) for name, w in net.named_parameters() if w.dim() == 2]
    matrices.sort(key=lambda pair: "feed_forward" in pair[0])
    for name, weight in matrices:
        inputs = WIDTH if "letter" in name or "place" in name else weight.shape[1]
        scale = inputs**-0.5
        if name.endswith(("back.weight", "down.weight")):
            scale /= math.sqrt(2 * LAYERS)
        with torch.no_grad():
            weight.normal_(0, scale, generator=random)


# --- one run --------------------------------------------------------------------------------------


def mean_loss(net, text):
    """Mean cross-entropy a character, in nats, over the whole of a text."""
    windows = text[: len(text) // CONTEXT * CONTEXT].view(-1, CONTEXT)
    with torch.no_grad():
        total = sum(
            functional.cross_entropy(
                net(part[:, :-1]).flatten(0, 1), part[:, 1:].flatten(), reduction="sum"
            )
            for part in windows.split(64)
        )
    return float(total) / (len(windows) * (CONTEXT - 1))


def train(text, activation, rate, seed):
    """Train one decoder: Adam, the rate up over 50 steps and down to 0 along a half cosine."""
    net = Decoder(activation)
    initialise(net, seed)
    random = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(net.parameters(), lr=rate, betas=(0.9, 0.95))
    for step in range(STEPS):
        fall = 0.5 + 0.5 * math.cos(math.pi * max(0, step - WARM_UP) / (STEPS - WARM_UP))
        optimizer.param_groups[0]["lr"] = rate * min((step + 1) / WARM_UP, fall)
        starts = torch.randint(len(text) - CONTEXT, (BATCH, 1), generator=random)
        batch = text[starts + torch.arange(CONTEXT + 1)]
        loss = functional.cross_entropy(net(batch[:, :-1]).flatten(0, 1), batch[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
    return net


# --- all of them ----------------------------------------------------------------------------------


def runs_of(text, setting, members, phase):
    """Train the decoders of one function, one after the other; losses, for gates also swapped."""
    rows = []
    for rate, seed in members:
        net = train(text["train"], setting["activation"], rate, seed)
        row = {"parameters": sum(weight.numel() for weight in net.parameters())}
        if phase == "tuning":
            row["validation_loss"] = mean_loss(net, text["validation"][:JUDGED])
        else:
            row["test_loss"] = mean_loss(net, text["test"][:JUDGED])
            if setting["activation"] in GATED:
                for block in net.blocks:
                    block.feed_forward.swapped = True
                row["swapped_loss"] = mean_loss(net, text["test"][:JUDGED])
        rows.append(row)
    return rows


def grid():
    """The eight functions, each with its own best rate."""
    return Grid(
        tasks={"text": read_text()},
        settings=product(activation=PLAIN | GATED),
        rates=RATES,
        tuning_seeds=TUNING_SEEDS,
        seeds=SEEDS,
        train=runs_of,
        outcomes=["validation_loss", "test_loss", "swapped_loss", "parameters"],
        judge="validation_loss",
        better=min,
        most_rates=MOST_RATES,
        largest_stack=1,
    )


if __name__ == "__main__":
    torch.set_num_threads(1)
    run(grid(), Path(__file__).with_name("runs.csv"))
