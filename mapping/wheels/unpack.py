"""Files out of a wheel that nobody has looked at: no path leaves the folder, nothing is larger than it should be."""

import stat
from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path, PurePosixPath, PureWindowsPath
from zipfile import BadZipFile, ZipFile, ZipInfo
from zlib import error as DeflateError  # noqa: N812  # an exception with a lower-case name

from mapping.errors import InputError
from mapping.wheels.entries import Member

MAX_MEMBERS = 100_000
_CHUNK = 1 << 20
_DAMAGE = (BadZipFile, DeflateError, EOFError, NotImplementedError, RuntimeError, ValueError, OSError)


def unpack(wheel: Path, members: Iterable[Member], folder: Path, wrote: Callable[[int], None] = lambda _: None) -> None:
    """Write the named members of a wheel into a folder, and nothing else.

    Args:
        wheel: A zip file.
        members: What to unpack; each is compared with its size and hash.
        folder: A new folder; members keep their paths in it.
        wrote: Called with the bytes written so far of all members.

    Raises:
        InputError: No zip file or a damaged one; any member, named or not, with an absolute path, a ``..``, a
            backslash or a link; a named member that is missing, stands there twice, is encrypted, or has another
            size or content. What was written before stays in ``folder``.
    """
    wanted = list(members)
    try:
        with ZipFile(wheel) as archive:
            known = _checked(wheel, archive.infolist())
            done = 0
            for member in wanted:
                info = known.get(member.path)
                if info is None:
                    raise InputError(f"{wheel.name}: no file {member.path!r} in it")
                if info.file_size != member.bytes:
                    raise InputError(f"{wheel.name}: {member.path} has {info.file_size} bytes, not {member.bytes}")
                _write(archive, info, member, folder / member.path)
                done += member.bytes
                wrote(done)
    except InputError:
        raise
    except _DAMAGE as error:
        raise InputError(f"{wheel.name} is no wheel, or it is damaged: {error}") from error


def read_text(wheel: Path, prefix: str, limit: int = 1 << 20) -> dict[str, str]:
    """Text files of a wheel's ``.dist-info`` folder by path, those whose name starts with ``prefix`` in any case.

    Raises:
        InputError: No zip file, or one of them is longer than ``limit`` bytes.
    """
    texts = {}
    try:
        with ZipFile(wheel) as archive:
            for name, info in _checked(wheel, archive.infolist()).items():
                path = PurePosixPath(name)
                if not path.parts[0].endswith(".dist-info") or not path.name.upper().startswith(prefix.upper()):
                    continue
                with archive.open(info) as file:
                    content = file.read(limit + 1)
                if len(content) > limit:
                    raise InputError(f"{wheel.name}: {name} is longer than {limit} bytes")
                texts[name] = content.decode(errors="replace")
    except InputError:
        raise
    except _DAMAGE as error:
        raise InputError(f"{wheel.name} is no wheel, or it is damaged: {error}") from error
    return texts


def _checked(wheel: Path, infos: list[ZipInfo]) -> dict[str, ZipInfo]:
    """The files by name; one bad name condemns the whole wheel, whether it is wanted or not."""
    if len(infos) > MAX_MEMBERS:
        raise InputError(f"{wheel.name}: {len(infos)} files outside [1, {MAX_MEMBERS}]")
    known: dict[str, ZipInfo] = {}
    for info in infos:
        name = info.orig_filename
        posix, windows = PurePosixPath(name), PureWindowsPath(name)
        if posix.is_absolute() or windows.drive or windows.root or "\\" in name or "\0" in name:
            raise InputError(f"{wheel.name}: {name!r} is an absolute path or no portable one")
        if ".." in posix.parts:
            raise InputError(f"{wheel.name}: {name!r} leads out of the folder")
        if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise InputError(f"{wheel.name}: {name!r} is a link or a device, not a file")
        if name in known:
            raise InputError(f"{wheel.name}: {name!r} stands in it twice")
        if not info.is_dir():
            known[name] = info
    return known


def _write(archive: ZipFile, info: ZipInfo, member: Member, path: Path) -> None:
    """Unpack one file, never writing more than its size: a zip file may understate it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    digest, size = sha256(), 0
    with archive.open(info) as source, path.open("xb") as target:
        while chunk := source.read(_CHUNK):
            size += len(chunk)
            if size > member.bytes:
                raise InputError(f"{archive.filename}: {member.path} unpacks to more than {member.bytes} bytes")
            digest.update(chunk)
            target.write(chunk)
    if size != member.bytes or digest.hexdigest() != member.sha256:
        raise InputError(f"{archive.filename}: {member.path} has SHA-256 {digest.hexdigest()}, not {member.sha256}")
