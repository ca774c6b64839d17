"""`c3s completion`: print the script that makes a shell complete c3s commands."""

import sys
from typing import Annotated

import typer

from c3s_cli.errors import ExitCode, UsageError

Shell = Annotated[str, typer.Argument(metavar="SHELL", help="One of: bash, zsh, fish, powershell.", show_default=False)]

BASH = """\
# c3s completion for bash: source <(c3s completion bash)
__c3s_complete() {
    local answer directive line piece current before
    local IFS=$'\\n'
    # Bash splits words at = and : (COMP_WORDBREAKS); join them again: --output=yaml, arn:aws:eks:...
    local left="${COMP_LINE:0:COMP_POINT}" words=()
    for piece in "${COMP_WORDS[@]:0:COMP_CWORD+1}"; do
        if [[ ${#words[@]} -gt 0 && "$left" != [[:space:]]* ]]; then
            words[${#words[@]}-1]+="$piece"
        else
            words+=("$piece")
        fi
        left="${left#"${left%%[![:space:]]*}"}"
        left="${left#"$piece"}"
    done
    current="${words[${#words[@]}-1]}"
    # The part before the last split is already on the line.
    before="${current%"${current##*[=:]}"}"
    answer=$(c3s __complete "${words[@]:1}" 2>/dev/null) || return 0
    directive="${answer##*:}"
    answer="${answer%:*}"
    COMPREPLY=()
    for line in $answer; do COMPREPLY+=("${line#"$before"}"); done
    if [ "$directive" = 0 ]; then COMPREPLY=($(compgen -f -- "${current#"$before"}")); fi
    if [ $((directive & 2)) -ne 0 ]; then compopt -o nospace 2>/dev/null; fi
}
complete -F __c3s_complete c3s
"""
ZSH = """\
#compdef c3s
# c3s completion for zsh: source <(c3s completion zsh)
_c3s() {
    local answer directive
    answer=$(c3s __complete "${(@)words[2,$CURRENT]}" 2>/dev/null) || return 0
    directive="${answer##*:}"
    local -a candidates
    candidates=("${(@f)${answer%:*}}")
    candidates=(${candidates:#})
    if [[ "$directive" == 0 ]]; then
        _files
    elif (( directive & 2 )); then
        compadd -S '' -a candidates
    else
        compadd -a candidates
    fi
}
compdef _c3s c3s
"""
FISH = """\
# c3s completion for fish: c3s completion fish | source
function __c3s_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l answer (c3s __complete $words[2..-1] 2>/dev/null)
    if test "$answer[-1]" = :0
        __fish_complete_path (commandline -ct)
    else
        string match -v -r '^:[0-9]+$' -- $answer
    end
end
complete -c c3s -f -a '(__c3s_complete)'
"""
POWERSHELL = """\
# c3s completion for PowerShell: c3s completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName c3s -ScriptBlock {
    param($word, $ast, $position)
    $words = @($ast.CommandElements | Select-Object -Skip 1 | ForEach-Object { "$_" })
    if ($word -eq '') { $words += '' }
    c3s __complete @words 2>$null | Where-Object { $_ -notmatch '^:\\d+$' } | ForEach-Object {
        [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
    }
}
"""
SCRIPTS = {"bash": BASH, "zsh": ZSH, "fish": FISH, "powershell": POWERSHELL}


def completion(shell: Shell) -> ExitCode:
    """Print the completion script of a shell, for commands, flags, columns and names from the cluster.

    Examples:
      # In ~/.bashrc: source <(c3s completion bash)
      c3s completion bash
      # In a directory of $fpath, with the file name _c3s
      c3s completion zsh
    """
    script = SCRIPTS.get(shell)
    if script is None:
        raise UsageError(f"unsupported shell {shell!r}", hint=f"one of: {', '.join(SCRIPTS)}")
    sys.stdout.write(script)
    return ExitCode.OK
