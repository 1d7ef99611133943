"""The completion scripts of three shells, as texts. Knows commands and what they take, and no parser."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

SHELLS: Final = ("bash", "zsh", "fish")
_TOP: Final = ("--help", "--version")


@dataclass(frozen=True, slots=True)
class Argument:
    """What a command takes.

    Attributes:
        flags: ``-h``, ``--help``; none where it is known by its place.
        text: what it means.
        takes: what its value is called; empty where it has none.
        choices: the values that there are, where they are known.
    """

    flags: tuple[str, ...]
    text: str
    takes: str = ""
    choices: tuple[str, ...] = ()

    @property
    def is_file(self) -> bool:
        """Whether the value is the name of a file."""
        return self.takes == "FILE"


@dataclass(frozen=True, slots=True)
class Described:
    """A command, what it does, and what it takes."""

    name: str
    text: str
    arguments: tuple[Argument, ...]

    @property
    def words(self) -> list[str]:
        """What can follow it: options, and values that are known by their place."""
        options = [flag for one in self.arguments for flag in one.flags]
        return options + [choice for one in self.arguments if not one.flags for choice in one.choices]


def script(shell: str, commands: Sequence[Described]) -> str:
    """The script for a shell."""
    make = {"bash": _bash, "zsh": _zsh, "fish": _fish}[shell]
    return "\n".join(make(commands)) + "\n"


def _bash(commands: Sequence[Described]) -> Iterator[str]:
    yield "# bash completion for nf-ports, made by `nf-ports completion bash`"
    yield "_nf_ports() {"
    yield '    local word="${COMP_WORDS[COMP_CWORD]}" before="${COMP_WORDS[COMP_CWORD-1]}" command="${COMP_WORDS[1]}"'
    yield "    # bash takes --option=value for three words."
    yield '    if [ "$word" = "=" ]; then word=""; fi'
    yield '    if [ "$before" = "=" ]; then before="${COMP_WORDS[COMP_CWORD-2]}"; fi'
    yield "    COMPREPLY=()"
    yield '    if [ "$COMP_CWORD" -eq 1 ]; then'
    yield f"        {_bash_reply([*(one.name for one in commands), *_TOP])}"
    yield "        return"
    yield "    fi"
    yield '    case "$command $before" in'
    yield from _bash_values(commands)
    yield "    esac"
    yield '    case "$command" in'
    for command in commands:
        yield f"        {command.name}) {_bash_reply(command.words)} ;;"
    yield "    esac"
    yield "}"
    yield "complete -F _nf_ports nf-ports"


def _bash_values(commands: Sequence[Described]) -> Iterator[str]:
    """What can follow an option that takes a value."""
    taking = [(command.name, one) for command in commands for one in command.arguments if one.flags and one.takes]
    for name, one in taking:
        if one.choices:
            yield f"        {_bash_patterns(name, one)}) {_bash_reply(one.choices)}; return ;;"
    files = [_bash_patterns(name, one) for name, one in taking if one.is_file]
    if files:
        # Their names may hold spaces.
        yield f"        {'|'.join(files)})"
        yield "            local IFS=$'\\n'"
        yield "            compopt -o filenames 2> /dev/null"
        yield '            COMPREPLY=($(compgen -f -- "$word"))'
        yield "            return ;;"
    others = [_bash_patterns(name, one) for name, one in taking if not one.choices and not one.is_file]
    if others:
        yield f"        {'|'.join(others)}) return ;;"


def _bash_patterns(name: str, one: Argument) -> str:
    return "|".join(f'"{name} {flag}"' for flag in one.flags)


def _bash_reply(words: Sequence[str]) -> str:
    return 'COMPREPLY=($(compgen -W "' + " ".join(words) + '" -- "$word"))'


def _zsh(commands: Sequence[Described]) -> Iterator[str]:
    yield "#compdef nf-ports"
    yield "# zsh completion for nf-ports, made by `nf-ports completion zsh`"
    yield "_nf_ports() {"
    yield "    local -a commands"
    yield "    commands=("
    for command in commands:
        yield f"        {_single(f'{command.name}:{command.text}')}"
    yield "    )"
    yield "    if (( CURRENT == 2 )); then"
    yield "        _describe command commands"
    yield f"        compadd -- {' '.join(_TOP)}"
    yield "        return"
    yield "    fi"
    yield "    local command=$words[2]"
    yield "    shift words"
    yield "    (( CURRENT-- ))"
    yield "    case $command in"
    for command in commands:
        yield f"        {command.name})"
        yield "            _arguments \\"
        specs = [_zsh_spec(one) for one in command.arguments]
        yield " \\\n".join(f"                {spec}" for spec in specs)
        yield "            ;;"
    yield "    esac"
    yield "}"
    yield 'if [ "$funcstack[1]" = "_nf-ports" ]; then _nf_ports "$@"; else compdef _nf_ports nf-ports; fi'


def _zsh_spec(one: Argument) -> str:
    if one.is_file:
        value = f":{one.takes}:_files"
    elif one.choices:
        value = f":{one.takes}:({' '.join(one.choices)})"
    else:
        value = f":{_zsh_text(one.takes)}:" if one.takes else ""
    if not one.flags:
        return _single(f"1{value}")
    text = f"[{_zsh_text(one.text)}]{value}"
    # With the sign, zsh takes --option=value as well as --option value.
    flags = [f"{flag}=" if one.takes and flag.startswith("--") else flag for flag in one.flags]
    if len(flags) == 1:
        return _single(flags[0] + text)
    return _single(f"({' '.join(one.flags)})") + "{" + ",".join(flags) + "}" + _single(text)


def _zsh_text(text: str) -> str:
    return re.sub(r"([\\\[\]:])", r"\\\1", text)


def _fish(commands: Sequence[Described]) -> Iterator[str]:
    yield "# fish completion for nf-ports, made by `nf-ports completion fish`"
    yield "complete -c nf-ports -f"
    yield "complete -c nf-ports -n __fish_use_subcommand -l help -d 'Show help'"
    yield "complete -c nf-ports -n __fish_use_subcommand -l version -d 'Show the version'"
    for command in commands:
        yield f"complete -c nf-ports -n __fish_use_subcommand -a {command.name} -d {_fish_quoted(command.text)}"
        for one in command.arguments:
            parts = [f"complete -c nf-ports -n '__fish_seen_subcommand_from {command.name}'"]
            parts += [f"-s {flag[1:]}" if len(flag) == 2 else f"-l {flag[2:]}" for flag in one.flags]  # noqa: PLR2004
            if one.flags and one.takes:
                parts.append("-r -F" if one.is_file else "-x")
            if one.choices:
                parts.append(f"-a {_fish_quoted(' '.join(one.choices))}")
            elif not one.flags:
                continue
            yield " ".join([*parts, f"-d {_fish_quoted(one.text)}"])


def _single(text: str) -> str:
    """`text` for a POSIX shell."""
    return "'" + text.replace("'", "'\\''") + "'"


def _fish_quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
