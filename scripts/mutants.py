#!/usr/bin/env python3
"""Which changes of the code does no test notice?

A mutant is one small change: a bound that lets its own value in or keeps it out, one side of an `and` or an `or` left out,
a negation, the next number, a statement left out. All mutants of the folders are compiled at once, into a copy of the tree,
each behind a switch that the variable REGIE_MUTANT turns by its number: so each costs a run of the tests, and no build.
What does not compile is left as it is. A folder that is named again has a further filter, for what the ones before did not
notice: so the quick tests that are about it go first. A mutant that survives is a test that is missing, or code that is not
needed, or no change at all: somebody has to look.
"""

import argparse
import hashlib
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

import mutate
from mutate import SUPPORT, File


class Copy:
    """The tree with its mutants, in a folder of its own with a build of its own."""

    def __init__(self, root, folders):
        self.root, self.tree, self.folders = root, root / ".build" / "mutants", folders
        self.modules = sorted({module_of(folder) for folder in folders})
        self.memory, self.digests = root / ".build" / "mutants.json", {}

    def place(self, name):
        """Where it goes, with no link on the way: nothing is written through what was one the last time."""
        path = self.tree / name
        for folder in path.relative_to(self.tree).parents[:-1]:
            if (self.tree / folder).is_symlink():
                (self.tree / folder).unlink()
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def write(self, name, text):
        path = self.place(name)
        if path.is_symlink():
            path.unlink()
        # What stays is not built again.
        if not path.exists() or path.read_bytes() != text:
            path.write_bytes(text)
            path.chmod((self.root / name).stat().st_mode if (self.root / name).exists() else 0o644)

    def link(self, name):
        path, end = self.place(name), os.readlink(self.root / name)
        if path.is_symlink() and os.readlink(path) == end:
            return
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        path.unlink(missing_ok=True)
        path.symlink_to(end)

    def fill(self, banned):
        names = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=self.root, check=True,
            stdout=subprocess.PIPE, text=True).stdout.split("\0")
        links = {name for name in names if name and (self.root / name).is_symlink()}
        for name in links:
            self.link(name)
        names = [name for name in names if name and name not in links and (self.root / name).is_file()]
        mutants, declarations = [], {module: [] for module in self.modules}
        for name in sorted(names):
            text = (self.root / name).read_bytes()
            if folder_of(name, self.folders) and name.endswith(".swift"):
                digest = self.digest(text)
                if self.digests.get(name, digest) != digest:
                    # Somebody goes on writing it: its lines are others now.
                    banned -= {fault for fault in banned if fault[0] == name}
                self.digests[name] = digest
                file = File(name, text.decode(), banned, len(mutants))
                text = file.mutate().encode()
                mutants += file.mutants
                declarations[module_of(name)] += file.declarations
            self.write(name, text)
        kept = links.union(names)
        for module, declared in declarations.items():
            support = f"{module}/Mutants.swift"
            self.write(support, (SUPPORT + "\n".join(declared) + "\n").encode())
            kept.add(support)
        for path in [*self.tree.glob("Sources/**/*.swift"), *self.tree.glob("Tests/**/*.swift")]:
            if str(path.relative_to(self.tree)) not in kept:
                path.unlink()
        return mutants

    def build(self):
        """The mutants that compile."""
        banned = self.known()
        while True:
            mutants = self.fill(banned)
            targets = [["--target", pathlib.Path(module).name] for module in self.modules]
            for what in (*targets, ["--build-tests"]):
                ended = subprocess.run(
                    ["swift", "build", *what], cwd=self.tree, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
                if ended.returncode:
                    break
            else:
                return mutants
            faults = self.faults(ended.stdout, mutants)
            more = faults - banned
            if not more:
                # What does not compile without any mutant either says nothing of them.
                broken = {name for name, _ in faults}
                self.remember({fault for fault in banned if fault[0] not in broken})
                sys.exit(f"mutants.py: the copy can not be built:\n{ended.stdout[-4000:]}")
            banned |= more
            self.remember(banned)
            print(f"{len(banned)} lines or files do not compile with mutants, and stay as they are", file=sys.stderr)

    @staticmethod
    def digest(text):
        """Of a file, and of what makes its mutants."""
        return hashlib.sha256(text + pathlib.Path(mutate.__file__).read_bytes()).hexdigest()

    def known(self):
        """What did not compile the last time, of files that are as they were: nothing else has to be built again for it."""
        try:
            told = [(name, digest, line) for name, digest, line in json.loads(self.memory.read_text())]
            told = [one for one in told if (self.root / one[0]).is_file()]
        except (FileNotFoundError, ValueError, TypeError):
            # Nothing was built yet, or what is there is no memory of it: it is found out anew.
            return set()
        same = [one for one in told if self.digest((self.root / one[0]).read_bytes()) == one[1]]
        self.digests = {name: digest for name, digest, _ in same}
        return {(name, line) for name, _, line in same}

    def remember(self, banned):
        told = [(name, self.digests[name], line) for name, line in sorted(banned) if name in self.digests]
        # In one go: who is killed meanwhile leaves what was there.
        new = self.memory.with_suffix(".new")
        new.write_text(json.dumps(told))
        new.replace(self.memory)

    def faults(self, log, mutants):
        found = set()
        for name, line, error in re.findall(r"^(/\S+\.swift):(\d+):\d+: error: (.*)$", log, re.M):
            try:
                name = str(pathlib.Path(name).relative_to(self.tree.resolve()))
            except ValueError:
                continue
            lines = {mutant.line for mutant in mutants if mutant.file == name and mutant.line == int(line)}
            unset = re.match(r"(?:constant|variable) '(\w+)' ", error)
            if unset and not lines:
                lines = {m.line for m in mutants if m.file == name and m.text.startswith(f"{unset.group(1)} = ")}
            found |= {(name, line) for line in lines or {0}}
        return found


class Judge:
    """The tests that a filter chooses, and how long they may take."""

    def __init__(self, command, filter_, skip, tree):
        self.command, self.tree, self.limit = [*command, "--filter", filter_], tree, 3600.0
        if skip:
            self.command += ["--skip", skip]

    def prepare(self):
        began = time.monotonic()
        told = self.outcome(-1)
        if told:
            sys.exit(f"mutants.py: without any mutant the tests fail: {told}")
        self.limit = 20 + 8 * (time.monotonic() - began)

    def outcome(self, number):
        """None where every test passes, else what told of the mutant."""
        environment = dict(os.environ, REGIE_MUTANT=str(number), NO_COLOR="1")
        process = subprocess.Popen(
            self.command, cwd=self.tree, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            errors="replace", start_new_session=True)
        late = threading.Event()

        def stop():
            late.set()
            os.killpg(process.pid, signal.SIGKILL)

        timer = threading.Timer(self.limit, stop)
        timer.start()
        failed = next((line.strip() for line in process.stdout if line.startswith("✘")), None)
        timer.cancel()
        if failed:
            os.killpg(process.pid, signal.SIGKILL)
        status = process.wait()
        if failed or late.is_set():
            return failed or f"has not ended after {self.limit:.0f} s"
        return None if status == 0 else f"ended with {status}"


class Runner:
    """Runs the tests with one mutant at a time in each of some processes."""

    def __init__(self, copy, options):
        where = subprocess.run(
            ["swift", "build", "--show-bin-path"], cwd=copy.tree, check=True, stdout=subprocess.PIPE, text=True)
        command = ["stdbuf", "-oL", f"{where.stdout.strip()}/regiePackageTests.xctest", "--testing-library", "swift-testing"]
        filters = {filter_ for filters in options.folders.values() for filter_ in filters}
        self.judges = {filter_: Judge(command, filter_, options.skip, copy.tree) for filter_ in sorted(filters)}
        self.options, self.lock = options, threading.Lock()

    def survives(self, mutant):
        filters = self.options.folders[folder_of(mutant.file, self.options.folders)]
        return all(self.judges[filter_].outcome(mutant.number) is None for filter_ in filters)

    def run(self, mutants):
        for judge in self.judges.values():
            judge.prepare()
        options = self.options
        waiting = [mutant for mutant in mutants if options.only.search(line_of(mutant))]
        random.Random(options.seed).shuffle(waiting)
        end, survivors, done, total = time.monotonic() + 60 * options.minutes, [], 0, len(waiting)

        def work():
            nonlocal done
            while time.monotonic() < end:
                with self.lock:
                    if not waiting:
                        return
                    mutant = waiting.pop()
                survives = self.survives(mutant)
                with self.lock:
                    done += 1
                    if survives:
                        survivors.append(mutant)
                        print(line_of(mutant), flush=True)
                    if done % 20 == 0:
                        print(f"{done} of {total} tried, {len(survivors)} survived", file=sys.stderr)

        workers = [threading.Thread(target=work) for _ in range(os.cpu_count() or 1)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        print(f"mutants: {done} tried, {len(survivors)} survived, {len(waiting)} not tried, seed {options.seed}")


def line_of(mutant):
    return f"{mutant.file}:{mutant.line}:{mutant.column}: {mutant.kind}: {mutant.text}"


def module_of(name):
    return "/".join(name.split("/")[:3])


def folder_of(name, folders):
    """The innermost of the folders that the file is in."""
    return max((folder for folder in folders if name.startswith(folder + "/")), key=len, default=None)


def pattern(text):
    try:
        return re.compile(text)
    except re.error as error:
        raise argparse.ArgumentTypeError(f"{text}: no regular expression: {error}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "pairs", nargs="+", metavar="FOLDER=FILTER",
        help="what is mutated, and which tests judge it, as swift test --filter takes them: "
        "'Sources/RegionAgent/Reconciler/Core=^ReconcilerTests\\.'")
    parser.add_argument("--skip", help="which of these do not, as they take long: PropertyTests")
    parser.add_argument(
        "--only", type=pattern, default="",
        help="a pattern of the mutants that are tried, of the lines that tell of them; all are built: /Judgement/")
    parser.add_argument("--minutes", type=float, default=30, help="how long mutants are tried, the build not counted (30)")
    parser.add_argument("--seed", type=int, default=1, help="in which order (1)")
    options = parser.parse_args()
    root = pathlib.Path(__file__).resolve().parent.parent
    options.folders = {}
    for pair in options.pairs:
        folder, _, filter_ = pair.partition("=")
        folder = folder.rstrip("/")
        if not re.fullmatch(r"Sources/\w+/\w+(/.*)?", folder) or not (root / folder).is_dir() or not filter_:
            parser.error(f"{pair}: a folder of a module and a filter are wanted, as Sources/Governance/Board='^BoardTests'")
        options.folders.setdefault(folder, []).append(filter_)
    copy = Copy(root, options.folders)
    mutants = copy.build()
    print(f"{len(mutants)} mutants of {', '.join(options.folders)}", file=sys.stderr)
    Runner(copy, options).run(mutants)


if __name__ == "__main__":
    main()
