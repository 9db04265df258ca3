#!/usr/bin/env python3
"""Packs the IEEE's public lists of MAC address blocks into registry.bin, where mod.rs looks vendors up.

    pack.py oui.csv mam.csv oui36.csv iab.csv

The lists are those of standards-oui.ieee.org (oui/oui.csv, oui28/mam.csv, oui36/oui36.csv, iab/iab.csv). The IEEE does not
assert any copyright in them. registry.bin was made from the lists in the crate oui-data 0.2.4.

All numbers are big-endian. Three counts of 4 bytes: blocks of 24, of 28 and of 36 bits. Then those blocks, each kind in
order: the prefix (3, 4 and 5 bytes, the last four bits of a prefix of 28 or 36 bits being 0) and 3 bytes that say where in
the names its name begins. Then the names: a length of one byte and as much UTF-8.
"""

import csv
import sys
from pathlib import Path

# What is divided into smaller blocks, and what its owner does not want to be known.
NOBODY = {"IEEE Registration Authority", "Private"}


def main(lists):
    blocks = {6: {}, 7: {}, 9: {}}
    for name in lists:
        with open(name, encoding="utf-8", newline="") as rows:
            for row in csv.DictReader(rows):
                prefix, owner = row["Assignment"].strip(), " ".join(row["Organization Name"].split())
                if owner and owner not in NOBODY:
                    # A few blocks of old were given twice: the first stands.
                    blocks[len(prefix)].setdefault(prefix.upper(), owner)
    names, places = bytearray(), {}
    for owner in sorted({owner for kind in blocks.values() for owner in kind.values()}):
        text = owner.encode()[:255].decode(errors="ignore").encode()
        places[owner] = len(names)
        names += bytes([len(text)]) + text
    out = bytearray()
    for kind in blocks.values():
        out += len(kind).to_bytes(4, "big")
    for kind in blocks.values():
        for prefix, owner in sorted(kind.items()):
            out += bytes.fromhex(prefix + "0" * (len(prefix) % 2)) + places[owner].to_bytes(3, "big")
    Path(__file__).with_name("registry.bin").write_bytes(out + names)
    print({digits * 4: len(kind) for digits, kind in blocks.items()}, len(places), "names", len(out + names), "bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
