"""The command `exposure`: who can reach the services of a project now."""
