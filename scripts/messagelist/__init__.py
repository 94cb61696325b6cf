"""What `scripts/messages` is made of."""
