"""The chooser: what goes at the end of a network, as data with reasons and code.

`choose.json` holds it all; the page and the tests read the same file.
"""

import json
from pathlib import Path

_DATA = json.loads(Path(__file__).with_name("choose.json").read_text(encoding="utf8"))

ANSWERS = _DATA["answers"]
"""For each kind of answer its output function, its loss, the reason, and code by framework."""
