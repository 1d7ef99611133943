"""Every row of the catalogue of faults has a test that is named after it, or one of a program on the real engine."""

import ast
import re
from pathlib import Path

ROWS = {f"f{number:02}" for number in range(1, 53)}
ENGINE = Path(__file__).parents[1] / "engine"
OF_PROGRAMS = {
    "f21": ("test_service_ports_claims.py", "test_two_resources_for_one_service_are_refused_before_any_call")
}
"""What is a matter of the program itself, and where it is tested."""
ALSO_ON_THE_ENGINE = {
    "f01, f02": ("test_service_ports_kills.py", "test_one_up_converges_after_a_kill_at_any_moment"),
    "f04": ("test_service_ports_faults.py", "test_a_write_whose_answer_is_lost_is_found_to_have_landed"),
    "f18": ("test_service_ports_drift.py", "test_a_port_renamed_elsewhere_is_drift_of_both_names"),
    "f19": ("test_service_ports_policies.py", "test_an_edit_between_preview_and_up_stops_and_each_way_out_works"),
    "f22": ("test_service_ports_kills.py", "test_an_interrupt_during_a_write_leaves_what_one_up_completes"),
    "f23": ("test_service_ports_golden.py", "test_a_recorded_state_previews_empty"),
    "f47": (
        "test_service_ports_config.py",
        "test_a_key_of_the_stack_configuration_that_nothing_reads_is_warned_of_once",
    ),
    "f49": ("test_service_ports_unknowns.py", "test_what_turns_out_to_be_none_is_refused_by_up"),
    "f25": ("test_service_ports_config.py", "test_the_environment_comes_before_an_old_token_of_the_stack"),
}


def names(file: Path) -> set[str]:
    """The tests of a file."""
    return {node.name for node in ast.parse(file.read_text("utf-8")).body if isinstance(node, ast.FunctionDef)}


def test_every_row_of_the_catalogue_has_a_test() -> None:
    files = [*Path(__file__).parent.glob("test_*.py"), *ENGINE.glob("test_*.py")]
    here = {name for file in files for name in names(file)}
    rows = {match[1] for match in (re.match(r"test_(f\d\d)_", name) for name in here) if match}

    assert rows | OF_PROGRAMS.keys() == ROWS
    assert all(name in names(ENGINE / file) for file, name in OF_PROGRAMS.values())


def test_the_rows_that_need_it_have_a_test_on_the_real_engine() -> None:
    assert all(name in names(ENGINE / file) for file, name in ALSO_ON_THE_ENGINE.values())
