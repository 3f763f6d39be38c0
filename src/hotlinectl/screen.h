/* What chat and rehearse print: texts as a phone shows them, and what went out. */
#ifndef HOTLINECTL_SCREEN_H
#define HOTLINECTL_SCREEN_H

#include "practice/practice.h"

/* The mark before the first line, blanks before the others; nothing for an empty text. */
void screen_text(const char *mark, struct str text);
/* "98 septets, 1 segment" */
void screen_size(struct str text);
/* What went out after number `after`; of one phone, or of all when `msisdn` is NULL. returns the last number.
 */
uint64_t screen_sent(const struct practice *p, uint64_t after, const char *msisdn);

#endif
