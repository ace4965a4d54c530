"""The demo company as numbers: pure functions of a seed, without a database.

Everything is made in numpy columns, in blocks of customers that do not depend on each other, so that 1,000,000
customers stream through bounded memory and give the same people whatever the block or the machine.
"""
