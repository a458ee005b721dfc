"""Helpers for Bends, a course on activation functions."""

__version__ = "0.1.0"

from .activations import (
    ACTIVATIONS,
    CORE,
    VECTOR_ACTIVATIONS,
    bilinear,
    celu,
    clamped_swiglu,
    elu,
    geglu,
    gelu,
    gelu_tanh,
    glu,
    hard_sigmoid,
    hard_swish,
    hard_tanh,
    hardmax,
    identity,
    leaky_relu,
    log_sigmoid,
    log_softmax,
    maxout,
    mish,
    prelu,
    reglu,
    relu,
    relu6,
    selu,
    sigmoid,
    silu,
    sin,
    snake,
    softmax,
    softmin,
    softplus,
    softsign,
    sparsemax,
    squared_relu,
    step,
    swiglu,
    tanh,
)
from .catalogue import Activation, activation
from .diagnosis import diagnose
from .further import (
    exponential,
    gelu_10,
    hard_shrink,
    laplace,
    quick_gelu,
    rrelu,
    scaled_tanh,
    soft_shrink,
    sparse_plus,
    sparse_sigmoid,
    sqrt_softplus,
    squareplus,
    tanh_shrink,
    threshold,
    xielu,
)
from .initializers import INITIALIZERS, gain
from .losses import LOSSES
from .network import MLP
from .optimizers import OPTIMIZERS, SGD, Adam, Momentum
from .training import train
