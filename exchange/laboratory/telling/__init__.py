"""A day in words and tables for people: what the doors `explain`, `what_if`, `history` and `testing` say.

Nothing here decides what happened: it is handed facts, or looks them up in a history, and says them.

Reading order:

* `order_words`     how things are said: prices, sides, times
* `book_picture`    a book as a value    `book_table`  a book drawn as a table, and read from one
* `order_search`    an order by its user's name for it
* `order_life`      the facts of one order's life
* `moment_view`     one moment of a day in words, its books, and who stands in a queue
* `what_if_report`  what would have differed, in lines
"""
