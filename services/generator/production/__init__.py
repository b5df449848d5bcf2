"""Production: every part of the score becomes a dry stereo stem, played by a soundfont, a Faust patch, a drum machine or a user's file."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from services.generator.production.planning import plan_stems as plan_stems
    from services.generator.production.rendering import render_stem as render_stem

_WHERE = {"plan_stems": "planning", "render_stem": "rendering"}


def __getattr__(name: str) -> Any:
    """Loaded when first asked for: a child that only plays one file must not wait for all engines."""
    if name not in _WHERE:
        raise AttributeError(name)
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
