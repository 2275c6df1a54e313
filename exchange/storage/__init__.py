"""What is on disk: knows bytes and the order of writes, decides nothing about trading."""
