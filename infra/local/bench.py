"""`make bench`: the figures of docs/performance.md, each beside its baseline, measured in the same run.

Release builds; a stack of its own. Machines are noisy: compare the ratios, and CPU time, not seconds of a clock.
"""

import csv
import json
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import time

import first_answer
import stack as stacks
import supplier_file
import tools
from demo import post, session, sign_up
from postgres import Server
from settings import DOMAINS, LOCAL, ROOT, Problem, Stack, main, say

ROWS = 100_000


def _main():
    tools.enter_venv()
    stack = Stack("bench")
    described = stacks.up(stack, "release")
    file = stack.folder / "supplier.csv"
    if not file.exists():
        say(f"bench: generating {ROWS} rows")
        supplier_file.write(file, ROWS, seed=11, clean=True)
    size = file.stat().st_size / 1e6
    say(f"\nmachine: {_cpu()}, {os.cpu_count()} cores; file: {ROWS} rows, {size:.0f} MB\n")
    try:
        _parse(file)
        _formats(stack, file)
        _apply(stack, described, file)
        _whole(stack, described, file)
        _catalog(stack, described)
        _thumbnails(stack)
        _admit(stack, described)
        _login(stack, described)
        _cold_starts()
        _first_answers(stack, described)
    finally:
        stacks.stop(stack)


def _parse(file):
    ours, baseline = _example("bench_parse", str(file)), _example("bench_parse", "--baseline", str(file))
    rate = ours["rows"] / ours["cpu_seconds"]
    _show("parse: detect, map, find repeated codes, batch, compress", f"{rate:,.0f} rows/s of CPU time, peak {ours['peak_mb']:.0f} MB",
          f"the csv crate reading only: {baseline['rows'] / baseline['cpu_seconds']:,.0f} rows/s", ">= 250,000 rows/s, <= 128 MB")


def _formats(stack, file):
    """The same rows as a workbook, JSON and XML; and who else reads such files. Seconds are CPU time of the whole process."""
    venv = LOCAL / "bench-venv"
    tools.ensure_venv(venv, ROOT / "infra/local/requirements-bench.txt")

    def other(reader, path):
        command = [venv / "bin/python", ROOT / "infra/local/bench_readers.py", reader, path]
        result = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        return f"{reader} {result['cpu_seconds']:.1f} s, {result['peak_mb']:.0f} MB"

    ours = _example("bench_parse", str(file))
    _show("the whole parse of the CSV, beside readers that only read", f"{ours['cpu_seconds']:.1f} s, {ours['peak_mb']:.0f} MB",
          f"{other('csv', file)}; {other('polars', file)}", "")
    for ending, most in (("xlsx", 384), ("json", 128), ("xml", 128)):
        made = stack.folder / f"supplier.{ending}"
        if not made.exists():
            subprocess.run([venv / "bin/python", ROOT / "infra/local/bench_readers.py", "make", made, file], check=True)
        ours, beside = _example("bench_parse", str(made)), ""
        if ending == "xlsx":
            alone = _example("bench_parse", "--baseline", str(made))
            beside = f"calamine alone {alone['cpu_seconds']:.1f} s, {alone['peak_mb']:.0f} MB; {other('openpyxl', made)}"
        _show(f"parse: the same {ours['rows']} rows as {ending}, {made.stat().st_size / 1e6:.0f} MB",
              f"{ours['cpu_seconds']:.1f} s, peak {ours['peak_mb']:.0f} MB", beside, f"<= {most} MB")


def _apply(stack, described, file):
    Server(stack).make_test_database()
    environment = {**os.environ, "DATABASE_URL": f"{described['owner_url']}/sqlx_tests?sslmode=disable"}
    result = _example("bench_apply", str(file), environment=environment)
    for what in ("create", "unchanged"):
        ours, hand = result[f"{what}_seconds"], result[f"by_hand_{what}_seconds"]
        _show(f"apply: {ROWS} rows, all {'new' if what == 'create' else 'unchanged'}", f"{ours:.1f} s = {ours / hand:.1f} x",
              f"one COPY and one upsert by hand: {hand:.1f} s", "<= 3 x")


def _whole(stack, described, file):
    email = f"bench-{time.time_ns()}@productsmanager.example"
    sign_up(stack, described["api_url"], "Bench", email, "try it on this machine")
    environment = {**os.environ, "PM_URL": described["api_url"], "PM_SESSION": str(stack.folder / "session.json"), "PM_PASSWORD": "try it on this machine"}

    def pm(*arguments):
        done = subprocess.run([tools.executable("pm", "release"), "--json", *arguments], env=environment, capture_output=True, text=True)
        if done.returncode not in (0, 5):
            raise Problem(f"pm {arguments[0]} failed: {done.stderr}{done.stdout}")
        return json.loads(done.stdout)

    pm("login", "--email", email)
    began = time.monotonic()
    imported = pm("import", str(file))
    took = time.monotonic() - began
    if imported["totals"]["created"] != ROWS:
        raise Problem(f"{imported['totals']['created']} of {ROWS} rows were imported: {imported}")
    _show(f"whole import: {ROWS} rows, from upload to completed", f"{took:.1f} s", "", "<= 20 s through the emulator")

    # The same file with a hundredth of its prices changed: previewed, then applied. What is unchanged must cost little.
    changed = stack.folder / "supplier-changed.csv"
    _change(file, changed)
    began = time.monotonic()
    previewed = pm("import", "--preview", str(changed))
    _show(f"preview: {ROWS} rows, 1 % of them changed", f"{time.monotonic() - began:.1f} s", "", "<= 30 s through the emulator")
    began = time.monotonic()
    applied = pm("apply", previewed["id"])
    if (applied["totals"]["updated"], applied["totals"]["unchanged"]) != (ROWS // 100, ROWS - ROWS // 100):
        raise Problem(f"the update went wrong: {applied['totals']}")
    _show(f"update: {ROWS} rows, 1 % of them changed", f"{time.monotonic() - began:.1f} s = {(time.monotonic() - began) / took:.2f} x the first import", "", "")

    _exports(stack, pm, ROWS)
    say("bench: making four times as many products more (a minute or two)")
    Server(stack).sql(_MORE, database="db_catalog")
    _exports(stack, pm, 5 * ROWS)


# The newest organisation's products four times more, under other codes.
_MORE = """
do $$
declare tenant uuid := (select tenant_id from products order by created_at desc limit 1);
begin
    perform set_config('app.tenant_id', tenant::text, false);
    for copy in 1..4 loop
        insert into products (tenant_id, product_id, sku, title, description, brand, category, price, cost_price, currency, stock,
                              weight_grams, image_urls, status, created_at, updated_at)
        select tenant_id, gen_random_uuid(), sku || '-' || copy, title, description, brand, category, price, cost_price, currency, stock,
               weight_grams, image_urls, status, created_at, updated_at
        from products where tenant_id = tenant and sku not like '%-_';
    end loop;
end $$
"""
_ROWS = "select sku, ean, title, brand, category, price, net_price, cost_price, currency, stock, status, description, image_urls from products"


def _exports(stack, pm, products):
    """What an export costs its process, beside PostgreSQL's COPY and Python's writers of the same rows."""
    venv = LOCAL / "bench-venv"
    tools.ensure_venv(venv, ROOT / "infra/local/requirements-bench.txt")
    source = stack.folder / "products.csv"
    copied = _copy_out(stack, source)

    def python(kind):
        command = [venv / "bin/python", ROOT / "infra/local/bench_writers.py", kind, source, stack.folder / f"python.{kind}"]
        result = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        return f"Python's {kind} {result['cpu_seconds']:.1f} s, {result['peak_mb']:.0f} MB"

    every = [part for status in ("active", "inactive", "draft", "archived") for part in ("--status", status)]
    for layout, form, other, most in (("products", "csv", "csv", 2), ("products", "jsonl", "json", 2), ("products", "xlsx", "xlsxwriter", 6), ("shopify", "csv", "csv", 2)):
        # Warmed, so that its process is there.
        pm("export", "--layout", "google", "--link", "https://shop.example/{sku}", *every, "-o", str(stack.folder / "warm.tsv"))
        _forget_peak(stack, "exports.write_export")
        before = _process(stack, "exports.write_export")
        exported = pm("export", "--layout", layout, "--format", form, *every, "-o", str(stack.folder / f"out.{form}"))
        after = _process(stack, "exports.write_export")
        if exported["exported"] != products:
            raise Problem(f"{exported['exported']} of {products} products were exported: {exported}")
        cpu = after[0] - before[0]
        target = f"<= {most * products // ROWS} s, <= 96 MB"
        _show(f"export: {products:,} products, {layout} as {form}, {sum(file['bytes'] for file in exported['files']) / 1e6:.0f} MB in {len(exported['files'])} files",
              f"{cpu:.1f} s of CPU time = {products / cpu:,.0f} rows/s, peak {after[1]:.0f} MB",
              f"COPY of the same rows: {copied:.1f} s of PostgreSQL's time; {python(other)}", target)


def _forget_peak(stack, handler):
    """Lets the kernel count the peak memory of a function's processes anew."""
    for entry in pathlib.Path("/proc").iterdir():
        try:
            if f"_HANDLER={handler}".encode() in (entry / "environ").read_bytes().split(b"\0"):
                (entry / "clear_refs").write_text("5")
        except OSError:
            continue


def _change(file, changed):
    """The file with the price of every hundredth row raised."""
    with open(file, encoding="utf-8-sig", newline="") as source, open(changed, "w", encoding="utf-8", newline="") as target:
        reader, writer = csv.reader(source, delimiter=";"), csv.writer(target, delimiter=";", lineterminator="\r\n")
        header = next(reader)
        writer.writerow(header)
        price = next(index for index, name in enumerate(header) if "TTC" in name)
        for number, row in enumerate(reader):
            if number % 100 == 0:
                row[price] = "9999,99"
            writer.writerow(row)


def _catalog(stack, described):
    """Finding products: handler time at 500,000, beside a tenth as many of another organisation in the same tables."""
    Server(stack).make_test_database()
    environment = {**os.environ, "DATABASE_URL": f"{described['owner_url']}/sqlx_tests?sslmode=disable"}
    say("bench: making 500,000 products, and 50,000 of somebody else (some minutes)")
    result = _example("bench_catalog", "500000", environment=environment)
    for one in result["results"]:
        _show(f"find among {result['products']:,}: {one['kind']}", f"p95 {one['p95_ms']:.1f} ms, p50 {one['p50_ms']:.1f} ms", "", f"<= {one['budget_ms']:.0f} ms")
        if one["plan"]:
            say(f"    over its budget; the plan of the slowest:\n{one['plan']}")


def _thumbnails(stack):
    picture = stack.folder / "12-megapixels.jpg"
    _example("bench_thumbnails", "--make", str(picture), empty=True)
    ours, sharp = _example("bench_thumbnails", str(picture)), _sharp(stack, picture)
    baseline = f"sharp {sharp['version']}: {sharp['wall_ms']:.0f} ms, {sharp['cpu_ms']:.0f} ms of CPU time, peak {sharp['peak_mb']:.0f} MB" if sharp else ""
    _show("thumbnails: three sizes of a JPEG of 12 megapixels", f"{ours['wall_ms']:.0f} ms, {ours['cpu_ms']:.0f} ms of CPU time, peak {ours['peak_mb']:.0f} MB",
          baseline, "<= sharp, <= 200 MB")


def _sharp(stack, picture):
    """The same by sharp, where Node.js is there; its version is fixed, so that figures can be compared."""
    if not (shutil.which("node") and shutil.which("npm")):
        say("bench: Node.js is missing, so sharp is not measured")
        return None
    folder = stack.folder / "sharp"
    folder.mkdir(exist_ok=True)
    if not (folder / "node_modules/sharp").exists():
        say("bench: installing sharp")
        done = subprocess.run(["npm", "install", "--silent", "--no-fund", "--no-audit", "--prefix", folder, "sharp@0.35.5"], capture_output=True, text=True)
        if done.returncode != 0:
            say(f"bench: sharp could not be installed: {done.stderr.strip()[:200]}")
            return None
    environment = {**os.environ, "NODE_PATH": str(folder / "node_modules")}
    done = subprocess.run(["node", ROOT / "infra/local/bench_sharp.cjs", picture], capture_output=True, text=True, env=environment)
    if done.returncode != 0:
        raise Problem(f"sharp failed: {done.stderr.strip()[:300]}")
    return json.loads(done.stdout)


def _admit(stack, described):
    environment = {**stack.environment(), "DATABASE_URL": f"{described['owner_url']}/sqlx_tests?sslmode=disable", "STATE_TABLE": f"pm-{stack.stage}-state"}
    result = _example("bench_admit", environment=environment)
    ours = result["admit_us"] - result["transaction_us"] - result["count_us"]
    _show("letting a request in: token, session, role, limit; one DynamoDB call",
          f"{result['admit_us']:,.0f} us, {result['cpu_us']:,.0f} us of CPU time here; without the two round trips {ours:,.0f} us",
          f"an empty transaction: {result['transaction_us']:,.0f} us; a count in the emulator's DynamoDB: {result['count_us']:,.0f} us", "")


def _login(stack, described):
    """Processor time of logins in the function's process, beside that of a request without a password."""
    email, password, times = f"login-{time.time_ns()}@productsmanager.example", "try it on this machine", 10
    sign_up(stack, described["api_url"], "Login", email, password)

    def cpu(handler, path, body):
        post(described["api_url"], path, body)
        before = _process(stack, handler)[0]
        for _ in range(times):
            post(described["api_url"], path, body)
        return (_process(stack, handler)[0] - before) / times * 1000

    login = cpu("identity.login", "/v1/auth/login", {"email": email, "password": password})
    refresh = cpu("identity.refresh", "/v1/auth/refresh", {"refresh_token": "none"})
    _show("login: argon2id (19 MiB, 2 passes), session, tokens", f"{login:.0f} ms of CPU time", f"a refused refresh: {refresh:.0f} ms", "<= 150 ms on one core")


def _copy_out(stack, to):
    """Writes the newest organisation's rows by COPY; returns the seconds that PostgreSQL took."""
    server = Server(stack)
    began = time.monotonic()
    rows = f"{_ROWS} where tenant_id = (select tenant_id from products order by created_at desc limit 1)"
    text = server.sql(f"copy ({rows}) to stdout (format csv)", database="db_catalog")
    took = time.monotonic() - began
    to.write_text(text)
    return took


def _process(stack, handler):
    """CPU seconds so far and peak memory in MB of the processes that run a function of this stack."""
    seconds, peak = 0.0, 0.0
    for entry in pathlib.Path("/proc").iterdir():
        try:
            environment = (entry / "environ").read_bytes().split(b"\0")
            if f"_HANDLER={handler}".encode() in environment and f"AWS_ENDPOINT_URL={stack.endpoint}".encode() in environment:
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
                seconds += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
                line = next(line for line in (entry / "status").read_text().splitlines() if line.startswith("VmHWM"))
                peak = max(peak, int(line.split()[1]) / 1024)
        except OSError:
            continue
    return seconds, peak


def _cold_starts():
    """From exec to the first poll of the Runtime API, each executable ten times, the middle one counts."""
    base = sorted(_spawn_true() for _ in range(10))[5]
    for domain in DOMAINS:
        handler = _first_handler(domain)
        starts = sorted(_cold_start(tools.executable(domain, "release"), handler) for _ in range(10))
        milliseconds, megabytes = starts[5][0], max(start[1] for start in starts)
        size = tools.executable(domain, "release").stat().st_size / 1e6
        _show(f"cold start: {domain} ({size:.0f} MB)", f"{milliseconds:.1f} ms, {megabytes:.0f} MB", f"/bin/true: {base:.1f} ms", "<= 20 ms, <= 30 MB")


def _first_answers(stack, described):
    """From exec to the first answer of a GET that needs a caller: alone, and forty processes that start together."""
    executable = tools.executable(first_answer.HANDLER.split(".")[0], "release")
    environment = first_answer.function_environment(stack, first_answer.HANDLER)
    # The runs below would reach the usual limits.
    request = first_answer.event(session(stack, described, "Bench"))
    empty, nothing = ROOT / "target" / tools.target() / "release/examples/empty_handler", {**environment, "_HANDLER": "bench.empty"}
    alone = statistics.median(first_answer.first_answer(executable, environment, request) for _ in range(15))
    baseline = statistics.median(first_answer.first_answer(empty, nothing, request) for _ in range(15))
    database, aws, proxied = first_answer.proxied(environment)
    first_answer.first_answer(executable, proxied, request)
    _show(f"first answer: exec to the answer of an authorised GET ({first_answer.HANDLER})",
          f"{alone:.0f} ms; {database.round_trips} round trips to PostgreSQL on {database.connections} connections, {aws.round_trips} to AWS on {aws.connections}",
          f"an empty handler: {baseline:.0f} ms", "")
    together = first_answer.at_once(executable, environment, request, 40)
    beside = first_answer.at_once(empty, nothing, request, 40)
    _show("first answer: forty processes that start together", f"the middle one {statistics.median(together):.0f} ms, the last {together[-1]:.0f} ms",
          f"forty empty handlers: {statistics.median(beside):.0f} ms, the last {beside[-1]:.0f} ms", "")


def _first_handler(domain):
    template = (ROOT / f"functions/{domain}/template.yaml").read_text().splitlines()
    return next(line.split(":")[1].strip() for line in template if line.strip().startswith(f"Handler: {domain}."))


def _spawn_true():
    began = time.perf_counter()
    subprocess.run(["/bin/true"])
    return (time.perf_counter() - began) * 1000


def _cold_start(executable, handler):
    """Milliseconds from exec to the first poll, and the memory in MB by then."""
    api = first_answer.RuntimeApi()
    environment = {**api.environment(), "_HANDLER": handler}
    began = time.perf_counter()
    process = subprocess.Popen([executable], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        if not api.polled.wait(10):
            raise Problem(f"{executable} does not poll the Runtime API")
        status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
        memory = next(line for line in status.splitlines() if line.startswith("VmRSS"))
        return (api.polled.at - began) * 1000, int(memory.split()[1]) / 1024
    finally:
        process.kill()
        process.wait()
        api.close()


def _example(name, *arguments, environment=None, empty=False):
    path = ROOT / "target" / tools.target() / "release/examples" / name
    done = subprocess.run([path, *arguments], capture_output=True, text=True, env=environment or os.environ)
    if done.returncode != 0:
        raise Problem(f"{name} failed: {done.stderr}")
    return None if empty else json.loads(done.stdout)


def _show(what, figure, baseline, target):
    say(f"{what}\n    {figure}\n    baseline: {baseline or 'none'}\n    target:   {target}")


def _cpu():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor()


if __name__ == "__main__":
    main(_main)
