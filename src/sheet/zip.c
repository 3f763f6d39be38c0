/* The parts of a workbook: XML in a zip archive, unpacked piece by piece and no further than is good. */
#include "sheet/internal.h"

#include <expat.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>

enum {
    PART_MOST = 64 << 20, /* bytes of one part, unpacked */
    RATIO_FROM = 8 << 20, /* below, nobody is harmed whatever the ratio */
    RATIO_MOST = 300,
    PIECE = 64 * 1024
};

struct book {
    zip_t *zip;
};

enum err book_open(struct str bytes, struct book **out, struct failure *why)
{
    static const char old[] = "\xD0\xCF\x11\xE0";
    zip_error_t e;
    *out = NULL;
    if (bytes.n > SHEET_FILE)
        return fail(why, ERR_INPUT, "is longer than %d bytes", SHEET_FILE);
    if (bytes.n >= 4 && memcmp(bytes.s, old, 4) == 0)
        return fail(why, ERR_INPUT,
                    "is an old .xls file or protected by a password; save it as .xlsx without a password");
    zip_error_init(&e);
    zip_source_t *source = zip_source_buffer_create(bytes.s ? bytes.s : "", bytes.n, 0, &e);
    zip_t *zip = source ? zip_open_from_source(source, ZIP_RDONLY, &e) : NULL;
    if (!zip) {
        zip_source_free(source);
        zip_error_fini(&e);
        return fail(why, ERR_INPUT, "is no .xlsx file, or a damaged one");
    }
    zip_error_fini(&e);
    *out = calloc(1, sizeof **out);
    if (!*out)
        abort();
    (*out)->zip = zip;
    return OK;
}

void book_close(struct book *b)
{
    if (b)
        zip_discard(b->zip);
    free(b);
}

const char *part_attribute(const char **attributes, const char *name)
{
    for (; *attributes; attributes += 2) {
        const char *colon = strrchr(attributes[0], ':');
        if (strcmp(colon ? colon + 1 : attributes[0], name) == 0)
            return attributes[1];
    }
    return NULL;
}

struct parse {
    XML_Parser parser;
    const struct part_events *events;
    void *ctx;
    const char *wrong;
};

static const char *local(const char *name)
{
    const char *colon = strrchr(name, ':');
    return colon ? colon + 1 : name;
}

static void look(struct parse *p)
{
    const char *wrong = p->events->wrong(p->ctx);
    if (wrong && !p->wrong) {
        p->wrong = wrong;
        XML_StopParser(p->parser, XML_FALSE);
    }
}

static void on_start(void *user, const XML_Char *name, const XML_Char **attributes)
{
    struct parse *p = user;
    if (p->wrong)
        return;
    p->events->start(p->ctx, local(name), attributes);
    look(p);
}

static void on_end(void *user, const XML_Char *name)
{
    struct parse *p = user;
    if (p->wrong)
        return;
    p->events->end(p->ctx, local(name));
    look(p);
}

static void on_text(void *user, const XML_Char *text, int n)
{
    struct parse *p = user;
    if (!p->wrong)
        p->events->text(p->ctx, text, (size_t)n);
}

static void on_doctype(void *user, const XML_Char *name, const XML_Char *system, const XML_Char *public,
                       int own)
{
    struct parse *p = user;
    (void)name, (void)system, (void)public, (void)own;
    p->wrong = "has a document type, which is not taken";
    XML_StopParser(p->parser, XML_FALSE);
}

static enum err stream(struct parse *p, zip_file_t *f, zip_uint64_t packed, const char *part,
                       struct failure *why)
{
    char *piece = malloc(PIECE);
    zip_uint64_t total = 0;
    zip_int64_t n;
    enum err rc = OK;
    if (!piece)
        abort();
    do {
        n = zip_fread(f, piece, PIECE);
        total += n > 0 ? (zip_uint64_t)n : 0;
        if (n < 0)
            rc = fail(why, ERR_INPUT, "%s cannot be unpacked; the file is damaged or protected", part);
        else if (total > PART_MOST || (total > RATIO_FROM && total / (packed + 1) > RATIO_MOST))
            rc = fail(why, ERR_INPUT, "%s unpacks to more than is taken", part);
        else if (XML_Parse(p->parser, piece, (int)n, n == 0) != XML_STATUS_OK)
            rc = p->wrong ? fail(why, ERR_INPUT, "%s", p->wrong)
                          : fail(why, ERR_INPUT, "%s is no well-formed XML", part);
    } while (n > 0 && rc == OK);
    free(piece);
    return rc;
}

enum err book_read(struct book *b, const char *part, const struct part_events *events, void *ctx,
                   struct failure *why)
{
    zip_stat_t st;
    zip_stat_init(&st);
    if (zip_stat(b->zip, part, ZIP_FL_NOCASE, &st) != 0)
        return fail(why, ERR_MISSING, "has no %s; it is no workbook, or a damaged one", part);
    zip_file_t *f = zip_fopen_index(b->zip, st.index, 0);
    if (!f)
        return fail(why, ERR_INPUT, "%s cannot be unpacked; the file is damaged or protected", part);
    struct parse p = {.parser = XML_ParserCreate(NULL), .events = events, .ctx = ctx};
    if (!p.parser)
        abort();
    XML_SetUserData(p.parser, &p);
    XML_SetElementHandler(p.parser, on_start, on_end);
    XML_SetCharacterDataHandler(p.parser, on_text);
    XML_SetStartDoctypeDeclHandler(p.parser, on_doctype);
    enum err rc = stream(&p, f, st.valid & ZIP_STAT_COMP_SIZE ? st.comp_size : 0, part, why);
    XML_ParserFree(p.parser);
    zip_fclose(f);
    return rc;
}
