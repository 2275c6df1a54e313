"""The trader's side: what a person starts to trade.  Shows what the engine said, sends what the person asked."""
