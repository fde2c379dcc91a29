#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""conftests.py [--names NAME,...] CHECKOUT
conftests.py --check DIR CHECKOUT

Which tests of the kernel (conftests) has each release of NVIDIA's modules? CHECKOUT is a
git repository in the shape of open-gpu-kernel-modules, bare or not, with a tag for each
release; without tags each commit counts that changes version.mk. A release has a test
when its conftest.sh has it (also those of modules that are not in the repository), or a
Kbuild file lists it.

The first form prints a line for each test: its name; "listed", or "script" if no Kbuild
file ever lists it; the kernels that its comment names; and for each branch the first
release with it, and the last if later ones lack it ("550.120-", "580.65.06-580.94.02").

The second form compares: each `conftest NAME from|in|not in VERSION` in the evidence of
DIR/kernel-versions, and that the tests of driver-conftest exist. It prints what is
wrong, a line each, and how much was compared; exit 1 if something is.
"""
import argparse
import os
import re
import subprocess
import sys

VERSION = r"\d+(?:\.\d+)+"
PLACES = re.compile(r"^(?:kernel-open|kernel)/(?:conftest\.sh|(?:[^/]+/)?[^/]*(?:Kbuild|-sources\.mk))$")
# As in kernel-versions/README.md; core/rules/cited.c checks the form.
CITED = re.compile(r"\bconftest ((?:\w+)(?:, \w+)*) (from|in|not in) (\d[\d.]*\d(?:, \d[\d.]*\d)*)")


def die(text):
    sys.exit("conftests: " + text)


def number(version):
    return [int(p) for p in version.split(".")]


def branch(version):
    return version.split(".")[0]


# --- the repository ---------------------------------------------------------


class Repository:
    def __init__(self, path):
        self.path, self.blobs = path, {}
        # Nothing that the repository says is run, and nothing is fetched for it.
        self.env = dict(os.environ, GIT_NO_LAZY_FETCH="1", GIT_OPTIONAL_LOCKS="0", GIT_TERMINAL_PROMPT="0", LC_ALL="C")

    def git(self, *args, text=None):
        cmd = ["git", "-C", self.path, "--no-pager", "-c", "core.fsmonitor=false", *args]
        try:
            done = subprocess.run(cmd, input=text, capture_output=True, env=self.env, check=False)
        except OSError as e:
            die("cannot run git: %s" % e.strerror)
        if done.returncode:
            die("'%s': git %s: %s" % (self.path, args[0], done.stderr.decode(errors="replace").strip()))
        return done.stdout

    def releases(self):
        """{version: commit}, by tags, else by the history of version.mk."""
        tags = self.git("for-each-ref", "--format=%(refname:strip=2)", "refs/tags").decode().split("\n")
        found = {t: "refs/tags/" + t for t in tags if re.fullmatch(VERSION, t)}
        if found:
            return found
        for commit in self.git("log", "--all", "--format=%H", "--", "version.mk").decode().split():
            text = self.git("cat-file", "blob", commit + ":version.mk").decode(errors="replace")
            m = re.search(r"^NVIDIA_VERSION\s*=\s*(%s)\s*$" % VERSION, text, re.M)
            if m:
                found.setdefault(m.group(1), commit)
        if not found:
            die("'%s': no tag is a release, and no commit has a version.mk" % self.path)
        return found

    def files(self, commit):
        """[(path, blob)] of the files that have or list tests."""
        out = []
        for line in self.git("ls-tree", "-r", "-z", commit, "--", "kernel-open", "kernel").decode(errors="replace").split("\0"):
            m = re.fullmatch(r"100\d+ blob (\S+)\t(.*)", line)
            if m and PLACES.match(m.group(2)):
                out.append((m.group(2), m.group(1)))
        return out

    def read(self, blobs):
        """Fill self.blobs with their texts, all in one go."""
        wanted = sorted(set(blobs) - set(self.blobs))
        data = self.git("cat-file", "--batch", text="".join(b + "\n" for b in wanted).encode())
        at = 0
        for b in wanted:
            end = data.index(b"\n", at)
            size = data[at:end].split()
            if len(size) != 3:
                die("'%s': object %s is missing" % (self.path, b))
            self.blobs[b] = data[end + 1:end + 1 + int(size[2])].decode(errors="replace")
            at = end + 1 + int(size[2]) + 1


# --- what the files say -----------------------------------------------------


def tests_of_script(text):
    """{name: its lines} of the tests in conftest.sh."""
    out, names = {}, []
    for line in text.split("\n"):
        m = re.fullmatch(r"        ([\w|]+)\)", line)
        if m:
            names = m.group(1).split("|")
            out.update((n, []) for n in names)
        elif line.strip() == ";;":
            names = []
        for n in names:
            out[n].append(line)
    return out


def tests_of_list(text):
    """Names that a Kbuild file lists, read as core/driver/kbuild.c reads it."""
    names = set()
    for line in re.sub(r"\\\n", " ", text).split("\n"):
        m = re.match(r"\s*NV_CONFTEST_[A-Z_]*TESTS\s*[+:?]?=(.*)", line.partition("#")[0])
        names |= set(re.findall(r"\w+", m.group(1))) if m else set()
    return names


def kernels_of(lines):
    """Kernel lines that the comment of a test names, in its order."""
    words = " ".join(s.strip().lstrip("# ") for s in lines if s.strip().startswith("#"))
    found = re.findall(r"(?:\b[Ll]inux |\b[Kk]ernel |\bin |\bthan |\bfor |\bv)+v?([2-9]\.\d{1,2})(?![\d.]*\.\d)", words)
    return list(dict.fromkeys(found))


class Releases:
    def __init__(self, path):
        repo = Repository(path)
        commits = repo.releases()
        files = {v: repo.files(c) for v, c in commits.items()}
        repo.read(b for f in files.values() for _, b in f)
        self.versions = sorted(commits, key=number)
        self.has, self.listed, self.kernels = {}, set(), {}
        parsed = {}
        for v in self.versions:
            self.has[v] = set()
            for path, blob in files[v]:
                if blob not in parsed:
                    is_script = path.endswith(".sh")
                    parsed[blob] = (tests_of_script if is_script else tests_of_list)(repo.blobs[blob])
                self.has[v] |= set(parsed[blob])
                if path.endswith(".sh"):
                    self.kernels.update((n, kernels_of(s)) for n, s in parsed[blob].items())
                else:
                    self.listed |= parsed[blob]
        empty = [v for v in self.versions if not self.has[v]]
        if empty:
            die("'%s': %s has no conftest" % (path, empty[0]))

    def names(self):
        return sorted(set().union(*self.has.values()))

    def of_branch(self, b):
        return [v for v in self.versions if branch(v) == b]

    def runs(self, name, versions):
        """[(first, last)] of neighbours that have it; last None: up to the newest."""
        out, first, last = [], None, None
        for v in versions:
            if name in self.has[v]:
                first, last = first or v, v
            elif first:
                out.append((first, last))
                first = None
        return out + ([(first, None)] if first else [])

    def wrong(self, name, how, version):
        """What is wrong with `conftest NAME HOW VERSION`; None: nothing."""
        if name not in self.names():
            return "no release has such a test"
        if "." not in version:
            all_of = self.of_branch(version)
            if not all_of:
                return "there is no release of branch %s" % version
            bad = [v for v in all_of if (name in self.has[v]) == (how == "not in")]
            return bad and "%s has it%s" % (bad[0], "" if how == "not in" else " not") or None
        if version not in self.has:
            return "there is no release %s" % version
        has = name in self.has[version]
        if has == (how == "not in"):
            return "%s has it%s" % (version, "" if has else " not")
        if how != "from":
            return None
        all_of = self.of_branch(branch(version))
        at = all_of.index(version)
        later = [v for v in all_of[at:] if name not in self.has[v]]
        if later:
            return "%s has it not" % later[0]
        return "%s has it already" % all_of[at - 1] if at and name in self.has[all_of[at - 1]] else None


# --- what it is asked for ---------------------------------------------------


def print_table(releases, names):
    branches = sorted({branch(v) for v in releases.versions}, key=int)
    for n in names:
        if n not in releases.names():
            die("no release has a test '%s'" % n)
        runs = []
        for b in branches:
            of = releases.runs(n, releases.of_branch(b))
            runs += ["%s-%s" % (first, last or "") for first, last in of]
        print(n, "listed" if n in releases.listed else "script", ",".join(releases.kernels.get(n, [])) or "-", *runs)


def fields_of(path):
    """(line number, name, value) of each field, unfolded."""
    with open(path, encoding="utf-8") as f:
        lines = f.read().split("\n")
    out = []
    for n, line in enumerate(lines, 1):
        if line.startswith("#"):
            continue
        if line[:1] in (" ", "\t") and out:
            out[-1][2] += "\n" + line.strip()
        elif ":" in line:
            name, _, value = line.partition(":")
            out.append([n, name, value.strip()])
    return out


def check_file(path, name, releases):
    compared, bad = 0, []
    for n, field, value in fields_of(path):
        if field == "Probe":
            for t in re.findall(r"^!?\s*driver-conftest\s+(\w+)", value, re.M):
                compared += 1
                if t not in releases.names():
                    bad.append("%s:%d: driver-conftest %s: no release has such a test" % (name, n, t))
        if not field.endswith("Evidence"):
            continue
        for tests, how, versions in CITED.findall(value.replace("\n", " ")):
            for t in tests.split(", "):
                for v in versions.split(", "):
                    compared += 1
                    why = releases.wrong(t, how, v)
                    if why:
                        bad.append("%s:%d: conftest %s %s %s: %s" % (name, n, t, how, v, why))
    return compared, bad


def check(data, releases):
    folder = os.path.join(data, "kernel-versions")
    if not os.path.isdir(folder):
        die("'%s' holds no kernel-versions" % data)
    compared, bad = 0, []
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        if os.path.isfile(path) and not name.startswith((".", "README")):
            c, b = check_file(path, "kernel-versions/" + name, releases)
            compared += c
            bad += b
    for line in bad:
        print(line)
    print("%d citations and probes compared with %d releases, %d wrong" % (compared, len(releases.versions), len(bad)))
    return 1 if bad or not compared else 0


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--names", default="")
    p.add_argument("--check", metavar="DIR")
    p.add_argument("checkout")
    a = p.parse_args()
    if not os.path.isdir(a.checkout):
        die("'%s' is no directory" % a.checkout)
    releases = Releases(a.checkout)
    if a.check:
        sys.exit(check(a.check, releases))
    print_table(releases, [n for n in re.split(r"[,\s]+", a.names) if n] or releases.names())


if __name__ == "__main__":
    main()
