"""Reads every picture and table of a folder, and imports the tables into databases of their own: make corpus DIR=..."""

import os
import subprocess
import sys

import tools
from postgres import Server
from settings import ROLES, ROOT, Problem, Stack, main


def _main():
    if len(sys.argv) != 2:
        raise Problem("name the folder: make corpus DIR=...")
    tools.enter_venv()
    stack = Stack("bench")
    stack.folder.mkdir(parents=True, exist_ok=True)
    server = Server(stack)
    server.start()
    try:
        for role in ROLES:
            server.sql(f"do $$ begin if not exists (select from pg_roles where rolname = '{role}') then create role {role} login; end if; end $$")
        address = f"postgres://postgres:{server.password_file.read_text()}@127.0.0.1:{stack.database_port}/postgres?sslmode=disable"
        environment = {**os.environ, "DATABASE_URL": address, "SQLX_OFFLINE": "true"}
        command = ["cargo", "run", "--quiet", "--package", "e2e", "--example", "corpus", "--", sys.argv[1]]
        if subprocess.run(command, cwd=ROOT, env=environment).returncode != 0:
            raise Problem("some files differ from what is expected; see above")
    finally:
        server.stop()


if __name__ == "__main__":
    main(_main)
