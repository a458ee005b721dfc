"""The page's laboratory: the catalogue's functions as JavaScript, printed from their NumPy code.

A page that holds `class="bends-laboratory"` loads `_static/laboratory/start.js`, which loads the
other scripts there at the reader's first touch. One of them is made here.
"""

import json
from pathlib import Path

from bends import ACTIVATIONS, gain
from bends.explore.tracing import javascript

FILE = "_static/laboratory/functions.js"


def script():
    """The functions, their titles for the menus, and their gains for the first weights."""
    functions = {name: javascript(f) for name, f in ACTIVATIONS.items()}
    listed = ",".join(f"{json.dumps(name)}:{code}" for name, code in functions.items())
    names = {name: f.title for name, f in ACTIVATIONS.items()}
    gains = {name: round(gain(f), 6) for name, f in ACTIVATIONS.items()}
    return (
        f"function bendsFunctions({{exp,tanh}}){{return{{{listed}}}}}\n"
        f"const bendsNames={json.dumps(names, ensure_ascii=False)};\n"
        f"const bendsGains={json.dumps(gains)};\n"
    )


def write(app):
    """Write the script into the site."""
    path = Path(app.outdir) / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(script(), encoding="utf8")


def setup(app):
    app.connect("builder-inited", write)
