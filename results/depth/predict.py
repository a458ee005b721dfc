"""What chapters 7, 9 and 10 expect of every cell: the tables in PROTOCOL.md.

python results/depth/predict.py
"""

from run import AROUND, DEPTHS, FUNCTIONS, INITS, WIDTH

from bends import ACTIVATIONS, gain
from bends.residual import propagate

LEAST_APART, LARGEST = 1e-3, 1e3


def scales(activation, init):
    """σ_w and σ_b of an initialisation; PyTorch's draws both from U(±1/√fan_in)."""
    return (gain(activation), 0.0) if init == "gain" else (3**-0.5, (3 * WIDTH) ** -0.5)


def deepest(layers):
    """The deepest of DEPTHS that is expected to learn, with all shallower ones; None if none."""
    answer = None
    for depth in DEPTHS:
        if layers[depth - 1].apart < LEAST_APART or layers[depth - 1].size > LARGEST:
            break
        answer = depth
    return answer


def expected(name, init, around):
    f = ACTIVATIONS[name]
    return propagate(f, max(DEPTHS), *scales(f, init), **AROUND[around])


if __name__ == "__main__":
    print("| around | init | " + " | ".join(FUNCTIONS) + " |\n|" + " --- |" * 8)
    for around in AROUND:
        for init in INITS:
            row = [str(deepest(expected(name, init, around))) for name in FUNCTIONS]
            print("| " + " | ".join([around, init, *row]) + " |")
    for what in ["size", "apart", "gradient"]:
        print(f"\n{what} after 50 layers (10 layers)\n")
        for around in AROUND:
            for init in INITS:
                layers = [expected(name, init, around) for name in FUNCTIONS]
                row = [f"{getattr(k[49], what):.1e} ({getattr(k[9], what):.1e})" for k in layers]
                print("| " + " | ".join([around, init, *row]) + " |")
