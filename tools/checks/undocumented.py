# SPDX-License-Identifier: GPL-2.0-only
"""Part of the check kernel-doc: what has no kernel-doc comment and needs one."""
import re

import csource

report = csource.Report()

for name in csource.files(*csource.KERNEL, suffixes={'.c', '.h'}):
    source = csource.Source(name)
    inline_api = '/core/' in name and name.endswith('.h')
    for function in source.functions:
        report.seen += 1
        if not function.documented and (inline_api or not function.static):
            report.fail(f'{name}:{function.first}', f'{function.name}() has no kernel-doc comment')

for name in csource.files('include/uapi', suffixes={'.h'}):
    source = csource.Source(name)
    for match in re.finditer(r'^(struct|enum|union) (\w+) \{', source.code, re.M):
        report.seen += 1
        if not source.kernel_doc_before(match.start()):
            line = source.code.count('\n', 0, match.start()) + 1
            report.fail(f'{name}:{line}', f'{match[1]} {match[2]} has no kernel-doc comment')

report.finish('functions and structures')
