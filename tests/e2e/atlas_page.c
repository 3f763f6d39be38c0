/* The page with a map for the JSON on standard input: atlas_page [OUTLINES.geojson] <JSON >PAGE.html */
#include "atlas/atlas.h"

#include <stdlib.h>

static struct str slurp(FILE *from)
{
    size_t cap = 1 << 24;
    char *buf = from ? malloc(cap) : NULL;
    return buf ? (struct str){buf, fread(buf, 1, cap, from)} : (struct str){NULL, 0};
}

int main(int argc, char **argv)
{
    FILE *f = argc > 1 ? fopen(argv[1], "r") : NULL;
    struct str data = slurp(stdin), outlines = slurp(f);
    struct failure why = {OK, ""};
    int rc = atlas_write(stdout, data, outlines, &why) == OK ? 0 : 1;
    if (rc)
        fprintf(stderr, "%s\n", why.what);
    if (f)
        fclose(f);
    free((void *)data.s);
    free((void *)outlines.s);
    return rc;
}
