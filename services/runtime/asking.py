"""Questions that need no job: `houseband.ask.<service>`, request and reply."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import structlog
from pydantic import ValidationError

from contracts.errors import BadInput, HousebandError, Unavailable
from contracts.events import Answer, Ask
from services.runtime.health import Health
from services.runtime.worker import WorkCrashed, Workers

HEALTH = "health"
log = structlog.get_logger()


@dataclass(frozen=True)
class AskDesk:
    """Answers questions. `answers` maps what may be asked to "package.module:function" with `(arguments, bench) -> JSON value`."""

    workers: Workers
    health: Health
    answers: Mapping[str, str] = field(default_factory=dict)

    async def answer(self, payload: bytes) -> bytes:
        """The reply to a question, always an Answer."""
        try:
            question = Ask.model_validate_json(payload)
            answer = Answer(result=await self._result(question))
        except ValidationError as error:
            answer = Answer(problem=BadInput("question", payload[:80], f"an Ask document ({error.error_count()} errors)").problem())
        except HousebandError as error:
            answer = Answer(problem=error.problem())
        except WorkCrashed as error:
            log.error("answer_crashed", traceback=str(error))
            answer = Answer(problem=Unavailable("this answer", "it crashed; the service's log says why").problem())
        return answer.to_json()

    async def _result(self, question: Ask) -> object:
        if question.what == HEALTH:
            return dict(await self.health.ready())
        if question.what not in self.answers:
            raise BadInput("what", question.what, ", ".join(sorted({HEALTH, *self.answers})))
        return await self.workers.run(self.answers[question.what], question.arguments)
