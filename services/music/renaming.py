"""What parts are called once other instruments sit in their chairs: the notes and the mix have to agree on it."""

from collections.abc import Collection, Mapping

from contracts.edits import AddEdit, Edit, InstrumentEdit, MixEdit, RemoveEdit
from services.music.packs.instruments import instrument

_MEANT = {"bass": ("bass",), "drums": ("drums",)}
_TUNES = ("melody", "vocal")


class Naming:
    """The ids of a song's parts while edits are laid on it one after another.

    Edits are said of the song as it was: they name parts by the ids that these had before the first of them.
    """

    def __init__(self, instruments: Mapping[str, str], roles: Mapping[str, str]) -> None:
        self._instruments = dict(instruments)
        self._roles = dict(roles)
        self._now = {name: name for name in instruments}

    def heard(self, edit: Edit) -> Edit:
        """The edit with every part by the id that it has now."""
        if isinstance(edit, MixEdit):
            channels = {self._now.get(name, name): one for name, one in edit.mix.channels.items()}
            same = channels.keys() == edit.mix.channels.keys()
            return edit if same else edit.model_copy(update={"mix": edit.mix.model_copy(update={"channels": channels})})
        parts: tuple[str, ...] = getattr(edit, "parts", ())
        now = tuple(self._now.get(name, name) for name in parts)
        return edit if now == parts else edit.model_copy(update={"parts": now})

    def after(self, edit: Edit) -> dict[str, str]:
        """Take note of what an edit, said with the ids of now, does to them: new id by id, where it changes."""
        if isinstance(edit, RemoveEdit) and not (edit.sections or edit.bars or edit.pieces):
            for name in edit.parts:
                self._instruments.pop(name, None)
                self._roles.pop(name, None)
        if isinstance(edit, AddEdit) and instrument(edit.instrument).family not in _MEANT:
            self._instruments[_free(self._instruments, edit.instrument)] = edit.instrument
        if not isinstance(edit, InstrumentEdit):
            return {}
        changing = edit.parts or of_a_kind(self._roles, edit.instrument)
        called = {old: new for old, new in renamed(self._instruments, changing, edit.instrument).items() if new != old}
        self._now = {first: called.get(now, now) for first, now in self._now.items()}
        self._roles = {called.get(name, name): role for name, role in self._roles.items()}
        self._instruments = {
            called.get(name, name): edit.instrument if name in changing else before for name, before in self._instruments.items()
        }
        return called


def of_a_kind(roles: Mapping[str, str], instrument_id: str) -> tuple[str, ...]:
    """The parts that do what an instrument does, by the roles of all: those that change to it where nobody is named.

    Raises BadInput for an instrument that the catalogue lacks.
    """
    meant = _MEANT.get(instrument(instrument_id).family, _TUNES)
    return tuple(name for name, role in roles.items() if role in meant)


def renamed(parts: Mapping[str, str], changing: Collection[str], instrument_id: str) -> dict[str, str]:
    """New ids of the parts that change to an instrument: a part that is called by its instrument is called by the new one.

    Args:
        parts: instrument by part id, in the song's order.
        changing: ids of the parts that change.
        instrument_id: the new one.

    Returns:
        Id after by id before, for every part that changes; most keep theirs ("melody", "bass"). No two parts get one id.
    """
    taken, found = set(parts), {}
    for name, before in parts.items():
        if name in changing:
            head, _, number = name.rpartition("_")
            called = head if number.isdigit() else name
            found[name] = name if called != before or called == instrument_id else _free(taken, instrument_id)
            taken.add(found[name])
    return found


def _free(taken: Collection[str], wanted: str) -> str:
    """`violin`, `violin_2` and so on."""
    name, number = wanted, 1
    while name in taken:
        number += 1
        name = f"{wanted}_{number}"
    return name
