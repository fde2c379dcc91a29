#!/bin/sh
# SPDX-License-Identifier: MIT
# The layers: cmd -> ops -> core -> base. An include may skip a layer downward
# and never goes upward; core stays pure; only cmd (and base's log) prints.
set -eu
cd "$(dirname "$0")/.."
bad=0

forbid() { # FOLDER REGEX WHY
	if grep -rnE --include='*.[ch]' "$2" "tools/$1"; then
		echo "layers: $1: $3" >&2
		bad=1
	fi
}
forbid base '#include "(core|ops|cmd)/' 'base knows nothing above itself'
forbid core '#include "(ops|cmd)/' 'core knows only base'
forbid ops '#include "cmd/' 'ops knows nothing of cmd'
forbid core '#include "base/(fsio|proc|log)\.h"' 'core is pure'
forbid core '#include <(unistd|fcntl|dirent|time|sys/stat|sys/wait|sys/mman)\.h>' 'core is pure'
forbid core '\b(printf|fprintf|puts|fopen|open|time|fork)\(' 'core neither prints nor opens'
forbid ops '\b(printf|puts|fprintf)\(' 'only cmd prints'
for layer in base core ops cmd; do
	forbid $layer '\b(system|popen|atoi|sscanf|strtok|strcpy|strcat|sprintf)\(' 'banned function'
done
for f in $(find tools -name '*.[ch]'); do
	head -n 1 "$f" | grep -q 'SPDX-License-Identifier: MIT' || { echo "layers: $f has no SPDX line" >&2; bad=1; }
	lines=$(wc -l <"$f")
	[ "$lines" -le 800 ] || { echo "layers: $f has $lines lines: split it by noun" >&2; bad=1; }
done
[ $bad = 0 ] && echo "layers: fine"
exit $bad
