/* SPDX-License-Identifier: MIT */
#ifndef GP_CMD_FRONT_COMPLETE_H
#define GP_CMD_FRONT_COMPLETE_H

/*
 * `__complete WORD…`, on standard output: what the last word of an unfinished command line,
 * whose other words stand before it, may become. The shells' scripts in tools/completion/
 * ask it, and no help shows it. A line for each word that may stand there, a tab and what it
 * is behind it. What the word begins with is the asker's to compare; behind "--option=" only
 * the value is meant. Lines in front, as far as they are true:
 *
 *     :files run zip   files whose names end so, behind a dot; "*": all. And directories
 *     :dirs            directories alone
 *     :list            a comma may follow, so no blank does
 *
 * In:  words, n of them: untrusted; without the program's name. The last may be empty.
 */
void gp_complete(int n, char **words);

#endif
