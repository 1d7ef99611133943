"""The refusals of the emulated API: each error has its HTTP status and its wire form.

Texts and ids are those of the Northflank API reference (2025) where it states them, those observed by
its users otherwise, and short plain sentences if nothing is known. No text quotes a value of a
body, since that value may be a password; an identifier is quoted where `Settings.not_found_text` says so.
"""

from __future__ import annotations

from typing import Any

Details = dict[str, list[str]]

INVALID_BODY_ID = "nf-invalid-request-body"
UNREGISTERED_DOMAIN = "One of the provided domains has not been registered to this account."


class WireError(Exception):
    """A refusal in the words of the API; nothing of the request is stored, unless `keep` is set.

    `first_bad_port` is the index of the first port of the body that is at fault, where one is.
    `wordings` are other messages, by the value of `Settings.not_found_text`.
    `keep` asks the transaction around it to store what was written so far (`Settings.atomic_400`).
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        error_id: str | None = None,
        details: Any = None,
        first_bad_port: int | None = None,
    ) -> None:
        """Keep the parts of the error body; `details` may be any JSON value."""
        super().__init__(message)
        self.status = status
        self.message = message
        self.error_id = error_id
        self.details = details
        self.first_bad_port = first_bad_port
        self.keep = False
        self.wordings: dict[str, str] = {}

    def body(self, wording: str = "") -> dict[str, Any]:
        """The JSON body: `{"error": {"status", "message", "id"?, "details"?}}`, in another `wording` if it has one."""
        error: dict[str, Any] = {"status": self.status, "message": self.wordings.get(wording, self.message)}
        if self.error_id is not None:
            error["id"] = self.error_id
        if self.details is not None:
            error["details"] = self.details
        return {"error": error}


def invalid(details: Details) -> WireError:
    """The 400 of a body that breaks the schema or a rule (observed text, id and details map)."""
    return WireError(
        400,
        "Request failed payload validation - see details.",
        error_id=INVALID_BODY_ID,
        details=details,
        first_bad_port=min((n for n in map(_port_index, details) if n is not None), default=None),
    )


def not_found(noun: str, name: str) -> WireError:
    """The 404 of an unknown team, project, service, port or domain; its text: see `Settings.not_found_text`."""
    error = WireError(404, f"{noun} not found")
    error.wordings = {"id": f"{noun} {name} not found", "plain": "Not Found"}
    return error


def unauthorized() -> WireError:
    """The 401 of a missing or wrong token (text undetermined)."""
    return WireError(401, "Unauthorized - a valid API token is required.")


def missing_permission(permission: str) -> WireError:
    """The 401 (not 403: observed) of a token whose role lacks `permission`, such as `Project > Services > …`."""
    return WireError(
        401,
        "The provided token does not have permission for this action.",
        details={"requiredPermission": permission_word(permission)},
    )


def permission_word(permission: str) -> str:
    """The `ps_…` word of a permission, made of its own words: Northflank does not publish the real rule."""
    return "ps_" + "_".join(part.strip().lower() for part in permission.split(">"))


def _port_index(path: str) -> int | None:
    head, *rest = path.split(".")
    return int(rest[0]) if head == "ports" and rest and rest[0].isdigit() else None
