"""The QA service: the delivered song to a verdict, a report and a bundle. The only file here that names concrete parts."""

from contracts.pipeline import Stage
from services.qa.handlers import router
from services.qa.settings import QaSettings
from services.runtime.provision import stage_consumer
from services.runtime.service import Service


def service(settings: QaSettings | None = None) -> Service:
    """The service's parts. Nothing is connected yet."""
    settings = settings or QaSettings()
    return Service(
        name="qa",
        settings=settings,
        router=router,
        consumers=(stage_consumer(Stage.FINALIZATION),),
        modules=("services.qa.work",),
    )


def main() -> None:
    """Run until stopped."""
    service().run()


if __name__ == "__main__":
    main()
