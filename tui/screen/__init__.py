"""The full-screen trading screen: model, update, view, painter; only `app` knows terminal, threads and clock.

Must not match, make order ids or touch a book: it shows what the engine said and sends what the person asked.
"""
