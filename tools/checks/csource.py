# SPDX-License-Identifier: GPL-2.0-only
"""Just enough understanding of C for the checks: comments, functions, calls.

Not a parser. It relies on kernel style: a function's body begins at depth 0 of
braces, and labels stand alone on their line.
"""
import os
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

# What is built for a kernel: the drivers, and modules that only tests load.
KERNEL = ('drivers', 'tools/testing/modules')

# What kbuild and our own tools leave in the tree.
GENERATED = re.compile(r'(^|/)(\.git|out|generated|__pycache__|\.[^/]*\.cmd)(/|$)'
                       r'|\.(o|ko|mod|mod\.c|cmd|probe|log|order|symvers|d|a|pyc)$')

TOKEN = re.compile(r'''
    (?P<comment>/\*.*?\*/|//[^\n]*)
  | (?P<literal>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')
  | (?P<directive>^[ \t]*\#(?:\\\n|/\*.*?\*/|[^\n])*)
''', re.X | re.S | re.M)

# name(...) after or before a function's name that is not the function's name
ATTRIBUTE = {'__must_hold', '__acquires', '__releases', '__printf', '__attribute__',
             '__aligned', '__section', '__no_sanitize', '__alloc_size'}


def walk(top):
    """Files below a place; where kbuild may be at work nobody looks."""
    for place, below, names in os.walk(top):
        place = pathlib.Path(place)
        below[:] = [name for name in below
                    if not GENERATED.search((place / name).relative_to(ROOT).as_posix())]
        yield from (place / name for name in names)


def files(*tops, suffixes=None):
    """Files below the given places of the tree, without generated ones."""
    found = []
    for top in tops or ('.',):
        path = ROOT / top
        for f in [path] if path.is_file() else sorted(walk(path)):
            name = f.relative_to(ROOT).as_posix()
            if f.is_file() and not GENERATED.search(name):
                if not suffixes or f.suffix in suffixes:
                    found.append(name)
    return found


def read(name):
    return (ROOT / name).read_text(encoding='utf-8')


def blank(text):
    """Replace everything but newlines by spaces."""
    return re.sub(r'[^\n]', ' ', text)


def strip(text, directives=False):
    """Source without comments and literals, and if asked, without directives.

    Positions stay what they were.
    """
    def replace(match):
        if match['directive'] is not None:
            return blank(match[0]) if directives else \
                re.sub(r'/\*.*?\*/|//[^\n]*', lambda m: blank(m[0]), match[0], flags=re.S)
        return blank(match[0])
    return TOKEN.sub(replace, text)


def comment_lines(text):
    """Numbers of the lines that hold a comment or a part of one."""
    lines = set()
    for match in TOKEN.finditer(text):
        if match['comment'] is not None:
            first = text.count('\n', 0, match.start()) + 1
            lines.update(range(first, first + match[0].count('\n') + 1))
    return lines


class Function:
    """A function definition."""

    def __init__(self, source, header_pos, header, body_pos, end_pos):
        self.header = ' '.join(header.split())
        self.name, self.params = self.signature(self.header)
        self.first = source.text.count('\n', 0, header_pos) + 1
        self.last = source.text.count('\n', 0, end_pos) + 1
        self.body = source.code[body_pos:end_pos]
        self.static = re.search(r'\bstatic\b', self.header) is not None
        self.documented = source.kernel_doc_before(header_pos)

    @staticmethod
    def signature(header):
        """Name and parameters out of the text before the body."""
        depth, start, name = 0, 0, None
        for pos, char in enumerate(header):
            if char == '(':
                if depth == 0:
                    before = re.search(r'(\w+)\s*$', header[:pos])
                    name = before[1] if before else None
                    start = pos + 1
                depth += 1
            elif char == ')':
                depth -= 1
                if depth == 0 and name and name not in ATTRIBUTE:
                    return name, split_params(header[start:pos])
        return None, []

    @property
    def length(self):
        return self.last - self.first + 1

    @property
    def labels(self):
        return [label for label in re.findall(r'^[ \t]*(\w+)[ \t]*:[ \t]*$', self.body, re.M)
                if label != 'default']


def split_params(text):
    """Parameters of a list; (void) has none."""
    params, depth, part = [], 0, ''
    for char in text:
        depth += (char in '([') - (char in ')]')
        if char == ',' and depth == 0:
            params.append(part.strip())
            part = ''
        else:
            part += char
    params.append(part.strip())
    return [p for p in params if p not in ('', 'void')]


class Source:
    """A C file."""

    def __init__(self, name):
        self.name = name
        self.text = read(name)
        self.code = strip(self.text)
        self.functions = list(self.find_functions())

    def kernel_doc_before(self, pos):
        """Whether a kernel-doc comment ends right before a position."""
        before = self.text[:pos].rstrip()
        return before.endswith('*/') and before[before.rfind('/*'):].startswith('/**')

    def find_functions(self):
        code = strip(self.text, directives=True)
        depth, header_pos, body_pos, function = 0, 0, 0, False
        for match in re.finditer(r'[{};]', code):
            pos, char = match.start(), match[0]
            if char == '{':
                if depth == 0:
                    header = code[header_pos:pos]
                    function = self.is_function(header)
                    header_pos += len(header) - len(header.lstrip())
                    body_pos = pos
                depth += 1
            elif char == '}':
                depth -= 1
                if depth == 0:
                    if function:
                        yield Function(self, header_pos, code[header_pos:body_pos],
                                       body_pos, pos)
                        function = False
                    header_pos = pos + 1
            elif depth == 0:
                header_pos = pos + 1

    @staticmethod
    def is_function(header):
        header = header.strip()
        return '(' in header and '=' not in header and \
            re.search(r'\)(\s*\w+)*\s*$', header) is not None


class Report:
    """Collects what a check finds, and says so at the end."""

    def __init__(self):
        self.bad = 0
        self.seen = 0

    def fail(self, where, text):
        print(f'{where}: {text}')
        self.bad += 1

    def finish(self, what):
        """Leave with the verdict; having looked at nothing is a failure."""
        if not self.seen:
            print('nothing was checked')
            sys.exit(1)
        print(f'{self.seen} {what} checked, {self.bad} findings')
        sys.exit(1 if self.bad else 0)
