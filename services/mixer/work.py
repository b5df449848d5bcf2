"""The mixer's two stages by name, and what a process of it does before any work."""

from services.mixer.mastering.work import master
from services.mixer.mixing.work import mix
from services.music.packs.genres import use_packs
from services.runtime.packs import pack_folders

__all__ = ["master", "mix", "warm_up"]


def warm_up() -> None:
    """Before any work of this process: the user's own packs are known, some of which name the mix they take. Raises BadInput."""
    use_packs(pack_folders())
