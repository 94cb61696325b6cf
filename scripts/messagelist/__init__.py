"""The modules of `scripts/messages`."""
