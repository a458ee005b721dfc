"""Asked after the grid: does PyTorch's own layer normalisation find the same?

20 ReLU layers on the two spirals with He's initialisation, as in the grid, with nothing around,
with layer normalisation without and with its learnt scale and shift, and with that and skips.
Needs what stands in results/requirements.txt.

    python results/depth/repeat.py
"""

from pathlib import Path

import torch
from run import BATCH, EPOCHS, RATES, TUNING_SEEDS, WIDTH, tasks

from bends.grids import Grid, product
from bends.runs import run

DEPTH, SEEDS = 20, range(10)
AROUND = {  # whether to normalise, to learn the scale and shift, to skip
    "nothing": (False, False, False),
    "normalisation": (True, False, False),
    "normalisation, learnt scale": (True, True, False),
    "both, learnt scale": (True, True, True),
}


class Network(torch.nn.Module):
    def __init__(self, normalise, learnt, skip):
        super().__init__()
        sizes = [2, *[WIDTH] * DEPTH, 2]
        self.layers = torch.nn.ModuleList(map(torch.nn.Linear, sizes, sizes[1:]))
        for i, layer in enumerate(self.layers):
            gain = 2 if i else 1
            torch.nn.init.normal_(layer.weight, std=(gain / layer.in_features) ** 0.5)
            torch.nn.init.zeros_(layer.bias)
        norm = torch.nn.LayerNorm if normalise else torch.nn.Identity
        self.norms = torch.nn.ModuleList(
            [norm(WIDTH, elementwise_affine=learnt) for _ in range(DEPTH)]
        )
        self.skip = skip

    def forward(self, h):
        for i, norm in enumerate(self.norms):
            a = torch.relu(norm(self.layers[i](h)))
            h = h + a if self.skip and i else a
        return self.layers[-1](h)


def learn(data, setting, members, phase):
    """Train one setting's networks, one after the other."""
    return [scores(data, setting["around"], *member, phase) for member in members]


def scores(data, around, rate, seed, phase):
    """The shares of right answers of one network."""
    torch.manual_seed(seed)
    parts = {
        part: (torch.tensor(x, dtype=torch.float32), torch.tensor(y))
        for part, (x, y) in data.items()
    }
    net = Network(*AROUND[around])
    adam = torch.optim.Adam(net.parameters(), rate)
    x, y = parts["train"]
    for _ in range(EPOCHS["spirals"]):
        for batch in torch.randperm(len(x)).split(BATCH):
            adam.zero_grad()
            torch.nn.functional.cross_entropy(net(x[batch]), y[batch]).backward()
            adam.step()
    judged = ["validation"] + ["test"] * (phase == "test")
    return {f"{part}_score": share_right(net, *parts[part]) for part in judged}


def share_right(net, x, y):
    return (net(x).argmax(dim=1) == y).double().mean().item()


def grid():
    return Grid(
        {"spirals": tasks()["spirals"]},
        product(around=AROUND),
        RATES[1:],
        SEEDS,
        TUNING_SEEDS,
        train=learn,
        outcomes=["validation_score", "test_score"],
    )


if __name__ == "__main__":
    torch.set_num_threads(1)
    run(grid(), Path(__file__).with_name("repeat.csv"))
