"""Writes the queries' offline data: each database crate is compiled against its own, freshly migrated database.

    prepare.py [--check] [DATABASE ...]     --check only tells whether the committed data is what it would write
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import tools
from postgres import Server
from settings import ROLES, ROOT, Problem, Stack, main, say

DATABASES = ["analytics", "catalog", "code2asin", "core", "imports", "media", "suppliers"]


def _main():
    tools.enter_venv()
    check = "--check" in sys.argv
    wanted = [name for name in DATABASES if name in sys.argv] or DATABASES
    stack = Stack("test")
    stack.folder.mkdir(parents=True, exist_ok=True)
    server = Server(stack)
    server.start()
    for role in ROLES:
        server.sql(f"do $$ begin if not exists (select from pg_roles where rolname = '{role}') then create role {role} login; end if; end $$")
    changed = [name for name in wanted if _prepare(server, name, check)]
    if check and changed:
        raise Problem(f"the offline data of {', '.join(changed)} is out of date; run `make prepare` and commit .sqlx")
    say("prepare: done")


def _prepare(server, name, check):
    database = f"prepare_{name}"
    server.sql(f"drop database if exists {database}")
    server.sql(f"create database {database}")
    for migration in sorted((ROOT / "migrations" / name).glob("*.sql")):
        server.sql(migration.read_text(), database=database)
    crate = ROOT / "shared/db" / name
    committed = crate / ".sqlx"
    with tempfile.TemporaryDirectory() as written:
        environment = {
            **os.environ,
            f"DATABASE_URL_{name.upper()}": f"postgres://postgres:{server.password_file.read_text()}@127.0.0.1:{server.stack.database_port}/{database}",
            "SQLX_OFFLINE": "false",
            "SQLX_OFFLINE_DIR": written,
            "CARGO_BUILD_TARGET": tools.target(),
        }
        (crate / "src/lib.rs").touch()
        say(f"prepare: db-{name}")
        if subprocess.run(["cargo", "check", "--quiet", "--package", f"db-{name}"], cwd=ROOT, env=environment).returncode != 0:
            raise Problem(f"db-{name} does not compile against its database; the compiler's messages are above")
        fresh = {file.name: file.read_text() for file in pathlib.Path(written).glob("*.json")}
        before = {file.name: file.read_text() for file in committed.glob("*.json")} if committed.exists() else {}
        if fresh != before and not check:
            shutil.rmtree(committed, ignore_errors=True)
            committed.mkdir()
            for file, text in fresh.items():
                (committed / file).write_text(text)
    server.sql(f"drop database {database}")
    return fresh != before


if __name__ == "__main__":
    main(_main)
