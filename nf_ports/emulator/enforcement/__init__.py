"""Port security, enforced on requests to the ports themselves: off until `Emulator.enforce` starts a listener."""
