"""Northflank's HTTP API: settings, one client, and the ports of a service by both pairs of endpoints."""
