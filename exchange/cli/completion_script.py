"""The scripts by which bash and zsh complete what is typed behind `exchange`.

Both have the same three functions, which are made of the table and answer for a place:

    _exchange_words PLACE         its subcommands, or its options, one a line, each with its meaning behind it
    _exchange_kind PLACE WHAT     of what kind an option's value is, or the argument of this number; or nothing
    _exchange_is_place PLACE      whether there is such a place, that is, whether the last word is a subcommand

and one that each shell calls, which walks over the words typed so far.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from exchange.cli.completion_table import TypingPlace, Word

_WALK = """\
        if [[ -n $option ]]; then
            option=""
        elif [[ $word == -*=* ]]; then
            continue
        elif [[ $word == -* ]]; then
            if [[ -n $(_exchange_kind "$place" "$word") ]]; then option=$word; fi
        elif _exchange_is_place "${place:+$place }$word"; then
            place=${place:+$place }$word
            position=0
        else
            position=$((position + 1))
        fi
"""

_BASH = """\
_exchange() {
    local current=${COMP_WORDS[COMP_CWORD]} place="" option="" kind="" word i position=0
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        # To bash --option=value is three words.
        if [[ $word == "=" ]]; then continue; fi
%(walk)s\
    done
    if [[ $current == "=" ]]; then current=""; fi
    if [[ -n $option ]]; then
        kind=$(_exchange_kind "$place" "$option")
    elif [[ $current != -* ]]; then
        kind=$(_exchange_kind "$place" $((position + 1)))
    fi
    local IFS=$'\\n'
    case $kind in
        files) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$current")) ;;
        directories) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -d -- "$current")) ;;
        anything) COMPREPLY=() ;;
        words*) kind=${kind#words }; COMPREPLY=($(compgen -W "${kind// /$IFS}" -- "$current")) ;;
        *) COMPREPLY=($(compgen -W "$(_exchange_words "$place" "$current" | cut -d ' ' -f 1)" -- "$current")) ;;
    esac
}
complete -F _exchange exchange
"""

_ZSH = """\
_exchange() {
    local current=${words[CURRENT]} place="" option="" kind="" word
    local -i i position=0
    for ((i = 2; i < CURRENT; i++)); do
        word=${words[i]}
%(walk)s\
    done
    if [[ -z $option && $current == --*=* ]]; then
        option=${current%%%%=*}
        compset -P '*='
    fi
    if [[ -n $option ]]; then
        kind=$(_exchange_kind "$place" "$option")
    elif [[ $current != -* ]]; then
        kind=$(_exchange_kind "$place" $((position + 1)))
    fi
    local -a found
    case $kind in
        files) _files ;;
        directories) _files -/ ;;
        anything) _message value ;;
        words*) compadd -- ${(s: :)${kind#words }} ;;
        *)
            found=("${(@f)$(_exchange_words "$place" "$current")}")
            found=("${(@)found/ /:}")
            _describe word found
            ;;
    esac
}
if [[ ${funcstack[1]} == _exchange ]]; then
    _exchange "$@"
else
    compdef _exchange exchange
fi
"""


def bash_script(table: Sequence[TypingPlace]) -> str:
    """What bash reads."""
    return "# bash completion for exchange\n" + _functions(table) + _BASH % {"walk": _WALK}


def zsh_script(table: Sequence[TypingPlace]) -> str:
    """What zsh reads, by `source` or as a file `_exchange` in its `fpath`."""
    return "#compdef exchange\n" + _functions(table) + _ZSH % {"walk": _WALK}


def _functions(table: Sequence[TypingPlace]) -> str:
    return "\n".join([_words_function(table), _kind_function(table), _is_place_function(table), ""])


def _words_function(table: Iterable[TypingPlace]) -> str:
    """Options where one was begun, or where there is nothing else."""
    lines = ["_exchange_words() {", '    case "$1|$2" in']
    for place in table:
        lines += [f"        '{place.name}|-'*) cat <<'END'", *_rows(place.options), "END", "            ;;"]
        lines += [f"        '{place.name}|'*) cat <<'END'", *_rows(place.subcommands or place.options), "END"]
        lines.append("            ;;")
    return "\n".join([*lines, "    esac", "}"])


def _rows(words: Iterable[Word]) -> list[str]:
    return [f"{word.text} {word.meaning}" for word in words]


def _kind_function(table: Iterable[TypingPlace]) -> str:
    lines = ["_exchange_kind() {", '    case "$1|$2" in']
    for place in table:
        kinds = {**place.values, **{str(number): kind for number, kind in enumerate(place.arguments, start=1)}}
        lines += [f"        '{place.name}|{what}') echo '{kind}' ;;" for what, kind in kinds.items()]
    return "\n".join([*lines, "    esac", "}"])


def _is_place_function(table: Iterable[TypingPlace]) -> str:
    names = "|".join(f"'{place.name}'" for place in table if place.name)
    return "\n".join(["_exchange_is_place() {", f'    case "$1" in {names}) ;; *) return 1 ;; esac', "}"])
