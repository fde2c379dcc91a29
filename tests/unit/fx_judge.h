/* SPDX-License-Identifier: MIT */
#ifndef GP_TESTS_FX_JUDGE_H
#define GP_TESTS_FX_JUDGE_H

#include <stddef.h>
#include <stdint.h>

/* Programs that judge what gridpatch made, GNU patch, diff and git, and where and
 * how often they do. */

/* Runs argv and waits; what it prints goes to the file log. Returns its exit status;
 * -1: it is not there, or a signal ended it. */
int fx_tool(char *const argv[], const char *log);

/* A directory of this test's own, in memory where that can be: dir gets its path,
 * with name in it. 0, or -1. */
int fx_work_dir(char *dir, size_t size, const char *name);

/* The environment's number of that name (a seed, how many cases), else otherwise. */
uint64_t fx_env_number(const char *name, uint64_t otherwise);

#endif
