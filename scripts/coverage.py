"""Reads lcov on standard input and prints covered lines by room; see coverage.sh."""

import argparse
import os
import re
import sys


def pure_rooms():
    """The rooms that docs/architecture/rooms.md calls pure, and the pure core of one that is not."""
    with open("docs/architecture/rooms.md", encoding="utf-8") as page:
        return set(re.findall(r"^\| `([^`]+)` \| pure \|", page.read(), re.M)) | {"RegionAgent/Reconciler/Core"}


def room_of(path, pure):
    """The room of a source file; None for one that is no room's."""
    parts = path.split("/")
    if parts[0] != "Sources" or len(parts) < 4:
        return None
    core = "/".join(parts[1:4])
    return core if core in pure else "/".join(parts[1:3])


def read_files(stream):
    """Source path → {line: how often it ran}."""
    files, lines = {}, {}
    for record in stream:
        kind, _, value = record.strip().partition(":")
        if kind == "SF":
            lines = files.setdefault(os.path.relpath(value), {})
        elif kind == "DA":
            number, count = value.split(",")[:2]
            lines[int(number)] = max(lines.get(int(number), 0), int(count))
    return files


def ranges(numbers):
    """3, 4, 5, 9 → "3-5", "9"."""
    found = []
    for number in numbers:
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return [str(a) if a == b else f"{a}-{b}" for a, b in found]


def print_table(files, pure):
    rooms = {}
    for path, lines in files.items():
        room = room_of(path, pure)
        if room:
            total = rooms.setdefault(room, [0, 0])
            total[0] += len(lines)
            total[1] += sum(1 for count in lines.values() if count)
    print(f"{'ROOM':30} {'':5} {'LINES':>7} {'COVERED':>8} {'%':>6}")
    sums = [
        ("pure rooms", [n for room, n in rooms.items() if room in pure]),
        ("all rooms", list(rooms.values())),
    ]
    rows = [(room, "pure" if room in pure else "", *n) for room, n in sorted(rooms.items())]
    rows += [(name, "", sum(n[0] for n in part), sum(n[1] for n in part)) for name, part in sums]
    for name, kind, count, covered in rows:
        print(f"{name:30} {kind:5} {count:7} {covered:8} {100 * covered / max(count, 1):6.1f}")
    return rooms


def print_uncovered(files, pure, wanted):
    for path, lines in sorted(files.items()):
        missed = sorted(number for number, count in lines.items() if not count)
        if missed and room_of(path, pure) == wanted:
            print(f"{path}: {', '.join(ranges(missed))}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--uncovered", action="append", default=[], metavar="ROOM")
    wanted = parser.parse_args().uncovered
    pure, files = pure_rooms(), read_files(sys.stdin)
    rooms = print_table(files, pure)
    for room in wanted:
        if room not in rooms:
            sys.exit(f"there is no room {room}; there are {', '.join(sorted(rooms))}")
        print(f"\nlines of {room} that nothing ran:")
        print_uncovered(files, pure, room)


main()
