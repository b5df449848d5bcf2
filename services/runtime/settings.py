"""What an operator may set: `HOUSEBAND_*` in the environment, read once in each service's `app.py`."""

from pathlib import Path
from tempfile import gettempdir

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class RuntimeSettings(BaseSettings):
    """Settings that every service has. Durations are seconds."""

    model_config = SettingsConfigDict(env_prefix="HOUSEBAND_", extra="ignore", frozen=True)

    nats_url: str = "nats://127.0.0.1:4222"
    store: str = Field(default="file:///var/lib/houseband", description="file:///dir or s3://bucket/prefix?endpoint=URL")
    scratch_dir: Path = Field(default=Path(gettempdir()), description="scratch folders of running work and the cache of fetched objects")
    connect_timeout_s: float = Field(default=30.0, gt=0, description="how long to wait for the bus at start")

    log_level: str = "INFO"
    log_json: bool = Field(default=True, description="JSON lines; off: for the eye")
    health_host: str = "127.0.0.1"
    health_port: int = Field(default=-1, ge=-1, le=65535, description="0: a free port; -1: no health server")
    otlp_endpoint: str | None = Field(default=None, description="OTLP over HTTP, such as http://collector:4318/v1/traces")

    worker_slots: int = Field(default=1, ge=1, le=256, description="pieces of work at once, each in a process of its own")
    warm_up: bool = Field(default=True, description="load the work's libraries before the first message")
    warm_up_after_s: float = Field(default=0.0, ge=0, description="wait before loading, to leave the cores to others at start")
    work_limit_s: float = Field(default=900.0, gt=0, description="a piece of work that takes longer is killed")
    graceful_timeout_s: float = Field(default=3.0, ge=0, description="how long a stopping service lets its work finish")

    ack_wait_s: float = Field(default=6.0, gt=0, description="without a heartbeat for so long, the bus delivers again")
    max_deliver: int = Field(default=5, ge=2, description="deliveries until a message is dead")
    retry_delay_s: float = Field(default=0.5, ge=0, description="delay after the first failure; each further one triples it")
