"""What every part must obey in the end: range, polyphony, no overlap on one pitch, nothing after the last bar line."""

from contracts.music import Note

SHORTEST = 30


def into_range(notes: list[Note], low: int, high: int) -> list[Note]:
    """Notes moved by octaves into the instrument's range."""
    out = []
    for note in notes:
        pitch = note.pitch
        while pitch < low:
            pitch += 12
        while pitch > high:
            pitch -= 12
        out.append(note._replace(pitch=min(max(pitch, low), high)))
    return out


def without_overlaps(notes: list[Note]) -> list[Note]:
    """One note per pitch at a time: the earlier ends where the next begins; a copy of the same start is dropped."""
    out: list[Note] = []
    last: dict[int, int] = {}
    for note in sorted(notes):
        index = last.get(note.pitch)
        if index is not None:
            before = out[index]
            if note.start - before.start < SHORTEST:
                out[index] = before._replace(velocity=max(before.velocity, note.velocity), duration=max(before.duration, note.duration))
                continue
            if before.end > note.start:
                out[index] = before._replace(duration=note.start - before.start)
        last[note.pitch] = len(out)
        out.append(note)
    return out


def within_polyphony(notes: list[Note], voices: int, tolerance: int) -> list[Note]:
    """At most `voices` at a time: held notes give way to new ones; of notes struck within `tolerance` ticks the outer ones stay."""
    out: list[Note] = []
    sounding: list[int] = []
    for note in sorted(notes):
        sounding = [i for i in sounding if out[i].end > note.start]
        if len(sounding) >= voices:
            older = [i for i in sounding if note.start - out[i].start > tolerance]
            if not older:
                continue
            victim = min(older, key=lambda i: (out[i].start, out[i].pitch))
            out[victim] = out[victim]._replace(duration=max(note.start - out[victim].start, 1))
            sounding.remove(victim)
        sounding.append(len(out))
        out.append(note)
    return [n for n in out if n.duration >= SHORTEST or voices > 1 or n.duration > 0]


def inside_song(notes: list[Note], end: int) -> list[Note]:
    """Notes that begin before the last bar line, cut at it."""
    kept = [n for n in notes if 0 <= n.start < end - SHORTEST]
    return [n._replace(duration=min(n.duration, end - n.start)) for n in kept]


def finished(notes: list[Note], low: int, high: int, voices: int, end: int, tolerance: int) -> tuple[Note, ...]:
    """All limits in order."""
    ranged = into_range(inside_song(notes, end), low, high)
    single = without_overlaps(ranged)
    limited = within_polyphony(single, voices, tolerance)
    return tuple(sorted(limited))
