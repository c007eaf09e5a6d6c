"""Files that are written whole and read safely.

<<<<<<< HEAD
<<<<<<< HEAD
In: plain data - numbers, text, arrays and containers of them. Out: files in the formats that networks are
saved in, and the same plain data again. Knows nothing of networks; nothing that is read is ever executed.
=======
In: plain data - numbers, text, arrays and containers of them. Out: files in the formats that networks are saved
in, and the same plain data again. Knows nothing of networks; nothing that is read is ever executed.
>>>>>>> 9ef042a (Files that are written whole and read safely)
=======
In: plain data - numbers, text, arrays and containers of them. Out: files in the formats that networks are
saved in, and the same plain data again. Knows nothing of networks; nothing that is read is ever executed.
>>>>>>> 12271a6 (Saving and loading: networks, populations, projections, connectivity and parameters in the files of the reference, read as plain data)
"""
