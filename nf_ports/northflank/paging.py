"""Lists of the API, page by page and to their end: a partial list is an error."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlencode

from nf_ports.errors import UnreadableAnswer
from nf_ports.northflank.client import Client
from nf_ports.northflank.failures import Attempt

PAGE: Final = 100
"""The most entries that a page can have."""
_MOST_PAGES: Final = 100
_ANY: Final = re.compile(r"(?s).*")


def items(  # noqa: PLR0913 - all but the request by name
    client: Client,
    path: str,
    attempt: Attempt,
    *,
    key: str,
    name: str = "",
    page: int | None = PAGE,
    form: re.Pattern[str] = _ANY,
) -> Iterator[dict[str, object]]:
    """Every entry of a list, one request a page.

    Args:
        client: the API client.
        path: the path of the list.
        attempt: the description of the request.
        key: a text member that every entry has.
        name: the name of the list in the answer; empty for the last part of the path.
        page: the number of entries in one request; None for a route that documents no such parameter.
        form: the form of that text.

    Raises:
        UnreadableAnswer: an answer is no list, or does not say whether there is a next page.
        NorthflankPortsError: the list cannot be read.
    """
    name = name or path.rpartition("/")[2]
    cursor: str | None = None
    for _page in range(_MOST_PAGES):
        query = ({"per_page": str(page)} if page else {}) | ({"cursor": cursor} if cursor else {})
        data, pagination = client.get_page(f"{path}?{urlencode(query)}".rstrip("?"), attempt)
        entries = data.get(name) if isinstance(data, dict) else None
        if not isinstance(entries, list) or not all(
            isinstance(entry, dict) and isinstance(found := entry.get(key), str) and form.fullmatch(found)
            for entry in entries
        ):
            raise _unreadable(attempt, f"holds no list of {name}")
        yield from entries
        more, after = pagination.get("hasNextPage"), pagination.get("cursor")
        if more is False:
            return
        # A lone surrogate, which no URL can have, is not printable.
        if more is not True or not isinstance(after, str) or not after or not after.isprintable():
            raise _unreadable(attempt, "does not say whether there is a next page, or where")
        cursor = after
    raise _unreadable(attempt, f"announces more than {_MOST_PAGES} pages")


def _unreadable(attempt: Attempt, what: str) -> UnreadableAnswer:
    return UnreadableAnswer(
        f"cannot {attempt.action}: the API's answer {what}. Run again; if the error stays, upgrade nf_ports.",
        status=200,
    )
