"""Whether a simulated market looks like a real one: the same figures of both, side by side, with intervals.

Must not trade, and must not know who traded: it measures rows of order flow, whoever made them.  Reading order:

    recording      rows → a day: what happened, touch, sweeps, lives, depths    returns  its series at even steps
    numbers        the arithmetic of samples
    statistics     the table of figures    responses  what follows upon an event    costs  what trading costs
    bootstrap      how sure a figure is    distance  how far two samples lie apart
    comparison     simulated days beside the real one    report  the table as text
    simulated_day  a mix of traders on the virtual clock    calibration  settings that look most like the real one
    lobster_export a day as LOBSTER's pair of files
"""
