"""An explorer as HTML for the published page; `_static/explore.js` moves it there.

The contract with that script, the style sheet and the book's extension:

- ``figure.bends-explorer#ID`` holds ``.panels`` (one ``svg[data-panel]`` each, whose groups
  ``g[data-layer]`` belong to one drawing function each; one that is ``.tall`` stands beside two),
  ``.side`` with the state's sentence in ``p.says`` and native controls, named after the
  parameters, in ``fieldset.controls``, ``figcaption`` with the link to the state, and the other
  states as JSON in ``script.bends-states``. A still picture is ``figure.bends-figure``.
- Where choices have files of their own, ``data-files`` of the figure names the choices, and each
  ``script.bends-states`` its options in ``data-file``.
- A slider's value is the number of its step.
- ``button.play`` names its slider in ``data-for``.
"""

import json

from .baking import bake
from .svg import escape


def page(explorer, budget_kb=None):
    """The explorer as HTML for the published page, with all its states."""
    if explorer.kernel_only:
        return still(explorer)
    html = {"slider": slider, "choice": choice, "switch": switch}
    controls = "".join(
        html[control.kind](explorer.id, name, control, playable=name == explorer.time)
        for name, control in explorer.controls.items()
    )
    payload = bake(explorer, budget_kb) if controls else {}
    return figure(explorer, explorer.caption, controls, payload)


def still(explorer):
    """The first picture of an explorer that needs a kernel, with the names of its controls."""
    *names, last = (control.label for control in explorer.controls.values())
    listed = f"{', '.join(names)} and {last}" if names else last
    more = f"In a notebook this figure has controls for {listed}."
    said = explorer.sentence(explorer.start)
    return figure(explorer, f"{explorer.caption} {said} {more}".strip())


def figure(explorer, caption, controls="", payload=None):
    """The whole `figure` element, with the explorer's first picture.

    Parameters
    ----------
    explorer : Explorer
    caption : str
    controls : str
        HTML of the controls; "" makes a still picture.
    payload : dict, optional
        All states, as `bake` gives them.
    """
    id, panels = explorer.id, "".join(explorer.pictures(explorer.start))
    sentence = explorer.sentence(explorer.start)
    label = f'aria-labelledby="{id}-says"' if controls else f'aria-label="{escape(sentence)}"'
    parts = [f'<div class="panels" role="img" {label}>{panels}</div>']
    link = ""
    if controls:
        link = (
            f' <span class="links"><a class="state-link" href="#{id}">Link to this state</a>'
            f' · <a class="slide-link" href="?slide={id}">Full screen</a></span>'
        )
        parts.append(
            f'<div class="side"><p class="says" id="{id}-says" aria-live="polite" '
            f'style="--letters:{longest(payload)}">'
            f"{escape(sentence)}</p>\n"
            f'<fieldset class="controls" aria-label="Controls" disabled>{controls}</fieldset></div>'
        )
    if caption or link:
        parts.append(f"<figcaption>{escape(caption)}{link}</figcaption>")
    for name, states in (payload or {}).items():
        script = f'<script type="application/json" class="bends-states" data-file="{name}">'
        parts.append(f"{script}{states}</script>")
    kind = "bends-explorer" if controls else "bends-figure"
    files = f' data-files="{" ".join(explorer.files)}"' if controls and explorer.files else ""
    return f'<figure class="{kind}" id="{id}"{files}>\n' + "\n".join(parts) + "\n</figure>"


def longest(payload):
    """Letters of the longest sentence: the page keeps its lines free, so that no control jumps."""

    def letters(states):
        said = [draw["says"]["v"] for draw in json.loads(states)["draws"] if draw.get("says")]
        return sum(max(len(sentence or "") for sentence in sentences) for sentences in said)

    return max(map(letters, payload.values()))


def slider(id, name, control, playable):
    """A slider, its value in words, and where it is time a button that plays it."""
    at = control.start
    play = f'<button type="button" class="play" data-for="{name}">Play</button>'
    return (
        f'<div class="control"><label for="{id}-{name}">{escape(control.label)}</label>'
        f'<input type="range" id="{id}-{name}" name="{name}" min="0" '
        f'max="{len(control.values) - 1}" value="{at}" autocomplete="off" '
        f'aria-valuetext="{escape(control.texts[at])}">'
        f'<output for="{id}-{name}">{escape(control.texts[at])}</output>'
        f"{play if playable else ''}</div>"
    )


def choice(id, name, control, playable):
    """A list to choose from."""
    options = "".join(
        f'<option value="{escape(value)}"{" selected" if i == control.start else ""}>'
        f"{escape(text)}</option>"
        for i, (value, text) in enumerate(zip(control.values, control.texts, strict=True))
    )
    return (
        f'<div class="control"><label for="{id}-{name}">{escape(control.label)}</label>'
        f'<select id="{id}-{name}" name="{name}" autocomplete="off">{options}</select></div>'
    )


def switch(id, name, control, playable):
    """A box to tick."""
    checked = " checked" if control.start else ""
    return (
        f'<div class="control"><input type="checkbox" id="{id}-{name}" name="{name}"'
        f' autocomplete="off"{checked}>'
        f'<label for="{id}-{name}">{escape(control.label)}</label></div>'
    )
