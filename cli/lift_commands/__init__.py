"""One file for each command of `lift`."""
