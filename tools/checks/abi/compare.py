# SPDX-License-Identifier: GPL-2.0-only
"""Compare mirrored declarations with the kernel's type information.

usage: compare.py LIST MIRROR.json VMLINUX.json MODULE=MODULE.json...

The JSON files are what "bpftool -j btf dump" prints. Types of a module refer to
those of vmlinux, which is also what an entry of the list for "vmlinux" is about.
"""
import json
import sys


class Types:
    """Type information of one binary."""

    QUALIFIER = {'CONST': 'const', 'VOLATILE': 'volatile', 'RESTRICT': 'restrict'}

    def __init__(self, path, base=None):
        with open(path, encoding='utf-8') as f:
            self.own = {t['id']: t for t in json.load(f)['types']}
        self.base = base

    def get(self, type_id):
        return self.own[type_id] if type_id in self.own else self.base.get(type_id)

    def find(self, kind, name):
        """A type of that name, the module's own before one of vmlinux."""
        for t in self.own.values():
            if t['kind'] == kind and t['name'] == name:
                return t
        return self.base and self.base.find(kind, name)

    def text(self, type_id):
        """A type in words, as deep as names go."""
        if type_id == 0:
            return 'void'
        t = self.get(type_id)
        kind = t['kind']
        if kind == 'PTR':
            return self.text(t['type_id']) + ' *'
        if kind in self.QUALIFIER:
            return self.text(t['type_id']) + ' ' + self.QUALIFIER[kind]
        if kind == 'FUNC_PROTO':
            return self.prototype(t)
        if kind == 'ARRAY':
            return f"{self.text(t['type_id'])} [{t['nr_elems']}]"
        if kind == 'FWD':
            return f"{t['fwd_kind']} {t['name']}"
        if kind in ('STRUCT', 'UNION', 'ENUM'):
            return f"{kind.lower()} {t['name']}"
        if kind == 'TYPEDEF':
            return self.typedef(t)
        return t['name']

    def typedef(self, t):
        """By name and by what is behind it, where that is a number."""
        behind = t
        while behind['kind'] == 'TYPEDEF' and behind['type_id']:
            behind = self.get(behind['type_id'])
        if behind['kind'] == 'INT':
            return f"{t['name']} ({behind['encoding']} {behind['nr_bits']})"
        return t['name']

    def prototype(self, t):
        params = ', '.join(self.text(p['type_id']) for p in t['params'])
        return f"{self.text(t['ret_type_id'])} (*)({params})"

    def members(self, name):
        """(name, offset, type) of each member, or None."""
        t = self.find('STRUCT', name)
        return t and [(m['name'], m['bits_offset'] // 8, self.text(m['type_id']))
                      for m in t['members']]

    def values(self, name):
        t = self.find('ENUM', name)
        return t and [(v['name'], v['val']) for v in t['values']]

    def function(self, name):
        """Prototype of a function, or of the pointer to it in the mirror."""
        t = self.find('FUNC', name)
        if t:
            return [self.text(t['type_id'])]
        mirror = self.find('STRUCT', 'abi_mirror')
        pointers = [m for m in mirror['members'] if m['name'] == name] if mirror else []
        return [self.text(self.get(p['type_id'])['type_id']) for p in pointers] or None


def compare(kind, name, exceptions, ours, theirs):
    """Differences of one entry, as lines."""
    get = {'struct': Types.members, 'enum': Types.values, 'function': Types.function}[kind]
    our, their = get(ours, name), get(theirs, name)
    if our is None:
        return [f'{kind} {name}: not in the mirror']
    if their is None:
        return [] if 'newer=absent' in exceptions else [f'{kind} {name}: the kernel has none']
    for tail in (e[5:] for e in exceptions if e.startswith('tail=')):
        if our[-1][0] == tail and their[-1][0] != tail:
            our = our[:-1]
    if 'head' in exceptions:
        their = their[:len(our)]
    if our == their:
        return []
    lines = [f'{kind} {name} differs:']
    for i in range(max(len(our), len(their))):
        left = our[i] if i < len(our) else '(none)'
        right = their[i] if i < len(their) else '(none)'
        if left != right:
            lines.append(f'  ours {left}\n  kernel {right}')
    return lines


def main():
    ours = Types(sys.argv[2])
    base = Types(sys.argv[3])
    modules = {m: Types(path, base) for m, path in (a.split('=', 1) for a in sys.argv[4:])}
    modules['vmlinux'] = base
    compared, differences = 0, []
    with open(sys.argv[1], encoding='utf-8') as f:
        for words in (line.split() for line in f):
            if words and not words[0].startswith('#'):
                compared += 1
                differences += compare(words[0], words[1], words[3:], ours, modules[words[2]])
    print('\n'.join(differences + [f'{compared} declarations compared']))
    sys.exit(bool(differences) or not compared)


main()
