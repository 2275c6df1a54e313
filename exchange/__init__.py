"""A real electronic exchange in miniature: matching engine, TCP gateway, storage, simulated traders."""
