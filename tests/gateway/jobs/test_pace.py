"""How many orders are read at the door."""

from contextlib import ExitStack

from services.gateway.jobs.pace import AT_A_STRETCH, HURRIED_S, MOST_AT_ONCE, PER_S, Pace


def test_orders_are_read_at_the_pace_of_people() -> None:
    """One alone has all its time, those beside it little; in a rush most are taken unread, and with time they are read again."""
    now = [0.0]
    pace = Pace(lambda: now[0])
    with ExitStack() as stack:
        given = [stack.enter_context(pace.reading(2.0)) for _ in range(MOST_AT_ONCE + 1)]
    assert given == [2.0, *[HURRIED_S] * (MOST_AT_ONCE - 1), None]
    read = 0
    for _ in range(1000):
        now[0] += 0.01
        with pace.reading(2.0) as patience_s:
            read += patience_s == 2.0
    assert read <= AT_A_STRETCH + 10 * PER_S
    now[0] += 1 / PER_S
    with pace.reading(2.0) as patience_s:
        assert patience_s == 2.0
