"""The operations of a `ServicePorts`: records, state format, check, differences, plan, lifecycle. Knows no Pulumi."""
