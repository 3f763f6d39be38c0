/* CSV and workbooks: what spreadsheets write is read, what is written is read the same, and what harms is
 * refused. */
#include "sheet/sheet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <zip.h>

#include "unit/workdir.h"

static struct arena a;

static int begin(void **state)
{
    (void)state;
    arena_init(&a, 0);
    return make_dir() ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    arena_free(&a);
    return remove_dir();
}

/* "A1=x|B1=y|..." of all that is not empty; K: the kind where it is no text. */
static const char *told(const struct sheet *s)
{
    struct out o;
    static char text[4096];
    static const char *const kinds[] = {"?", "", "number ", "bool ", "date "};
    out_init(&o, text, sizeof text);
    for (size_t r = 0; r < s->n; r++)
        for (size_t c = 0; c < s->rows[r].n; c++) {
            const struct sheet_cell *cell = &s->rows[r].cells[c];
            char ref[SHEET_REF];
            sheet_ref(c, s->rows[r].number, ref);
            if (cell->kind != SHEET_EMPTY)
                out_printf(&o, "%s%s=%s%s", o.len ? "|" : "", ref, kinds[cell->kind], cell->text);
        }
    return text;
}

/* ---- CSV ---- */

static void what_spreadsheets_write(void **state)
{
    static const struct {
        struct str in;
        const char *want;
    } cases[] = {
        {STR("a,b\r\n1,2\r\n"), "A1=a|B1=b|A2=1|B2=2"},
        {STR("\xEF\xBB\xBF"
             "a;b\n1,5;2"),
         "A1=a|B1=b|A2=1,5|B2=2"},
        {STR("a\tb\r1\t2\r"), "A1=a|B1=b|A2=1|B2=2"},
        {STR("\"a,\"\"b\",\"c\r\nd\"\n\n,x\n"), "A1=a,\"b|B1=c\nd|B3=x"},
        {STR("\"a;b\";c;d"), "A1=a;b|B1=c|C1=d"},
        {STR("'+84,'=1,''x,'\n"), "A1=+84|B1==1|C1='x"},
        {STR("a\"b,c"), "A1=a\"b|B1=c"},
        {STR("\"a\" ,b"), "A1=a|B1=b"},
        {STR(""), ""},
        {STR("\xFF\xFE"
             "a\0\t\0\xA1\x1E\r\0\n\0"),
         "A1=a|B1=\xE1\xBA\xA1"},
        {STR("\xFE\xFF"
             "\0a\0,\0b"),
         "A1=a|B1=b"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sheet s;
        struct failure why = {OK, ""};
        if (sheet_read_csv(cases[i].in, &a, &s, &why) != OK)
            fail_msg("case %zu: %s", i, why.what);
        assert_string_equal(told(&s), cases[i].want);
    }
}

static void no_csv(void **state)
{
    static const struct {
        struct str in;
        const char *want;
    } cases[] = {
        {STR("a,b\nc,\xE9\n"), "line 2 holds bytes that are no UTF-8; save it as \"CSV UTF-8\""},
        {STR("a\nb\0c"), "line 2 holds bytes that are no UTF-8"},
        {STR("a\nb\n\"c\nd"), "line 3 has a quote that is not closed"},
        {STR("\"a\nb\"c"), "line 2 has text behind a closing quote"},
        {STR("\xFF\xFE"
             "a\0b"),
         "is no valid UTF-16"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sheet s;
        struct failure why = {OK, ""};
        assert_int_equal(sheet_read_csv(cases[i].in, &a, &s, &why), ERR_INPUT);
        if (!strstr(why.what, cases[i].want))
            fail_msg("wanted \"%s\", got \"%s\"", cases[i].want, why.what);
    }
}

static const char *const odd[] = {"=1+1",
                                  "+84",
                                  "-x",
                                  "@",
                                  "'",
                                  "''a",
                                  "\"",
                                  "a;b",
                                  "a,b",
                                  "l\nm",
                                  "03979",
                                  "_x0041_",
                                  "_x005F_x0041_",
                                  "x",
                                  " y ",
                                  "TRUE",
                                  "S\xC6\xA1n",
                                  "\xF0\x9F\x98\x80"};
enum { ODD = sizeof odd / sizeof odd[0] };

static struct sheet odd_sheet(void)
{
    static const struct sheet_column columns[2] = {{.width = 10}, {.number = true, .width = 10}};
    struct sheet s = {.name = "odd", .columns = columns, .n_columns = 2};
    for (size_t i = 0; i < ODD; i++) {
        struct sheet_row *row = sheet_add(&s, 2, &a);
        row->cells[0] = (struct sheet_cell){SHEET_TEXT, odd[i]};
        row->cells[1] = (struct sheet_cell){SHEET_NUMBER, i % 2 ? "-1.5" : "21.3276"};
    }
    return s;
}

static void no_formula_in_csv(void **state)
{
    struct sheet s = odd_sheet(), again;
    struct failure why = {OK, ""};
    struct str text = sheet_write_csv(&s, &a);
    (void)state;
    assert_memory_equal(text.s, "\xEF\xBB\xBF'=1+1,21.3276\r\n'+84,-1.5\r\n", 29);
    assert_int_equal(sheet_read_csv(text, &a, &again, &why), OK);
    assert_int_equal(again.n, ODD);
    for (size_t i = 0; i < ODD; i++)
        assert_string_equal(sheet_cell(&again.rows[i], 0)->text, odd[i]);
}

/* ---- workbooks ---- */

static struct str file_bytes(const char *path)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *bytes = arena_alloc(&a, 1 << 20);
    size_t n = fread(bytes, 1, 1 << 20, file);
    fclose(file);
    return (struct str){bytes, n};
}

static void a_workbook_and_back(void **state)
{
    char path[128];
    struct stat st;
    struct sheet sheets[2] = {odd_sheet(), {.name = "help"}}, again;
    struct failure why = {OK, ""};
    (void)state;
    snprintf(path, sizeof path, "%s/x.xlsx", dir);
    assert_int_equal(sheet_write_xlsx(path, sheets, 2, &why), OK);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(sheet_read_xlsx(file_bytes(path), "ODD", &a, &again, &why), OK);
    assert_string_equal(again.name, "odd");
    assert_int_equal(again.n, ODD);
    for (size_t i = 0; i < ODD; i++) {
        assert_int_equal(sheet_cell(&again.rows[i], 0)->kind, SHEET_TEXT);
        assert_string_equal(sheet_cell(&again.rows[i], 0)->text, odd[i]);
        assert_int_equal(sheet_cell(&again.rows[i], 1)->kind, SHEET_NUMBER);
        assert_string_equal(sheet_cell(&again.rows[i], 1)->text, i % 2 ? "-1.5" : "21.3276");
    }
    assert_int_equal(sheet_read_xlsx(file_bytes(path), "hosts", &a, &again, &why), ERR_MISSING);
}

static void too_long_for_a_cell(void **state)
{
    char path[128], *text = arena_alloc(&a, SHEET_XLSX_CELL + 2);
    struct sheet s = {.name = "hosts"};
    struct failure why = {OK, ""};
    (void)state;
    memset(text, 'x', SHEET_XLSX_CELL + 1);
    sheet_add(&s, 2, &a)->cells[1] = (struct sheet_cell){SHEET_TEXT, text};
    snprintf(path, sizeof path, "%s/x.xlsx", dir);
    assert_int_equal(sheet_write_xlsx(path, &s, 1, &why), ERR_INPUT);
    assert_non_null(
        strstr(why.what, "sheet hosts, B1: a cell of a workbook holds at most 32767 characters; use csv"));
}

static void add_part(zip_t *z, const char *name, const char *text)
{
    zip_source_t *source = zip_source_buffer(z, text, strlen(text), 0);
    assert_non_null(source);
    assert_true(zip_file_add(z, name, source, ZIP_FL_OVERWRITE) >= 0);
}

/* A workbook made by hand, of one sheet with these rows. */
static struct str by_hand(const char *before, const char *rows, bool old_dates)
{
    char path[128], book[512];
    char *sheet = arena_alloc(&a, strlen(before) + strlen(rows) + 256);
    int e;
    snprintf(path, sizeof path, "%s/hand.xlsx", dir);
    zip_t *z = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, &e);
    assert_non_null(z);
    snprintf(book, sizeof book,
             "<x:workbook xmlns:x=\"m\" xmlns:r=\"r\"><x:workbookPr date1904=\"%d\"/><x:sheets>"
             "<x:sheet name=\"hosts\" r:id=\"rId7\"/></x:sheets></x:workbook>",
             old_dates);
    sprintf(sheet, "%s<worksheet><sheetData>%s</sheetData></worksheet>", before, rows);
    add_part(z, "xl/workbook.xml", book);
    add_part(z, "xl/_rels/workbook.xml.rels",
             "<Relationships><Relationship Id=\"rId7\" Type=\"t/worksheet\" Target=\"/xl/one.xml\"/>"
             "<Relationship Id=\"rId8\" Type=\"t/sharedStrings\" Target=\"s.xml\"/>"
             "<Relationship Id=\"rId9\" Type=\"t/styles\" Target=\"styles.xml\"/></Relationships>");
    add_part(z, "xl/s.xml",
             "<sst><si><t>one</t></si><si><r><t>tw</t></r><r><t xml:space=\"preserve\">o </t></r>"
             "<rPh><t>no</t></rPh></si><si><t/></si></sst>");
    add_part(
        z, "xl/styles.xml",
        "<styleSheet><numFmts><numFmt numFmtId=\"170\" formatCode=\"[$-42A]dd/mm/yyyy\"/>"
        "<numFmt numFmtId=\"171\" formatCode=\"0&quot;d&quot;\\m[Red]\"/></numFmts>"
        "<cellStyleXfs><xf numFmtId=\"14\"/></cellStyleXfs><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/>"
        "<xf numFmtId=\"170\"/><xf numFmtId=\"171\"/></cellXfs></styleSheet>");
    add_part(z, "xl/one.xml", sheet);
    assert_int_equal(zip_close(z), 0);
    return file_bytes(path);
}

static void cells_of_every_kind(void **state)
{
    static const struct {
        const char *rows, *want;
        bool old_dates;
    } cases[] = {
        {"<row r=\"2\"><c r=\"B2\" t=\"s\"><v>1</v></c><c t=\"s\"><v>0</v></c></row>", "B2=two |C2=one",
         false},
        {"<row><c t=\"inlineStr\"><is><r><t>a</t></r><r><t>_x000D_b</t></r></is></c></row>", "A1=a\rb",
         false},
        {"<row><c t=\"str\"><f>A2&amp;1</f><v>x1</v></c><c><f>1+2</f><v>3</v></c></row>", "A1=x1|B1=number 3",
         false},
        {"<row><c t=\"b\"><v>1</v></c><c t=\"b\"><v>0</v></c></row>", "A1=bool true|B1=bool false", false},
        {"<row><c s=\"1\"><v>46053</v></c><c s=\"2\"><v>46053.5</v></c><c s=\"3\"><v>46053</v></c></row>",
         "A1=date 2026-01-31|B1=date 2026-01-31T12:00:00|C1=number 46053", false},
        {"<row><c s=\"1\"><v>44591</v></c></row>", "A1=date 2026-01-31", true},
        {"<row><c t=\"d\"><v>2026-01-31</v></c></row>", "A1=date 2026-01-31", false},
        {"<row><c><v>21.327600000000001</v></c><c><v>1E5</v></c></row>", "A1=number 21.3276|B1=number 100000",
         false},
        {"<row r=\"5\"><c t=\"s\"><v>0</v></c></row><row r=\"3\"><c t=\"s\"><v>0</v></c></row>",
         "A3=one|A5=one", false},
        {"<row><c t=\"s\"><v>2</v></c><c/><c r=\"XFD1\" s=\"1\"/></row>", "", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sheet s;
        struct failure why = {OK, ""};
        if (sheet_read_xlsx(by_hand("", cases[i].rows, cases[i].old_dates), NULL, &a, &s, &why) != OK)
            fail_msg("case %zu: %s", i, why.what);
        assert_string_equal(told(&s), cases[i].want);
    }
}

/* An archive of something else. */
static struct str no_book(void)
{
    char path[128];
    int e;
    snprintf(path, sizeof path, "%s/other.zip", dir);
    zip_t *z = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, &e);
    assert_non_null(z);
    add_part(z, "letter.txt", "x");
    assert_int_equal(zip_close(z), 0);
    return file_bytes(path);
}

static void no_workbook(void **state)
{
    static const char bomb[] = "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;\">]>";
    static const struct {
        const char *before, *rows, *want;
    } cases[] = {
        {bomb, "", "has a document type, which is not taken"},
        {"", "<row r=\"7\"><c r=\"B7\" t=\"e\"><v>#REF!</v></c></row>",
         "sheet hosts, B7: a formula gives an error; correct it"},
        {"", "<row r=\"7\"><c r=\"B7\" t=\"s\"><v>9</v></c></row>", "B7: refers to a text that is not there"},
        {"", "<row r=\"7\"><c r=\"ZZ7\"><v>9</v></c></row>", "ZZ7: more than 256 columns"},
        {"", "<row r=\"7\"><c r=\"B7\"><v>nine</v></c></row>", "B7: holds no number where one belongs"},
        {"", "<row r=\"7\"><c s=\"1\"><v>-4</v></c></row>", "A7: is no day of a calendar"},
        {"", "<row>", "is no well-formed XML"},
    };
    struct sheet s;
    struct failure why = {OK, ""};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct str book = by_hand(cases[i].before, cases[i].rows, false);
        assert_int_equal(sheet_read_xlsx(book, NULL, &a, &s, &why), ERR_INPUT);
        if (!strstr(why.what, cases[i].want))
            fail_msg("wanted \"%s\", got \"%s\"", cases[i].want, why.what);
    }
    assert_int_equal(sheet_read_xlsx(no_book(), NULL, &a, &s, &why), ERR_INPUT);
    assert_string_equal(why.what, "has no xl/workbook.xml; it is no workbook, or a damaged one");
    assert_int_equal(sheet_read_xlsx(STR("PK\3\4 and no more"), NULL, &a, &s, &why), ERR_INPUT);
    assert_int_equal(sheet_read_xlsx(STR("\xD0\xCF\x11\xE0\xA1"), NULL, &a, &s, &why), ERR_INPUT);
    assert_non_null(strstr(why.what, "save it as .xlsx without a password"));
}

/* A few thousand bytes that unpack to what nobody wrote by hand. */
static void a_bomb(void **state)
{
    size_t n = 20 << 20;
    char *blanks = malloc(n + 1);
    struct sheet s;
    struct failure why = {OK, ""};
    (void)state;
    memset(blanks, ' ', n);
    blanks[n] = '\0';
    struct str book = by_hand("", blanks, false);
    free(blanks);
    assert_true(book.n < 100000);
    assert_int_equal(sheet_read_xlsx(book, NULL, &a, &s, &why), ERR_INPUT);
    assert_non_null(strstr(why.what, "unpacks to more than is taken"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_spreadsheets_write, begin, end),
        cmocka_unit_test_setup_teardown(no_csv, begin, end),
        cmocka_unit_test_setup_teardown(no_formula_in_csv, begin, end),
        cmocka_unit_test_setup_teardown(a_workbook_and_back, begin, end),
        cmocka_unit_test_setup_teardown(too_long_for_a_cell, begin, end),
        cmocka_unit_test_setup_teardown(cells_of_every_kind, begin, end),
        cmocka_unit_test_setup_teardown(no_workbook, begin, end),
        cmocka_unit_test_setup_teardown(a_bomb, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
