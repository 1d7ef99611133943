"""The edges to Pulumi: a host is a codec, a transport of errors and a place for notices; no rule is in it."""
