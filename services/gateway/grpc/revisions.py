"""Revisions: what is asked of a version, and what was understood."""

import hashlib
from typing import Any

from pydantic import ValidationError

from contracts import studio_pb2 as wire
from services.gateway.grpc.documents import document, items
from services.gateway.grpc.messages import accepted_message
from services.gateway.jobs.views import accepted_view
from services.gateway.problems import Refused
from services.gateway.versions.asking import Revision
from services.gateway.versions.revising import Taken


def revision_asked(request: wire.ReviseRequest) -> Revision:
    """The body of the same request over REST; what is empty was not stated. Raises Refused (422) for a value that cannot be."""
    stated: dict[str, Any] = {
        "instruction": request.instruction,
        "patch": document(request.patch),
        "edits": items(request.edits),
        "from_stage": request.from_stage or None,
        "until": request.until or None,
        "branch": request.branch or None,
        "expected_head": request.expected_head or None,
    }
    try:
        return Revision.model_validate(stated)
    except ValidationError as error:
        first = error.errors()[0]
        path = ".".join(str(part) for part in first["loc"])
        raise Refused(422, f"{path}: {first['msg']}.", field=path, value=first.get("input"), allowed=first["msg"]) from error


def revision_digest(request: wire.ReviseRequest) -> str:
    """What tells one request from another under the same key: its message, whose maps are written in the order of their keys."""
    return hashlib.sha256(b"Revise\0" + request.SerializeToString(deterministic=True)).hexdigest()


def revision_message(parent: int, taken: Taken) -> wire.RevisionAccepted:
    """The answer to a revision that was taken."""
    stages = taken.stages
    answer = wire.RevisionAccepted(
        job=accepted_message(accepted_view(taken.job)),
        parent=parent,
        branch=taken.job.branch,
        from_stage=taken.start.value,
        told=taken.told,
        unread=taken.unread,
        stages_kept=stages["kept"],
        stages_made=stages["made"],
    )
    answer.edits.extend([edit.model_dump(mode="json") for edit in taken.edits])
    return answer
