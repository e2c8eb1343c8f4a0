"""What every service stands on: the contract, the call, the pipeline, the store, the event log."""
