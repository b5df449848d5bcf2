"""The mixer: stems to a mix, the mix to a master. The only file here that names concrete parts."""

from contracts.pipeline import Stage
from services.mixer.handlers import router
from services.mixer.settings import MixerSettings
from services.runtime.packs import pack_folders
from services.runtime.provision import stage_consumer
from services.runtime.service import Service


def use_own_packs() -> None:
    """The user's own packs, known before anybody asks. Raises BadInput for one that cannot be read."""
    from services.music.packs.genres import use_packs

    use_packs(pack_folders())


def service(settings: MixerSettings | None = None) -> Service:
    """The service's parts. Nothing is connected yet."""
    settings = settings or MixerSettings()
    return Service(
        name="mixer",
        settings=settings,
        router=router,
        consumers=(stage_consumer(Stage.MIXING), stage_consumer(Stage.MASTERING)),
        modules=("services.mixer.work",),
        answers={"catalog": "services.mixer.answers:catalog", "judge": "services.mixer.answers:judge"},
        answers_in="thread",
        prepare=use_own_packs,
    )


def main() -> None:
    """Run until stopped."""
    service().run()


if __name__ == "__main__":
    main()
