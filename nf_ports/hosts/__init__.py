"""The interfaces to Pulumi: a host has a codec, a transport of errors and an output for notices, but no rules."""
