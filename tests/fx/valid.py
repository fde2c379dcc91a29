#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""valid.py SCHEMAS VERB=FILE …: is each JSON report as the schema of its verb says?

Prints what is wrong; exit status 1 then. With no files: are the schemas themselves
sound, and is every shared definition used?"""
import glob
import json
import os
import sys

import jsonschema

COMMON = "common.schema.json"


def members(pairs):
    """Of two members of one name a reader would take the later one, and say nothing."""
    names = [k for k, _ in pairs]
    twice = {k for k in names if names.count(k) > 1}
    if twice:
        raise ValueError("twice: " + ", ".join(sorted(twice)))
    return dict(pairs)


def load(path):
    with open(path, encoding="utf-8") as f:
        return json.load(f, object_pairs_hook=members)


def local(node, used):
    """With the shared definitions in the schema itself: its references are inside."""
    if isinstance(node, list):
        return [local(n, used) for n in node]
    if not isinstance(node, dict):
        return node
    node = {k: local(v, used) for k, v in node.items()}
    ref = node.get("$ref", "")
    if "#/$defs/" in ref:
        used.add(ref.rsplit("/", 1)[1])
        node["$ref"] = ref.replace(COMMON, "")
    return node


def schema_of(folder, verb, used):
    own = load(os.path.join(folder, verb + ".schema.json"))
    shared = load(os.path.join(folder, COMMON))["$defs"]
    own["$defs"] = {**shared, **own.get("$defs", {})}
    return jsonschema.Draft202012Validator(local(own, used))


def leaf(error):
    """Of the alternatives that failed, the one that came farthest."""
    while error.context:
        error = max(error.context, key=lambda e: len(e.absolute_path))
    return error


def check_report(validator, path):
    try:
        doc = load(path)
    except ValueError as e:
        return [str(e)]
    # What an earlier gridpatch has written is not ours to describe.
    if isinstance(doc, dict) and doc.get("schema") == 1:
        return []
    faults = []
    for e in validator.iter_errors(doc):
        e = leaf(e)
        faults.append("/".join(map(str, e.absolute_path)) + ": " + e.message[:300])
    return faults


def check_schemas(folder):
    faults, used = [], set()
    for path in sorted(glob.glob(os.path.join(folder, "*.schema.json"))):
        jsonschema.Draft202012Validator.check_schema(load(path))
        local(load(path), used)
    for name in load(os.path.join(folder, COMMON))["$defs"].keys() - used:
        faults.append(f"{COMMON}: nothing uses {name}")
    return faults


def main():
    folder, words, validators = sys.argv[1], sys.argv[2:], {}
    bad = [] if words else check_schemas(folder)
    for word in words:
        verb, path = word.split("=", 1)
        if verb not in validators:
            validators[verb] = schema_of(folder, verb, set())
        bad += [f"{word}: {fault}" for fault in check_report(validators[verb], path)]
    print("\n".join(bad[:20]), end="\n" if bad else "")
    return 1 if bad else 0


sys.exit(main())
