# fish completion for delivery(1). Commands and options are asked of the program, so they are always its own.
function __delivery_words
    set -l commands delivery
    for word in (commandline -opc)[2..]
        string match -q -- '-*' $word; or begin
            $commands $word --help >/dev/null 2>&1; and set -a commands $word
        end
    end
    $commands --help 2>/dev/null | sed -En -e 's/^  (-h,)?(--[a-z-]+).*/\2/p' -e '/^Subcommands:/,/^$/s/^  ([a-z]+) .*/\1/p'
end

complete -c delivery -f -a '(__delivery_words)'
