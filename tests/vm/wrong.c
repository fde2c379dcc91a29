/* SPDX-License-Identifier: MIT */
/*
 * Two mistakes, so that it is seen that a kernel finds them: its parameter "do" takes
 * "memory", which reads what it has given back, or "locks", which takes two locks in one
 * order and in the other.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>

static DEFINE_MUTEX(first);
static DEFINE_MUTEX(second);

static void both(struct mutex *outer, struct mutex *inner)
{
	mutex_lock(outer);
	mutex_lock(inner);
	mutex_unlock(inner);
	mutex_unlock(outer);
}

static int set_do(const char *val, const struct kernel_param *kp)
{
	volatile char *p;

	if (val[0] == 'm') {
		p = kmalloc(64, GFP_KERNEL);
		if (!p)
			return -ENOMEM;
		kfree((void *)p);
		pr_info("wrong: %d\n", p[8]);
	} else {
		both(&first, &second);
		both(&second, &first);
	}
	return 0;
}

static const struct kernel_param_ops do_ops = { .set = set_do };
module_param_cb(do, &do_ops, NULL, 0200);
MODULE_DESCRIPTION("mistakes that a kernel has to find");
MODULE_LICENSE("GPL");
