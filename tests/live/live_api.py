"""A Northflank project for a run of probes: one service of its own with any ports, by plain HTTP, removed at the end.

Nothing here is product code: `httpx` asks, and the answers are judged by the published schemas alone.
"""

from __future__ import annotations

import itertools
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import httpx
from contract import DOCUMENT, fits, misfits

Json = dict[str, Any]

PREFIX: Final = "nfp-live-"
"""The start of the name of every service that a run makes."""
LIMIT_S: Final = 60
"""The longest wait for a service, a port or a host name."""
GONE: Final = (404, 405, 410)
_OK: Final = 200
_NOT_FOUND: Final = 404
_TOO_MANY: Final = 429
_ATTEMPTS: Final = 3
_REQUEST_S: Final = 30


class NotShown(Exception):
    """The reason why this account or API does not show the value of a switch: the switch stays open."""


class Unclassified(Exception):
    """An answer that no value of the switch stands for."""


class Stopped(Exception):
    """The reason why the probes cannot go on."""


class Api:
    """The API as one token sees it, with one service to write to.

    Args:
        url: where the API is.
        token: the token.
        project: the project that services are made in, as `project` or `team/project`.
        plan: the deployment plan of the services. They have no instance and no image.
        clock: monotonic seconds.
        sleep: waits for so many seconds.
    """

    def __init__(  # noqa: PLR0913 (what differs between a real and an emulated API, each by name)
        self,
        url: str,
        token: str,
        project: str,
        *,
        plan: str,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Ask nothing yet."""
        self.url = url
        self.clock = clock
        self.sleep = sleep
        self.first_headers: httpx.Headers | None = None
        self._plan = plan
        team, _, self._project = project.rpartition("/")
        self._root = f"/v1/teams/{team}" if team else "/v1"
        self._http = httpx.Client(base_url=url, headers={"authorization": f"Bearer {token}"}, timeout=_REQUEST_S)
        self._made: list[str] = []
        self._service: str | None = None
        self._numbers = itertools.count(20000)

    def request(self, method: str, path: str, body: Json | None = None) -> httpx.Response:
        """Any answer. Raises Stopped where there is none, or where the account's requests are used up."""
        try:
            answer = self._http.request(method, path, json=body)
        except httpx.HTTPError as error:
            raise Stopped(f"{method} {path} was not answered: {type(error).__name__}.") from error
        if self.first_headers is None:
            self.first_headers = answer.headers
        if answer.status_code == _TOO_MANY:
            seconds = answer.headers.get("x-ratelimit-reset", "some")
            raise Stopped(f"The account's requests are used up; run the tests again after {seconds} seconds.")
        return answer

    def own(self, path: str = "", *, kind: str = "") -> str:
        """The path of the service of this run, of its own kind or, to write, of `kind`."""
        return f"{self.services}{kind and '/'}{kind}/{self.service}{path}"

    @property
    def services(self) -> str:
        """The path of the project's services."""
        return f"{self._root}/projects/{self._project}/services"

    @property
    def short_project(self) -> str:
        """The path of the project without its team."""
        return f"/v1/projects/{self._project}"

    @property
    def service(self) -> str:
        """The service of this run, made when it is first asked for."""
        if self._service is None:
            self._service, _ = self.made()
        return self._service

    def create(self, **members: Any) -> tuple[str, httpx.Response]:
        """The id of a new service without instances, and the answer, whatever it is."""
        name = f"{PREFIX}{secrets.token_hex(4)}"
        body = {"name": name, "billing": {"deploymentPlan": self._plan}, "deployment": {"instances": 0}, **members}
        # Noted first: an answer that is lost must not leave the service behind.
        self._made.append(name)
        return name, self.request("POST", f"{self.services}/deployment", body)

    def made(self, **members: Any) -> tuple[str, httpx.Response]:
        """A new service that can be read, and the answer. Raises Stopped where there is none within the time limit."""
        service, answer = self.create(**members)
        if answer.status_code != _OK:
            raise Stopped(
                f"No service can be made in the project {self._project}: {told(answer)}. The token needs the"
                " permissions Project > Services > General > Create, Read, Update and Delete, and the plan"
                f" {self._plan} has to be there; NF_PORTS_LIVE_PLAN names another."
            )
        for _ in self.waits():
            if self.request("GET", f"{self.services}/{service}").status_code == _OK:
                return service, answer
        raise Stopped(f"The service {service} was made and is not there after {LIMIT_S} seconds.")

    def waits(self) -> Iterator[None]:
        """A turn each second, the first at once, until the time limit."""
        start = self.clock()
        yield
        while self.clock() - start < LIMIT_S:
            self.sleep(1)
            yield

    def remove(self) -> None:
        """Remove every service of this run. Raises Stopped with those that stay."""
        self._service, left = None, []
        for service in self._made:
            # What failed without an answer, or while the service was being made, may pass a moment later.
            for _ in range(_ATTEMPTS):
                try:
                    answer = told(self.request("DELETE", f"{self.services}/{service}"))
                except Stopped as stopped:
                    answer = str(stopped)
                if answer.startswith((f"HTTP {_OK}", f"HTTP {_NOT_FOUND}")):
                    break
                self.sleep(2)
            else:
                left.append(f"{service} ({answer})")
        self._made = []
        if left:
            raise Stopped(f"Remove these services of the project {self._project} by hand: {', '.join(left)}.")

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def port(self, **members: Any) -> Json:
        """A private HTTP port that no write had before, and members that replace its own."""
        number = next(self._numbers)
        return {"name": f"p{number:x}", "internalPort": number, "protocol": "HTTP", **members}

    def changed(self, port: Json, **members: Any) -> Json:
        """The same port with another number, so that a read shows whether it has come, and with other members."""
        return {**port, "internalPort": next(self._numbers), **members}

    def post(self, *ports: Json) -> httpx.Response:
        """POST ports. Raises NotShown where that route is gone."""
        answer = self.request("POST", self.own("/ports"), {"ports": list(ports)})
        if answer.status_code in GONE and not self.has_ports_route:
            raise NotShown("the ports routes are gone")
        return answer

    def patch(self, *ports: Json) -> httpx.Response:
        """PATCH the ports of the service."""
        return self.request("PATCH", self.own(kind="deployment"), {"ports": list(ports)})

    def write(self, *ports: Json) -> None:
        """Replace the list of ports by one that every reading of the contract takes, and wait until it is shown."""
        answer = self.post(*ports) if self.has_ports_route else self.patch(*ports)
        if answer.status_code != _OK:
            raise NotShown(f"a valid list of ports was refused: {told(answer)}")
        for port in ports:
            self.shown(port)

    @property
    def has_ports_route(self) -> bool:
        """True where GET ports answers."""
        return self.request("GET", self.own("/ports")).status_code == _OK

    def runtime(self) -> list[Json]:
        """GET ports. Raises NotShown where that route is gone."""
        answer = self.request("GET", self.own("/ports"))
        if answer.status_code in GONE:
            raise NotShown("the ports routes are gone")
        return _ports(answer)

    def of_service(self) -> list[Json]:
        """The ports of GET service."""
        return _ports(self.request("GET", self.own()))

    def shown(self, port: Json, view: Callable[[], list[Json]] | None = None) -> Json:
        """A port as a view shows it, once it has the number that was written; GET ports by default, if it is there."""
        if view is None:
            view = self.runtime if self.has_ports_route else self.of_service
        wanted = port["name"], port["internalPort"]
        for _ in self.waits():
            for one in view():
                if (one["name"], one["internalPort"]) == wanted:
                    return one
        raise NotShown(f"a port that was written is not shown after {LIMIT_S} seconds")

    def specified(self, port: Json) -> Json:
        """A port in the specification form: by GET service, or by the answer of a PATCH of something else."""
        found = self.shown(port, self.of_service)
        if "id" not in found:
            return found
        body = {"description": f"A test of the API, {secrets.token_hex(2)}."}
        echo = _ports(self.request("PATCH", self.own(kind="deployment"), body))
        return next(one for one in echo if one["name"] == port["name"])


@contextmanager
def services_of(api: Api) -> Iterator[Api]:
    """The API; its services are removed, whatever happened."""
    try:
        yield api
    finally:
        try:
            api.remove()
        finally:
            api.close()


def told(answer: httpx.Response) -> str:
    """The status and the message of an answer, on one line."""
    try:
        message = str(answer.json()["error"]["message"])
    except (ValueError, LookupError, TypeError):
        message = ""
    return f"HTTP {answer.status_code}" + (f", {message.strip().rstrip('.')}" if message else "")


def unlike_the_contract(operation: str, answer: httpx.Response) -> list[str]:
    """Every difference of an answer from the schema that is published for the operation and the status."""
    if answer.status_code != _OK:
        names = ["Error"]
    else:
        schema = DOCUMENT["x-routes"][operation]["responses"]["200"]
        names = [one["$ref"].rpartition("/")[2] for one in schema.get("anyOf", [schema])]
    try:
        body = answer.json()
    except ValueError:
        return ["the answer is no JSON"]
    return (
        []
        if any(fits(name, body) for name in names)
        else [f"{name}: {one}" for name in names for one in misfits(name, body)]
    )


def _ports(answer: httpx.Response) -> list[Json]:
    if answer.status_code != _OK:
        raise Stopped(f"The ports of the service of this run cannot be read: {told(answer)}.")
    ports: list[Json] = answer.json()["data"].get("ports", [])
    return ports
