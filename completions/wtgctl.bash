# SPDX-License-Identifier: GPL-3.0-or-later
# Made by completions/generate; change the tables in the program instead.

_wtgctl()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} words= equals=

	# "--name=value" comes as three words
	if [[ $cur == = ]]; then
		cur= equals==
	elif [[ $prev == = ]]; then
		prev=${COMP_WORDS[COMP_CWORD - 2]} equals==
	fi
	COMPREPLY=()

	case $prev$equals in
	--compact=)
		mapfile -t COMPREPLY < <(compgen -W "lzx auto off" -- "$cur")
		return ;;
	esac
	case $prev in
	--boot-ca)
		mapfile -t COMPREPLY < <(compgen -W "auto 2011 2023" -- "$cur")
		return ;;
	--data-fs)
		mapfile -t COMPREPLY < <(compgen -W "ntfs exfat fat32" -- "$cur")
		return ;;
	--internal-disks)
		mapfile -t COMPREPLY < <(compgen -W "offline online" -- "$cur")
		return ;;
	--layout)
		mapfile -t COMPREPLY < <(compgen -W "gpt mbr" -- "$cur")
		return ;;
	--progress)
		mapfile -t COMPREPLY < <(compgen -W "auto tty plain json none" -- "$cur")
		return ;;
	--verify)
		mapfile -t COMPREPLY < <(compgen -W "full quick none" -- "$cur")
		return ;;
	--image)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return ;;
	--confirm | --data-size | --edition | --esp-size | --label | --max-size | --seed | --sha256 | --size | --timeout | --windows-size)
		return ;;
	esac

	if ((COMP_CWORD == 1)); then
		words="list info create plan verify status help version --help --version"
	else
		case ${COMP_WORDS[1]} in
		version) words="--help -h" ;;
		help) words="--help -h" ;;
		create | plan) words="--image --edition --sha256 --check --size --layout --esp-size --windows-size --data-size --data-fs --label --boot-ca --timeout --internal-disks --hibernate --winre --device-encryption --portable-flag --no-pagefile --no-crash-dump --no-last-access --compact --confirm --allow-fixed --overwrite --max-size --dry-run --seed --verify --json --progress --quiet -q --verbose -v --help -h" ;;
		list) words="--all --json --help -h" ;;
		info) words="--json --help -h" ;;
		status) words="--json --help -h" ;;
		verify) words="--json --progress --quiet -q --help -h" ;;
		esac
	fi
	if ((COMP_CWORD == 1)) || [[ $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
		return
	fi

	case ${COMP_WORDS[1]} in
	info | create | plan | verify | status)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
	help)
		mapfile -t COMPREPLY < <(compgen -W "list info create plan verify status help version" -- "$cur") ;;
	esac
}

complete -F _wtgctl wtgctl
