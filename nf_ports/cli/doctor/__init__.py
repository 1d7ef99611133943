"""The command `doctor`: everything that `pulumi up` needs, checked."""
