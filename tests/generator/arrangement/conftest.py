"""Makes the song written by hand importable by the arranger's tests."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
