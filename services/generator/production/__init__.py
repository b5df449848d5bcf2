"""Production: every part of the score becomes a dry stereo stem, played by a soundfont, a Faust patch or a drum machine."""

from services.generator.production.planning import plan_stems
from services.generator.production.rendering import render_stem

__all__ = ["plan_stems", "render_stem"]
