"""The import engine: from a staged file to rows of the base, chunk by chunk, each with its checkpoint.

`target` says what a kind of file must offer (customers here, orders in commerce); `staging` brings a file into the
staging table; `running` drives checks and runs under a lease and a fence; `preparing` turns cells into values in a
process of its own.
"""
