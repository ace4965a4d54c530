"""Reading the files that people bring: what kind of file it is, what its columns mean, what Excel has done to it.

Pure modules without models: each takes bytes or text and gives values. Other apps import files through them too.
"""
