# conn: GNU make. O is the build folder; a variant is the same rules with
# another O.
VERSION := 0.1.0
PREFIX  ?= /usr/local
O       ?= build
CFLAGS  ?= -O2 -g

PROGRAMS := conn-load conn-poll conn-slim conn-diff conn-bulk conn-check conn-spec
SCRIPTS  := conn-sync
HELPERS  := conn-slim-index conn-sync-helper
DRIVERS  := airbyte directory file singer sqlite
# what a library is needed for that may be missing
PQ       := $(shell pg_config --includedir 2>/dev/null)
ifneq ($(wildcard $(PQ)/libpq-fe.h),)
DRIVERS  += postgresql
else
$(info no libpq-fe.h (libpq-dev): the driver postgresql is left out)
ABSENT   += postgresql pgcheck pgconn pghosts pgids pgposition pgrows pgstatement pgstream pgtypes
endif
MY       := $(shell mariadb_config --include 2>/dev/null)
ifneq ($(wildcard $(patsubst -I%,%/mysql.h,$(MY))),)
DRIVERS  += mysql
else
$(info no mysql.h (libmariadb-dev): the driver mysql is left out)
ABSENT   += mysql mycheck myconn myids mykind myposition myrows mystatement mystream
endif
MONGO    := $(firstword $(wildcard /usr/include/libmongoc-1.0 /usr/local/include/libmongoc-1.0))
ifneq ($(wildcard $(MONGO)/mongoc/mongoc.h),)
DRIVERS  += mongodb
else
$(info no mongoc.h (libmongoc-dev): the driver mongodb is left out)
ABSENT   += mongodb bsonid bsontext bsonvalue mongobatch mongochange mongocheck mongoconn mongolist mongopoll mongoquery mongoread mongorun mongostream mongouri
ABSENTT  += unit-bsonvalue fuzz-bson
endif
XML      := $(firstword $(wildcard /usr/include/libxml2 /usr/local/include/libxml2))
ifeq ($(wildcard $(XML)/libxml/parser.h),)
$(info no libxml/parser.h (libxml2-dev): the driver rest is left out)
ABSENT   += rest rest/entity rest/format rest/functions rest/html rest/xml rest/xmlread
ABSENTT  += $(patsubst tests/%.c,%,$(wildcard tests/unit-rest*.c)) \
	fuzz-date fuzz-format fuzz-html fuzz-http
else
DRIVERS  += rest
endif
MODULES  := base json stream config net rules run index source source/rest \
	source/airbyte source/singer source/tap

WARN := -std=c11 -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wvla -Wformat=2 -Wimplicit-fallthrough
HARD := -D_FORTIFY_SOURCE=2 -fstack-protector-strong \
	-fstack-clash-protection -fcf-protection=full -fPIE
# libjq 1.6 has no call that tells its version
JQV  := $(or $(shell dpkg-query -W -f '$${Version}' libjq-dev 2>/dev/null | sed 's/-.*//'),unknown)
# opened by name when it is first called: lib/net/curl.c
CURLSO := $(or $(shell objdump -p "$$($(CC) -print-file-name=libcurl.so)" 2>/dev/null | awk '$$1 == "SONAME" { print $$2 }'),libcurl.so.4)
CPPF := -D_GNU_SOURCE -DCONN_VERSION='"$(VERSION)"' -DCONN_JQ_VERSION='"$(JQV)"' -Ilib -I$(O)/lib -MMD -MP
LDH  := -pie -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed
LIBS := -ljq -lonig -lyaml -lcrypto -lsqlite3 -ldeflate -lz -lzstd -lm

DRVSRC := $(DRIVERS:%=lib/source/%.c) $(ABSENT:%=lib/source/%.c)
LIBSRC := $(filter-out $(DRVSRC),$(sort $(wildcard $(MODULES:%=lib/%/*.c))))
LIBOBJ := $(LIBSRC:%.c=$(O)/%.o)
FUZZ   := $(filter-out $(ABSENTT),$(patsubst tests/%.c,%,$(sort $(wildcard tests/fuzz-*.c))))
UNIT   := $(filter-out $(ABSENTT),$(patsubst tests/%.c,%,$(sort $(wildcard tests/unit-*.c)))) $(FUZZ) \
	$(patsubst tests/%.c,%,$(wildcard tests/mk*.c tests/*tool.c \
	tests/*sink.c tests/*proxy.c))
BINS   := $(PROGRAMS:%=$(O)/bin/%) $(SCRIPTS:%=$(O)/bin/%)
EXECS  := $(DRIVERS:%=$(O)/libexec/conn/conn-source-%) $(HELPERS:%=$(O)/libexec/conn/%)
# without their driver they would be types that nobody can read
CONNECT := $(if $(filter rest,$(DRIVERS)),$(patsubst lib/%,$(O)/libexec/conn/%,$(sort $(wildcard lib/connectors/*.yml))))
# what each driver prints as its spec, lest it is asked in every run; SPECS=
# where what is built cannot be run
SPECS  := $(DRIVERS:%=$(O)/libexec/conn/specs/%.json)
MAN    := $(sort $(wildcard man/*.[157]))

all: $(BINS) $(EXECS) $(SPECS) $(CONNECT)
unit: $(UNIT:%=$(O)/tests/%) $(O)/tests/allocfault.so
fuzz: $(FUZZ:%=$(O)/tests/%)
bench: $(patsubst %.c,$(O)/%,$(sort $(wildcard tests/bench-*.c)))

compile = $(CC) $(CPPF) $(INCLUDE) $(WARN) $(HARD) $(CFLAGS) $(CPPFLAGS) -c -o $@ $<
link    = $(CC) $(HARD) $(CFLAGS) $(LDH) $(LDFLAGS) -o $@ $(filter %.o %.a,$^) $(LIBS) $(EXTRA)

$(O)/.dir: Makefile
	@umask 022; mkdir -p $(O)/bin $(O)/libexec/conn/connectors $(O)/libexec/conn/specs $(O)/cmd $(O)/tests $(MODULES:%=$(O)/lib/%)
	@touch $@

$(O)/%.o: %.c | $(O)/.dir
	$(compile)

$(O)/lib/index/verdicts.h: scripts/verdicts lib/index/verdicts.txt | $(O)/.dir
	scripts/verdicts c lib/index/verdicts.txt > $@.new && mv $@.new $@
$(O)/lib/index/elasticsearch_verdict.o: $(O)/lib/index/verdicts.h

ifneq ($(filter x86_64%,$(shell $(CC) -dumpmachine)),)
$(O)/lib/base/hash_avx2.o: CPPF += -mavx2
endif

$(O)/lib/net/curl.o: CPPF += -DCONN_LIBCURL='"$(CURLSO)"'

$(O)/libconn.a: $(LIBOBJ)
	@rm -f $@
	$(AR) rcs $@ $^

$(PROGRAMS:%=$(O)/bin/%): $(O)/bin/%: $(O)/cmd/%.o $(O)/libconn.a
	$(link)
$(HELPERS:%=$(O)/libexec/conn/%): $(O)/libexec/conn/%: $(O)/cmd/%.o $(O)/libconn.a
	$(link)
$(O)/lib/source/postgresql.o $(O)/lib/source/pg%.o: INCLUDE := -isystem $(PQ)
$(O)/libexec/conn/conn-source-postgresql: EXTRA := -lpq
$(O)/lib/source/my%.o: INCLUDE := $(MY:-I%=-isystem %)
$(O)/libexec/conn/conn-source-mysql: EXTRA := -lmariadb
MONGOI := -isystem $(MONGO) -isystem $(dir $(MONGO))libbson-1.0
$(O)/lib/source/bson%.o $(O)/lib/source/mongo%.o $(O)/tests/unit-bson%.o $(O)/tests/fuzz-bson.o: INCLUDE := $(MONGOI)
$(O)/libexec/conn/conn-source-mongodb: EXTRA := -lmongoc-1.0 -lbson-1.0
$(O)/tests/unit-bsonvalue $(O)/tests/fuzz-bson: EXTRA := -lbson-1.0
$(O)/lib/source/rest/%.o: INCLUDE := -isystem $(XML)
$(O)/libexec/conn/conn-source-rest $(O)/tests/unit-rest% \
	$(O)/tests/fuzz-date $(O)/tests/fuzz-format $(O)/tests/fuzz-html $(O)/tests/fuzz-http: EXTRA := -lxml2
# a driver that a group may write is not started, a connector not read
$(O)/libexec/conn/connectors/%: lib/connectors/% | $(O)/.dir
	umask 022; mkdir -p $(@D) && rm -f $@ && cat $< > $@
$(O)/libexec/conn/conn-source-%: $(O)/lib/source/%.o $(O)/libconn.a
	umask 022; $(link)
$(O)/libexec/conn/specs/%.json: $(O)/libexec/conn/conn-source-%
	umask 022; $< spec > $@.new && mv $@.new $@
# to be preloaded: whatever the variant, without its sanitizers
$(O)/tests/%.so: tests/%.c | $(O)/.dir
	$(CC) $(CPPF) $(WARN) -O2 -g -fPIC -shared $(CPPFLAGS) -o $@ $<
$(O)/tests/%: $(O)/tests/%.o $(O)/libconn.a
	$(link)
$(SCRIPTS:%=$(O)/bin/%): $(O)/bin/%: cmd/%.sh | $(O)/.dir
	sed 's/@VERSION@/$(VERSION)/' $< > $@ && chmod 755 $@

install: all
	install -d $(DESTDIR)$(PREFIX)/bin \
	    $(patsubst %,$(DESTDIR)$(PREFIX)/libexec/conn/%,connectors specs) \
	    $(patsubst %,$(DESTDIR)$(PREFIX)/share/man/man%,1 5 7)
	install -m 755 $(BINS) $(DESTDIR)$(PREFIX)/bin
	install -m 755 $(EXECS) $(DESTDIR)$(PREFIX)/libexec/conn
	for s in $(SPECS); do \
	    install -m 644 $$s $(DESTDIR)$(PREFIX)/libexec/conn/specs || exit; \
	done
	for c in $(CONNECT); do \
	    install -m 644 $$c $(DESTDIR)$(PREFIX)/libexec/conn/connectors || exit; \
	done
	for m in $(MAN); do \
	    install -m 644 $$m $(DESTDIR)$(PREFIX)/share/man/man$${m##*.} || exit; \
	done

uninstall:
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/bin/,$(notdir $(BINS))) \
	    $(addprefix $(DESTDIR)$(PREFIX)/libexec/conn/,$(notdir $(EXECS))) \
	    $(addprefix $(DESTDIR)$(PREFIX)/libexec/conn/specs/,$(notdir $(SPECS))) \
	    $(addprefix $(DESTDIR)$(PREFIX)/libexec/conn/connectors/,$(notdir $(CONNECT)))
	for m in $(MAN); do \
	    rm -f $(DESTDIR)$(PREFIX)/share/man/man$${m##*.}/$${m##*/}; \
	done
	rmdir $(DESTDIR)$(PREFIX)/libexec/conn/connectors \
	    $(DESTDIR)$(PREFIX)/libexec/conn/specs \
	    $(DESTDIR)$(PREFIX)/libexec/conn 2>/dev/null || :

dist:
	git archive --prefix=conn-$(VERSION)/ HEAD | gzip -9n > conn-$(VERSION).tar.gz

asan:
	$(MAKE) O=build/asan HARD= CFLAGS='-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer' LDFLAGS=tests/lsan.c all unit
valgrind:
	$(MAKE) O=build/valgrind CFLAGS='-O1 -g -DCONN_NO_SANDBOX' all unit
	scripts/memcheck build/valgrind
coverage:
	scripts/coverage
# all functional tests, or that of NAME
ftest: all unit
	scripts/ftest $(NAME)
clean:
	rm -rf $(O)

.PHONY: all unit fuzz bench install uninstall dist asan valgrind coverage ftest clean
.SECONDARY:
-include $(shell test -d $(O) && find $(O) -name '*.d')
