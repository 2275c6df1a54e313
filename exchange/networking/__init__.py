"""The bridge between TCP and the engine: knows messages, decides nothing.  Start at `protocol`."""
