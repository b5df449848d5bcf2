"""Pages of a list: the cursor of the next one in the document and as a Link header (RFC 8288)."""

from urllib.parse import urlencode

from fastapi import Request, Response


def link_next(request: Request, response: Response, cursor: str | None) -> None:
    """Say where the following page is; nothing after the last one."""
    if cursor is None:
        return
    query = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
    response.headers.append("Link", f'<{request.url.path}?{urlencode([*query, ("cursor", cursor)])}>; rel="next"')
