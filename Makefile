# hotlined: make run, make check, make lint, make bench, make fuzz, make crash, make walk, make install. See README.md.
include src/rooms.mk

VERSION   := 0.1.0
PREFIX    ?= /usr/local
SYSCONFDIR ?= /etc
CC        ?= gcc
FLAVOUR   ?= release
BUILD     ?= build/$(FLAVOUR)
PACKAGES  := libevent libevent_pthreads libcurl sqlite3 libcjson libconfig libutf8proc libsodium libsystemd expat libcrypto libzip xlsxwriter
STD       := -std=gnu11 -Isrc -D_GNU_SOURCE -DHOTLINED_VERSION='"$(VERSION)"' -DHOTLINED_SYSCONFDIR='"$(SYSCONFDIR)"'
WARN      := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wwrite-strings -Wvla
FLAGS_release := -O2 -g -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fPIE
FLAGS_check   := -O2 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
FLAGS_thread  := -O1 -g -fsanitize=thread
LINK_release  := -pie -Wl,-z,relro,-z,now
LINK_check    := -fsanitize=address,undefined
LINK_thread   := -fsanitize=thread
CFLAGS_ALL = $(STD) $(WARN) $(FLAGS_$(FLAVOUR)) -pthread -MMD -MP $(CFLAGS)
# Looked up when a recipe needs it: `make deps` must work before the libraries are there.
LIBS       = $(shell pkg-config --libs $(PACKAGES)) -lm -pthread

objs  = $(patsubst src/%.c,$(BUILD)/obj/%.o,$(wildcard src/$(1)/*.c))
ALL_OBJS := $(foreach r,$(ROOMS),$(call objs,$(r)))
CTL_OBJS := $(call objs,hotlinectl)
DAEMON_OBJS := $(call objs,daemon)
UNIT_SRC := $(wildcard tests/unit/*_test.c)
UNIT_BIN := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(UNIT_SRC))

# make V=1 shows the commands
say = $(if $(V),,@echo "  $@";)

.PHONY: all run check lint bench fuzz crash install clean deps unit e2e format
.SECONDARY:
all: deps-quiet $(BUILD)/hotlined $(BUILD)/hotlinectl

$(BUILD)/hotlined: $(BUILD)/obj/hotlined.o $(DAEMON_OBJS) $(ALL_OBJS)
	$(say)$(CC) $(LINK_$(FLAVOUR)) $(LDFLAGS) -o $@ $^ $(LIBS)
$(BUILD)/hotlinectl: $(CTL_OBJS) $(ALL_OBJS)
	$(say)$(CC) $(LINK_$(FLAVOUR)) $(LDFLAGS) -o $@ $^ $(LIBS)
$(BUILD)/obj/%.o: src/%.c
	@mkdir -p $(@D)
	$(say)$(CC) $(CFLAGS_ALL) -c -o $@ $<

# Files that the assembler takes in are seen by no compiler's list of what an object is made of.
WEB_FILES := src/web/practice.html src/web/practice.css src/web/practice.js src/web/referrals.css
$(BUILD)/obj/web/assets.o: $(WEB_FILES)
# Leaflet's files, without what makes a browser ask for others: images of controls that are not used, the source map.
LEAFLET   ?= /usr/share/javascript/leaflet
ATLAS_FILES := $(addprefix src/atlas/,page.html page.css words.js common.js map.js coverage.js diff.js page.js)
$(BUILD)/obj/atlas/assets.o: $(ATLAS_FILES) $(BUILD)/leaflet/leaflet.css $(BUILD)/leaflet/leaflet.js
$(BUILD)/obj/atlas/assets.o: STD += -Wa,-I$(BUILD)/leaflet
$(BUILD)/leaflet/leaflet.css: $(wildcard $(LEAFLET)/leaflet.css)
	@mkdir -p $(@D)
	$(say)sed -E 's/[^{}]*\{[^{}]*url\([^{}]*\}//g; /sourceMappingURL/d' $(LEAFLET)/leaflet.css >$@ || { rm -f $@; exit 1; }
$(BUILD)/leaflet/leaflet.js: $(wildcard $(LEAFLET)/leaflet.min.js)
	@mkdir -p $(@D)
	$(say)sed '/sourceMappingURL/d' $(LEAFLET)/leaflet.min.js >$@ || { rm -f $@; exit 1; }

# A test is called ROOM_topic_test.c and is linked with that room and what the room may include.
define unit_rule
$(BUILD)/unit/$(1)_%_test: tests/unit/$(1)_%_test.c $(foreach r,$(1) $(allow_$(1)),$(call objs,$(r))) $(wildcard tests/unit/*.h)
	@mkdir -p $$(@D)
	$$(say)$$(CC) $$(CFLAGS_ALL) -Itests -o $$@ $$(filter %.c %.o,$$^) $$(LINK_$(FLAVOUR)) -lcmocka $$(LIBS)
endef
$(foreach r,$(ROOMS),$(eval $(call unit_rule,$(r))))
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

unit: $(UNIT_BIN)
	@tools/run-tests $(UNIT_BIN)
# One room's unit tests: make room-places
room-%:
	@$(MAKE) --no-print-directory $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/$*_*_test.c))
	@for t in $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/$*_*_test.c)); do $$t || exit 1; done

deps:
	@tools/install-deps
deps-quiet:
	@tools/install-deps --if-missing
.PHONY: deps-quiet

# The example configuration is laid beside what is there and never over it: make install DESTDIR=/tmp/x PREFIX=/usr
CONF_FILES = $(shell cd conf && find . -type f ! -path './secrets/*')
RENDER = sed -e 's|@BINDIR@|$(PREFIX)/bin|g' -e 's|@SYSCONFDIR@|$(SYSCONFDIR)|g'
install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(SYSCONFDIR)/hotlined $(DESTDIR)$(PREFIX)/share/doc/hotlined
	install -m 0755 $(BUILD)/hotlined $(BUILD)/hotlinectl $(DESTDIR)$(PREFIX)/bin
	for f in $(CONF_FILES); do \
	    to=$(DESTDIR)$(SYSCONFDIR)/hotlined/$$f; \
	    [ -e "$$to" ] || install -D -m 0644 "conf/$$f" "$$to"; \
	done
	for s in 1 5 8; do \
	    for f in docs/man/*.$$s; do install -D -m 0644 "$$f" "$(DESTDIR)$(PREFIX)/share/man/man$$s/$$(basename $$f)"; done; \
	done
	install -m 0644 README.md docs/*.md $(DESTDIR)$(PREFIX)/share/doc/hotlined
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system $(DESTDIR)$(PREFIX)/lib/sysusers.d $(DESTDIR)$(PREFIX)/lib/tmpfiles.d
	$(RENDER) systemd/hotlined.service.in >$(DESTDIR)$(PREFIX)/lib/systemd/system/hotlined.service
	install -m 0644 systemd/hotlined.socket $(DESTDIR)$(PREFIX)/lib/systemd/system
	install -m 0644 systemd/hotlined.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/hotlined.conf
	$(RENDER) systemd/hotlined.tmpfiles.in >$(DESTDIR)$(PREFIX)/lib/tmpfiles.d/hotlined.conf

clean:
	rm -rf build
format:
	clang-format -i $(shell git ls-files 'src/*.[ch]' 'tests/*.[ch]')
include tests/tests.mk
include tests/fuzz.mk
include tests/sim.mk
