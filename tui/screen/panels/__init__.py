"""The parts of the view, one file each: functions of the model that draw into an area and change nothing else.

From top to bottom: `header`, `lesson`, `moment`, `banner`, `ladder`, `second_ladder`, `watch`, `chart`, `heat`,
`orders`, `trades`, `bottom`; over all of them `help` and `log`.  They share `frame` and `table`.
"""
