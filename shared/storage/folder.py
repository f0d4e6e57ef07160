"""A folder that cannot be left: keys become files in it, and no symlink inside is ever followed."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from shared.storage.keys import check_key, is_key

# Every step is opened relative to the one before it, so nothing swapped for a symlink meanwhile leads away.
_ENTER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Not blocking: a named pipe that somebody put here must not hang us.
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_WRITE_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_ABSENT = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)

# A key's part never starts with a dot, so what is here is no object.
_DRAFTS = ".drafts"
_MOVE_TRIES = 5


class Folder:
    """Files by key under one root, written as drafts and moved into place. Every method may raise OSError."""

    def __init__(self, root: Path) -> None:
        (root / _DRAFTS).mkdir(parents=True, exist_ok=True)
        self._root = root.resolve()

    def read(self, key: str) -> int | None:
        """A descriptor to read the file, or None when there is none; the caller closes it."""
        try:
            with self._parent(key) as (folder, name):
                return os.open(name, _READ, dir_fd=folder)
        except OSError as error:
            if error.errno in _ABSENT:
                return None
            raise

    def draft(self, name: str) -> int:
        """A descriptor to write a new draft; the caller closes it."""
        return os.open(self._root / _DRAFTS / name, _WRITE_NEW, 0o666)

    def discard(self, name: str) -> None:
        """Remove a draft, if it is still there."""
        with suppress(FileNotFoundError):
            os.unlink(self._root / _DRAFTS / name)

    def drafts(self) -> Iterator[tuple[str, os.stat_result]]:
        """Every draft that lies there, being written or left behind."""
        with os.scandir(self._root / _DRAFTS) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):
                    yield entry.name, entry.stat(follow_symlinks=False)

    def under(self, prefix: str) -> Iterator[tuple[str, os.stat_result]]:
        """Key and facts of every plain file below; what vanishes meanwhile is left out."""
        for name, facts in self._within(prefix):
            if stat.S_ISDIR(facts.st_mode):
                yield from self.under(f"{prefix}{name}/")
            elif stat.S_ISREG(facts.st_mode):
                yield prefix + name, facts

    def move_in(self, name: str, key: str) -> None:
        """Make the draft the file of `key` in one step, and make that step last."""
        for attempt in range(_MOVE_TRIES):
            try:
                return self._move_in(name, key)
            except FileNotFoundError:
                # A deletion beside us removed the folder we had just entered.
                if attempt == _MOVE_TRIES - 1:
                    raise
        return None

    def remove(self, key: str) -> None:
        """Remove the file, if there is one, and the folders that it leaves empty."""
        try:
            with self._parent(key) as (folder, name):
                os.unlink(name, dir_fd=folder)
                os.fsync(folder)
        except OSError as error:
            if error.errno not in _ABSENT:
                raise
        self._prune(key)

    def _move_in(self, name: str, key: str) -> None:
        changed: list[int] = []
        with self._parent(key, changed) as (folder, target):
            os.replace(self._root / _DRAFTS / name, target, dst_dir_fd=folder)
            # All at the end, the innermost first: a file system with a journal then writes it once, not once for
            # every new folder.
            for descriptor in (folder, *reversed(changed)):
                os.fsync(descriptor)

    def _prune(self, key: str) -> None:
        *folders, _ = key.split("/")
        while folders:
            try:
                with self._parent("/".join(folders)) as (above, name):
                    os.rmdir(name, dir_fd=above)
            except OSError:  # not empty, or gone already
                return
            folders.pop()

    def _within(self, prefix: str) -> list[tuple[str, os.stat_result]]:
        """What lies directly in a folder; nothing where there is none."""
        try:
            with self._parent(f"{prefix}x") as (folder, _):
                names = [name for name in os.listdir(folder) if is_key(prefix + name)]
                return [(name, facts) for name in names if (facts := _facts(name, folder))]
        except OSError as error:
            if error.errno in _ABSENT:
                return []
            raise

    def _enter_root(self) -> int:
        try:
            return os.open(self._root, _ENTER)
        except OSError as error:
            # Not "absent": without its root, the storage does not know what it has.
            raise OSError(errno.ENODEV, "the storage folder is gone") from error

    @contextmanager
    def _parent(self, key: str, changed: list[int] | None = None) -> Iterator[tuple[int, str]]:
        """The descriptor of the folder that holds the file of `key`, and the file's name in it.

        Folders that are missing are made if there is a list to note down those they were made in.
        """
        *folders, name = check_key(key).split("/")
        with ExitStack() as opened:
            here = self._enter_root()
            opened.callback(os.close, here)
            for folder in folders:
                if changed is not None and _make(folder, here):
                    changed.append(here)
                here = os.open(folder, _ENTER, dir_fd=here)
                opened.callback(os.close, here)
            yield here, name


def _facts(name: str, folder: int) -> os.stat_result | None:
    with suppress(FileNotFoundError):
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    return None


def _make(folder: str, above: int) -> bool:
    """Whether it was not there yet."""
    try:
        os.mkdir(folder, dir_fd=above)
    except FileExistsError:
        return False
    return True
