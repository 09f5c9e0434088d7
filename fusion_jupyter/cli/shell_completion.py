"""``completion``: the code that makes bash or zsh complete commands."""

from __future__ import annotations

import argparse

from fusion_jupyter.manager.manager import RunManager

#: The hidden command called by a shell.
VERB = "__complete"

# bash breaks words at "=", so only the part after it is completed.
_BASH = f"""\
# Append to ~/.bashrc:  eval "$(fusion-jupyter completion bash)"
_fusion_jupyter() {{
    local line="${{COMP_LINE:0:COMP_POINT}}" word
    local -a found
    mapfile -t found < <("${{COMP_WORDS[0]}}" {VERB} "${{line#"${{COMP_WORDS[0]}}"}}" 2>/dev/null)
    COMPREPLY=()
    for word in "${{found[@]}}"; do
        [[ "$word" == *= ]] && compopt -o nospace
        [[ "$COMP_WORDBREAKS" == *=* && "$line" == *=* && "$word" == *=* && "$word" != *= ]] &&
            word="${{word#*=}}"
        COMPREPLY+=("$word")
    done
}}
complete -o default -F _fusion_jupyter fusion-jupyter
"""
_ZSH = f"""\
# Append to ~/.zshrc, behind compinit:  eval "$(fusion-jupyter completion zsh)"
_fusion_jupyter() {{
    local line="${{BUFFER[1,CURSOR]}}" word
    local -a found
    found=(${{(f)"$("${{words[1]}}" {VERB} "${{line#*${{words[1]}}}}" 2>/dev/null)"}})
    for word in $found; do
        if [[ "$word" == *= ]]; then compadd -S '' -- "$word"; else compadd -- "$word"; fi
    done
    (( $#found )) || _files
}}
compdef _fusion_jupyter fusion-jupyter
"""
SHELLS = {"bash": _BASH, "zsh": _ZSH}


def print_script(manager: RunManager, options: argparse.Namespace) -> int:
    """Print what a shell is to execute."""
    print(SHELLS[options.shell], end="")
    return 0
