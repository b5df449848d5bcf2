"""Object stores behind one interface (`services.runtime.workbench.Objects`), opened by URL."""

from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from contracts.errors import BadInput
from services.runtime.workbench import Objects

ALLOWED = "file:///directory[?sync=no] or s3://bucket/prefix[?endpoint=URL&region=NAME]"


def open_store(url: str, cache_dir: Path | None = None) -> Objects:
    """The store at `url`.

    `file:///directory` keeps objects as files; `?sync=no` leaves out fsync (a power cut may then lose the newest
    objects). `s3://bucket/prefix?endpoint=URL` speaks S3, with the credentials that boto3 finds in the environment;
    fetched objects are kept in `cache_dir`. Raises BadInput for any other URL.
    """
    parts = urlsplit(url)
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    if parts.scheme == "file" and parts.path and not parts.netloc:
        from services.runtime.stores.files import FileStore

        return FileStore(Path(unquote(parts.path)), sync=query.get("sync", "yes") != "no")
    if parts.scheme == "s3" and parts.netloc:
        from services.runtime.stores.s3 import S3Store

        prefix = unquote(parts.path).strip("/")
        return S3Store(parts.netloc, prefix, endpoint=query.get("endpoint"), region=query.get("region", "us-east-1"), cache_dir=cache_dir)
    raise BadInput("store", url, ALLOWED)
