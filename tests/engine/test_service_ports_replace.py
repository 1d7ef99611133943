"""Another project, service or team is another resource: the engine replaces it."""

import pytest
from programs.shop import declares
from programs.stage import Stage
from world import fill

from local_engine.engine import LocalEngine

pytestmark = pytest.mark.both_hosts


@pytest.mark.parametrize(
    ("moved", "new_id", "key"),
    [
        ({"service_id": "web"}, "shop/web", "serviceId"),
        ({"project_id": "depot"}, "depot/api", "projectId"),
        ({"team_id": "acme"}, "acme/shop/api", "teamId"),
    ],
    ids=["service", "project", "team"],
)
def test_a_change_of_identity_replaces(engine: LocalEngine, moved: dict[str, str], new_id: str, key: str) -> None:
    with Stage(engine) as stage:
        stage.nf.add_project("depot")
        stage.nf.add_service("depot", "api")
        stage.nf.add_team("acme")
        fill(stage.nf, team="acme")
        stage.up(declares())

        preview = stage.preview(declares(**moved))
        assert preview.changes == {"same": 1, "replace": 1}
        assert any(key in line for line in preview.marked)
        stage.up()
        assert stage.resources()["api"]["id"] == new_id
        assert stage.live() == {}
        team, project, service = (moved.get("team_id"), moved.get("project_id", "shop"), moved.get("service_id", "api"))
        assert {port["name"] for port in stage.nf.ports(project, service, team)} == {"http", "metrics"}
