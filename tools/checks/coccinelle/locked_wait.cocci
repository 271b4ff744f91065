// SPDX-License-Identifier: GPL-2.0-only
/// Nothing that can last as long as a user likes happens under a lock: no access
/// to user memory, no pinning, no wait for others. Sees what is in one function.
// Options: --no-includes

virtual report

@take exists@
identifier lock = {mutex_lock, mutex_lock_nested, mutex_lock_killable,
	mutex_lock_interruptible, mutex_trylock, down_read, down_read_killable, down_write,
	down_write_killable, spin_lock, spin_lock_irq, spin_lock_irqsave, raw_spin_lock,
	raw_spin_lock_irqsave};
identifier unlock = {mutex_unlock, up_read, up_write, downgrade_write, spin_unlock,
	spin_unlock_irq, spin_unlock_irqrestore, raw_spin_unlock, raw_spin_unlock_irqrestore};
identifier slow = {copy_from_user, copy_to_user, copy_struct_from_user, get_user, put_user,
	clear_user, pin_user_pages, pin_user_pages_fast, pin_user_pages_remote,
	pin_user_pages_unlocked, fixup_user_fault, mmap_read_lock, mmap_read_lock_killable,
	mmap_write_lock, mmput, wait_event, wait_event_killable, wait_event_interruptible,
	wait_for_completion, synchronize_rcu, synchronize_rcu_tasks, synchronize_srcu,
	flush_work, cancel_work_sync, kthread_use_mm};
expression L;
position p;
@@
lock(L, ...)
... when != unlock(L, ...)
slow@p(...)

@script:python depends on report@
p << take.p;
slow << take.slow;
@@
coccilib.report.print_report(p[0], "%s() while a lock is held" % slow)

@guarded exists@
identifier class;
identifier slow = {copy_from_user, copy_to_user, copy_struct_from_user, get_user, put_user,
	clear_user, pin_user_pages, pin_user_pages_fast, pin_user_pages_remote,
	pin_user_pages_unlocked, fixup_user_fault, mmap_read_lock, mmap_read_lock_killable,
	mmap_write_lock, mmput, wait_event, wait_event_killable, wait_event_interruptible,
	wait_for_completion, synchronize_rcu, synchronize_rcu_tasks, synchronize_srcu,
	flush_work, cancel_work_sync, kthread_use_mm};
expression L;
position p;
@@
guard(class)(L);
...
slow@p(...)

@script:python depends on report@
p << guarded.p;
slow << guarded.slow;
@@
coccilib.report.print_report(p[0], "%s() while a guard is held" % slow)

// Read as an iterator with braces, and as macros.h has it without.
@scoped exists@
identifier slow = {copy_from_user, copy_to_user, copy_struct_from_user, get_user, put_user,
	clear_user, pin_user_pages, pin_user_pages_fast, pin_user_pages_remote,
	pin_user_pages_unlocked, fixup_user_fault, mmap_read_lock, mmap_read_lock_killable,
	mmap_write_lock, mmput, wait_event, wait_event_killable, wait_event_interruptible,
	wait_for_completion, synchronize_rcu, synchronize_rcu_tasks, synchronize_srcu,
	flush_work, cancel_work_sync, kthread_use_mm};
iterator scoped_guard;
position p;
@@
(
scoped_guard(...) {
<+...
slow@p(...)
...+>
}
|
for (scoped_lock(...); ; scoped_unlock(...)) {
<+...
slow@p(...)
...+>
}
)

@script:python depends on report@
p << scoped.p;
slow << scoped.slow;
@@
coccilib.report.print_report(p[0], "%s() in a scoped guard" % slow)
