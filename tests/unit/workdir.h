/* A folder for the files of one test program. After cmocka's own headers. */
#ifndef TESTS_UNIT_WORKDIR_H
#define TESTS_UNIT_WORKDIR_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static char dir[64];

static inline bool make_dir(void)
{
    strcpy(dir, "/tmp/hotlined-test-XXXXXX");
    return mkdtemp(dir) != NULL;
}

static inline int remove_dir(void)
{
    char command[96];
    snprintf(command, sizeof command, "rm -r %s", dir);
    return system(command);
}

static inline void keep_file(const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    fclose(f);
    chmod(path, 0600);
}

#endif
