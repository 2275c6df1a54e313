"""What the tests stand on: stand-ins, oracles, drawn books, processes.  Holds no test of its own."""
