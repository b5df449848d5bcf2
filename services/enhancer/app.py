"""The enhancer: prompt and references to a brief. The only file here that names concrete parts."""

from contracts.pipeline import Stage
from services.enhancer.handlers import router
from services.enhancer.settings import EnhancerSettings
from services.enhancer.work import warm_up
from services.runtime.provision import stage_consumer
from services.runtime.service import Service


def service(settings: EnhancerSettings | None = None) -> Service:
    """The service's parts. Nothing is connected yet."""
    settings = settings or EnhancerSettings()
    return Service(
        name="enhancer",
        settings=settings,
        router=router,
        consumers=(stage_consumer(Stage.IDEATION),),
        modules=("services.enhancer.work",),
        works_in="thread",
        answers={"brief": "services.enhancer.answers:brief", "catalog": "services.enhancer.answers:catalog"},
        answers_in="thread",
        prepare=warm_up,
    )


def main() -> None:
    """Run until stopped."""
    service().run()


if __name__ == "__main__":
    main()
