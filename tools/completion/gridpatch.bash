# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Bash completion for gridpatch. It needs nothing but bash, with or without the
# bash-completion package. What may stand where is asked of the gridpatch that stands on the
# command line: gridpatch __complete WORD… says it, as tools/cmd/front/complete.h tells.

# Fill COMPREPLY with paths that begin with $1: directories and the files whose names end
# in a dot and one of the other arguments; "*": all files.
_gridpatch_paths() {
	local cur=$1 path real end

	shift
	# readline quotes and ends what is a file name.
	compopt -o filenames 2>/dev/null
	while IFS= read -r path; do
		# shellcheck disable=SC2088 # the tilde is the user's
		case $path in
		'') continue ;;
		'~/'*) real=$HOME/${path#'~/'} ;;
		*) real=$path ;;
		esac
		if [ -d "$real" ]; then
			COMPREPLY+=("$path")
			continue
		fi
		for end; do
			if [ "$end" = '*' ] || [[ $path == *."$end" ]]; then
				COMPREPLY+=("$path")
				break
			fi
		done
	done < <(compgen -f -- "$cur")
}

_gridpatch() {
	local IFS=$' \t\n' words=() i glue='' cur line word tab=$'\t'

	COMPREPLY=()
	# bash parts words at "=": --option=word is three of them.
	for ((i = 1; i <= COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if [ "${#words[@]}" -gt 0 ] && { [ "$word" = = ] || [ -n "$glue" ]; }; then
			words[${#words[@]} - 1]+=$word
			glue=
			[ "$word" != = ] || glue=1
		else
			words+=("$word")
		fi
	done
	# Of --option=word bash completes the word.
	cur=${words[${#words[@]} - 1]}
	case $cur in
	--*=*) cur=${cur#*=} ;;
	esac
	while IFS= read -r line; do
		# shellcheck disable=SC2086 # one word per ending
		case $line in
		:files' '*)
			set -f
			set -- ${line#:files }
			set +f
			_gridpatch_paths "$cur" "$@"
			;;
		:dirs) _gridpatch_paths "$cur" ;;
		:list) compopt -o nospace 2>/dev/null || : ;;
		"$cur"*) COMPREPLY+=("${line%%"$tab"*}") ;;
		esac
	done < <("${COMP_WORDS[0]/#\~\//$HOME/}" __complete "${words[@]}" 2>/dev/null </dev/null)
}

# Without compopt (bash 3) the last resort is bash's own file names.
complete -o bashdefault -F _gridpatch gridpatch 2>/dev/null || complete -F _gridpatch gridpatch
