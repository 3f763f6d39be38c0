#include "sheet/internal.h"

#include <stdlib.h>
#include <string.h>

void gather_add(struct gather *g, const char *text, size_t n)
{
    if (n > SHEET_CELL - g->n) {
        g->full = true;
        return;
    }
    if (g->n + n + 1 > g->cap) {
        g->cap = 2 * (g->n + n) + 256;
        g->text = realloc(g->text, g->cap);
        if (!g->text)
            abort();
    }
    if (n)
        memcpy(g->text + g->n, text, n);
    g->n += n;
}

void gather_reset(struct gather *g)
{
    g->n = 0;
}

void gather_free(struct gather *g)
{
    free(g->text);
    *g = (struct gather){0};
}

/* _x000D_: the character it stands for, in UTF-8. returns how many bytes it takes here; 0: it is none. */
static size_t escaped(const char *at, size_t n, struct out *o)
{
    uint8_t code[2];
    size_t got;
    if (n < 7 || at[0] != '_' || at[1] != 'x' || at[6] != '_')
        return 0;
    if (!hex_decode((struct str){at + 2, 4}, code, sizeof code, &got))
        return 0;
    unsigned c = (unsigned)code[0] << 8 | code[1];
    if (c == 0 || (c >= 0xd800 && c < 0xe000)) /* no text of ours holds these */
        return 0;
    if (c < 0x80) {
        out_char(o, (char)c);
    } else if (c < 0x800) {
        out_char(o, (char)(0xc0 | c >> 6));
        out_char(o, (char)(0x80 | (c & 0x3f)));
    } else {
        out_char(o, (char)(0xe0 | c >> 12));
        out_char(o, (char)(0x80 | (c >> 6 & 0x3f)));
        out_char(o, (char)(0x80 | (c & 0x3f)));
    }
    return 7;
}

const char *gather_take(struct gather *g, struct arena *a)
{
    struct out o;
    out_init(&o, arena_alloc(a, g->n + 1), g->n + 1);
    for (size_t i = 0; i < g->n;) {
        size_t took = escaped(g->text + i, g->n - i, &o);
        if (!took)
            out_char(&o, g->text[i]);
        i += took ? took : 1;
    }
    g->n = 0;
    return o.buf;
}
