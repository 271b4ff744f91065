// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cookies: what vfio core holds instead of a pointer to an address space.
 *
 * vfio core may use what it got from open() after it has handed it to release(), as
 * container.c tells.  A cookie is never used twice: whoever comes with one either
 * gets a reference to the address space that it was made for, or nothing.
 */
#include <linux/atomic.h>
#include <linux/rcupdate.h>
#include <linux/xarray.h>

#include "private.h"

/*
 * What vfio core holds as a pointer is the id with this added: no address that
 * could be dereferenced, should another backend ever be handed it.
 */
#define T1X_COOKIE_TAG	(1UL << (BITS_PER_LONG - 1))

static DEFINE_XARRAY(t1x_cookies);
static atomic_long_t t1x_cookie_last_id;

/**
 * t1x_cookie_make() - make the cookie of an address space
 * @ioas: address space; gets its id
 *
 * Return: cookie, which has the caller's reference; or ERR_PTR(-ENOMEM).
 */
void *t1x_cookie_make(struct t1x_ioas *ioas)
{
	unsigned long id = atomic_long_inc_return(&t1x_cookie_last_id);
	int ret;

	ioas->stats.id = id;
	ret = xa_insert(&t1x_cookies, id, ioas, GFP_KERNEL_ACCOUNT);
	return ret ? ERR_PTR(ret) : (void *)(id | T1X_COOKIE_TAG);
}

/**
 * t1x_cookie_retire() - from now on a cookie finds nothing
 * @cookie: from t1x_cookie_make()
 *
 * Return: its address space, with the reference that the cookie had.
 */
struct t1x_ioas *t1x_cookie_retire(void *cookie)
{
	return xa_erase(&t1x_cookies, (unsigned long)cookie & ~T1X_COOKIE_TAG);
}

/**
 * t1x_cookie_peek() - find an address space without taking a reference
 * @cookie: cookie, or something that was one
 *
 * Return: address space as long as the caller's RCU read section lasts, perhaps one
 * that is being freed; or NULL.
 */
struct t1x_ioas *t1x_cookie_peek(void *cookie)
{
	return xa_load(&t1x_cookies, (unsigned long)cookie & ~T1X_COOKIE_TAG);
}

/**
 * t1x_cookie_borrow() - find the address space behind a cookie, or an id
 * @cookie: cookie, or something that was one, or t1x_stats.id
 *
 * Return: address space with a reference, or NULL if it was released.
 */
struct t1x_ioas *t1x_cookie_borrow(void *cookie)
{
	struct t1x_ioas *ioas;

	rcu_read_lock();
	ioas = t1x_cookie_peek(cookie);
	if (ioas && !refcount_inc_not_zero(&ioas->users))
		ioas = NULL;
	rcu_read_unlock();
	return ioas;
}
