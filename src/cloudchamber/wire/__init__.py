"""Sans-IO codecs: bytes to (service, operation, input) and back. No clock, no socket, no state."""
