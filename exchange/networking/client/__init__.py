"""What stands behind `tcp_client`: the other end of the wire, for bots, simulators and screens.

Must not import anything of the server's side: it knows the exchange by its lines alone.
"""
