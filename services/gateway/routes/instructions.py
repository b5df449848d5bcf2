"""What an instruction would change in a version, without changing anything."""

from fastapi import APIRouter
from pydantic import Field

from contracts.edits import Instructed
from services.gateway.people.access import version_for
from services.gateway.routes.openapi import problems
from services.gateway.routes.parts import TheDesk, Who
from services.gateway.versions.asking import MAX_INSTRUCTION_CHARS, Body
from services.gateway.versions.instructing import instructed
from services.gateway.versions.outlining import outline_of
from services.gateway.versions.revising import load_base

router = APIRouter(tags=["versions"])


class Instruction(Body):
    """A change in plain words."""

    instruction: str = Field(
        min_length=1, max_length=MAX_INSTRUCTION_CHARS, description="in plain words", examples=["drums quieter in the second verse"]
    )


@router.post("/compositions/{composition_id}/versions/{number}/instructions", responses=problems(400, 403, 404, 422, 503))
async def read_instruction(composition_id: str, number: int, body: Instruction, desk: TheDesk, who: Who) -> Instructed:
    """How an instruction is understood over a version: its edits, the same in words, and what was left unread. Nothing is made."""
    async with desk.database.read() as session:
        version = await version_for(session, who, composition_id, number, "viewer")
    base = await load_base(desk, version)
    return await instructed(desk, body.instruction, outline_of(base.context, base.score), base.context.request.options)
