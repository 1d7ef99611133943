"""The operations of a `ServicePorts`: records, state format, check, diff, plan, lifecycle. Does not import Pulumi."""
