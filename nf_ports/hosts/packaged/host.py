"""The packaged provider's operations: decode a request of the engine, call the core, encode the answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from google.protobuf.empty_pb2 import Empty

from nf_ports.core import operations
from nf_ports.core.check import check
from nf_ports.core.diff import diff
from nf_ports.core.records import WriteNotInForce
from nf_ports.core.session import Session
from nf_ports.errors import Fault, InvalidConfiguration, NorthflankPortsError
from nf_ports.hosts.beside import Beside
from nf_ports.hosts.packaged import configuration
from nf_ports.hosts.packaged.codec import (
    Decoded,
    Words,
    decoded,
    encoded,
    encoded_state,
    hidden,
    plain_struct,
    property_path,
    readable,
)
from nf_ports.hosts.packaged.pace import Pace
from nf_ports.hosts.packaged.protocol import InitFailed, provider_pb2
from nf_ports.northflank.settings import ApiSettings
from nf_ports.northflank.token import TokenInfo
from nf_ports.notices import Notice, Tell

FUNCTION: Final = "northflank:index:getServicePorts"
_DIFF: Final = provider_pb2.DiffResponse
_KINDS: Final = {
    "added": (provider_pb2.PropertyDiff.ADD, provider_pb2.PropertyDiff.ADD_REPLACE),
    "removed": (provider_pb2.PropertyDiff.DELETE, provider_pb2.PropertyDiff.DELETE_REPLACE),
    "changed": (provider_pb2.PropertyDiff.UPDATE, provider_pb2.PropertyDiff.UPDATE_REPLACE),
}


class Host:
    """All resources of one provider in one run.

    Args:
        environ: the environment.
        tell: takes notices.
        pace: waits.
        engine: the address of the engine; empty without one.
    """

    def __init__(self, environ: Mapping[str, str], tell: Tell, pace: Pace, engine: str = "") -> None:
        """Store the arguments."""
        self._beside = Beside(engine)
        self._environ = environ
        self._tell = tell
        self._pace = pace
        self._refreshes_first = False
        self._session: Session | None = None
        self._words = Words()
        self._configured: frozenset[object] = frozenset()
        self._owners: dict[ApiSettings, TokenInfo] = {}

    @property
    def session(self) -> Session:
        """The run."""
        if self._session is None:
            raise InvalidConfiguration("the engine has not configured the provider")
        return self._session

    def check_config(self, request: Any) -> Any:
        """Check the provider's configuration, and mark its token as secret."""
        marked = decoded(request.news).secrets
        failures = [
            provider_pb2.CheckFailure(reason=hidden(reason, marked))
            for reason in configuration.violations(configuration.given(request.news))
        ]
        return provider_pb2.CheckResponse(inputs=configuration.marked(request.news), failures=failures)

    def diff_config(self, request: Any) -> Any:
        """Compare two configurations; a token of another account replaces the provider and its resources."""
        # An answer without the change would configure the provider as it was.
        same = decoded(request.olds).bag == decoded(request.news).bag
        moves = not same and self._is_another_account(request)
        return _DIFF(changes=_DIFF.DIFF_NONE if same else _DIFF.DIFF_SOME, replaces=["apiToken"] if moves else [])

    def _is_another_account(self, request: Any) -> bool:
        former, config = configuration.given(request.olds), configuration.given(request.news)
        name = request.urn.rpartition("::")[2]
        try:
            moves = configuration.another_account(former, config, name, self._environ, self._owner)
        except NorthflankPortsError as error:
            text = (
                f"it was not checked whether the API token is still of the same account: {str(error).rstrip('.')}."
                " If it is of another one, give each resource of this provider another name: then it is created there."
            )
            self._tell(Notice(text, warning=True))
            return False
        if moves and self._session is not None:
            self._session.run.enters_another_account()
        return moves

    def _owner(self, api: ApiSettings) -> TokenInfo:
        # The engine asks once for each resource that gets another provider.
        if api not in self._owners:
            self._owners[api] = configuration.owner(api, self._tell, self._pace)
        return self._owners[api]

    def configure(self, request: Any) -> Any:
        """Begin the run."""
        config = configuration.given(request.args)
        name = request.urn.rpartition("::")[2]
        environ = configuration.environment(config, name, self._environ)
        self._configured = decoded(request.args).secrets
        self._refreshes_first = config.get("refreshBeforeUpdate") is True
        self._session = configuration.session(config, name, environ, self._tell, self._pace, self._beside.ask)
        self._beside.answers(self._session.declared_as)
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    def hidden(self, text: str) -> str:
        """A text without what the program marks as secret."""
        return self._words.hidden(text)

    def _decoded(self, struct: Any) -> Decoded:
        found = decoded(struct)
        self._words.add(found.words)
        return found

    def close(self) -> None:
        """Answer no other provider any more."""
        self._beside.close()

    def check(self, request: Any) -> Any:
        """Check the desired inputs and complete them."""
        news = self._decoded(request.news)
        checked = check(self.session, self._decoded(request.olds).bag, news.bag, request.urn)
        failures = [
            provider_pb2.CheckFailure(
                property=_property(violation, news),
                reason=self.hidden(hidden(_reason(checked.service, violation, news), news.secrets | self._configured)),
            )
            for violation in checked.violations
        ]
        return provider_pb2.CheckResponse(inputs=encoded(checked.inputs, news), failures=failures)

    def diff(self, request: Any) -> Any:
        """Compare the recorded and the desired inputs."""
        olds, news = self._decoded(request.olds), self._decoded(request.news)
        found = diff(self.session, olds.bag, news.bag)
        answer = _DIFF(
            changes=_DIFF.DIFF_SOME if found.changes else _DIFF.DIFF_NONE,
            replaces=found.replaces,
            hasDetailedDiff=True,
        )
        for field in found.fields:
            path = readable(news.visible(olds.visible(field.path)))
            change = answer.detailedDiff[property_path(path)]
            how = field.how if len(path) == len(field.path) else "changed"
            change.kind = _KINDS[how][field.path[0] in found.replaces]
            change.inputDiff = True
        return answer

    def create(self, request: Any) -> Any:
        """Adopt or create the ports of the service."""
        given = self._decoded(request.properties)
        if request.preview:
            made = operations.preview(given.bag, {})
        else:
            try:
                made = operations.create(self.session, given.bag)
            except WriteNotInForce as error:
                raise self._init_failed(error, given) from error
        return provider_pb2.CreateResponse(
            id=made.id, properties=encoded_state(made.state, given), refresh_before_update=self._refreshes_first
        )

    def read(self, request: Any) -> Any:
        """Read the live ports: for a refresh, an import, or a resource that only reads."""
        recorded = self._decoded(request.properties)
        found = operations.read(self.session, request.id, recorded.bag)
        if found is None:
            return provider_pb2.ReadResponse()
        return provider_pb2.ReadResponse(
            id=found.id,
            properties=encoded_state(found.state, recorded),
            inputs=encoded(found.inputs, recorded),
            refresh_before_update=self._refreshes_first,
        )

    def update(self, request: Any) -> Any:
        """Change the recorded ports to the desired ones."""
        recorded, given = self._decoded(request.olds).bag, self._decoded(request.news)
        if request.preview:
            made = operations.preview(given.bag, recorded)
        else:
            try:
                made = operations.update(self.session, recorded, given.bag)
            except WriteNotInForce as error:
                raise self._init_failed(error, given) from error
        return provider_pb2.UpdateResponse(
            properties=encoded_state(made.state, given), refresh_before_update=self._refreshes_first
        )

    def delete(self, request: Any) -> Any:
        """Stop managing the service as `onDelete` says, unless the program still declares it."""
        operations.delete(self.session, self._decoded(request.properties).bag)
        return Empty()

    def invoke(self, request: Any) -> Any:
        """The live ports of a service, without secrets.

        Raises:
            InvalidConfiguration: there is no such function.
        """
        if request.tok != FUNCTION:
            raise InvalidConfiguration(f"there is no function {request.tok}; the only one is {FUNCTION}")
        found = operations.look_up(self.session, self._decoded(request.args).bag)
        return provider_pb2.InvokeResponse(**{"return": plain_struct(found)})

    def _init_failed(self, error: WriteNotInForce, given: Decoded) -> Exception:
        """The error that records the resource; the error itself if nothing is known of the resource."""
        if error.resource is None:
            return error
        detail = provider_pb2.ErrorResourceInitFailed(
            id=error.resource.id,
            properties=encoded_state(error.resource.state, given),
            inputs=encoded(error.resource.inputs, given),
            reasons=[self.hidden(error.as_recorded)],
            refresh_before_update=self._refreshes_first,
        )
        return InitFailed(error.as_recorded, detail)


def _property(violation: Fault, given: Decoded) -> str:
    # The engine prints the whole value of a top-level input that is named, secrets included.
    visible = given.visible(violation.location)
    return property_path(visible) if len(visible) > 1 else ""


def _reason(service: str, violation: Fault, given: Decoded) -> str:
    # The engine prints the property that is named.
    if _property(violation, given):
        return f"{service}: {violation.reason}"
    place = property_path(given.visible(violation.location))
    return f"{service}: {place}: {violation.reason}" if len(violation.location) > 1 else f"{service}: {violation}"
