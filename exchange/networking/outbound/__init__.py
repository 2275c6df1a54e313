"""Lines → sockets: what one client is sent, what waits for slow ones, signs of life.

Must not know what a line says, and never makes the matching thread wait.
"""
