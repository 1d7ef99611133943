"""A Northflank that runs on this machine: the part of its REST API around service ports, strict and with state."""

from nf_ports.emulator.emulator import Emulator
from nf_ports.emulator.faults import Fault
from nf_ports.emulator.journal import Request
from nf_ports.emulator.settings import Settings
from nf_ports.emulator.world import World

__all__ = ["Emulator", "Fault", "Request", "Settings", "World"]
