"""Pickles that hold numpy arrays and plain containers, and nothing else.

Three guards beyond an allow-list of names: what a pickle calls are stand-ins of ours, built anew for
each use, never numpy's own constructors (whose state setters trust sizes and types they are given);
the interpreter is Python's, whose memo is a dictionary (the C one allocates what an index declares);
no read goes beyond the bytes that are there.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

import numpy as np

from posecap.errors import InputError
from posecap.io.limits import MAX_BYTES, array_bytes, check_limit, require_file
from posecap.io.scratch import LARGE, Scratch, StoredArray, StoredBytes

MAX_DEPTH = 32
PLAIN_KINDS = "biufcSU"
_PYTHONS: Any = pickle._Unpickler


def read_pickle(path: str | Path, max_bytes: int = MAX_BYTES) -> Any:
    """The object in a pickle of arrays, numbers, strings and plain containers (Python 2's too).

    Raises InputError naming the file, and the class where there is one that is not admitted.
    """
    path = Path(path)
    require_file(path)
    size = path.stat().st_size
    check_limit(path, size, max_bytes)
    with path.open("rb") as stream:
        return unpickle(stream, size, str(path))


def unpickle(stream: BinaryIO, size: int, source: str, scratch: Scratch | None = None) -> Any:
    """The object pickled in the next `size` bytes of `stream`; `source` names it in errors.

    With `scratch` large arrays come as StoredArrays, whose numbers lie there.
    """
    bounded = _Bounded(stream, size)
    try:
        unpickler = (
            _Unpickler(bounded, source) if scratch is None else _StoringUnpickler(bounded, source, scratch)
        )
        loaded = unpickler.load()
    except InputError:
        raise
    except MemoryError as error:
        raise InputError(f"{source}: too large for this machine's memory") from error
    except Exception as error:  # hostile bytes can raise anything in the interpreter
        raise InputError(f"{source}: not a readable pickle ({_first_line(error)})") from error
    return _Plain(source).convert(loaded)


class _Bounded:
    """A stream of which at most `size` bytes can be asked for: a declared length allocates nothing."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._stream, self._left = stream, size

    def read(self, count: int) -> bytes:
        if not 0 <= count <= self._left:
            raise EOFError("ends too early")
        self._left -= count
        return self._stream.read(count)

    def readline(self) -> bytes:
        line = self._stream.readline(self._left)
        self._left -= len(line)
        return line

    def readinto(self, buffer: memoryview) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


class _Unpickler(pickle._Unpickler):
    def __init__(self, stream: _Bounded, source: str) -> None:
        super().__init__(stream, encoding="latin1")
        self._source = source

    def find_class(self, module: str, name: str) -> _Admitted:
        stand_in = _STAND_INS.get((_ALIASES.get(module, module), name))
        if stand_in is None:
            raise InputError(
                f"{self._source}: holds a {module}.{name}; only numpy arrays and plain containers are read"
            )
        return _Admitted(stand_in)

    def persistent_load(self, pid: object) -> Any:
        raise InputError(f"{self._source}: refers to objects outside the file, which are not read")

    def get_extension(self, code: int) -> None:
        raise InputError(f"{self._source}: uses pickle extension {code}, which is not read")


class _StoringUnpickler(_Unpickler):
    """Puts large strings of bytes into a scratch file as they come, so that its memo does not hold them."""

    read: Callable[[int], bytes]
    append: Callable[[Any], None]
    stack: list[Any]

    def __init__(self, stream: _Bounded, source: str, scratch: Scratch) -> None:
        super().__init__(stream, source)
        self._scratch = scratch

    def _bytes_of_length(self, width: int) -> None:
        size = int.from_bytes(self.read(width), "little")
        self.append(self._scratch.copy(self.read, size) if size >= LARGE else self.read(size))

    def _text(self, load: Callable[[Any], None]) -> None:
        """Old pickles hold bytes as text."""
        load(self)
        text = self.stack[-1]
        if len(text) < LARGE:
            return
        try:
            data = text.encode("latin1")
        except UnicodeEncodeError:
            return
        self.stack[-1] = self._scratch.put_bytes(data, is_text=True)

    dispatch: ClassVar[dict[int, Callable[[Any], None]]] = {
        **_PYTHONS.dispatch,
        pickle.BINBYTES[0]: lambda self: self._bytes_of_length(4),
        pickle.BINBYTES8[0]: lambda self: self._bytes_of_length(8),
        pickle.BYTEARRAY8[0]: lambda self: self._bytes_of_length(8),
        pickle.BINSTRING[0]: lambda self: self._text(_PYTHONS.load_binstring),
        pickle.BINUNICODE[0]: lambda self: self._text(_PYTHONS.load_binunicode),
        pickle.BINUNICODE8[0]: lambda self: self._text(_PYTHONS.load_binunicode8),
    }


class _Admitted:
    """A callable without attributes that a pickle could set."""

    __slots__ = ("_call",)

    def __init__(self, call: Callable[..., Any]) -> None:
        self._call = call

    def __call__(self, *args: Any) -> Any:
        return self._call(*args)

    def __setstate__(self, state: Any) -> None:
        raise ValueError("sets the state of a function")


class _Dtype:
    """A plain dtype; its state may change the byte order and nothing else."""

    __slots__ = ("dtype",)

    def __init__(self, spec: Any, *_: Any) -> None:
        self.dtype: np.dtype = np.dtype(spec.dtype if isinstance(spec, _Dtype) else _text(spec))
        if self.dtype.kind not in PLAIN_KINDS + "O":
            raise ValueError(f"dtype {self.dtype} is not read")

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, order, subarray, names, fields, *_ = state
        if subarray is not None or names is not None or fields is not None:
            raise ValueError("structured dtypes are not read")
        if _text(order) in ("<", ">", "="):
            self.dtype = self.dtype.newbyteorder(_text(order))


class _Array:
    """An array under construction: built from its state only where size and type agree."""

    __slots__ = ("value",)

    def __init__(self, *_: Any) -> None:
        self.value: np.ndarray | StoredArray = np.empty(0)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        shape, dtype, fortran, raw = state[-4:]
        self.value = _build_array(raw, dtype, shape, "F" if fortran else "C")


def _build_array(raw: Any, dtype: Any, shape: Any, order: str = "C") -> np.ndarray | StoredArray:
    if not isinstance(dtype, _Dtype) or not isinstance(shape, tuple):
        raise ValueError("array without a dtype or a shape")
    if dtype.dtype.kind == "O":
        return _object_array(raw, shape, order)
    data = raw.encode("latin1") if isinstance(raw, str) else raw
    if array_bytes(shape, dtype.dtype.itemsize) != len(data):
        raise ValueError(f"an array of shape {shape} {dtype.dtype} holds {len(data)} bytes")
    if isinstance(data, StoredBytes):
        return _stored_array(data, dtype.dtype, shape, order)
    return np.frombuffer(data, dtype.dtype).reshape(shape, order=order)  # type: ignore[call-overload]


def _stored_array(data: StoredBytes, dtype: np.dtype, shape: tuple[int, ...], order: str) -> Any:
    """Rows of a stored array lie one after the other, which those of a Fortran array do not."""
    if order == "C":
        return StoredArray(data, shape, dtype)
    whole = np.asarray(StoredArray(data, shape[::-1], dtype)).transpose()
    return data.scratch.put(whole)


def _object_array(items: Any, shape: tuple[int, ...], order: str) -> np.ndarray:
    if not isinstance(items, list) or array_bytes(shape, 1) != len(items):
        raise ValueError(f"an object array of shape {shape} does not hold that many objects")
    array = np.empty(len(items), dtype=object)
    for index, item in enumerate(items):
        array[index] = item
    return array.reshape(shape, order=order)  # type: ignore[call-overload]


def _scalar(dtype: Any, raw: Any = b"") -> Any:
    return _build_array(raw, dtype, (1,))[0]


def _buffer_array(raw: Any, dtype: Any, shape: Any, order: Any = "C") -> np.ndarray | StoredArray:
    return _build_array(raw, dtype, shape, "F" if order == "F" else "C")


def _encode(text: Any = "", encoding: str = "latin1") -> bytes | StoredBytes:
    if encoding not in ("latin1", "latin-1"):
        raise ValueError(f"bytes in {encoding}")
    if isinstance(text, StoredBytes):
        return StoredBytes(text.scratch, text.start, text.size)
    return text if isinstance(text, bytes) else text.encode("latin1")


def _bytearray(*args: Any) -> bytearray | StoredBytes:
    data = _encode(*args)
    return data if isinstance(data, StoredBytes) else bytearray(data)


def _not_called(*_: Any) -> None:
    raise ValueError("calls a type that is only named")


def _text(value: Any) -> Any:
    return value.decode("latin1") if isinstance(value, bytes) else value


_ALIASES = {
    "numpy.core.multiarray": "numpy._core.multiarray",
    "numpy.core.numeric": "numpy._core.numeric",
    "__builtin__": "builtins",
}
_STAND_INS: dict[tuple[str, str], Callable[..., Any]] = {
    ("numpy._core.multiarray", "_reconstruct"): _Array,
    ("numpy._core.multiarray", "scalar"): _scalar,
    ("numpy._core.numeric", "_frombuffer"): _buffer_array,
    ("numpy", "ndarray"): _not_called,
    ("numpy", "dtype"): _Dtype,
    ("_codecs", "encode"): _encode,
    ("collections", "OrderedDict"): dict,
    ("collections", "defaultdict"): lambda *_: {},
    ("builtins", "set"): set,
    ("builtins", "frozenset"): frozenset,
    ("builtins", "bytes"): lambda *args: _encode(*args),
    ("builtins", "bytearray"): _bytearray,
    ("builtins", "complex"): complex,
    ("builtins", "list"): lambda items=(): list(items),
    ("builtins", "dict"): lambda items=(): dict(items),
}


class _Plain:
    """Turns stand-ins into arrays throughout a loaded object, each container once."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._done: dict[int, Any] = {}

    def convert(self, value: Any, depth: int = 0) -> Any:
        if depth > MAX_DEPTH:
            raise InputError(f"{self._source}: containers nested more than {MAX_DEPTH} deep")
        if isinstance(value, (_Admitted, _Dtype)):
            raise InputError(f"{self._source}: holds a type or a function, not data")
        if isinstance(value, StoredBytes):
            return value.content()
        if not isinstance(value, (_Array, np.ndarray, dict, list, tuple)):
            return value
        if id(value) not in self._done:
            self._done[id(value)] = self._converted(value, depth + 1)
        return self._done[id(value)]

    def _converted(self, value: Any, depth: int) -> Any:
        if isinstance(value, _Array):
            return self.convert(value.value, depth)
        if isinstance(value, dict):
            return {key: self.convert(item, depth) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return type(value)([self.convert(item, depth) for item in value])
        if value.dtype.kind == "O":
            for index in np.ndindex(value.shape):
                value[index] = self.convert(value[index], depth)
        return value


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:120]
