"""Who gets in to a port: the formula of an access, its checks, paths and names. Pure."""
