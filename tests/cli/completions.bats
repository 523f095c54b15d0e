#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The completions are those of this program, and the shells understand them.

setup() {
	cd "$BATS_TEST_TMPDIR" || exit 1
	completions=$SOURCE/completions
	: >image.iso
	mkdir drivers
}

@test "the completions are what the program's tables make" {
	mkdir made
	"$completions/generate" "$WTGCTL" made
	for file in wtgctl.bash _wtgctl wtgctl.fish; do
		diff -u "$completions/$file" "made/$file"
	done
}

# Complete a line, of which the last word is being typed, as readline would; "=" is a word of
# its own.
in_bash() {
	bash --norc -c '
		source "$1"; shift
		compopt() { :; }
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		_wtgctl
		printf "%s\n" "${COMPREPLY[@]}"' bash "$completions/wtgctl.bash" "$@" | xargs
}

@test "bash completes commands, options, words and files" {
	command -v bash >/dev/null || skip "bash is not installed"
	[ "$(in_bash wtgctl cr)" = create ]
	[ "$(in_bash wtgctl list --)" = "--all --json --help" ]
	[ "$(in_bash wtgctl create --boot)" = "--boot-ca" ]
	[ "$(in_bash wtgctl create --boot-ca 20)" = "2011 2023" ]
	[ "$(in_bash wtgctl create --boot-ca =)" = "auto 2011 2023" ]
	[ "$(in_bash wtgctl create --boot-ca = a)" = "auto" ]
	[ "$(in_bash wtgctl create --compact =)" = "lzx auto off" ]
	[ "$(in_bash wtgctl create --compact = a)" = "auto" ]
	[ "$(in_bash wtgctl create --compact im)" = "image.iso" ]
	[ "$(in_bash wtgctl create --image im)" = "image.iso" ]
	[ "$(in_bash wtgctl create --registry im)" = "image.iso" ]
	[ "$(in_bash wtgctl create --drivers dr)" = "drivers" ]
	[ "$(in_bash wtgctl info im)" = "image.iso" ]
	[ "$(in_bash wtgctl create --seed im)" = "" ]
	[ "$(in_bash wtgctl help st)" = status ]
	[ "$(in_bash wtgctl ven)" = ventoy ]
	[ "$(in_bash wtgctl ventoy up)" = upgrade ]
	[ "$(in_bash wtgctl ventoy entry --rem)" = "--remove" ]
	[ "$(in_bash wtgctl ventoy status im)" = image.iso ]
	[ "$(in_bash wtgctl list im)" = "" ]
}

# What is on the line after Tab.
in_zsh() {
	zsh -f -c '
		zmodload zsh/zpty
		zpty shell "TERM=dumb zsh -f -i"
		zpty -w shell "PROMPT=; stty -echo; fpath=(${(q)1} \$fpath); autoload -Uz compinit; compinit -u -D"
		zpty -w shell "show() { print -r -- \"<\$BUFFER>\"; BUFFER= }; zle -N show; bindkey \"^X\" show; bindkey \"^I\" complete-word"
		zpty -w shell "print -r -- \"<\"ready\">\""
		zpty -r shell out "*<ready>*" || exit 1
		zpty -w -n shell "$2"$'"'\t\C-x'"'
		zpty -r shell out "*<*>*" || exit 1
		print -r -- ${${out##*<}%%>*}' zsh "$completions" "$1"
}

@test "zsh completes commands, options, words and files" {
	command -v zsh >/dev/null || skip "zsh is not installed"
	[ "$(in_zsh 'wtgctl cr')" = "wtgctl create " ]
	[ "$(in_zsh 'wtgctl list --al')" = "wtgctl list --all " ]
	[ "$(in_zsh 'wtgctl create --boot-ca 202')" = "wtgctl create --boot-ca 2023 " ]
	[ "$(in_zsh 'wtgctl plan --verify=qu')" = "wtgctl plan --verify=quick " ]
	[ "$(in_zsh 'wtgctl create --compact=au')" = "wtgctl create --compact=auto " ]
	[ "$(in_zsh 'wtgctl create --image im')" = "wtgctl create --image image.iso " ]
	[ "$(in_zsh 'wtgctl info im')" = "wtgctl info image.iso " ]
	[ "$(in_zsh 'wtgctl help sta')" = "wtgctl help status " ]
}

in_fish() {
	HOME=$BATS_TEST_TMPDIR fish --no-config -c "source '$completions/wtgctl.fish'; complete -C '$1'" |
		cut -f1 | xargs
}

@test "fish completes commands, options, words and files" {
	command -v fish >/dev/null || skip "fish is not installed"
	[ "$(in_fish 'wtgctl cr')" = create ]
	[ "$(in_fish 'wtgctl list --al')" = "--all" ]
	[ "$(in_fish 'wtgctl create --boot-ca 20')" = "2011 2023" ]
	[ "$(in_fish 'wtgctl create --image im')" = "image.iso" ]
	[ "$(in_fish 'wtgctl info im')" = "image.iso" ]
	[ "$(in_fish 'wtgctl create --seed im')" = "" ]
	[ "$(in_fish 'wtgctl list im')" = "" ]
	[ "$(in_fish 'wtgctl help sta')" = status ]
}
