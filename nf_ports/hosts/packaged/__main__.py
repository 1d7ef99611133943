"""Starts the plugin: `python -m nf_ports.hosts.packaged ENGINE`."""

from nf_ports.hosts.packaged.server import main

raise SystemExit(main())
