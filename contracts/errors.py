"""The two kinds of failure a stage may meet on purpose, and how they are told (RFC 9457)."""

from typing import Any

from contracts.base import Document


class Problem(Document):
    """An error as users see it: RFC 9457 problem details, with the field at fault."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str
    field: str | None = None
    value: str | None = None
    allowed: str | None = None


class HousebandError(Exception):
    """Base of the errors that are told to somebody in their own words."""

    code = "error"
    status = 500

    def problem(self) -> Problem:
        """This error as problem details."""
        return Problem(title=self.code, status=self.status, detail=str(self), code=self.code)


class BadInput(HousebandError):
    """The user asked for something that cannot be: told at once, never retried."""

    code = "bad_input"
    status = 422

    def __init__(self, field: str, value: object, allowed: str, *, hint: str = "") -> None:
        self.field, self.value, self.allowed, self.hint = field, _shown(value), allowed, hint
        text = f"{field}: {self.value} is not possible; allowed: {allowed}"
        super().__init__(f"{text}. {hint}" if hint else text)

    def __reduce__(self) -> Any:
        return _rebuild_bad_input, (type(self), self.field, self.value, self.allowed, self.hint)

    def problem(self) -> Problem:
        return Problem(
            title="The request cannot be fulfilled as asked",
            status=self.status,
            detail=str(self),
            code=self.code,
            field=self.field,
            value=self.value,
            allowed=self.allowed,
        )


class IllegalMove(BadInput):
    """A move between stages that the pipeline table does not have."""

    code = "illegal_move"
    status = 409


class Unavailable(HousebandError):
    """Something needed is not there right now: retried with growing delay, then dead-lettered."""

    code = "unavailable"
    status = 503

    def __init__(self, what: str, remedy: str = "", *, delay_s: float | None = None) -> None:
        self.what, self.remedy, self.delay_s = what, remedy, delay_s
        super().__init__(f"{what} is unavailable" + (f"; {remedy}" if remedy else ""))

    def __reduce__(self) -> Any:
        return _rebuild_unavailable, (type(self), self.what, self.remedy, self.delay_s)


class Cancelled(HousebandError):
    """The job was cancelled while this stage was at work."""

    code = "cancelled"
    status = 409


def _rebuild_bad_input(kind: type[BadInput], field: str, value: object, allowed: str, hint: str) -> BadInput:
    error = kind(field, "", allowed, hint=hint)
    error.value = str(value)
    text = f"{field}: {value} is not possible; allowed: {allowed}"
    error.args = (f"{text}. {hint}" if hint else text,)
    return error


def _rebuild_unavailable(kind: type[Unavailable], what: str, remedy: str, delay_s: float | None) -> Unavailable:
    return kind(what, remedy, delay_s=delay_s)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:197]}..."
