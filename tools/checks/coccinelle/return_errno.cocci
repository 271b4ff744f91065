// SPDX-License-Identifier: GPL-2.0-only
/// Errors are negative constants with a name, not numbers, and not positive.
// Options: --no-includes

virtual report

@number@
constant int C;
position p;
@@
return@p -C;

@script:python depends on report@
p << number.p;
C << number.C;
@@
if C[0].isdigit():
	coccilib.report.print_report(p[0], "error -%s has no name" % C)

@positive@
identifier errno =~ "^E[A-Z0-9]+$";
position p;
@@
return@p errno;

@script:python depends on report@
p << positive.p;
errno << positive.errno;
@@
coccilib.report.print_report(p[0], "%s is returned without its minus" % errno)
