"""Independent writers beside ours: `bench_writers.py csv|json|xlsxwriter SOURCE TARGET` reads the rows of SOURCE and writes them.

Prints JSON: seconds of CPU time, peak memory in MB; reading the rows is part of both.
"""

import csv
import json
import resource
import sys


def write(kind, source, target):
    csv.field_size_limit(10_000_000)
    with open(source, encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        if kind == "csv":
            with open(target, "w", encoding="utf-8-sig", newline="") as out:
                csv.writer(out, delimiter=";").writerows(rows)
        elif kind == "json":
            with open(target, "w", encoding="utf-8") as out:
                for row in rows:
                    out.write(json.dumps(dict(enumerate(row)), ensure_ascii=False) + "\n")
        else:
            import xlsxwriter

            book = xlsxwriter.Workbook(target, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
            sheet = book.add_worksheet("products")
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
            book.close()


if __name__ == "__main__":
    write(*sys.argv[1:4])
    usage = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({"cpu_seconds": usage.ru_utime + usage.ru_stime, "peak_mb": usage.ru_maxrss / 1024}))
