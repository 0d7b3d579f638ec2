"""Which bytes of a text are left in the files of a folder, in whatever form a program may have kept it."""

from __future__ import annotations

import base64
import gzip
import zlib
from pathlib import Path

_SHORTEST = 8
"""Characters of base64 below which a match may be chance."""


def traces(folder: Path, *texts: str) -> list[str]:
    """Return `file: form of text` for every file below `folder` that holds a text: as UTF-8 in any case, UTF-16,
    hexadecimal, base64 at each of its three offsets, percent-encoded or escaped as JSON; also inside gzip and zlib,
    and in the names of files."""
    found = []
    for file in sorted(folder.rglob("*")):
        data = b"" if file.is_dir() else file.read_bytes()
        for layer, content in {"": data, " (its name)": file.name.encode(), **_unpacked(data)}.items():
            low = content.lower()
            for text in texts:
                found += [
                    f"{file.relative_to(folder)}{layer}: {form} of {text!r}"
                    for form, wanted in forms(text).items()
                    if (wanted in content if form.startswith("base64") else wanted.lower() in low)
                ]
    return found


def forms(text: str) -> dict[str, bytes]:
    """Return the forms in which a text may be kept, by name."""
    plain = text.encode()
    found = {
        "utf-8": plain,
        "utf-16-le": text.encode("utf-16-le"),
        "utf-16-be": text.encode("utf-16-be"),
        "hexadecimal": plain.hex().encode(),
        "percent": "".join(f"%{byte:02x}" for byte in plain).encode(),
        "json": "".join(f"\\u{ord(c):04x}" for c in text).encode(),
    }
    for offset in range(3):
        # Without the ends, which depend on what stands beside it.
        whole = base64.b64encode(b"\0" * offset + plain)
        inner = whole[4 if offset else 0 : len(whole) // 4 * 4 - 4]
        if len(inner) >= _SHORTEST:
            found[f"base64+{offset}"] = inner
    return found


def _unpacked(data: bytes) -> dict[str, bytes]:
    layers = {}
    for magic, unpack in ((b"\x1f\x8b", gzip.decompress), (b"\x78", zlib.decompress)):
        if data.startswith(magic):
            try:
                layers[f" unpacked by {unpack.__module__}"] = unpack(data)
            except (OSError, zlib.error, EOFError):
                continue
    return layers
