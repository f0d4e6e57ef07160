"""All configuration, frozen; read once by each process's composition root and by nothing else."""

import os
import secrets
from functools import cached_property
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.errors import SettingsInvalid

PREFIX = "CUTROOM_"


class Settings(BaseSettings):
    """Every setting; the environment variable is the field's name in capitals behind `CUTROOM_`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="forbid", use_attribute_docstrings=True, env_ignore_empty=True
    )

    host: str = "127.0.0.1"
    """Address the API listens on."""
    port: int = Field(default=8000, ge=1, le=65535)
    """Port the API listens on."""
    public_url: str = ""
    """How clients reach the API, without a trailing slash; empty: http://host:port."""
    url: str = "http://127.0.0.1:8000"
    """Where the command line finds the API; servers do not read it."""
    key: SecretStr | None = None
    """The API key that the command line shows; servers do not read it."""
    auth: Literal["off", "keys"] = "off"
    """`off`: everyone is the tenant `local`, without limits, and the API refuses a non-loopback host. `keys`: whoever
    asks shows a key made by `cutroom keys create`."""
    allow_anonymous: bool = False
    """Let `auth=off` listen on a non-loopback address."""
    requests_per_minute: int = Field(default=3000, ge=0)
    """What a tenant may ask for in a minute, unless `cutroom keys limit` says otherwise; 0: no limit."""
    megapixels_per_minute: int = Field(default=3000, ge=0)
    """Million pixels that a tenant may hand in within a minute, each picture rounded up; 0: no limit."""
    counters_url: str = ""
    """Redis that counts for these limits, or `memory://`; empty: database 2 of the broker's server."""
    cors_origins: tuple[str, ...] = ()
    """Web pages that may call the API from a browser, as a JSON list of origins: `["https://shop.example"]`."""

    api_processes: int = Field(default=2, ge=1)
    """Processes of the API; each has 16 threads."""
    held_connections: int = Field(default=8, ge=1, le=12)
    """Threads of each process that may be held by `Prefer: wait` and by event streams."""
    max_waiting_jobs: int = Field(default=20_000, ge=1)
    """When so many jobs wait, new ones are refused with 503."""
    idempotency_seconds: int = Field(default=86_400, ge=60)
    """How long an Idempotency-Key is remembered."""
    upload_url_seconds: int = Field(default=900, ge=1, le=3600)
    """How long the URL of an upload may be used."""
    upload_keep_seconds: int = Field(default=86_400, ge=60)
    """An upload that no job uses is deleted after so long."""

    data_dir: Path = Path("var")
    """Where the embedded stack keeps Redis data, objects and its signing secret."""
    redis_url: str = "redis://127.0.0.1:6379/0"
    """Job records."""
    broker_url: str = "redis://127.0.0.1:6379/1"
    """Celery's messages: doorbells only, may be lost."""
    storage_url: str = ""
    """`file:///folder` or `s3://bucket/prefix`; empty: file storage in `data_dir`/objects."""
    s3_endpoint_url: str | None = None
    """S3-compatible server; empty: AWS."""
    s3_public_endpoint_url: str | None = None
    """How clients reach that server, where it differs; signed URLs name this one."""
    s3_region: str = "us-east-1"
    """Region that requests are signed for."""
    s3_access_key_id: str | None = None
    """Access key; empty: boto3's own credential chain."""
    s3_secret_access_key: SecretStr | None = None
    """Secret key."""
    signing_secret: SecretStr | None = None
    """Signs the URLs of file storage; empty: made once and kept in `data_dir`."""
    url_lifetime_seconds: int = Field(default=900, ge=1, le=604_800)
    """How long a result URL is valid; every GET of the job gives a fresh one."""

    max_bytes: int = Field(default=25_000_000, ge=1)
    """Largest picture accepted, in bytes."""
    max_megapixels: float = Field(default=50.0, gt=0)
    """Largest picture accepted, in million pixels."""
    max_side_px: int = Field(default=16_384, ge=1)
    """Longest side accepted."""
    max_download_bytes: int = Field(default=50_000_000, ge=1)
    """Most bytes read from a URL."""
    download_seconds: float = Field(default=30.0, gt=0)
    """Longest a download may take in all."""
    allow_http_urls: bool = False
    """Fetch from http:// too, not only https://."""
    url_allowlist: tuple[str, ...] = ()
    """Hosts that may be private and use any port, as a JSON list: `["files.internal"]`."""
    allow_pre_upscale: bool = False
    """Accept `upscale.when: before`, an experiment that harms the matte."""

    lease_seconds: float = Field(default=30.0, gt=0)
    """A stage whose worker is silent for so long is given to another."""
    heartbeat_seconds: float = Field(default=5.0, gt=0)
    """How often a worker renews its leases."""
    heartbeat_file: Path | None = None
    """Every process but the API touches it with each heartbeat, so that a probe can see it is alive; empty: none."""
    stage_deadline_seconds: float = Field(default=300.0, gt=0)
    """A stage that shows no progress for so long is taken as hung: its worker exits with status 70, to be started
    again by its supervisor."""
    redeliver_seconds: float = Field(default=30.0, gt=0)
    """A waiting stage that nobody has claimed for so long is rung again."""
    sweep_seconds: float = Field(default=1.0, gt=0)
    """How often the keeper looks for work."""
    max_attempts: int = Field(default=4, ge=1)
    """How often a stage is tried before its job fails."""
    outage_patience_seconds: float = Field(default=3600.0, ge=0)
    """How long a stage is tried again while storage does not answer, without using up its attempts."""
    retry_delay_seconds: float = Field(default=2.0, ge=0)
    """First delay after a transient error; doubles with each attempt."""
    retention_seconds: int = Field(default=86_400, ge=60, le=2_592_000)
    """How long a job and its files are kept where the job does not say."""

    max_batch_lines: int = Field(default=50_000, ge=1, le=1_000_000)
    """Most lines of a batch."""
    batch_window: int = Field(default=32, ge=1)
    """How many jobs of one tenant's batches are open at once; at least twice the threads of all workers."""
    feed_seconds: float = Field(default=0.2, gt=0)
    """How often the feeder looks for lines to feed."""
    webhook_threads: int = Field(default=32, ge=1)
    """Deliveries under way at once; at most 2 of an endpoint and a quarter of them of a tenant."""
    webhook_seconds: float = Field(default=15.0, gt=0)
    """Longest a delivery may take in all."""
    max_webhooks: int = Field(default=50, ge=1, le=100)
    """Most endpoints of a tenant."""

    model_cache: Path = Path("~/.cache/cutroom/models")
    """Where weights are kept."""
    model_dir: Path | None = None
    """A folder of weights files you already have, looked at first."""
    model_mirror: str = ""
    """A copy of a `model_cache` folder, `https://…` or `s3://…`, tried before the sources of the catalogue."""
    hub_url: str = ""
    """A hub that stands in for https://huggingface.co."""
    commercial_only: bool = False
    """Refuse models whose licence does not plainly allow commercial use."""
    device: Literal["cpu", "cuda"] = "cpu"
    """Where networks run."""
    model_memory_megabytes: int = Field(default=8000, ge=0)
    """Memory that loaded models may take on the device; beyond it the least recently used one leaves."""
    parked_memory_megabytes: int = Field(default=8000, ge=0)
    """With `device=cuda`: memory of the host where models wait that have left the GPU."""
    cuda_passes: Literal["eager", "recorded", "compiled"] = "eager"
    """With `device=cuda`: how it gets its work. `eager`: call by call; `recorded`: as a CUDA graph, made when a batch
    size first comes; `compiled`: as that, of what torch.compile makes in minutes. The last two never ran on a GPU:
    let `python -m benchmarks.gpu` say what they gain there."""
    max_batch: int = Field(default=8, ge=1)
    """Most pictures that go through a network at once: with `device=cuda` in one pass, on a CPU side by side with a
    part of the cores each, in about twice the memory. How many are worth it is measured in the background when a
    model is first loaded, and kept beside its weights; `worker_concurrency` bounds them too. 1: one by one."""
    upscale_tile_px: int = Field(default=256, ge=64)
    """Side of the tiles that upscaling cuts a picture into."""
    artefact_cache_megabytes: int = Field(default=512, ge=0)
    """How much decoded picture a worker keeps for the next stage of the same job."""
    worker_concurrency: int = Field(default=4, ge=1)
    """Threads of a worker: jobs whose decode, inference and upload overlap."""
    reserved_threads: int = Field(default=1, ge=0)
    """Threads of these that bulk jobs leave to interactive ones, which would else wait for a bulk job to end. Bulk
    has one in any case, and all of a worker that serves bulk queues alone. Only where the broker is named as `redis://`
    or `rediss://`."""

    chain_stages: bool = True
    """A worker goes on with a job's next stage at once where it serves that stage's queue; false: each stage goes
    through the queue, so that interactive jobs may come between."""

    log_format: Literal["console", "json"] = "console"
    """How log lines look."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """Least severe level logged."""

    @property
    def base_url(self) -> str:
        """How clients reach the API."""
        return self.public_url or f"http://{self.host}:{self.port}"

    @property
    def effective_counters_url(self) -> str:
        """`counters_url`, or database 2 of the broker's server."""
        return self.counters_url or urlsplit(self.broker_url)._replace(path="/2").geturl()

    @property
    def effective_storage_url(self) -> str:
        """`storage_url`, or file storage in the data folder."""
        return self.storage_url or (self.data_dir / "objects").resolve().as_uri()

    @cached_property
    def effective_signing_secret(self) -> str:
        """`signing_secret`, or the one kept in the data folder (made on first use)."""
        if self.signing_secret is not None:
            return self.signing_secret.get_secret_value()
        return _kept_secret(self.data_dir / "signing-secret")


def load_settings() -> Settings:
    """Read the environment. Raises SettingsInvalid naming each variable that is wrong or unknown."""
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    unknown = sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)
    if unknown:
        raise SettingsInvalid(f"no such setting: {', '.join(unknown)}")
    try:
        return Settings()
    except ValidationError as error:
        wrong = "; ".join(f"{PREFIX}{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors())
        raise SettingsInvalid(wrong) from error


def _kept_secret(path: Path) -> str:
    """The secret in `path`; written first by whichever process is quickest, read by all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(secrets.token_urlsafe(32))
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_text()
