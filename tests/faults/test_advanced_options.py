"""Options that only *Patch service* knows come and go, in every era and whatever it does with ids."""

import pytest
from stack import SHOP, Stack, tcp

pytestmark = pytest.mark.usefixtures("edge")

ERAS = ("2025", "2026a", "2026b", "gone")
PASSTHROUGH = {**SHOP, "http": {**SHOP["http"], "advancedOptions": {"enableTlsPassthrough": True}}}


@pytest.mark.parametrize("patch_ids", ["keep", "new"])
@pytest.mark.parametrize("era", ERAS)
def test_tls_passthrough_taken_out_of_the_program_is_off(era: str, patch_ids: str) -> None:
    with Stack(era=era, patch_ids=patch_ids) as stack:
        stack.up(PASSTHROUGH)
        assert stack.live == PASSTHROUGH
        stack.up({**PASSTHROUGH, "admin": tcp(9100)})
        stack.up(SHOP)

        assert stack.live == SHOP
