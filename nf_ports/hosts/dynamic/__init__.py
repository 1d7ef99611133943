"""The edge to Pulumi's dynamic provider host."""
