# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2034 # what is set here, the tests use
# Shared by tests/cli/reports*.sh: results of a matrix, written by hand, with what a
# hostile package could make a compiler print. first.json and second.json are two shards
# of six cells, many.json has 500 cells.
a1='a.run 5.10.0-32-amd64' a2='a.run 6.1.0-56-amd64' a3='a.run 6.17.0-5-generic'
b1='b.run 5.10.0-32-amd64' b2='b.run 6.1.0-56-amd64' b3='b.run 6.17.0-5-generic'
planned=$(printf '"%s"\n' "$a1" "$a2" "$a3" "$b1" "$b2" "$b3" | jq -sc .)
# What other programs must give back, character by character.
cat > nasty.json << 'J'
{"error": "</script><script>window.pwned = 1</script> ]]> & \"x\" 'y' `z` | *b* _c_ [d](e)",
 "tail": "  CC [M]  x.o\nx.c:1: error: ]]> <b>bold</b> &amp; &#1;\n````\n```\n</pre></details><img src=x onerror=window.pwned=1>\n<!-- ä€𝄞 \"end\n",
 "repeat": "gridpatch build 'a|b`.run' --headers \"/usr/src/linux-headers-6.17\" && true"}
J
cat > first.json << J
{"type": "gridpatch matrix", "schema": 1, "program": "0.1.0", "started": "2026-11-24T02:00:00Z", "wall_s": 312.5,
 "decode_s": 0.3, "jobs": 2, "planned": $planned, "later": {"than": ["this"]}, "cells": [
{"driver": "550.163.01", "input": "b.run", "release": "5.10.0-32-amd64", "class": "ok", "later": 1},
{"driver": "550.163.01", "input": "b.run", "release": "6.17.0-5-generic", "class": "timeout",
 "error": "no end after 600 s", "repeat": "gridpatch build b.run", "total_s": 600},
{"driver": "550.163.01", "input": "b.run", "release": "6.1.0-56-amd64", "class": "environment", "error": "disk full"}]}
J
jq -n --argjson planned "$planned" --slurpfile n nasty.json '{type: "gridpatch matrix", schema: 1,
    started: "2026-11-24T01:00:00Z", wall_s: 100, decode_s: 0.5, jobs: 3, planned: $planned, cells: [
    {driver: "460.106.00", kind: "host", input: "d/a.run", release: "5.10.0-32-amd64", class: "ok",
     sets: ["pfn-valid", "no-llseek"], modules: ["nvidia.ko"], hooks: true, total_s: 101.25, build_s: 100},
    {driver: "460.106.00", kind: "host", input: "d/a.run", release: "6.1.0-56-amd64", class: "blocked", reasons: ["mdev is gone"]},
    {driver: "460.106.00", kind: "host", input: "d/a.run", release: "6.17.0-5-generic", class: "compile",
     file: "nvidia-vgpu-vfio/nvidia-vgpu-vfio.c", line: 2942, error: $n[0].error, fact: "set_fs is gone since 5.10",
     repeat: $n[0].repeat, log: "logs/a.log", log_tail: $n[0].tail, total_s: 12.5},
    {driver: "550.163.01", input: "other/b.run", release: "6.1.0-56-amd64", class: "ok"}]}' > second.json
nasty() { jq -rj ".$1" nasty.json; }
jq -nc '{type: "gridpatch matrix", schema: 1, cells: [range(500) as $i | {driver: "5\($i % 20).1", input: "5\($i % 20).run", release: "6.\($i / 20 | floor).0-1-amd64",
    class: (if $i % 3 == 0 then "compile" elif $i == 499 then "timeout" else "ok" end), error: (if $i % 3 == 0 then "e\($i)" else null end),
    log_tail: (if $i % 3 == 0 then ([range(400) | "line \(.) of the log, which is `long`"] | join("\n")) else null end)}]}' > many.json
