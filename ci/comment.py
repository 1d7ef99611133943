"""Puts a review under a pull request of GitHub or a merge request of GitLab: the second half of action.yml.

The first line of the review is a comment of HTML that names the folder. A comment that begins with the same line is
changed, so there is one for each folder, however often this runs. Needs nothing but Python.

REVIEW          the file with the review
COMMENT_TOKEN   a token with the right to comment, and to read comments
GITHUB_API_URL, GITHUB_REPOSITORY, PULL_REQUEST           for GitHub
CI_API_V4_URL, CI_PROJECT_ID, CI_MERGE_REQUEST_IID        for GitLab, which sets them itself
"""

from __future__ import annotations

import json
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

LONGEST = 60_000
"""GitHub takes 65,536 characters."""
PAGE, WAIT_S = 100, 60


class Forge:
    """The comments of one request.

    Args:
        url: of the list of its comments.
        changed: of one comment, without its number.
        method: changes a comment.
        headers: of every request.
    """

    def __init__(self, url: str, changed: str, method: str, headers: dict[str, str]) -> None:
        """Store the arguments."""
        self.url, self.changed, self.method, self.headers = url, changed, method, headers

    def put(self, text: str) -> str:
        """Change the comment with the same first line, or make one; what was done."""
        marker = text.partition("\n")[0]
        known = next((each["id"] for each in self.comments() if str(each.get("body")).startswith(marker)), None)
        if known is None:
            self.ask("POST", self.url, {"body": text})
            return "made a comment"
        self.ask(self.method, f"{self.changed}/{known}", {"body": text})
        return "changed the comment"

    def comments(self) -> Iterator[dict[str, Any]]:
        """Every comment."""
        page = 1
        while found := self.ask("GET", f"{self.url}?per_page={PAGE}&page={page}"):
            yield from found
            if len(found) < PAGE:
                return
            page += 1

    def ask(self, method: str, url: str, body: object = None) -> Any:
        """The answer to one request."""
        data = None if body is None else json.dumps(body).encode()
        headers = {**self.headers, "content-type": "application/json"}
        request = urllib.request.Request(url, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=WAIT_S) as answer:
            return json.load(answer)


def forge(environ: dict[str, str]) -> Forge | None:
    """The request that the environment is about; None if it names none."""
    token = environ.get("COMMENT_TOKEN")
    if token and environ.get("PULL_REQUEST"):
        root = f"{environ.get('GITHUB_API_URL', 'https://api.github.com')}/repos/{environ['GITHUB_REPOSITORY']}/issues"
        headers = {"authorization": f"Bearer {token}", "accept": "application/vnd.github+json"}
        return Forge(f"{root}/{environ['PULL_REQUEST']}/comments", f"{root}/comments", "PATCH", headers)
    if token and environ.get("CI_MERGE_REQUEST_IID"):
        project = f"{environ['CI_API_V4_URL']}/projects/{environ['CI_PROJECT_ID']}"
        notes = f"{project}/merge_requests/{environ['CI_MERGE_REQUEST_IID']}/notes"
        return Forge(notes, notes, "PUT", {"private-token": token})
    return None


def main() -> int:
    """Put the review where the environment says; the code of this process."""
    path = Path(os.environ.get("REVIEW") or "review.md")
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    if not text.startswith("<!-- nf-ports review"):
        print(f"error: there is no review in {str(path)!r}; see the job before this one", file=sys.stderr)
        return 1
    if len(text) > LONGEST:
        text = f"{text[:LONGEST]}\n\n… the rest is in the log of the job."
    where = forge(dict(os.environ))
    if where is None:
        print("error: no pull request and token are named; see the first lines of this file", file=sys.stderr)
        return 2
    try:
        print(where.put(text))
    except urllib.error.HTTPError as error:
        print(
            f"error: the comment was refused (HTTP {error.code}): does the token have the right to comment?",
            file=sys.stderr,
        )
        return 1
    except (urllib.error.URLError, TimeoutError, ValueError) as error:
        print(f"error: the comment could not be made: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
