"""All built-in effects by their id."""

from functools import cache

from services.mixer.effects import dynamics, filters, levels, modulation, pitch, saturation, space, stereo
from services.mixer.effects.effect import Effect

MODULES = (levels, filters, dynamics, saturation, modulation, space, stereo, pitch)


@cache
def effects() -> dict[str, Effect]:
    """The built-in effects in the order of the catalogue."""
    return {effect.id: effect for module in MODULES for effect in module.EFFECTS}
