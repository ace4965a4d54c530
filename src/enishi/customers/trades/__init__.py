"""Templates by trade: fields, form, words and views as people of that trade set them up, as plain data. One file a trade.

What they say is written into the company's own data, in Japanese, whatever language the screen of whoever uses them has.
"""
