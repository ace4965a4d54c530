"""Writing tables as files, piece by piece, so that a million rows need no memory and a killed worker's successor goes on:
CSV and Excel."""
