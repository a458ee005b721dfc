"""What PyTorch, JAX, Keras and ONNX call each function, and what they do with it: as data.

`benchmarks/dump_frameworks.py` asks the frameworks and writes the file that is read here.
"""

import json
from pathlib import Path

_DATA = json.loads(Path(__file__).with_name("frameworks.json").read_text(encoding="utf8"))

VERSIONS = _DATA["versions"]
FRAMEWORKS = _DATA["functions"]
