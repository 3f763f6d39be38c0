/* The administrator's tool: one file a command, `int cmd_NAME(struct ctl *, argc, argv)`; argv[0] is the
 * command. Commands return the exit status: 0 ok, 1 finding or failure, 2 usage. They print results to
 * stdout, everything else to stderr. Common options (-c FILE, --json, --help) are taken off before. */
#ifndef HOTLINECTL_H
#define HOTLINECTL_H

#include "snapshot/snapshot.h"
#include <stdio.h>

enum { CTL_OK = 0, CTL_FAILED = 1, CTL_USAGE = 2 };

struct ctl {
    const char *config; /* path of hotlined.conf */
    bool named;         /* it was given */
    bool json;
    struct snapshot *snapshot; /* loaded by the first of these that was asked for; a command asks for one */
};

/* The configuration, loaded once; findings go to stderr; NULL when it has errors. */
const struct snapshot *ctl_snapshot(struct ctl *ctl);
/* The same without profiles and keys: works before there are secrets, and for who may not read them. */
const struct snapshot *ctl_rules(struct ctl *ctl);
/* hotlined.conf alone: who looks into the store or at the daemon must not depend on an edit that is half
 * done. */
const struct snapshot *ctl_settings(struct ctl *ctl);
/* The store named in the configuration; false when it cannot be opened (message printed). mode: see journal.h
 */
bool ctl_store(struct ctl *ctl, int journal_mode, struct store *out);
/* What coverage or diff found (their JSON) as a page with a map, with the outlines of these settings. returns
 * the exit status; when it is not CTL_OK the message is printed and what was written is of no use. */
int ctl_atlas(const struct settings *set, const char *json, FILE *to);
/* The bytes to the file `path`, which appears whole and with mode 0600 or stays as it was; to a pipe or a
 * device that is called so; to stdout, where it is NULL. returns the exit status; what went wrong is printed.
 */
int ctl_put(const char *path, struct str bytes);
/* "usage: hotlinectl NAME ..." to stderr; returns CTL_USAGE. */
int ctl_usage(const char *usage);
/* "hotlinectl: ..." to stderr; returns CTL_FAILED. */
int ctl_fail(const char *fmt, ...) PRINTF_LIKE(1, 2);
/* --name VALUE or --name=VALUE among argv; NULL when absent. Marks it used. ctl_flag: without a value. */
const char *ctl_option(int argc, char **argv, const char *name);
bool ctl_flag(int argc, char **argv, const char *name);
/* The first option nobody took; NULL when there is none. Call it after all others. */
const char *ctl_leftover(int argc, char **argv);
/* The n-th word that is no option (0: first after the command); NULL */
const char *ctl_word(int argc, char **argv, int n);

int cmd_check(struct ctl *, int argc, char **argv);
int cmd_decode(struct ctl *, int argc, char **argv);
int cmd_send(struct ctl *, int argc, char **argv);
int cmd_profile(struct ctl *, int argc, char **argv);
int cmd_place(struct ctl *, int argc, char **argv);
int cmd_route(struct ctl *, int argc, char **argv);
int cmd_coverage(struct ctl *, int argc, char **argv);
int cmd_diff(struct ctl *, int argc, char **argv);
int cmd_chat(struct ctl *, int argc, char **argv);
int cmd_rehearse(struct ctl *, int argc, char **argv);
int cmd_journal(struct ctl *, int argc, char **argv);
/* journal why: `referral` as `journal tail` shows it. */
int journal_why(struct ctl *ctl, const struct store *st, const char *referral);
int cmd_report(struct ctl *, int argc, char **argv);
int cmd_erase(struct ctl *, int argc, char **argv);
int cmd_keygen(struct ctl *, int argc, char **argv);
int cmd_passwd(struct ctl *, int argc, char **argv);
int cmd_status(struct ctl *, int argc, char **argv);
int cmd_reload(struct ctl *, int argc, char **argv);
int cmd_export(struct ctl *, int argc, char **argv);
int cmd_import(struct ctl *, int argc, char **argv);
int cmd_reference(struct ctl *, int argc, char **argv);

#endif
