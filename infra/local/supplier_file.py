"""Generates a supplier's file: realistic products, and some of the rows that real suppliers send.

    supplier_file.py [--rows 1200] [--seed 7] [--clean] OUTPUT

The same arguments give the same bytes. `examples/supplier-catalogue.csv` is `supplier_file.py --rows 1200 --seed 7`.
"""

import argparse
import csv
import random

HEADER = ["Référence", "Désignation", "EAN13", "Marque", "Catégorie", "Prix TTC", "Prix HT", "Devise", "Qté en stock",
          "Poids (g)", "Réf fournisseur", "Description", "URL image", "Statut", "Code douanier"]

# Kind of product, category, price from and to, weight in grams from and to.
KINDS = [
    ("Perceuse à percussion", "Outillage > Perceuses", 45, 260, 1400, 3200),
    ("Visseuse sans fil", "Outillage > Visseuses", 39, 220, 900, 1900),
    ("Ponceuse excentrique", "Outillage > Ponceuses", 49, 190, 1100, 2400),
    ("Scie sauteuse", "Outillage > Scies", 55, 240, 1700, 2900),
    ("Lampe de bureau", "Maison > Luminaires", 18, 120, 600, 2100),
    ("Suspension en verre", "Maison > Luminaires", 29, 210, 900, 3500),
    ("Casserole inox", "Cuisine > Cuisson", 15, 95, 700, 1900),
    ("Poêle antiadhésive", "Cuisine > Cuisson", 14, 80, 600, 1700),
    ("Cafetière à piston", "Cuisine > Café", 17, 75, 500, 1200),
    ("Chaise pliante", "Jardin > Mobilier", 22, 110, 2500, 5200),
    ("Sécateur à enclume", "Jardin > Taille", 11, 65, 180, 420),
    ("Tuyau d'arrosage", "Jardin > Arrosage", 19, 99, 1500, 6000),
    ("Casque audio", "High-tech > Audio", 25, 349, 180, 420),
    ("Clavier mécanique", "High-tech > Informatique", 49, 189, 700, 1300),
    ("Sac à dos urbain", "Bagagerie > Sacs", 29, 149, 600, 1400),
    ("Valise cabine", "Bagagerie > Valises", 49, 229, 2100, 3400),
]
BRANDS = ["Bosch", "Makita", "Rowenta", "Téfal", "Bodum", "Fermob", "Gardena", "Sony", "Logitech", "Eastpak", "Delsey",
          "Artemide", "Le Creuset", "Opinel", "Lagrange", "L'Outil Parfait"]
TRAITS = ["compact", "professionnel", "édition 2026", "léger", "garanti 5 ans", "noir mat", "bleu nuit", "rouge", "gris clair",
          "série « Atelier »", "grand modèle", "petit modèle", "sans BPA", "18 V", "230 V", "recyclé à 60 %"]
SENTENCES = ["Livré avec sa notice en français.", "Pièces détachées disponibles pendant dix ans.",
             "Testé dans nos ateliers ; marquage CE.", "Convient à un usage quotidien.", "Emballage sans plastique.",
             "Poignée ergonomique, \"prise souple\".", "Entretien facile : un chiffon humide suffit."]


def check_digit(body):
    """The GS1 check digit of the digits before it."""
    total = sum(int(digit) * (3 if position % 2 == 0 else 1) for position, digit in enumerate(reversed(body)))
    return str((10 - total % 10) % 10)


def ean(number):
    """A valid EAN-13 in the range kept for use inside a company (prefix 20 to 29)."""
    body = f"29{number:010d}"
    return body + check_digit(body)


def product(rng, number):
    """A good row."""
    kind, category, low, high, light, heavy = rng.choice(KINDS)
    brand, traits = rng.choice(BRANDS), rng.sample(TRAITS, 2)
    gross = round(rng.uniform(low, high), 2)
    price = f"{gross:.2f}".replace(".", ",")
    if gross >= 200:
        price = f"{price[:-6]} {price[-6:]}".strip() if gross >= 1000 else f"{price} €"
    images = " | ".join(f"https://images.example/{number}/{index}.jpg" for index in range(1, rng.randint(1, 4) + 1))
    return [
        f"SF-{number:06d}",
        f"{kind} {brand} {traits[0]}, {traits[1]}",
        ean(number),
        brand,
        category,
        price,
        f"{gross / 1.2:.2f}".replace(".", ","),
        "EUR",
        str(rng.choice([0, 1, 2, 3, 5, 8, 12, 25, 40, 120, 600])),
        str(rng.randint(light, heavy)),
        f"{brand[:3].upper()}{rng.randint(10_000, 99_999)}",
        "<p>" + " ".join(rng.sample(SENTENCES, 3)) + "</p>\n<p>Couleur et finition : " + traits[0] + ".</p>",
        images,
        rng.choice(["actif", "actif", "actif", "actif", "inactif", "brouillon"]),
        str(rng.randint(10_000_000, 99_999_999)),
    ]


def spoil(rng, row, number):
    """A row as suppliers spoil it; gives the row and whether it has another width."""
    mistake = number % 9
    if mistake == 0:
        row[2] = row[2][:-1] + str((int(row[2][-1]) + 3) % 10)  # a wrong check digit
    elif mistake == 1:
        row[5] = "-" + row[5]  # a negative price
    elif mistake == 2:
        row[1] = ""  # no title
    elif mistake == 3:
        row[0], row[2] = "", ""  # nothing to know it by
    elif mistake == 4:
        row[2] = "2,9E+12"  # what a spreadsheet makes of an EAN
    elif mistake == 5:
        row[7] = "EURO"  # no currency code
    elif mistake == 6:
        row[8] = "en rupture"  # no number
    elif mistake == 7:
        del row[9]  # a cell too few
    else:
        row[12] = "photo.jpg"  # no address
    return row


def write(path, rows, seed, clean=False):
    """Writes the file: semicolons, UTF-8 with its mark, CRLF, as Excel saves it in France."""
    rng = random.Random(seed)
    with open(path, "w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
        writer.writerow(HEADER)
        for number in range(1, rows + 1):
            row = product(rng, number)
            if not clean and number % 53 == 0:
                row = spoil(rng, row, number // 53)
            elif not clean and number % 211 == 0:
                row[0], row[2] = f"SF-{number - 100:06d}", ean(number - 100)  # a code that was there before
            writer.writerow(row)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1200)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--clean", action="store_true", help="without spoilt rows")
    parser.add_argument("output")
    arguments = parser.parse_args()
    write(arguments.output, arguments.rows, arguments.seed, arguments.clean)
