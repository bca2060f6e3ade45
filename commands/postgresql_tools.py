"""PostgreSQL's own tools, pg_dump and pg_restore: found, and run without showing a password."""

import os
import re
import shutil
import subprocess
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from psycopg.pq import Conninfo
from sqlalchemy import text

from models.base import Database

_PACKAGED = "/usr/lib/postgresql"
"""Where Debian and its like keep every version."""

_VERSION = re.compile(r"\(PostgreSQL\) ([0-9]+)")
_REVISION = re.compile(r"^COPY [^\n]*alembic_version[^\n]*\n([^\n]+)\n", re.MULTILINE)


class Failed(Exception):
    """A tool lacks or has failed; the text says why."""


@dataclass(frozen=True)
class Tools:
    """The tools of one version of PostgreSQL, in one folder."""

    folder: Path
    version: int


def dump(database: Database, fresh: Path, folder: str) -> None:
    """Write a database to a file, as it is at one moment.

    Args:
        folder: where the tools are; empty to look for them.

    Raises:
        Failed: no fitting pg_dump is found, or it failed.
    """
    (tools, *_) = _fitting(database, folder)
    how = ["--format=custom", "--no-owner", "--no-privileges", f"--file={fresh}"]
    _run([tools.folder / "pg_dump", *how], _environment(database))


def restore(database: Database, file: Path, folder: str, revisions: Collection[str]) -> None:
    """Fill an empty database from a file: all of it, or nothing.

    Args:
        revisions: the versions of the schema that are known here.

    Raises:
        Failed: no fitting pg_restore is found, it failed, or the file is of a version
            that is not known.
    """
    environment = _environment(database)
    tools = _that_reads(file, _fitting(database, folder))
    if _revision(tools, file) not in revisions:
        raise Failed("it is of a version of 1919 that is not known here")
    name = environment.get("PGDATABASE", "postgres")
    _run(
        [
            tools.folder / "pg_restore",
            "--single-transaction",
            "--exit-on-error",
            "--no-owner",
            "--no-privileges",
            f"--dbname=dbname={_quoted(name)}",
            file,
        ],
        environment,
    )


def _fitting(database: Database, folder: str) -> Sequence[Tools]:
    """List the tools that fit the server, the nearest version first."""
    with database.working() as connection:
        number = connection.scalars(text("SHOW server_version_num")).one()
    server = int(number) // 10_000
    found = sorted(set(_found(folder)), key=lambda one: one.version)
    if not found:
        where = f"in PG_BIN, {folder}" if folder else "on the PATH"
        raise Failed(f"there is no pg_dump {where}: install PostgreSQL's client, or set PG_BIN")
    if fitting := [one for one in found if one.version >= server]:
        return fitting
    raise Failed(
        f"pg_dump is of version {found[-1].version}, and the server of {server}: install"
        f" PostgreSQL's client {server}, or name the folder of its programs in PG_BIN"
    )


def _found(folder: str) -> Iterator[Tools]:
    packaged = [str(one) for one in Path(_PACKAGED).glob("*/bin")]
    folders = [folder] if folder else [*os.get_exec_path(), *packaged]
    for one in dict.fromkeys(folders):
        program = shutil.which("pg_dump", path=one)
        if program and shutil.which("pg_restore", path=one):
            said = _run([Path(program), "--version"], os.environ)
            if shape := _VERSION.search(said):
                yield Tools(Path(one), int(shape[1]))


def _that_reads(file: Path, fitting: Sequence[Tools]) -> Tools:
    """Give the first tools that read a file: an old pg_restore reads no newer file."""
    for tools in fitting:
        try:
            _run([tools.folder / "pg_restore", "--list", file], os.environ)
        except Failed as why:
            last = why
        else:
            return tools
    raise last


def _revision(tools: Tools, file: Path) -> str:
    """Read of which version the schema in a file is; empty where it does not say."""
    only = ["--data-only", "--table=alembic_version", "--file=-"]
    said = _run([tools.folder / "pg_restore", *only, file], os.environ)
    shape = _REVISION.search(said)
    return shape[1] if shape else ""


def _environment(database: Database) -> Mapping[str, str]:
    """Say by the environment where the database is: a command line is for all to read."""
    engine = database.engines[0]
    _, options = engine.dialect.create_connect_args(engine.url)
    variables = {
        one.keyword.decode(): one.envvar.decode()
        for one in Conninfo.get_defaults()
        if one.envvar
    }
    given = {
        variables[name]: str(value) for name, value in options.items() if name in variables
    }
    return {**os.environ, **given}


def _quoted(name: str) -> str:
    return "'" + name.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _run(command: Sequence[str | Path], environment: Mapping[str, str]) -> str:
    """Run a tool to its end; give what it prints.

    Raises:
        Failed: with the first thing that it says.
    """
    try:
        done = subprocess.run(  # noqa: S603
            command,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    except OSError as error:
        raise Failed(f"{Path(command[0]).name}: {error.strerror}") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines() or ["no word of why"]
        raise Failed(said[0])
    return done.stdout.decode(errors="replace")
