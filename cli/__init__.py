"""The two commands, posecap and lift: parse, call one function, print."""
