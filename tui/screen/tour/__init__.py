"""The tour: ten small lessons on a practice market inside the screen.  Works without any engine.

    keys ─► a model of its own ─► requests ─► practice market ─► what it says ─► that model
                                                   └────────────────────────► the lesson: was it done?

Must not send anything to the engine: the tour has a model of its own, and its requests end in the practice market.

1. `practice`   a market in this process, and those who trade there with the learner
2. `lessons`    what is to be done, how one sees that it was, and what it means
3. `tour`       the state, and one message for it
4. `program`    the screen with nothing but the tour
"""
