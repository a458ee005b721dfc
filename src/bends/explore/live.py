"""The live face of an explorer: ipywidgets, for a notebook with a kernel."""

import traceback

import ipywidgets as widgets

from ..look import DARK, LIGHT
from .svg import escape

# Colours that follow the notebook's theme. The dark ones are marked so by JupyterLab and
# Notebook, by VS Code, and by Colab; but VS Code keeps a white ground under widgets.
THEME = (
    f"<style>.bends-live{{{LIGHT} line-height:1.5}}"
    f':is([data-jp-theme-light="false"],.vscode-dark,[theme="dark"]) .bends-live{{{DARK}}}'
    f".cell-output-ipywidget-background .bends-live{{{LIGHT}}}</style>"
)


def widget(explorer):
    """Controls, the picture that follows them, and a place for errors.

    The front end sends the next value only after the last is drawn, and then the newest, so
    drawing at once never falls behind.
    """
    labels = [c.label for c in explorer.controls.values() if c.kind != "switch"]
    width = 1 + 0.55 * max(map(len, labels), default=0)  # in em: letters of a wide font
    controls = {name: build(control, width) for name, control in explorer.controls.items()}
    picture, trouble = widgets.HTML(), widgets.HTML()
    theme = widgets.HTML(THEME, layout={"display": "none"})  # once: a new style costs 5 ms

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
        last = len(track.options) - 1
        pause = max(150, min(700, 9000 // last))  # few moments take longer each, as on the page
        play = widgets.Play(value=track.index, min=0, max=last, interval=pause)
        widgets.jslink((play, "value"), (track, "index"))
        shown.append(play)
    return widgets.VBox([*shown, trouble, picture, theme])


def build(control, width):
    """The widget of one control; the labels of all take the same width, in em."""
    look = {"description": control.label, "style": {"description_width": f"{width}em"}}
    value = control.values[control.start]
    if control.kind == "switch":
        return widgets.Checkbox(value=value, layout={"width": "auto"}, **look)
    look["layout"] = {"width": f"calc({width}em + 320px)", "max_width": "100%"}
    options = list(zip(control.texts, control.values, strict=True))
    kind = widgets.SelectionSlider if control.kind == "slider" else widgets.Dropdown
    return kind(options=options, value=value, **look)


def picture_of(explorer, state):
    """One state as HTML for a notebook."""
    look = (
        "display:grid;grid-template-columns:repeat(auto-fit,minmax(min(300px,100%),1fr));gap:12px;"
        "max-width:720px;padding:8px;align-items:center;border-radius:6px;"
        "background:var(--paper);color:var(--ink);font-family:system-ui,sans-serif"
    )
    sentence = explorer.sentence(state)
    pictures = "".join(
        f'<div style="width:100%;max-width:480px;margin:auto">{svg}</div>'
        for svg in explorer.pictures(state)
    )
    said = f'<p style="margin:8px;font-size:15px">{escape(sentence)}</p>'
    caption = f'<p style="margin:8px;opacity:0.8">{escape(explorer.caption)}</p>'
    return (
        f'<div class="bends-live"><div role="img" aria-label="{escape(sentence)}" style="{look}">'
        f"{pictures}</div>{said if explorer.controls else ''}"
        f"{caption if explorer.caption else ''}</div>"
    )


def trouble_of(error):
    """A drawing error with its parameters, for the reader to see."""
    lines = traceback.format_exception_only(error)
    return (
        '<div class="bends-live"><pre role="alert" style="color:var(--c-bad);white-space:pre-wrap">'
        f"{escape(''.join(lines))}</pre></div>"
    )
