#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""pipeline.py github|gitlab FILE DIR [CHECKOUT [GRIDPATCH]]

Runs the jobs of a workflow here, in DIR: as much of GitHub Actions and of GitLab's
parent and child pipelines as gridpatch's examples use, and an error for anything else.
Each job has a directory of its own, so that what it needs of another one has to come
as an artifact. CHECKOUT is a directory that actions/checkout copies, GRIDPATCH one that
the action of OWNER/gridpatch is taken from.

Prints `JOB RESULT` for each job; DIR/artifacts and DIR/summary.md are left.
"""
import glob
import json
import os
import re
import shutil
import subprocess
import sys

import yaml


def die(text):
    sys.exit("pipeline.py: " + text)


def shell(text, where, env, program="bash"):
    done = subprocess.run([program, "-e", "-c", text], cwd=where, env={**os.environ, **env},
                          stdin=subprocess.DEVNULL, stdout=sys.stderr, check=False)
    return done.returncode == 0


def keep(words, where, to):
    """Copy files to an artifact; false when there is none."""
    found = [f for w in words for f in glob.glob(os.path.join(where, w))]
    os.makedirs(to, exist_ok=True)
    for f in found:
        shutil.copy(f, to)
    return bool(found)


class GitHub:
    def __init__(self, path, where, checkout=None, gridpatch=None):
        with open(path, encoding="utf-8") as f:
            self.flow = yaml.safe_load(f)
        self.where, self.checkout, self.gridpatch = where, checkout, gridpatch
        self.result, self.outputs = {}, {}

    def value(self, text, context):
        text = text.strip()
        call = re.fullmatch(r"fromJSON\((.*)\)", text)
        if call:
            return json.loads(self.value(call[1], context))
        if "||" in text:
            first, second = text.split("||")
            return self.value(first, context) or second.strip().strip("'")
        at = context
        for part in text.split("."):
            if part not in at:
                return "" if text.startswith("vars.") else die(f"there is no {text}")
            at = at[part]
        return at

    def fill(self, text, context):
        if not isinstance(text, str):
            return text
        whole = re.fullmatch(r"\$\{\{(.*?)\}\}", text)
        if whole:
            return self.value(whole[1], context)
        return re.sub(r"\$\{\{(.*?)\}\}", lambda m: str(self.value(m[1], context)), text)

    def composite(self, path, given, where, env):
        """The steps of an action: it knows its inputs, and each step its own variables."""
        with open(os.path.join(path, "action.yml"), encoding="utf-8") as f:
            action = yaml.safe_load(f)
        inputs = {k: given.pop(k, v.get("default")) for k, v in action["inputs"].items()}
        if given or None in inputs.values():
            die(f"{path}: not known: {sorted(given)}; not given: {[k for k in inputs if inputs[k] is None]}")
        for step in action["runs"]["steps"]:
            if set(step) - {"shell", "env", "run"}:
                die(f"a step of {path} has {sorted(step)}")
            own = {k: self.fill(v, {"inputs": inputs}) for k, v in step.get("env", {}).items()}
            if not shell(step["run"], where, {**env, **own, "GITHUB_ACTION_PATH": path}, step["shell"]):
                return False
        return True

    def action(self, name, what, where, env):
        own = re.fullmatch(r"OWNER/gridpatch/(.*)@v[0-9.]+", name)
        if own and self.gridpatch:
            return self.composite(os.path.join(self.gridpatch, own[1]), what, where, env)
        store = os.path.join(self.where, "artifacts")
        if name.startswith("actions/checkout@v"):
            shutil.copytree(self.checkout, where, dirs_exist_ok=True)
            return True
        if name.startswith("actions/upload-artifact@v"):
            to = os.path.join(store, what.pop("name"))
            words = what.pop("path").split()
            what.pop("overwrite", None)
            return keep(words, where, to) and not what
        if name.startswith("actions/download-artifact@v"):
            to = os.path.join(where, what.pop("path"))
            found = glob.glob(os.path.join(store, what.pop("pattern")))
            if not what.pop("merge-multiple"):
                die("artifacts are merged only")
            return all([keep([os.path.join(a, "*")], where, to) for a in found]) and not what
        return die(f"the action {name} is not known")

    def job(self, name, job, context, number):
        where = os.path.join(self.where, f"job-{number}")
        os.makedirs(where)
        out = os.path.join(where, ".output")
        env = {k: str(self.fill(v, context)) for k, v in self.flow.get("env", {}).items()}
        env.update(GITHUB_STEP_SUMMARY=os.path.join(self.where, "summary.md"), GITHUB_OUTPUT=out,
                   GITHUB_RUN_ID=context["github"]["run_id"])
        good, context = True, {**context, "steps": {}}
        for step in job["steps"]:
            if set(step) - {"id", "run", "uses", "with", "if"}:
                die(f"a step of {name} has {sorted(step)}")
            if not good and step.get("if") != "always()":
                continue
            open(out, "w", encoding="utf-8").close()
            if "run" in step:
                fine = shell(self.fill(step["run"], context), where, env)
            else:
                what = {k: self.fill(v, context) for k, v in step.get("with", {}).items()}
                fine = self.action(step["uses"], what, where, env)
            good = good and fine
            with open(out, encoding="utf-8") as f:
                said = dict(line.rstrip("\n").split("=", 1) for line in f)
            context["steps"][step.get("id", "")] = {"outputs": said}
        outputs = {k: self.fill(v, context) for k, v in job.get("outputs", {}).items()} if good else {}
        return good, outputs

    def run(self):
        number = 0
        for key, job in self.flow["jobs"].items():
            needs = job.get("needs", [])
            needs = [needs] if isinstance(needs, str) else needs
            context = {"github": {"run_id": "4711"}, "vars": {},
                       "needs": {n: {"outputs": self.outputs[n]} for n in needs}}
            if any(self.result[n] != "success" for n in needs) and job.get("if") != "always()":
                self.result[key], self.outputs[key] = "skipped", {}
                print(key, "skipped")
                continue
            matrix = self.fill(job.get("strategy", {}).get("matrix", {"include": [{}]}), context)
            self.result[key] = "success"
            for cell in matrix["include"]:
                context["matrix"] = cell
                number += 1
                good, self.outputs[key] = self.job(key, job, context, number)
                if not good:
                    self.result[key] = "failure"
                title = f"{key}: {self.fill(job.get('name', ''), context)}".strip(": ")
                print(title, "success" if good else "failure")


class GitLab:
    def __init__(self, where):
        self.where, self.number = where, 0

    def script(self, name, job, before):
        """Run a job; its artifacts are put with those of the stages before."""
        self.number += 1
        where = os.path.join(self.where, f"job-{self.number}")
        shutil.copytree(before, where)
        good = shell("\n".join(job["script"]), where, {})
        artifacts = job.get("artifacts", {})
        if good or artifacts.get("when") == "always":
            words = artifacts.get("paths", []) + [v for v in artifacts.get("reports", {}).values()]
            for w in words:
                if not keep([w], where, os.path.join(self.where, "artifacts")):
                    die(f"{name} has not made {w}")
        return good

    def pipeline(self, path, parent):
        with open(path, encoding="utf-8") as f:
            flow = yaml.safe_load(f)
        default = flow.pop("default", {})
        stages = flow.pop("stages", ["build", "test", "deploy"])
        store, good = os.path.join(self.where, "artifacts"), True
        os.makedirs(store, exist_ok=True)
        for name, job in sorted(flow.items(), key=lambda x: stages.index(x[1]["stage"])):
            if not good and job.get("when") != "always" and job["stage"] != stages[0]:
                print(name, "skipped")
                continue
            if "trigger" in job:
                include = job["trigger"]["include"][0]
                if "artifacts" not in flow[include["job"]] or parent:
                    die("no artifact to include")
                fine = self.pipeline(os.path.join(store, include["artifact"]), path)
            else:
                if {**default, **job}.get("tags") != ["gridpatch"]:
                    die(f"{name}: no runner takes it")
                fine = self.script(name, job, store)
            good = good and fine
            print(name, "success" if fine else "failure")
        return good


def main():
    if len(sys.argv) not in (4, 5, 6):
        die("github|gitlab FILE DIR [CHECKOUT [GRIDPATCH]]?")
    kind, path, where = sys.argv[1:4]
    where = os.path.abspath(where)
    os.makedirs(where)
    if kind == "github":
        GitHub(path, where, *sys.argv[4:]).run()
    else:
        GitLab(where).pipeline(path, None)


main()
