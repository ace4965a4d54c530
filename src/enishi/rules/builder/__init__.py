"""The server side of the rule builder: a form of lines in, a rule out, and back."""
