"""The API that is not AWS: clock, reset, snapshots, events, why. The only door for the faces."""
