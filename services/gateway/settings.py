"""What an operator may set for the gateway: `HOUSEBAND_*` in the environment, beside what every service has."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from services.gateway.people.settings import PeopleSettings


class GatewaySettings(PeopleSettings):
    """Settings of the gateway; those about people are in `people/settings.py`. Durations are seconds."""

    port: int = Field(default=8000, ge=0, le=65535, description="0: a free port")
    grpc_port: int = Field(default=-1, ge=-1, le=65535, description="gRPC on the same host; 0: a free port; -1: no gRPC")
    grpc_tls_certificate: Path | None = Field(default=None, description="PEM chain for gRPC over TLS; none: plain, a proxy ends TLS")
    grpc_tls_key: Path | None = Field(default=None, description="PEM private key of that certificate")
    upload_idle_s: float = Field(default=60.0, gt=0, description="longest silence of a client that uploads over gRPC")
    database_url: str = Field(default="sqlite+aiosqlite:////var/lib/houseband/gateway.db", description="SQLAlchemy URL of an async driver")
    max_upload_bytes: int = Field(default=256 * 2**20, gt=0, description="largest request body")
    max_document_bytes: int = Field(default=2**20, gt=0, description="largest request body that is no form")
    max_head_bytes: int = Field(default=32 * 1024, ge=1024, description="longest address and header fields of a request together")
    max_frame_bytes: int = Field(default=64 * 1024, ge=1024, description="largest frame that a WebSocket client may send")
    head_timeout_s: float = Field(default=10.0, gt=0, description="how long the head of a request may take to come")
    body_idle_s: float = Field(default=20.0, gt=0, description="longest silence within a request's body")
    least_bytes_per_s: float = Field(default=512.0, ge=0, description="slowest upload on average, after its first 30 s")
    spool_dir: Path | None = Field(default=None, description="where uploads are written while they come; none: scratch_dir")
    replays_s: float = Field(default=86_400.0, gt=0, description="how long the answer to an Idempotency-Key is given again")
    claim_s: float = Field(default=600.0, gt=0, description="how long a key is held for a request whose gateway died")
    erasure_grace_s: float = Field(default=600.0, ge=0, description="the files of an erased composition go after so long")
    erasure_period_s: float = Field(default=30.0, gt=0, description="how often it is looked for what is to be erased or has expired")
    retention_days: float | None = Field(default=None, gt=0, description="compositions untouched for longer are erased; none: never")
    signed_urls: Literal["never", "asked", "always"] = Field(
        default="asked", description="whether files in S3 are fetched from there: never, with ?via=store, always"
    )
    signed_url_s: int = Field(default=120, ge=10, le=3600, description="how long such an address can be used")
    jobs_in_flight: int = Field(default=4, ge=1, description="jobs on the bus at once; further ones wait, and users take turns")
    job_deadline_s: float = Field(default=3600.0, gt=0, description="an open job whose turn came longer ago has failed")
    queue_deadline_s: float = Field(default=86_400.0, gt=0, description="a job that waited for its turn for longer has failed")
    outbox_period_s: float = Field(default=1.0, gt=0, description="how often what the bus did not take is offered again")
    reconcile_period_s: float = Field(default=15.0, gt=0, description="how often the open jobs are looked after")
    progress_period_s: float = Field(default=0.25, ge=0, description="progress lines are written at most so often")
    heartbeat_s: float = Field(default=15.0, gt=0, description="longest silence of an event stream")
    reader_timeout_s: float = Field(default=15.0, gt=0, description="a reader of events who takes nothing for so long is dropped")
    brief_timeout_s: float = Field(default=25.0, gt=0, description="how long the enhancer may think about POST /briefs")
    catalog_timeout_s: float = Field(default=60.0, gt=0, description="a service may load its libraries before it can list them")
    analysis_timeout_s: float = Field(default=120.0, gt=0, description="how long the analyzer may listen for POST /analyses")
    early_check_s: float = Field(default=2.0, gt=0, description="how long POST /jobs waits for the enhancer's opinion of the words")
    provision_missing: bool = Field(default=True, description="create streams and consumers again after the bus lost its disk")

    def signs(self, via: str | None) -> bool:
        """Whether a file is answered with a signed address in the store."""
        return self.signed_urls == "always" or (self.signed_urls == "asked" and via == "store")
