"""Northflank's HTTP API: settings, one client, and the ports of a service in both of the API's dialects."""
