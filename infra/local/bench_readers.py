"""Independent readers beside ours: `bench_readers.py csv|polars|openpyxl FILE` reads the file and does nothing with it.

Prints JSON: rows, seconds of CPU time, peak memory in MB.
"""

import json
import re
import resource
import sys


def read(reader, path):
    if reader == "csv":
        import csv

        with open(path, encoding="utf-8-sig", newline="") as file:
            return sum(1 for _ in csv.reader(file, delimiter=";")) - 1
    if reader == "polars":
        import polars

        return polars.read_csv(path, separator=";", infer_schema=False).height
    import openpyxl

    sheet = openpyxl.load_workbook(path, read_only=True).worksheets[0]
    return sum(1 for _ in sheet.iter_rows(values_only=True)) - 1


def make(path, source):
    """A workbook, JSON or XML file with the rows of a CSV."""
    import csv

    with open(source, encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file, delimiter=";")
        header = next(rows)
        if path.endswith(".xlsx"):
            import openpyxl

            book = openpyxl.Workbook(write_only=True)
            sheet = book.create_sheet("Tarif")
            for row in (header, *rows):
                sheet.append(row)
            book.save(path)
        elif path.endswith(".json"):
            with open(path, "w", encoding="utf-8") as target:
                target.write("[")
                for number, row in enumerate(rows):
                    target.write(("," if number else "") + json.dumps(dict(zip(header, row)), ensure_ascii=False))
                target.write("]")
        else:
            from xml.sax.saxutils import escape

            names = [re.sub(r"\W", "_", name) for name in header]
            with open(path, "w", encoding="utf-8") as target:
                target.write("<produits>")
                for row in rows:
                    cells = "".join(f"<{name}>{escape(cell)}</{name}>" for name, cell in zip(names, row))
                    target.write(f"<produit>{cells}</produit>")
                target.write("</produits>")


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(sys.argv[2], sys.argv[3])
    else:
        rows = read(sys.argv[1], sys.argv[2])
        used = resource.getrusage(resource.RUSAGE_SELF)
        print(json.dumps({"rows": rows, "cpu_seconds": used.ru_utime + used.ru_stime, "peak_mb": used.ru_maxrss / 1024}))
