"""Files that are written whole and read safely.

In: plain data - numbers, text, arrays and containers of them. Out: files in the formats that networks are
saved in, and the same plain data again. Knows nothing of networks; nothing that is read is ever executed.
"""
