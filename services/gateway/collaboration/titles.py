"""What a composition is called. Of two who name it at once, the second is told that it was changed (412)."""

from services.gateway.collaboration.changes import record_change
from services.gateway.collaboration.views import TitleView, revision_tag, title_view
from services.gateway.database.models import Composition
from services.gateway.door.conditions import check_if_match
from services.gateway.people.access import composition_for
from services.gateway.people.principal import Principal
from services.gateway.ports import Desk


async def rename(desk: Desk, who: Principal, composition_id: str, title: str, if_match: str | None) -> TitleView:
    """Give a composition a title. Raises Refused: 404, 403; 428 without If-Match, 412 where it is not the composition's revision."""
    async with desk.database.write() as session:
        await session.get(Composition, composition_id, with_for_update=True)
        composition = await composition_for(session, who, composition_id, "editor")
        check_if_match(if_match, revision_tag(composition.revision), required=True)
        if composition.title == title:
            return title_view(composition)
        composition.title = title
        composition = await record_change(session, composition_id, "title_changed", time=desk.clock(), user=who.user, title=title)
        view = title_view(composition)
    desk.hub.wake_composition(composition_id)
    return view
