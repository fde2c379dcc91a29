# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Bash completion for gridpatch. It needs nothing but bash, with or without the
# bash-completion package.

# The verb of the command line: the first word, else patch.
_gridpatch_verb() {
	case ${COMP_WORDS[1]-} in
	patch | info | extract | verify | select | support | fetch-hooks | apply | push | pop | applied | lint-set | build | matrix | help) echo "${COMP_WORDS[1]}" ;;
	check) echo verify ;;
	plan) echo select ;;
	*) echo patch ;;
	esac
}

# The options that a verb takes.
_gridpatch_options() {
	local common='--json --quiet --verbose --help -q -v -h'
	local kernels='--kernel --headers --kernel-source-path --kernelsourcedir --data -k'
	local patching="$kernels --hooks --no-hooks --hooks-patch --no-hooks-patch --patches --patch-match --set --no-set --allow --drop-dkms-patches"
	local building='--jobs --cc --timeout -j'
	local keeping='--modules --output --sign-key --sign-cert -o'

	case $1 in
	patch)
		echo "$patching $building --build --lock --write-lock" \
			"--output --force --dry-run --repack --no-cache --progress -o -f -n $common"
		;;
	select) echo "$kernels --driver --kind --explain --set --no-set $common" ;;
	support) echo "--kernel --driver --kind --data --markdown -k $common" ;;
	extract) echo "--directory --progress -C -d $common" ;;
	fetch-hooks) echo "--to --from --newer-table $common" ;;
	apply)
		echo "--directory --strip --fuzz --reverse --dry-run --rejects --quilt --fsync --recover" \
			"-d -C -p -F -R -n $common"
		;;
	push) echo "--directory --all --fuzz --fsync -d -C -a -F $common" ;;
	pop) echo "--directory --all --fsync -d -C -a $common" ;;
	applied) echo "--directory -d -C $common" ;;
	lint-set)
		echo "--from --headers --kernel-source-path --kernelsourcedir --hooks --data --build" \
			"--modules --jobs --cc --timeout --progress -j $common"
		;;
	info) echo "--progress $common" ;;
	verify)
		echo "--kernel --headers --kernel-source-path --kernelsourcedir --driver --blob --expect-hooks" \
			"--progress -k $common"
		;;
	build) echo "$patching $building $keeping --force --progress -f $common" ;;
	matrix)
		echo "$patching $building $keeping --keep-logs --shard --emit --resume" \
			"--merge --expect --fail-on --junit --html --markdown --progress $common"
		;;
	esac
}

# Kernels that are installed here.
_gridpatch_kernels() {
	local dir

	echo installed
	for dir in /lib/modules/*/; do
		[ -d "$dir" ] || continue
		dir=${dir%/}
		echo "${dir##*/}"
	done
}

# The patch sets of the data: beside the source tree, or installed.
_gridpatch_sets() {
	local exe dir series

	exe=$(type -P gridpatch 2>/dev/null)
	for dir in "${GRIDPATCH_DATA-}" "${exe%/build/gridpatch}" "${exe%/bin/gridpatch}/share/gridpatch" /etc/gridpatch; do
		for series in "$dir"/patches/*/series; do
			if [ -z "$dir" ] || [ ! -f "$series" ]; then
				continue
			fi
			series=${series%/series}
			echo "${series##*/}"
		done
	done
}

# Fill COMPREPLY with those of the words that start with $1.
_gridpatch_words() {
	local cur=$1 word

	shift
	for word; do
		if [[ $word == "$cur"* ]]; then
			COMPREPLY+=("$word")
		fi
	done
}

# Fill COMPREPLY with paths: directories and, with a pattern, the files whose
# names match it.
_gridpatch_paths() {
	local cur=$1 pattern=${2-} path real

	# readline quotes and ends what is a file name.
	compopt -o filenames 2>/dev/null
	while IFS= read -r path; do
		# shellcheck disable=SC2088 # the tilde is the user's
		case $path in
		'') continue ;;
		'~/'*) real=$HOME/${path#'~/'} ;;
		*) real=$path ;;
		esac
		# shellcheck disable=SC2053 # the right side is a pattern
		if [ -d "$real" ] || { [ -n "$pattern" ] && [[ $path == $pattern ]]; }; then
			COMPREPLY+=("$path")
		fi
	done < <(compgen -f -- "$cur")
}

# A comma list: keep what is there and leave out words that are used.
_gridpatch_list() {
	local cur=$1 used='' word

	shift
	[[ $cur == *,* ]] && used=${cur%,*},
	for word; do
		[[ ",$used" == *",$word,"* ]] || _gridpatch_words "$cur" "$used$word"
	done
	compopt -o nospace 2>/dev/null || :
}

# The argument of an option; false when the option takes none.
_gridpatch_argument() {
	local verb=$1 option=$2 cur=$3 IFS=$' \t\n'

	# The same letter means one thing in one verb only.
	[[ " $(_gridpatch_options "$verb") " == *" $option "* ]] || return 1
	case $option in
	--kernel | -k)
		# shellcheck disable=SC2046 # one word per kernel
		_gridpatch_words "$cur" $(_gridpatch_kernels)
		;;
	--headers | --kernel-source-path | --kernelsourcedir | --hooks | --data | \
		--directory | -C | -d | --to | --rejects | --keep-logs)
		_gridpatch_paths "$cur"
		;;
	--allow) _gridpatch_list "$cur" blocked unknown hooks altered ;;
	--repack) _gridpatch_words "$cur" auto splice full ;;
	--progress) _gridpatch_words "$cur" auto none json ;;
	--kind) _gridpatch_words "$cur" host merged guest general ;;
	--blob | --hooks-patch | --patches | --from | --lock | --write-lock) _gridpatch_paths "$cur" '*' ;;
	--expect | --junit | --html | --resume | --sign-key | --sign-cert) _gridpatch_paths "$cur" '*' ;;
	--emit) _gridpatch_words "$cur" github gitlab lines ;;
	--modules) _gridpatch_list "$cur" nvidia nvidia-uvm nvidia-modeset nvidia-drm nvidia-peermem nvidia-vgpu-vfio ;;
	--cc)
		# shellcheck disable=SC2046 # one word per compiler
		_gridpatch_words "$cur" $(compgen -c -- "${cur:-gcc}" | grep -E '^(gcc|clang)(-[0-9]+)?$' | sort -u)
		;;
	--markdown)
		# That of support takes nothing.
		[ "$verb" = matrix ] || return 1
		_gridpatch_paths "$cur" '*'
		;;
	--fail-on) _gridpatch_words "$cur" any regression none ;;
	--output | -o)
		case $verb in
		build | matrix) _gridpatch_paths "$cur" ;;
		*) _gridpatch_paths "$cur" '*.run' ;;
		esac
		;;
	--set)
		# shellcheck disable=SC2046 # one word per set
		_gridpatch_words "$cur" $(_gridpatch_sets)
		;;
	--no-set)
		# shellcheck disable=SC2046 # one word per set
		_gridpatch_words "$cur" all $(_gridpatch_sets)
		;;
	--jobs | -j | --timeout | --shard | --patch-match | --driver | --strip | --fuzz | -p | -F) ;;
	*) return 1 ;;
	esac
	return 0
}

_gridpatch() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} verb option

	COMPREPLY=()
	verb=$(_gridpatch_verb)

	# bash splits --option=word at the "=".
	option=$prev
	if [ "$cur" = = ]; then
		option=$prev cur=
	elif [ "$prev" = = ] && [ "$COMP_CWORD" -ge 2 ]; then
		option=${COMP_WORDS[COMP_CWORD - 2]}
		if [ "$option" = --json ]; then
			_gridpatch_paths "$cur" '*'
			return
		fi
	fi
	if [ "$COMP_CWORD" -gt 1 ] && _gridpatch_argument "$verb" "$option" "$cur"; then
		return
	fi

	if [[ $cur == -* ]]; then
		local options

		options=$(_gridpatch_options "$verb")
		[ "$COMP_CWORD" -eq 1 ] && options="$options --version"
		# shellcheck disable=SC2086 # one word per option
		_gridpatch_words "$cur" $options
		return
	fi

	local verbs='patch info extract verify select support fetch-hooks apply push pop applied lint-set build matrix help check plan'

	# shellcheck disable=SC2086 # one word per verb
	if [ "$verb" = help ] && [ "$COMP_CWORD" -eq 2 ]; then
		_gridpatch_words "$cur" $verbs
		return
	elif [ "$COMP_CWORD" -eq 1 ]; then
		_gridpatch_words "$cur" $verbs
	fi
	case $verb in
	fetch-hooks | support | help | applied | lint-set) ;;
	apply) _gridpatch_paths "$cur" '*' ;;
	matrix)
		if [[ " ${COMP_WORDS[*]} " == *' --merge '* ]]; then
			_gridpatch_paths "$cur" '*.json'
		else
			_gridpatch_paths "$cur" '*.run'
		fi
		;;
	push | pop) ;;
	verify) _gridpatch_paths "$cur" '*.@(run|ko|ko.xz|ko.gz|ko.zst|o_binary)' ;;
	*) _gridpatch_paths "$cur" '*.run' ;;
	esac
}

# Without compopt (bash 3) the last resort is bash's own file names.
complete -o bashdefault -F _gridpatch gridpatch 2>/dev/null || complete -F _gridpatch gridpatch
