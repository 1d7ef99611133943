"""The command `review`: what a preview changes about who can reach what."""
