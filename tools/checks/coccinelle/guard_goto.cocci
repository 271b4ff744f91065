// SPDX-License-Identifier: GPL-2.0-only
/// A function unwinds either by scope or by goto: with both, a reader cannot tell
/// the order, and a goto can jump over the variable that a guard is.
// Options: --no-includes

virtual report

@both exists@
identifier class, label;
expression L;
position p;
@@
guard(class)(L);
... when any
goto@p label;

@script:python depends on report@
p << both.p;
@@
coccilib.report.print_report(p[0], "goto in a function that has a guard()")
