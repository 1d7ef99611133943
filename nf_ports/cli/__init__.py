"""Thin commands around the package: nothing in here is needed by a program that only runs `pulumi up`."""
