/* Sheets of any content. The first byte says what the rest is: c a CSV file, x a workbook as it lies on the
 * disk, w the part of a workbook that holds the cells, s the part with the shared texts, i a list to import
 * into the example's network. What is read is written and read again the same; every list that is taken can
 * be written. */
#include "fuzz.h"

#include "lists/lists.h"
#include "sheet/sheet.h"

#include <stdlib.h>
#include <string.h>
#include <zip.h>

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return 0;
}

static void check_sheet(const struct sheet *s)
{
    holds(s->n <= SHEET_ROWS, "as many rows as may be");
    for (size_t r = 0; r < s->n; r++) {
        holds(s->rows[r].n <= SHEET_COLUMNS, "as many columns as may be");
        for (size_t c = 0; c < s->rows[r].n; c++) {
            const struct sheet_cell *cell = &s->rows[r].cells[c];
            holds((cell->kind == SHEET_EMPTY) == !cell->text, "a cell that is not empty has a text");
            holds(!cell->text || strlen(cell->text) <= SHEET_CELL, "no longer than a cell may be");
            holds(!cell->text || fuzz_clean_utf8(str_of(cell->text)), "a cell is UTF-8");
        }
    }
}

static void same_cells(const struct sheet *s, const struct sheet *again)
{
    size_t r = 0;
    for (size_t i = 0; i < s->n; i++, r++)
        for (size_t c = 0; c < s->rows[i].n; c++) {
            const char *was = s->rows[i].cells[c].text, *is = sheet_cell(&again->rows[r], c)->text;
            holds(!was == !is && (!was || strcmp(was, is) == 0), "what is written is read the same");
        }
    holds(r == again->n, "and no more");
}

static void read_csv(struct str in, struct arena *a)
{
    struct sheet s, again;
    struct failure why = {OK, ""};
    if (sheet_read_csv(in, a, &s, &why) != OK) {
        holds(why.what[0] != '\0', "a refusal says why");
        return;
    }
    check_sheet(&s);
    struct str text = sheet_write_csv(&s, a);
    holds(sheet_read_csv(text, a, &again, &why) == OK, "what was written can be read");
    same_cells(&s, &again);
}

static void read_book(struct str in, struct arena *a)
{
    struct sheet s;
    struct failure why = {OK, ""};
    if (sheet_read_xlsx(in, NULL, a, &s, &why) == OK)
        check_sheet(&s);
    else
        holds(why.what[0] != '\0', "a refusal says why");
}

/* ---- a workbook around one part ---- */

static void add(zip_t *z, const char *name, struct str text)
{
    zip_source_t *source = zip_source_buffer(z, text.s, text.n, 0);
    zip_int64_t at = source ? zip_file_add(z, name, source, 0) : -1;
    holds(at >= 0 && zip_set_file_compression(z, (zip_uint64_t)at, ZIP_CM_STORE, 0) == 0, "a part is added");
}

static struct str book_around(const char *part, struct str text, struct arena *a)
{
    zip_source_t *source = zip_source_buffer_create(NULL, 0, 0, NULL);
    zip_t *z = zip_open_from_source(source, ZIP_TRUNCATE, NULL);
    zip_stat_t st;
    holds(z != NULL, "a workbook is made");
    zip_source_keep(source);
    add(z, "xl/workbook.xml", STR("<workbook><sheets><sheet name=\"hosts\" id=\"r1\"/></sheets></workbook>"));
    add(z, "xl/_rels/workbook.xml.rels",
        STR("<R><Relationship Id=\"r1\" Target=\"w\"/><Relationship Id=\"r2\" Type=\"/sharedStrings\" "
            "Target=\"s\"/>"
            "<Relationship Id=\"r3\" Type=\"/styles\" Target=\"t\"/></R>"));
    add(z, "xl/t", STR("<s><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/></cellXfs></s>"));
    if (strcmp(part, "xl/w") != 0)
        add(z, "xl/w", STR("<w><c t=\"s\"><v>0</v></c><c t=\"s\"><v>1</v></c></w>"));
    if (strcmp(part, "xl/s") != 0)
        add(z, "xl/s", STR("<s><si><t>one</t></si></s>"));
    add(z, part, text);
    holds(zip_close(z) == 0 && zip_source_stat(source, &st) == 0, "the workbook is whole");
    char *bytes = arena_alloc(a, st.size + 1);
    holds(zip_source_open(source) == 0 && zip_source_read(source, bytes, st.size) == (zip_int64_t)st.size,
          "and read");
    zip_source_close(source);
    zip_source_free(source);
    return (struct str){bytes, st.size};
}

/* ---- a list into the example's network ---- */

static void import(struct str in, struct arena *a)
{
    struct cfg_findings f;
    struct lists_input input = {"hosts.csv", in};
    cfg_findings_init(&f, a);
    struct folder *base = folder_read("conf/network", a, &f);
    holds(base != NULL, "the example is a network");
    struct lists_plan *plan = lists_import(base, &input, 1, false, a, &f);
    holds((plan == NULL) == (f.errors > 0), "a list is refused with an error only");
    for (size_t i = 0; i < f.n; i++)
        holds(strncmp(f.items[i].what, "cannot be changed", 17) != 0, "every file can be rewritten");
    cfg_findings_free(&f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    if (size < 1)
        return 0;
    struct str in = fuzz_exact(data + 1, size - 1);
    arena_init(&a, 0);
    if (data[0] == 'c')
        read_csv(in, &a);
    else if (data[0] == 'x')
        read_book(in, &a);
    else if (data[0] == 'w')
        read_book(book_around("xl/w", in, &a), &a);
    else if (data[0] == 's')
        read_book(book_around("xl/s", in, &a), &a);
    else if (data[0] == 'i')
        import(in, &a);
    arena_free(&a);
    fuzz_exact_free(in);
    return 0;
}
