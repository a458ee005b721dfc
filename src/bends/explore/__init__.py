"""Something to move: a figure whose drawing is written once and lives twice.

    from bends.explore import choice, explore, panel, slider
    def curve(axes, bend):
        figures.curve(axes["graph"], bend)
    def point(axes, bend, x):
        y = ACTIVATIONS[bend](x)
        axes["graph"].plot([x], [y], "o")
        return f"{ACTIVATIONS[bend].title} turns {number(x)} into {number(y)}."
    explore(curve, point, id="first-bend", panels={"graph": panel(xlim=(-3, 3), ylim=(-1, 3))},
            bend=choice("relu", "sigmoid"), x=slider(-3, 3, steps=41, start=-1.5))

With a kernel the controls are ipywidgets and each change draws anew. In the published book every
state is drawn at build time (`baking`) and the page moves with no kernel. The states are the sum
over the drawing functions: each is drawn for the parameters that its signature names, on a layer
of its own, in the order of the call. So let what a slider moves be small.
"""

from IPython.display import HTML, display

from .._arguments import face, positive
from .controls import choice, computed, slider, slider_over, switch
from .explorer import Explorer
from .page import page
from .stage import WIDE, panel

__all__ = ["WIDE", "choice", "computed", "explore", "panel", "slider", "slider_over", "switch"]


def explore(
    *draws, panels, id=None, caption="", time=None, files=(), kernel_only=False,
    budget_kb=None, because=None, **controls,
):  # fmt: skip
    """Show a figure, still or with controls that move it.

    Parameters
    ----------
    *draws : callable
        Drawing functions. The first argument is a mapping of matplotlib axes by panel name; the
        others are controls by name. Each draws on a layer above the one before. The
        sentences that they return, one after another, are the picture's text alternative as
        well; the last returns one.
    panels : dict
        `panel(...)` by name.
    id : str
        The figure's name in the page's address, unique in its chapter; needed with controls.
        ``#id:x=1.5,bend=relu`` in a link leads to that state.
    caption : str
        Shown below.
    time : str, optional
        Name of the slider that is time: it gets a button to play it.
    files : sequence of str
        Names of choices. The states of each combination of them are a file of their own, which
        the page loads when its reader comes to it: for many states, of which a reader sees few.
    kernel_only : bool
        For more states than can be drawn in advance. The page shows the first picture, and says
        which controls a notebook has.
    budget_kb : float, optional
        Size (gzip, units of 1000 bytes) that the baked states, or each file of them, may have.
        Without it 40 for up to 60 states, 60 for more, 100 with images.
    because : str, optional
        Why a larger budget is worth it; needed with `budget_kb`.
    **controls
        `slider`, `slider_over`, `choice`, `switch` or `computed` by parameter name, in the order
        shown.

    Raises
    ------
    ValueError, TypeError
        If a name or a sentence is missing, or the states exceed the budget.
    """
    explorer = Explorer(draws, panels, id, caption, time, controls, files, kernel_only)
    if (budget_kb is None) != (because is None):
        raise TypeError("budget_kb and because go together: a larger budget needs its reason")
    if budget_kb is not None:
        positive("budget_kb", budget_kb)
    if face() == "text":
        print(explorer.sentence(explorer.start))
        return
    if face() == "page":
        display(HTML(page(explorer, budget_kb)))
    elif explorer.controls:
        from .live import widget

        display(widget(explorer))
    else:
        from .live import THEME, picture_of

        display(HTML(THEME + picture_of(explorer, explorer.start)))
