"""The live face of an explorer: ipywidgets, for a notebook with a kernel."""

import traceback

import ipywidgets as widgets

from ._svg import escape
from .figures import COLORS

WIDE = {"style": {"description_width": "initial"}, "layout": {"width": "420px"}}


def widget(explorer):
    """Controls, the picture that follows them, and a place for errors.

    The front end sends the next value only after the last is drawn, and then the newest, so
    drawing at once never falls behind.
    """
    controls = {name: build(control) for name, control in explorer.controls.items()}
    picture, trouble = widgets.HTML(), widgets.HTML()

    def draw(change=None):
        state = {name: control.value for name, control in controls.items()}
        try:
            picture.value, trouble.value = picture_of(explorer, state), ""
        except Exception as error:
            trouble.value = trouble_of(error)

    for control in controls.values():
        control.observe(draw, "value")
    draw()
    shown = list(controls.values())
    if explorer.time:
        track = controls[explorer.time]
        play = widgets.Play(min=0, max=len(track.options) - 1, interval=150)
        widgets.jslink((play, "value"), (track, "index"))
        shown.append(play)
    return widgets.VBox([*shown, trouble, picture])


def build(control):
    """The widget of one control."""
    value, label = control.values[control.start], control.label
    if control.kind == "switch":
        return widgets.Checkbox(value=value, description=label, indent=False)
    options = list(zip(control.texts, control.values, strict=True))
    kind = widgets.SelectionSlider if control.kind == "slider" else widgets.Dropdown
    return kind(options=options, value=value, description=label, **WIDE)


def picture_of(explorer, state):
    """One state as HTML for a notebook, on the light paper."""
    variables = ";".join(f"--{name}:{light}" for name, (light, _) in COLORS.items())
    look = (
        "display:grid;grid-template-columns:repeat(auto-fit,minmax(min(300px,100%),1fr));gap:12px;"
        "max-width:720px;padding:8px;background:var(--paper);color:var(--ink);"
        "font-family:system-ui,sans-serif"
    )
    sentence = explorer.sentence(state)
    pictures = "".join(
        f'<div style="max-width:480px">{svg}</div>' for svg in explorer.pictures(state)
    )
    said = f'<p style="margin:8px;font-size:15px">{escape(sentence)}</p>'
    caption = f'<p style="margin:8px;opacity:0.8">{escape(explorer.caption)}</p>'
    return (
        f'<div style="{variables}"><div role="img" aria-label="{escape(sentence)}" style="{look}">'
        f"{pictures}</div>{said if explorer.controls else ''}"
        f"{caption if explorer.caption else ''}</div>"
    )


def trouble_of(error):
    """A drawing error with its parameters, for the reader to see."""
    lines = traceback.format_exception_only(error)
    return f'<pre role="alert" style="color:{COLORS["c-bad"][0]}">{escape("".join(lines))}</pre>'
