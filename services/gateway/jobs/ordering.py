"""Taking an order, whichever door it came through: files spooled, words checked, the job written down."""

import hashlib
import json
from contextlib import AsyncExitStack
from typing import Any

import structlog
from starlette.datastructures import FormData

from contracts import context as documents
from contracts.errors import BadInput, Unavailable
from services.gateway.database.models import Job
from services.gateway.jobs.acceptance import Idempotency, accept_job, find_earlier
from services.gateway.jobs.intake import Order, option_names, read_order
from services.gateway.jobs.uploads import MEDIA_TYPES, Spooled, check_cover, check_image, check_midi, check_score, spool, store
from services.gateway.people.principal import Principal
from services.gateway.people.quotas import limits_for
from services.gateway.ports import Desk
from services.gateway.problems import Refused
from services.gateway.tastes import stated_preferences

log = structlog.get_logger(__name__)


async def take_order(desk: Desk, who: Principal, form: FormData, idempotency_key: str | None = None) -> Job:
    """The job that a form asks for: REST and gRPC come through here. The caller nudges the outbox relay.

    Raises Refused (400, 409, 413, 415, 422, 507) or BadInput.
    """
    async with AsyncExitStack() as stack:
        order = read_order(form)
        files = await _spooled(order, stack)
        once = Idempotency(idempotency_key, order_digest(order, files)) if idempotency_key else None
        job = await find_earlier(desk, who.user, once)
        if job is None:
            await check_words(desk, order)
            job = await _accept(desk, who, order, files, once)
    return job


async def _spooled(order: Order, stack: AsyncExitStack) -> dict[str, Spooled]:
    """Every file of an order in a temporary place of its own, once its kind is sure. Raises Refused."""
    if "midi" in order.files:
        await check_midi(order.files["midi"])
    if "base" in order.files:
        await check_score(order.files["base"])
    media_types = dict(MEDIA_TYPES)
    if "cover" in order.files:
        media_types["cover"] = await check_cover(order.files["cover"])
    if "image" in order.files:
        media_types["image"] = await check_image(order.files["image"])
    return {name: await stack.enter_async_context(spool(upload, name, media_types.get(name))) for name, upload in order.files.items()}


async def _accept(desk: Desk, who: Principal, order: Order, files: dict[str, Spooled], once: Idempotency | None) -> Job:
    composition_id, job_id = desk.new_id(), desk.new_id()
    folders = {name: composition_id if name == "reference_track" else f"{composition_id}/{name}" for name in files}
    stored = {name: await store(desk.objects, spooled, folders[name]) for name, spooled in files.items()}
    wanted = documents.Request(
        prompt=order.prompt,
        seed=desk.new_seed() if order.seed is None else order.seed,
        options=order.options,
        reference=stored.get("reference_track"),
        midi=stored.get("midi"),
        hum=stored.get("hum"),
        image=stored.get("image"),
        base=stored.get("base"),
        cover=stored.get("cover"),
        taps=order.taps,
        lyrics=order.lyrics,
        user=who.user,
        preferences=stated_preferences(order.options),  # what is known of theirs is added where it is written down
    )
    return await accept_job(desk, wanted, composition_id, job_id, once, limits_for(desk.settings, who.limits))


async def check_words(desk: Desk, order: Order) -> None:
    """Let the enhancer read the order, and the mixer the edits of its mix: what is impossible is told at the door, not by a failed job.

    Where one does not answer, the job is taken: its stage reads the same words again. A language model is not asked here: it can
    make nothing impossible. Raises Refused.
    """
    with desk.pace.reading(desk.settings.early_check_s) as patience_s:
        if patience_s is None:
            log.debug("early_check_skipped", service="enhancer", reason="many orders at once")
        else:
            await _check_order(desk, order, patience_s)


async def _check_order(desk: Desk, order: Order, patience_s: float) -> None:
    options = order.options.model_dump(mode="json", by_alias=True, exclude_unset=True)
    if order.options.enhance == "llm":
        options["enhance"] = "offline"
    await _check(desk, "enhancer", "brief", {"prompt": order.prompt, "options": options, "lyrics": order.lyrics}, patience_s)
    if options.get("mix"):
        await _check(desk, "mixer", "judge", {"mix": options["mix"]}, patience_s)


async def _check(desk: Desk, service: str, what: str, arguments: dict[str, Any], patience_s: float) -> None:
    try:
        await desk.bus.ask(service, what, arguments, patience_s)
    except Unavailable as error:
        log.info("early_check_skipped", service=service, reason=str(error))
    except BadInput as error:
        field = f"options.{error.field}" if error.field.split(".")[0] in option_names() else error.field
        raise Refused(error.status, str(error), code=error.code, field=field, value=error.value, allowed=error.allowed) from error


def order_digest(order: Order, files: dict[str, Spooled]) -> str:
    """Digest of everything that was asked."""
    parts: list[Any] = [order.prompt, order.options.model_dump_json(), order.seed, order.taps, order.lyrics]
    parts += [[name, spooled.sha256] for name, spooled in sorted(files.items())]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
