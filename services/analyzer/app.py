"""The analyzer: what a reference sounds like. The only file here that names concrete parts."""

from contracts.pipeline import Stage
from services.analyzer.handlers import router
from services.analyzer.settings import AnalyzerSettings
from services.runtime.provision import stage_consumer
from services.runtime.service import Service


def service(settings: AnalyzerSettings | None = None) -> Service:
    """The service's parts. Nothing is connected yet."""
    settings = settings or AnalyzerSettings()
    return Service(
        name="analyzer",
        settings=settings,
        router=router,
        consumers=(stage_consumer(Stage.ANALYSIS),),
        modules=("services.analyzer.work",),
        answers={"features": "services.analyzer.answers:features", "theory": "services.analyzer.answers:theory"},
    )


def main() -> None:
    """Run until stopped."""
    service().run()


if __name__ == "__main__":
    main()
