"""A recorded day on the trading screen, read-only: play it, step on and back, look who stands where.

    keys ─► wishes ─► day link (a thread, the day) ─► what the day told ─► model ─► the same view

Must not send anything to an engine: there is none, and what asks for one is dropped in `update_from_day`.

1. `day_messages`     what the person wishes of the day, and what the day tells
2. `rewind_commands`  the words of the `:` line
3. `update_from_day`  both ends of it in the model
4. `day_past`         what came before a moment, for the heat map, the tape and the chart
5. `day_refusals`     what is said of a wish that leads nowhere
6. `day_link`         the day itself, in the thread that an engine's messages would come from
7. `program`          the screen with a day in place of an engine
"""
