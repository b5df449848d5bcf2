"""What an operator may set for the gateway: `HOUSEBAND_*` in the environment, beside what every service has."""

from pydantic import Field

from services.runtime.settings import RuntimeSettings


class GatewaySettings(RuntimeSettings):
    """Settings of the gateway. Durations are seconds."""

    host: str = Field(default="127.0.0.1", description="loopback: nobody else reaches it unless this is set")
    port: int = Field(default=8000, ge=0, le=65535, description="0: a free port")
    allowed_origins: tuple[str, ...] = Field(default=(), description="other web origins that may post and watch, as a JSON list")
    database_url: str = Field(default="sqlite+aiosqlite:////var/lib/houseband/gateway.db", description="SQLAlchemy URL of an async driver")
    max_upload_bytes: int = Field(default=256 * 2**20, gt=0, description="largest request body")
    job_deadline_s: float = Field(default=3600.0, gt=0, description="an open job that is older has failed")
    outbox_period_s: float = Field(default=1.0, gt=0, description="how often what the bus did not take is offered again")
    reconcile_period_s: float = Field(default=15.0, gt=0, description="how often the open jobs are looked after")
    progress_period_s: float = Field(default=0.25, ge=0, description="progress lines are written at most so often")
    heartbeat_s: float = Field(default=15.0, gt=0, description="longest silence of an event stream")
    brief_timeout_s: float = Field(default=25.0, gt=0, description="how long the enhancer may think about POST /briefs")
    catalog_timeout_s: float = Field(default=60.0, gt=0, description="a service may load its libraries before it can list them")
    analysis_timeout_s: float = Field(default=120.0, gt=0, description="how long the analyzer may listen for POST /analyses")
    early_check_s: float = Field(default=2.0, gt=0, description="how long POST /jobs waits for the enhancer's opinion of the words")
    provision_missing: bool = Field(default=True, description="create streams and consumers again after the bus lost its disk")
