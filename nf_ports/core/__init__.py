"""What a `ServicePorts` does: records, state format, check, differences, plan, lifecycle. Knows no Pulumi."""
