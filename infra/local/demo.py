"""`make run`: brings the stack up and does the main job once: a supplier's file into the catalogue, out for Shopify."""

import json
import os
import re
import subprocess
import time
import urllib.error
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
    sign_up(stack, url, "Demo", EMAIL, PASSWORD)
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


def sign_up(stack, url, organisation, email, password):
    """Signs an organisation up and confirms the address by the mail that comes, unless an earlier run did."""
    status, _ = post(url, "/v1/auth/login", {"email": email, "password": password})
    if status == 200:
        return
    status, body = post(url, "/v1/organisations", {"organisation": organisation, "email": email, "password": password})
    if status != 202:
        raise Problem(f"the organisation could not be made: {body}")
    token = _token_in_mail(stack, email)
    status, body = post(url, "/v1/auth/verify-email", {"token": token, "password": password})
    if status != 204:
        raise Problem(f"the address could not be confirmed: {body}")


def session(stack, described, organisation):
    """An access token of a new organisation without the usual limits."""
    url, email = described["api_url"], f"{organisation.lower()}-{time.time_ns()}@productsmanager.example"
    sign_up(stack, url, organisation, email, PASSWORD)
    status, body = post(url, "/v1/auth/login", {"email": email, "password": PASSWORD, "remember_me": True})
    if status != 200:
        raise Problem(f"the login failed: {body}")
    tokens = json.loads(body)
    order = {"organisation_id": tokens["organisation_id"], "plan": "business", "per_minute": 10**6, "bulk_per_minute": 10**6, "per_hour": 10**7}
    answer = stack.client("lambda").invoke(FunctionName=f"pm-{stack.stage}-identity-set_limits", Payload=json.dumps(order).encode())
    if "FunctionError" in answer:
        raise Problem(f"the limits could not be set: {answer['Payload'].read()}")
    return tokens["access_token"]


def post(url, path, body):
    """Sends a request without a session; returns the status and the body."""
    request = urllib.request.Request(f"{url}{path}", json.dumps(body).encode(), {"content-type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError as error:
        raise Problem(f"the API does not answer ({error}); look into `make logs`, then `make stop` and `make run`") from error


def _token_in_mail(stack, email):
    """The token of the newest mail to an address: the emulator keeps what SES would have sent."""
    for _ in range(900):
        with urllib.request.urlopen(f"{stack.endpoint}/_ministack/ses/messages", timeout=10) as answer:
            mails = [mail for mails in json.load(answer)["messages"].values() for mail in mails if email in mail["To"]]
        for mail in reversed(mails):
            found = re.search(r"#token=([\w.-]+)", mail["BodyText"])
            if found:
                return found[1]
        time.sleep(0.2)
    raise Problem(f"no mail came to {email}; look into `make logs`")


def _await_health(url):
    with urllib.request.urlopen(f"{url}/v1/health", timeout=60) as answer:
        if answer.status != 200:
            raise Problem("the API is not healthy; look into `make logs`")


if __name__ == "__main__":
    main(_main)
