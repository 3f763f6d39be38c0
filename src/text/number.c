#include "text/text.h"

#include <string.h>

static bool collect_digits(struct str in, char *digits, size_t cap, bool *plus)
{
    size_t n = 0;
    in = str_trim(in);
    *plus = in.n && in.s[0] == '+';
    for (size_t i = *plus; i < in.n; i++) {
        char c = in.s[i];
        if (c >= '0' && c <= '9') {
            if (n + 1 >= cap)
                return false;
            digits[n++] = c;
        } else if (!memchr(" .-()", c, 5)) {
            return false;
        }
    }
    digits[n] = '\0';
    return n > 0;
}

bool text_msisdn(struct str in, const char *country, char out[MSISDN_MAX])
{
    char digits[20] = "";
    bool plus;
    size_t cc = strlen(country);
    out[0] = '\0';
    if (in.n > 64 || !collect_digits(in, digits, sizeof digits, &plus))
        return false;
    const char *rest = digits, *prefix = "";
    if (!plus && strncmp(digits, "00", 2) == 0)
        rest = digits + 2;
    else if (!plus && digits[0] == '0') {
        rest = digits + 1;
        prefix = country;
    } else if (!plus && strncmp(digits, country, cc) != 0)
        prefix = country;
    size_t n = strlen(prefix) + strlen(rest);
    /* E.164: at most 15 digits, no country code begins with 0 */
    if (n < 7 || n > 15 || *(*prefix ? prefix : rest) == '0')
        return false;
    struct out o;
    out_init(&o, out, MSISDN_MAX);
    out_printf(&o, "+%s%s", prefix, rest);
    return true;
}

struct str text_national(struct str e164)
{
    /* the calling codes of two digits; 1 and 7 have one, all others three */
    static const char two[] =
        "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 "
        "63 64 65 66 81 82 84 86 90 91 92 93 94 95 98";
    if (e164.n < 5 || e164.s[0] != '+')
        return e164;
    size_t n = 3;
    if (e164.s[1] == '1' || e164.s[1] == '7')
        n = 1;
    for (const char *p = two; n == 3 && *p; p += p[2] ? 3 : 2)
        if (memcmp(p, e164.s + 1, 2) == 0)
            n = 2;
    return (struct str){e164.s + 1 + n, e164.n - 1 - n};
}
