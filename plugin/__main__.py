"""Starts the packaged provider, for `pulumi package add` and `pulumi plugin install --file` of this folder."""

from nf_ports.hosts.packaged.server import main

raise SystemExit(main())
