# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Bash completion for gridpatch. It needs nothing but bash, with or without the
# bash-completion package. Verbs, options and their words are asked of the gridpatch
# that stands on the command line: it has one table of them.

# gridpatch __options: verbs and their aliases; of a verb, each option, its argument as
# the help names it, and the words that may stand there.
_gridpatch_table() {
	"${COMP_WORDS[0]/#\~\//$HOME/}" __options "$@" 2>/dev/null </dev/null
}

# The verb of the command line: the first word, else patch.
_gridpatch_verb() {
	local verb alias

	while read -r verb alias; do
		case ${COMP_WORDS[1]-} in
		"$verb" | "${alias:-$verb}")
			echo "$verb"
			return
			;;
		esac
	done < <(
		echo help
		_gridpatch_table
	)
	echo patch
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
	local verb=$1 option=$2 cur=$3 name argument words

	while read -r name argument words; do
		[ "$name" != "$option" ] || break
	done < <(_gridpatch_table "$verb")
	[ "$name" = "$option" ] || return 1
	# shellcheck disable=SC2046,SC2086 # one word per kernel, set, compiler
	case $argument in
	'' | '['*) return 1 ;;
	WORDS | LIST) _gridpatch_list "$cur" $words ;;
	R) _gridpatch_words "$cur" $(_gridpatch_kernels) ;;
	DIR) _gridpatch_paths "$cur" ;;
	FILE | PATH | RUN) _gridpatch_paths "$cur" '*' ;;
	OUT)
		words='*.run'
		[ "$verb" != dkms-tree ] || words='*.@(tar.xz|tar.gz|tar.zst|dsc)'
		_gridpatch_paths "$cur" "$words"
		;;
	NAME)
		[ "$option" != --member ] || return 0
		[ "$option" != --no-set ] || words=all
		_gridpatch_words "$cur" $words $(_gridpatch_sets)
		;;
	CC) _gridpatch_words "$cur" $(compgen -c -- "${cur:-gcc}" | grep -E '^(gcc|clang)(-[0-9]+)?$' | sort -u) ;;
	*) _gridpatch_words "$cur" $words ;;
	esac
	return 0
}

_gridpatch() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} verb option IFS=$' \t\n'

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
		local options name

		options=$(_gridpatch_table "$verb" | while read -r name _; do printf '%s\n' "$name"; done)
		[ "$COMP_CWORD" -eq 1 ] && options="$options --version"
		# shellcheck disable=SC2086 # one word per option
		_gridpatch_words "$cur" $options
		return
	fi

	local verbs

	verbs="$(_gridpatch_table) help"
	# shellcheck disable=SC2086 # one word per verb
	if [ "$verb" = help ] && [ "$COMP_CWORD" -eq 2 ]; then
		_gridpatch_words "$cur" $verbs
		return
	elif [ "$COMP_CWORD" -eq 1 ]; then
		_gridpatch_words "$cur" $verbs
	fi
	case $verb in
	fetch-hooks | advise | support | help | applied | lint-set | new-set) ;;
	apply) _gridpatch_paths "$cur" '*' ;;
	matrix)
		if [[ " ${COMP_WORDS[*]} " == *' --merge '* ]]; then
			_gridpatch_paths "$cur" '*.json'
		else
			_gridpatch_paths "$cur" '*.@(run|zip|deb|rpm)'
		fi
		;;
	push | pop) ;;
	verify) _gridpatch_paths "$cur" '*.@(run|zip|deb|rpm|ko|ko.xz|ko.gz|ko.zst|o_binary)' ;;
	*) _gridpatch_paths "$cur" '*.@(run|zip|deb|rpm)' ;;
	esac
}

# Without compopt (bash 3) the last resort is bash's own file names.
complete -o bashdefault -F _gridpatch gridpatch 2>/dev/null || complete -F _gridpatch gridpatch
