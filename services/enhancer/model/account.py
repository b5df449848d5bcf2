"""What asking the model took: tokens, requests, money."""

from dataclasses import asdict, dataclass
from typing import Any

from services.enhancer.model.settings import LlmSettings

_MOST_TOKENS = 10**9


@dataclass(frozen=True)
class Account:
    """Of one question, over all its requests. Tokens are None where the server did not count them."""

    model: str
    requests: int = 0
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cached_tokens: int | None = None
    cost: float | None = None
    currency: str = "USD"
    route: str = ""
    """json_schema, json_object or text: what the server understood."""
    from_cache: bool = False
    """Answered from the object store: these tokens were paid for earlier."""

    def told(self) -> str:
        """In a few words."""
        if self.from_cache:
            return f"{self.model}: an earlier answer from the store, nothing paid"
        if self.prompt_tokens is None and self.completion_tokens is None:
            return f"{self.model}: {_times(self.requests)}, tokens not counted by the server"
        cached = f" ({self.cached_tokens} of them cached)" if self.cached_tokens else ""
        price = "" if self.cost is None else f", about {self.cost:.6f} {self.currency}"
        tokens = f"{self.prompt_tokens or 0} tokens asked{cached}, {self.completion_tokens or 0} answered"
        return f"{self.model}: {_times(self.requests)}, {tokens}{price}"

    def parameters(self) -> dict[str, Any]:
        """As the parameters of a decision."""
        return asdict(self)


def _times(requests: int) -> str:
    return f"{requests} request" + ("" if requests == 1 else "s")


@dataclass
class Meter:
    """Counts while a question is asked."""

    settings: LlmSettings
    model: str
    requests: int = 0
    prompt: int | None = None
    completion: int | None = None
    cached: int | None = None

    def count(self, usage: Any) -> None:
        """Add what a server says it used; what is no count is not believed."""
        if not isinstance(usage, dict):
            return
        details = usage.get("prompt_tokens_details")
        prompt, completion = _tokens(usage.get("prompt_tokens")), _tokens(usage.get("completion_tokens"))
        cached = _tokens(details.get("cached_tokens")) if isinstance(details, dict) else None
        if cached is not None and (prompt is None or cached > prompt):
            cached = None
        self.prompt, self.completion, self.cached = _sum(self.prompt, prompt), _sum(self.completion, completion), _sum(self.cached, cached)

    def account(self, route: str = "", *, from_cache: bool = False) -> Account:
        """The sum."""
        return Account(
            self.model,
            self.requests,
            self.prompt,
            self.completion,
            self.cached,
            self._cost(),
            self.settings.currency,
            route,
            from_cache,
        )

    def _cost(self) -> float | None:
        asked, answered = self.settings.price_prompt, self.settings.price_completion
        if (asked is None and answered is None) or (self.prompt is None and self.completion is None):
            return None
        again = asked if self.settings.price_cached is None else self.settings.price_cached
        cached = self.cached or 0
        total = ((self.prompt or 0) - cached) * (asked or 0) + cached * (again or 0) + (self.completion or 0) * (answered or 0)
        return round(total / 1e6, 9)


def _tokens(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST_TOKENS else None


def _sum(before: int | None, more: int | None) -> int | None:
    return before if more is None else (before or 0) + more
