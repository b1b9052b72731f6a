"""CHANNELS: the shops that orders come in from, and the tracking that goes back to them."""
