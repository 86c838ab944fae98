"""`python -m cli.lift_main` is `lift`, for launchers such as torchrun that start a module."""

from __future__ import annotations

from cli.lift import app

if __name__ == "__main__":
    app()
