"""`make run`: brings the stack up and does the main job once: a supplier's file into the catalogue, out for Shopify."""

import json
import os
import subprocess
import urllib.request

import stack as stacks
import tools
from settings import LOCAL, ROOT, Problem, Stack, main, say

EMAIL = "demo@productsmanager.example"
PASSWORD = "try it on this machine"
FILE = ROOT / "examples/supplier-catalogue.csv"


def _main():
    tools.enter_venv()
    stack = Stack("run")
    described = stacks.up(stack)
    url, session = described["api_url"], stack.folder / "session.json"
    sign_up(url, "Demo", EMAIL, PASSWORD)
    pm = _Pm(url, session)
    say("\nThe main job: a supplier's file becomes a catalogue, and the catalogue a Shopify file.\n")
    pm.run("login", "--email", EMAIL, quiet=True)
    _await_health(url)
    say(f"$ pm import {FILE.relative_to(ROOT)} --supplier \"L'Atelier du Nord\"")
    # 5: done, and some rows were rejected, as they should be.
    pm.run("import", str(FILE), "--supplier", "L'Atelier du Nord", accept=(0, 5))
    output = LOCAL / "run/shopify-products.csv"
    say(f"\n$ pm export --layout shopify -o {output.relative_to(ROOT)}")
    pm.run("export", "--layout", "shopify", "-o", str(output))
    say(
        f"""
The Shopify file:  {output.relative_to(ROOT)}
API base URL:      {url}
Login:             {EMAIL} / {PASSWORD}
Command line:      export PM_URL={url}
                   {tools.executable('pm').relative_to(ROOT)} login --email {EMAIL}
Logs:              make logs
Stop:              make stop   (what is there is kept; `make reset` removes it)"""
    )


class _Pm:
    def __init__(self, url, session):
        self.environment = {**os.environ, "PM_URL": url, "PM_SESSION": str(session), "PM_PASSWORD": PASSWORD}

    def run(self, *arguments, quiet=False, accept=(0,)):
        done = subprocess.run(
            [tools.executable("pm"), *arguments], env=self.environment, stdout=subprocess.DEVNULL if quiet else None, timeout=600
        )
        if done.returncode not in accept:
            raise Problem(f"`pm {arguments[0]}` failed (exit {done.returncode}); its message is above, more is in `make logs`")


def sign_up(url, organisation, email, password):
    """Signs an organisation up, unless it is."""
    body = {"organisation": organisation, "email": email, "password": password}
    request = urllib.request.Request(f"{url}/v1/organisations", json.dumps(body).encode(), {"content-type": "application/json"})
    try:
        urllib.request.urlopen(request, timeout=60).read()
    except urllib.error.HTTPError as error:
        if error.code != 409:  # 409: signed up by an earlier run.
            raise Problem(f"the organisation could not be made: {error.read().decode()}") from error
    except OSError as error:
        raise Problem(f"the API does not answer ({error}); look into `make logs`, then `make stop` and `make run`") from error


def _await_health(url):
    with urllib.request.urlopen(f"{url}/v1/health", timeout=60) as answer:
        if answer.status != 200:
            raise Problem("the API is not healthy; look into `make logs`")


if __name__ == "__main__":
    main(_main)
