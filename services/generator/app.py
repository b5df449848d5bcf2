"""The generator: brief to score, arrangement and stems. The only file here that names concrete parts."""

from services.generator.handlers import WRITES, routes
from services.generator.settings import GeneratorSettings
from services.runtime.provision import stage_consumer, stem_consumer
from services.runtime.service import Service


def service(settings: GeneratorSettings | None = None) -> Service:
    """The service's parts. Nothing is connected yet."""
    settings = settings or GeneratorSettings()
    writes = [stage_consumer(stage) for stage in WRITES] if settings.writes else []
    return Service(
        name="generator",
        settings=settings,
        router=routes(settings),
        consumers=(*writes, *(stem_consumer(engine) for engine in settings.engines)),
        modules=("services.generator.work",),
        answers={"catalog": "services.generator.answers:catalog"},
        answers_in="thread",
    )


def main() -> None:
    """Run until stopped."""
    service().run()


if __name__ == "__main__":
    main()
