"""How many orders are read at the door."""

from contextlib import ExitStack

from services.gateway.jobs.pace import AT_A_STRETCH, HURRIED, MOST_AT_ONCE, PER_S, UNHURRIED, Pace


def test_orders_are_read_at_the_pace_of_people() -> None:
    """One alone has all its time, those beside it little; in a rush most are taken unread, and with time they are read again."""
    now = [0.0]
    pace = Pace(lambda: now[0])
    with ExitStack() as stack:
        given = [stack.enter_context(pace.reading(2.0)) for _ in range(MOST_AT_ONCE + 1)]
    assert given == [2.0, *[2.0 * HURRIED] * (MOST_AT_ONCE - 1), None]
    patience: list[float | None] = []
    for _ in range(1000):
        now[0] += 0.01
        with pace.reading(2.0) as patience_s:
            patience.append(patience_s)
    assert patience.count(2.0) <= UNHURRIED
    assert 10 * PER_S < 1000 - patience.count(None) <= AT_A_STRETCH + 10 * PER_S
    now[0] += (UNHURRIED + 1) / PER_S
    with pace.reading(2.0) as patience_s:
        assert patience_s == 2.0
