"""The real Pulumi engine on this machine, for `make demo` and the tests: the CLI, and programs of this process."""
