"""The side of the Python program: the declaration of a resource, its outputs, and warnings about its settings."""
