# bash completion for delivery(1). Commands and options are asked of the program, so they are always its own.
_delivery_words() {
    "$@" --help 2>/dev/null | sed -En -e 's/^  (-h,)?(--[a-z-]+).*/\2/p' -e '/^Subcommands:/,/^$/s/^  ([a-z]+) .*/\1/p'
}

_delivery() {
    local program=${COMP_WORDS[0]} current=${COMP_WORDS[COMP_CWORD]} word
    local -a commands=("$program")
    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        [[ $word == -* ]] || { "${commands[@]}" "$word" --help >/dev/null 2>&1 && commands+=("$word"); }
    done
    mapfile -t COMPREPLY < <(compgen -W "$(_delivery_words "${commands[@]}")" -- "$current")
}

complete -F _delivery delivery
