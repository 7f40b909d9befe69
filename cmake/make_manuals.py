#!/usr/bin/env python3
"""Man pages and bash completion of the programs: what --help prints, so from their tables of options.

A page is docs/man/<program>.1.in with @OPTIONS@ replaced; words to complete first stand in its first
line ("words: ...").

usage: make_manuals.py <folder of .1.in> <version> <folder for share/> <program>...
"""
import os
import re
import subprocess
import sys

COLUMN = 30  # where CLI11's help has its descriptions


class Option:
    def __init__(self, spellings, value, text, group):
        self.spellings, self.value, self.text, self.group = spellings, value, text, group


def option(header, text, group):
    """From "-o,--output TEXT" or "--output-file, -o <value>"."""
    words = header.replace(", ", ",").split(" ", 1)
    return Option([s for s in words[0].split(",") if s.startswith("-")],
                  words[1].strip() if len(words) > 1 else "", text, group)


def options(help_text):
    """The options of CLI11's help ("  -o,--output TEXT   text") and of npucc's ("--output, -o" and the text below)."""
    found, group = [], ""
    for line in help_text.splitlines():
        if re.match(r"\S.*:$", line):
            group = line[:-1]
        elif line.startswith("-"):
            found.append(option(line.strip(), "", group))
        elif re.match(r"  -", line):
            short = len(line) < COLUMN or line[COLUMN - 1] == " "
            header, text = (line[:COLUMN], line[COLUMN:]) if short else (line, "")
            found.append(option(header.strip(), text.strip(), group))
        elif found and re.match(r"\s{8}", line):
            found[-1].text = (found[-1].text + " " + line.strip()).strip()
    return [each for each in found if each.spellings]


def roff(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + text if text[:1] in (".", "'") else text


def option_sections(found):
    lines = [".SH OPTIONS"]
    group = found[0].group
    for each in found:
        if each.group != group:
            group = each.group
            lines.append(".SS " + roff(group))
        head = ", ".join("\\fB" + roff(s) + "\\fR" for s in each.spellings)
        lines += [".TP", head + (" \\fI" + roff(each.value) + "\\fR" if each.value else ""), roff(each.text)]
    return "\n".join(lines)


def completion(program, found, words):
    name = "_" + re.sub(r"\W", "_", program)
    spellings = " ".join(sorted({s for each in found for s in each.spellings}))
    body = ["# bash completion of " + program, name + "() {", '  local current=${COMP_WORDS[COMP_CWORD]}',
            "  COMPREPLY=()", '  if [[ $current == -* ]]; then',
            f'    COMPREPLY=($(compgen -W "{spellings}" -- "$current"))']
    if words:
        body += ['  elif ((COMP_CWORD == 1)); then',
                 f'    COMPREPLY=($(compgen -W "{" ".join(words)}" -- "$current"))']
    # Files where nothing else fits.
    return "\n".join(body + ["  fi", "}", f"complete -o default -F {name} {program}", ""])


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)


def main():
    pages, version, share = sys.argv[1:4]
    for program in sys.argv[4:]:
        name = os.path.basename(program)
        shown = subprocess.run([program, "--help"], stdout=subprocess.PIPE, text=True, check=True).stdout
        found = options(shown)
        with open(os.path.join(pages, name + ".1.in")) as file:
            page = file.read()
        words = re.search(r"words: (.*)", page.splitlines()[0])
        page = page.replace("@OPTIONS@", option_sections(found)).replace("@VERSION@", version)
        page = page.replace("@DOCUMENTATION@", "/usr/share/doc/cu2npu")
        write(os.path.join(share, "man/man1", name + ".1"), page)
        write(os.path.join(share, "bash-completion/completions", name),
              completion(name, found, words[1].split() if words else []))


if __name__ == "__main__":
    main()
