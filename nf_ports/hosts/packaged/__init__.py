"""The interface to Pulumi's engine as a packaged provider: a servicer of its provider protocol."""
