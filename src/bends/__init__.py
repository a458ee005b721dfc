"""Helpers for Bends, a course on activation functions."""

from .activations import (
    ACTIVATIONS,
    VECTOR_ACTIVATIONS,
    celu,
    elu,
    geglu,
    gelu,
    gelu_tanh,
    glu,
    hard_sigmoid,
    hard_swish,
    hard_tanh,
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
    softplus,
    softsign,
    squared_relu,
    step,
    swiglu,
    tanh,
)
from .catalogue import Activation, activation
from .initializers import INITIALIZERS, gain
from .losses import LOSSES
from .network import MLP
from .optimizers import OPTIMIZERS, SGD, Adam, Momentum
from .training import train
