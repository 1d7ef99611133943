"""The programs that the tests of `ServicePorts` run, and the stage on which they run."""
