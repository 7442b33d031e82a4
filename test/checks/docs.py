#!/usr/bin/env python3
"""Checks the documents: links lead somewhere, and code blocks end."""

import re
import sys
from pathlib import PurePosixPath
from posixpath import normpath

from tree import read, report, source_files

LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ +(.*)$", re.MULTILINE)
MENTION = re.compile(r"(?<![\w/])docs/[\w-]+\.md")
BLOCK = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def anchor(heading):
    """The anchor that a heading gets where Markdown is shown."""
    words = re.sub(r"[^\w\- ]", "", heading.strip().lower())
    return words.replace(" ", "-")


def check_texts(texts, tree):
    """texts: path -> Markdown; tree: all paths and folders there are. Yields problems."""
    anchors = {
        path: {anchor(heading) for heading in HEADING.findall(BLOCK.sub("", text))}
        for path, text in texts.items()
    }
    for path, text in texts.items():
        if sum(line.startswith("```") for line in text.splitlines()) % 2:
            yield f"{path}: a code block is never closed"
            continue
        for link in LINK.findall(BLOCK.sub("", text)):
            if re.match(r"[a-z]+:", link):
                continue
            name, _, wanted = link.partition("#")
            target = normpath(PurePosixPath(path).parent / name) if name else path
            if target not in tree:
                yield f"{path}: the link {link} leads nowhere"
            elif wanted and wanted not in anchors.get(target, {wanted}):
                yield f"{path}: {target} has no heading for the link {link}"


def check_mentions(path, text, tree):
    """What code and scripts say about documents must be true as well."""
    for name in sorted(set(MENTION.findall(text))):
        if name not in tree:
            yield f"{path}: mentions {name}, which is not there"


def main(root):
    paths = [str(path) for path in source_files(root, ("",))]
    tree = set(paths) | {str(parent) for path in paths for parent in PurePosixPath(path).parents}
    texts = {path: read(root, path) for path in paths if path.endswith(".md")}
    problems = list(check_texts(texts, tree))
    for path in paths:
        if path.endswith((".hpp", ".cpp", ".sh", "meson.build")):
            problems += check_mentions(path, read(root, path), tree)
    return report("documents", problems, len(texts))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
