"""The interface to Pulumi's dynamic provider host."""
