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

	# Some commands have names of two words
	local at=1 command=${COMP_WORDS[1]}
	if [[ $command == ventoy ]] && ((COMP_CWORD > 1)); then
		at=2 command="ventoy ${COMP_WORDS[2]}"
	fi

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
	--dbx | --image | --password-file | --profile | --registry | --unattend | --ventoy)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return ;;
	--drivers | --emit)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		return ;;
	--computer-name | --confirm | --data-size | --edition | --entry-timeout | --entry-tip | --entry-title | --esp-size | --keyboard | --label | --locale | --max-size | --partition | --remove-app | --seed | --sha256 | --size | --system-partition | --timeout | --timezone | --user | --ventoy-sha256 | --windows-size)
		return ;;
	esac

	if ((COMP_CWORD == 1)); then
		words="list info create plan verify status repair ventoy help version --help --version"
	elif ((COMP_CWORD == at)); then
		words="install upgrade entry status"
	else
		case $command in
		version) words="--help -h" ;;
		help) words="--help -h" ;;
		repair) words="--boot-ca --dbx --partition --system-partition --format-esp --new-bcd --internal-disks --hibernate --device-encryption --confirm --allow-fixed --max-size --dry-run --verify --json --progress --quiet -q --verbose -v --help -h" ;;
		info) words="--dbx --json --help -h" ;;
		verify) words="--dbx --json --progress --quiet -q --help -h" ;;
		create | plan) words="--image --edition --sha256 --check --size --layout --beside --esp-size --windows-size --data-size --data-fs --label --boot-ca --dbx --timeout --ventoy --ventoy-sha256 --windows-first --ventoy-first --entry-title --entry-tip --entry-default --entry-timeout --internal-disks --hibernate --winre --device-encryption --portable-flag --no-pagefile --no-crash-dump --no-last-access --compact --no-reserved-storage --remove-app --drivers --registry --unattend --user --password-file --auto-logon --computer-name --locale --keyboard --timezone --skip-oobe --private --confirm --allow-fixed --overwrite --max-size --profile --print-profile --dry-run --seed --verify --json --progress --quiet -q --verbose -v --help -h" ;;
		"ventoy install") words="--size --layout --data-size --data-fs --ventoy --ventoy-sha256 --confirm --allow-fixed --overwrite --max-size --dry-run --seed --verify --json --progress --quiet -q --verbose -v --help -h" ;;
		"ventoy upgrade") words="--ventoy --ventoy-sha256 --confirm --allow-fixed --max-size --dry-run --verify --json --progress --quiet -q --verbose -v --help -h" ;;
		"ventoy entry") words="--entry-title --entry-tip --entry-default --entry-timeout --remove --emit --confirm --allow-fixed --max-size --dry-run --verify --json --progress --quiet -q --verbose -v --help -h" ;;
		list) words="--all --json --help -h" ;;
		status | "ventoy status") words="--json --help -h" ;;
		esac
	fi
	if ((COMP_CWORD == at)) || [[ $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
		return
	fi

	case $command in
	info | create | plan | verify | status | repair | "ventoy install" | "ventoy upgrade" | "ventoy entry" | "ventoy status")
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
	help)
		mapfile -t COMPREPLY < <(compgen -W "list info create plan verify status repair ventoy help version" -- "$cur") ;;
	esac
}

complete -F _wtgctl wtgctl
