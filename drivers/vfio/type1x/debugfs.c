// SPDX-License-Identifier: GPL-2.0-only
/*
 * debugfs: a directory for each address space, for those who look for a mistake.
 *
 *	vfio-type1x/ID/info		the lines of fdinfo, and who chose the backend
 *	vfio-type1x/ID/domains		page tables, and the groups behind each
 *	vfio-type1x/ID/bonds		a line for each process that is bound
 *	vfio-type1x/ID/mappings		a line for each mapping
 *	vfio-type1x/ID/extents		and how the memory behind it is laid out
 *
 * A file that is open holds no reference: the memory of a container that is closed
 * must not stay pinned because somebody looks.  Each read borrows the address space,
 * and gives it back before it writes to user memory; which is why the protection
 * that debugfs has to offer is not needed, and not wanted: removing a file would wait
 * for that write.  (Whoever lists the directory, which is root's, can make it wait.)
 */
#include <linux/debugfs.h>
#include <linux/device.h>
#include <linux/iommu.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/seq_file.h>
#include <linux/stringify.h>

#include "private.h"

static struct dentry *t1x_debugfs_root;

/* The address space that a file is about, or NULL. */
static struct t1x_ioas *t1x_debugfs_borrow(const struct seq_file *m)
{
	return t1x_cookie_borrow(m->private);
}

static int t1x_debugfs_info_show(struct seq_file *m, void *unused)
{
	struct t1x_ioas *ioas = t1x_debugfs_borrow(m);

	if (!ioas)
		return -ENODEV;
	seq_puts(m, "vfio-driver:\t" T1X_NAME "\n");
	t1x_stats_show(ioas, m);
	seq_printf(m, "pid:\t%d\n", ioas->stats.opener);
	t1x_ioas_put(ioas);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(t1x_debugfs_info);

static const char *const t1x_debugfs_dirty[] = {
	[T1X_DIRTY_OFF] = "off",
	[T1X_DIRTY_UNPROVEN] = "unproven",
	[T1X_DIRTY_PROVEN] = "proven",
};

static void t1x_debugfs_show_domain(struct seq_file *m, const struct t1x_domain *domain)
{
	const struct t1x_group *group;

	seq_printf(m, "domain pgsizes %#lx coherency %s dirty bits %s\n",
		   domain->domain->pgsize_bitmap,
		   domain->enforce_cc ? "enforced" : "by the device",
		   t1x_debugfs_dirty[READ_ONCE(domain->dirty)]);
	list_for_each_entry(group, &domain->groups, next)
		seq_printf(m, "  group %d aperture %#llx-%#llx dirties %s\n",
			   iommu_group_id(group->group), group->aperture.start,
			   group->aperture.last,
			   group->pins_pages ? "what it pins" : "anything");
}

static int t1x_debugfs_domains_show(struct seq_file *m, void *unused)
{
	struct t1x_ioas *ioas = t1x_debugfs_borrow(m);
	const struct t1x_domain *domain;
	const struct t1x_group *group;
	int ret;

	if (!ioas)
		return -ENODEV;
	ret = down_read_killable(&ioas->domains_rwsem);
	if (ret)
		goto out_put;
	list_for_each_entry(domain, &ioas->domains, next)
		t1x_debugfs_show_domain(m, domain);
	list_for_each_entry(group, &ioas->emulated, next)
		seq_printf(m, "emulated group %d\n", iommu_group_id(group->group));
	up_read(&ioas->domains_rwsem);
out_put:
	t1x_ioas_put(ioas);
	return ret;
}
DEFINE_SHOW_ATTRIBUTE(t1x_debugfs_domains);

static void t1x_debugfs_show_bond(struct seq_file *m, const struct t1x_bond *bond)
{
	unsigned int nr_leases;
	bool is_over;

	mutex_lock(&bond->leases->lock);
	nr_leases = bond->nr_leases;
	is_over = bond->is_over;
	mutex_unlock(&bond->leases->lock);
	seq_printf(m, "bond %u pid %d mode %s mappings %u", bond->id, task_tgid_nr(bond->task),
		   bond->pasid ? "pasid" : "pinned", nr_leases);
	/* It is open as long as the bond is in the list. */
	if (bond->dev)
		seq_printf(m, " by %s", dev_name(bond->dev));
	seq_puts(m, is_over ? " over\n" : "\n");
}

static int t1x_debugfs_bonds_show(struct seq_file *m, void *unused)
{
	struct t1x_ioas *ioas = t1x_debugfs_borrow(m);
	const struct t1x_bond *bond;
	int ret;

	if (!ioas)
		return -ENODEV;
	ret = t1x_ioas_lock(ioas);
	if (!ret) {
		list_for_each_entry(bond, &ioas->bonds, link)
			t1x_debugfs_show_bond(m, bond);
		mutex_unlock(&ioas->lock);
	}
	t1x_ioas_put(ioas);
	/* One that is dying is as good as gone. */
	return ret == -EINVAL ? -ENODEV : ret;
}
DEFINE_SHOW_ATTRIBUTE(t1x_debugfs_bonds);

/**
 * struct t1x_debugfs_walk - a read of a file with a line for each mapping
 * @id: t1x_stats.id
 * @ioas: address space, borrowed and locked during a read, else NULL
 */
struct t1x_debugfs_walk {
	void *id;
	struct t1x_ioas *ioas;
};

/* Positions are page frames of IOVA: a walk that is interrupted goes on behind them. */
static struct t1x_mapping *t1x_debugfs_seek(struct t1x_ioas *ioas, loff_t *pos)
{
	const struct t1x_span rest = { .start = (u64)*pos << PAGE_SHIFT, .last = U64_MAX };
	struct t1x_mapping *map;

	if (*pos > (loff_t)(U64_MAX >> PAGE_SHIFT))
		return NULL;
	map = t1x_mapping_first(ioas, &rest);
	if (map)
		*pos = map->node.start >> PAGE_SHIFT;
	return map;
}

static void *t1x_debugfs_start(struct seq_file *m, loff_t *pos)
{
	struct t1x_debugfs_walk *walk = m->private;
	int ret;

	walk->ioas = t1x_cookie_borrow(walk->id);
	if (!walk->ioas)
		return ERR_PTR(-ENODEV);
	ret = t1x_ioas_lock(walk->ioas);
	if (!ret)
		return t1x_debugfs_seek(walk->ioas, pos);
	t1x_ioas_put(walk->ioas);
	walk->ioas = NULL;
	/* One that is dying is as good as gone. */
	return ERR_PTR(ret == -EINVAL ? -ENODEV : ret);
}

static void *t1x_debugfs_next(struct seq_file *m, void *v, loff_t *pos)
{
	struct t1x_debugfs_walk *walk = m->private;
	struct t1x_mapping *map = v;

	*pos = (map->node.last >> PAGE_SHIFT) + 1;
	return t1x_debugfs_seek(walk->ioas, pos);
}

static void t1x_debugfs_stop(struct seq_file *m, void *v)
{
	struct t1x_debugfs_walk *walk = m->private;

	if (!walk->ioas)
		return;
	mutex_unlock(&walk->ioas->lock);
	t1x_ioas_put(walk->ioas);
	walk->ioas = NULL;
}

static const char *const t1x_debugfs_states[] = {
	[T1X_MAPPING_FILLING] = "filling",
	[T1X_MAPPING_READY] = "ready",
	[T1X_MAPPING_UPDATING] = "updating",
	[T1X_MAPPING_BACKING] = "backing",
	[T1X_MAPPING_LEAVING] = "leaving",
};

static int t1x_debugfs_show_mapping(struct seq_file *m, void *v)
{
	const struct t1x_mapping *map = v;

	seq_printf(m, "%#lx-%#lx %c%c vaddr ", map->node.start, map->node.last,
		   map->prot & IOMMU_READ ? 'r' : '-', map->prot & IOMMU_WRITE ? 'w' : '-');
	if (map->vaddr_invalid)
		seq_puts(m, "suspended");
	else
		seq_printf(m, "%#lx", map->vaddr);
	seq_printf(m, " %s pid %d", t1x_debugfs_states[map->state],
		   task_tgid_nr(map->payer->task));
	if (map->lease)
		seq_printf(m, " bond %u%s", map->lease->bond->id,
			   t1x_mapping_is_revoked(map) ? " revoked" : "");
	seq_printf(m, "%s%s%s\n", map->backed ? " backed" : "", map->dirty ? " tracked" : "",
		   t1x_mapping_is_in_use(map) ? " held by devices" : "");
	return 0;
}

static const struct seq_operations t1x_debugfs_mappings_sops = {
	.start = t1x_debugfs_start,
	.next = t1x_debugfs_next,
	.stop = t1x_debugfs_stop,
	.show = t1x_debugfs_show_mapping,
};

/* How the memory behind a mapping is laid out; where it is shows pagemap. */
static int t1x_debugfs_show_extents(struct seq_file *m, void *v)
{
	const struct t1x_mapping *map = v;
	u64 npages[T1X_RUN_RAW + 1] = {};
	u64 nr = 0, shortest = U64_MAX, longest = 0;
	struct t1x_extents_iter iter;
	struct t1x_run run;

	/* Others have no frames, or a thread that is changing them. */
	if (map->state != T1X_MAPPING_READY || !map->backed)
		return 0;
	t1x_extents_begin(&iter, &map->extents);
	while (t1x_extents_next(&iter, &run)) {
		npages[run.kind] += run.npages;
		shortest = min(shortest, run.npages);
		longest = max(longest, run.npages);
		nr++;
	}
	seq_printf(m, "%#lx-%#lx runs %llu of %llu-%llu pages", map->node.start,
		   map->node.last, nr, shortest, longest);
	seq_printf(m, ", pages %llu hugetlb %llu raw %llu\n", npages[T1X_RUN_PAGES],
		   npages[T1X_RUN_HUGETLB], npages[T1X_RUN_RAW]);
	return 0;
}

static const struct seq_operations t1x_debugfs_extents_sops = {
	.start = t1x_debugfs_start,
	.next = t1x_debugfs_next,
	.stop = t1x_debugfs_stop,
	.show = t1x_debugfs_show_extents,
};

static int t1x_debugfs_open_walk(struct inode *inode, struct file *file,
				 const struct seq_operations *sops)
{
	struct t1x_debugfs_walk *walk = __seq_open_private(file, sops, sizeof(*walk));

	if (!walk)
		return -ENOMEM;
	walk->id = inode->i_private;
	return 0;
}

static int t1x_debugfs_mappings_open(struct inode *inode, struct file *file)
{
	return t1x_debugfs_open_walk(inode, file, &t1x_debugfs_mappings_sops);
}

static int t1x_debugfs_extents_open(struct inode *inode, struct file *file)
{
	return t1x_debugfs_open_walk(inode, file, &t1x_debugfs_extents_sops);
}

static const struct file_operations t1x_debugfs_mappings_fops = {
	.owner = THIS_MODULE,
	.open = t1x_debugfs_mappings_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = seq_release_private,
};

static const struct file_operations t1x_debugfs_extents_fops = {
	.owner = THIS_MODULE,
	.open = t1x_debugfs_extents_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = seq_release_private,
};

/**
 * t1x_debugfs_add() - make the directory of an address space
 * @ioas: address space that has its id
 *
 * Nothing depends on it; without debugfs there is none.
 */
void t1x_debugfs_add(struct t1x_ioas *ioas)
{
	void *id = (void *)ioas->stats.id;
	char name[24];

	snprintf(name, sizeof(name), "%lu", ioas->stats.id);
	ioas->stats.dir = debugfs_create_dir(name, t1x_debugfs_root);
	debugfs_create_file_unsafe("info", 0400, ioas->stats.dir, id, &t1x_debugfs_info_fops);
	debugfs_create_file_unsafe("domains", 0400, ioas->stats.dir, id,
				   &t1x_debugfs_domains_fops);
	debugfs_create_file_unsafe("bonds", 0400, ioas->stats.dir, id, &t1x_debugfs_bonds_fops);
	debugfs_create_file_unsafe("mappings", 0400, ioas->stats.dir, id,
				   &t1x_debugfs_mappings_fops);
	debugfs_create_file_unsafe("extents", 0400, ioas->stats.dir, id,
				   &t1x_debugfs_extents_fops);
}

/**
 * t1x_debugfs_remove() - remove the directory of an address space
 * @ioas: address space
 *
 * Waits for nobody who reads.
 */
void t1x_debugfs_remove(struct t1x_ioas *ioas)
{
	debugfs_remove(ioas->stats.dir);
}

/**
 * t1x_debugfs_init() - make the directory of all address spaces
 */
void t1x_debugfs_init(void)
{
	t1x_debugfs_root = debugfs_create_dir("vfio-type1x", NULL);
}

/**
 * t1x_debugfs_exit() - remove it
 */
void t1x_debugfs_exit(void)
{
	debugfs_remove(t1x_debugfs_root);
}
