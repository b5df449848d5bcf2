"""The enhancer: prompt and references to a brief. The only file here that names concrete parts."""

from contracts.pipeline import Stage
from services.enhancer.handlers import router
from services.enhancer.settings import EnhancerSettings
from services.runtime.packs import pack_folders
from services.runtime.provision import stage_consumer
from services.runtime.service import Service


def use_own_packs() -> None:
    """The user's own packs, known before anybody asks. Raises BadInput for one that cannot be read."""
    from services.music.packs.genres import use_packs

    use_packs(pack_folders())


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
        answers={
            "brief": "services.enhancer.answers:brief",
            "catalog": "services.enhancer.answers:catalog",
            "instruct": "services.enhancer.instructing.answering:instruct",
            "judge": "services.enhancer.judging:judge",
            "taste": "services.enhancer.judging:taste",
        },
        answers_in="thread",
        prepare=use_own_packs,
    )


def main() -> None:
    """Run until stopped."""
    service().run()


if __name__ == "__main__":
    main()
