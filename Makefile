# SPDX-License-Identifier: MIT
#
# make            build ./build/gridpatch
# make demo       make a sample installer and patch it (installs what is missing, as root)
# make check      every test that needs no real driver (the same)
# make bench      gridpatch beside quilt, patch, git apply, decompressors and make
# make bench-quick start-up, a series, an installer, a matrix again: in two minutes
# make check-real tests on NVIDIA's own kernel sources from Debian's non-free packages
# make check-vm   what the vgpu-vfio sets do at run time, under QEMU
# make install    into DESTDIR/PREFIX (/usr/local); make uninstall takes it away again
# make dist       the sources of a release, in dist/; make deb, make rpm: packages
# make deb-install installs them, with what they are made from, as root
# make help       the other targets

PREFIX  ?= /usr/local
override PREFIX := $(patsubst %/,%,$(PREFIX))
DESTDIR ?=
SAN     ?=
WERROR  ?=
V       ?=

BUILD := build$(if $(SAN),-san)
BIN   := $(BUILD)/gridpatch

# Installing packages is for an interested root only: never inside a package build
# (dpkg-buildpackage and rpmbuild set these), never for a user without the right.
IN_PKGBUILD := $(DEB_BUILD_ARCH)$(RPM_BUILD_ROOT)$(FAKEROOTKEY)
AUTODEPS    ?= $(if $(IN_PKGBUILD),0,$(if $(filter 0,$(shell id -u)),1,0))
export AUTODEPS

# Under sudo only packages and what goes to PREFIX are root's business: in a tree of
# the caller's own all other commands run as the caller, who builds there again.
SUDO_TREE := $(if $(SUDO_UID),$(shell sh tools/packaging/sudo-tree.sh))
ifneq ($(SUDO_TREE),)
export HOME := $(wordlist 4,99,$(SUDO_TREE))
SHELL := $(shell command -v setpriv)
.SHELLFLAGS := $(wordlist 1,3,$(SUDO_TREE)) /bin/sh -c
deps deps-demo deps-check deps-deb deps-deb-data install uninstall deb-install: private SHELL := /bin/sh
deps deps-demo deps-check deps-deb deps-deb-data install uninstall deb-install: private .SHELLFLAGS := -c
endif

comma := ,
CFLAGS  ?= -O2 -g
STDFLAGS := -std=gnu11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -Itools \
	-Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes \
	-Wformat=2 -Wvla -Wundef -Wwrite-strings $(if $(WERROR),-Werror) \
	$(if $(SAN),-fsanitize=address$(comma)undefined -fno-omit-frame-pointer -fno-sanitize-recover=undefined -DGP_DEBUG)
# V=1 shows the commands.
say = $(if $(V),,@echo '  $(1)  $@';)

# libarchive is loaded when an archive is opened: tools/ops/run/libarchive.h; libxml2
# when an XML file is read, and its headers lie in a folder of their own: tools/base/libxml.h;
# libpci when a card is looked up: tools/base/pci.h.
STDFLAGS += $(or $(shell pkg-config --cflags libxml-2.0 2>/dev/null),-I/usr/include/libxml2)
ISAL := $(shell echo "\#include <isa-l/igzip_lib.h>" | $(CC) -E -xc - >/dev/null 2>&1 && echo 1)
STDFLAGS += $(if $(ISAL),-DGP_HAVE_ISAL)
LIBS := $(if $(ISAL),-lisal) -lelf -llzma -lzstd -lbz2 -lz -lmd -ljson-c -lpthread -ldl

SRC   := $(wildcard tools/base/*.c tools/core/*/*.c tools/ops/*/*.c)
CMD   := $(wildcard tools/cmd/*.c tools/cmd/*/*.c)
TESTS := $(wildcard tests/unit/*/test_*.c tests/unit/*/*/test_*.c)
TSUP  := $(wildcard tests/unit/fx_*.c)

LIBOBJ  := $(SRC:%.c=$(BUILD)/%.o)
CMDOBJ  := $(CMD:%.c=$(BUILD)/%.o)
TSUPOBJ := $(TSUP:%.c=$(BUILD)/%.o)
TESTBIN := $(TESTS:%.c=$(BUILD)/%)
LIB     := $(BUILD)/libgridpatch.a

all: deps
	@$(MAKE) --no-print-directory $(BIN)

# Without AUTODEPS a missing library shows as the compiler's own error.
deps:
	@sh tools/packaging/deps.sh build

deps-demo:
	@sh tools/packaging/deps.sh demo

deps-check:
	@sh tools/packaging/deps.sh check

deps-deb deps-deb-data:
	@sh tools/packaging/deps.sh $(@:deps-%=%)

$(BIN): $(CMDOBJ) $(LIB)
	$(call say,LD)$(CC) $(CFLAGS) $(STDFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(LIB): $(LIBOBJ)
	@rm -f $@
	$(call say,AR)$(AR) rcs $@ $^

# The place of installed data is the one thing a path in the binary says: another
# PREFIX than that of the last make compiles it anew.
$(BUILD)/tools/ops/select/datadir.o: STDFLAGS += -DGP_DATADIR='"$(PREFIX)/share/gridpatch"'
$(BUILD)/tools/ops/select/datadir.o: $(BUILD)/prefix

# And the commit, which `--version` says: its own file for the same reason.
$(BUILD)/tools/cmd/front/version.o: STDFLAGS += -DGP_COMMIT='"$(file <$(BUILD)/commit)"'
$(BUILD)/tools/cmd/front/version.o: $(BUILD)/commit

$(BUILD)/commit: FORCE
	@mkdir -p $(@D)
	@sh tools/packaging/version.sh commit > $@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

$(BUILD)/prefix: FORCE
	@mkdir -p $(@D)
	@echo '$(PREFIX)' | cmp -s - $@ || echo '$(PREFIX)' > $@

FORCE:

$(BUILD)/tests/unit/%.o: STDFLAGS += -Itests/unit

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(CFLAGS) $(STDFLAGS) $(CPPFLAGS) -MMD -MP -c -o $@ $<

$(TESTBIN): %: %.o $(TSUPOBJ) $(LIB)
	$(call say,LD)$(CC) $(CFLAGS) $(STDFLAGS) $(LDFLAGS) -o $@ $^ -lcmocka $(LIBS)

$(BUILD)/bench-symvers: $(BUILD)/tests/bench/symvers.o $(LIB)
	$(call say,LD)$(CC) $(CFLAGS) $(STDFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

# The program of the virtual machine: no libc, whatever the other flags are. On other
# machines than x86_64 there is none, and --boot says so.
GUEST := $(BUILD)/tools/ops/vm/guest/init
ifneq ($(findstring x86_64,$(shell $(CC) -dumpmachine)),)
$(BUILD)/tools/ops/vm/initramfs.o: STDFLAGS += -DGP_GUEST_INIT='"$(GUEST)"'
$(BUILD)/tools/ops/vm/initramfs.o: $(GUEST)
endif

$(GUEST): tools/ops/vm/guest/init.c
	@mkdir -p $(@D)
	$(call say,CC)$(CC) -std=gnu11 -Wall -Wextra -Wshadow $(if $(WERROR),-Werror) -Os -m64 -march=x86-64 \
		-ffreestanding -fno-builtin -fno-stack-protector -fno-pie -fcf-protection=none \
		-fno-asynchronous-unwind-tables -mno-red-zone -static -nostdlib -s \
		-Wl,--build-id=none,-z,noexecstack -o $@ $<

$(BUILD)/vm-run: $(BUILD)/tests/vm/run.o $(LIB)
	$(call say,LD)$(CC) $(CFLAGS) $(STDFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

# Objects of tests stay. Named one by one: without names it would be about every
# file, and then one that is missing is not made while what needs it is there.
.SECONDARY: $(TESTS:%.c=$(BUILD)/%.o) $(TSUPOBJ) $(BUILD)/tests/bench/symvers.o $(BUILD)/tests/vm/run.o

test-programs: $(TESTBIN)

check: deps-check
	@$(MAKE) --no-print-directory -j$$(nproc) $(BIN)
	@GRIDPATCH=$(CURDIR)/$(BIN) BUILD=$(BUILD) MAKE="$(MAKE)" sh tests/run.sh

# The vgpu-vfio sets at run time, in a virtual machine: Debian's kernel, no card.
check-vm: deps-check
	@$(MAKE) --no-print-directory $(BIN) $(BUILD)/vm-run
	@GRIDPATCH=$(CURDIR)/$(BIN) VM_RUN=$(CURDIR)/$(BUILD)/vm-run sh tests/vm/check.sh

check-real: deps-check
	@$(MAKE) --no-print-directory $(BIN)
	@GRIDPATCH=$(CURDIR)/$(BIN) sh tests/real/all.sh

# With MARKDOWN=1 what it says is kept for bench-figures, once it is whole.
bench_part = sh tests/bench/$(1).sh $(if $(MARKDOWN),--markdown > $(BUILD)/bench/$(1).part && \
	mv $(BUILD)/bench/$(1).part $(BUILD)/bench/$(1).md && cat $(BUILD)/bench/$(1).md)

# The figures that hot code is changed by, in less than two minutes.
bench-quick: MARKDOWN = 1
bench-quick: deps-check
	@$(MAKE) --no-print-directory -j$$(nproc) $(BIN)
	@mkdir -p $(BUILD)/bench
	@GRIDPATCH=$(CURDIR)/$(BIN) $(call bench_part,quick)

# What the last benches of this tree measured, between their marks in tests/bench/README.md.
bench-figures:
	@sh tests/bench/figures.sh $(BUILD)/bench tests/bench/README.md

bench: deps-check
	@$(MAKE) --no-print-directory -j$$(nproc) $(BIN) $(BUILD)/bench-symvers
	@mkdir -p $(BUILD)/bench
	@GRIDPATCH=$(CURDIR)/$(BIN) $(call bench_part,bench)
	@GRIDPATCH=$(CURDIR)/$(BIN) $(call bench_part,repack)
	@GRIDPATCH=$(CURDIR)/$(BIN) $(call bench_part,merge)
	@GRIDPATCH=$(CURDIR)/$(BIN) SYMVERS=$(CURDIR)/$(BUILD)/bench-symvers $(call bench_part,proof)

demo: deps-demo
	@$(MAKE) --no-print-directory -j$$(nproc) $(BIN)
	@GRIDPATCH=$(CURDIR)/$(BIN) sh tests/demo.sh

# The table of README, between its two marks, as the data has it today.
readme: all
	@$(BIN) support --markdown --platform all | sh tools/packaging/readme-table.sh > $(BUILD)/support.md
	@awk -v table=$(BUILD)/support.md '/^<!-- support: end/ { skip = 0 } !skip { print } \
		/^<!-- support: begin/ { skip = 1; print ""; while ((getline line < table) > 0) print line; print "" }' \
		README.md > $(BUILD)/README.md
	@cmp -s $(BUILD)/README.md README.md || cp $(BUILD)/README.md README.md

# What README shows, in .github/pictures: a run, and the page of a matrix, of our own samples.
pictures: all
	@GRIDPATCH=$(CURDIR)/$(BIN) BUILD=$(BUILD) PICTURES=$(CURDIR)/.github/pictures sh tests/cli/pictures.sh

layers:
	@sh tests/layers.sh

# Each module of core and ops with the tests that are about it.
test-map:
	@sh tests/map.sh

# Each file includes what it uses.
includes:
	@python3 tests/includes.py

lint: deps-check
	@sh tests/lint.sh "$(STDFLAGS)"

# make check-conftests CHECKOUT=DIR: is what the data say of NVIDIA's conftests so?
check-conftests:
	@python3 tests/conftests.py --check . '$(CHECKOUT)'

# make check-cards CHECKOUT=DIR: have NVIDIA's releases vGPUs for the cards that the data say?
check-cards:
	@python3 tests/cards.py '$(CHECKOUT)'

# make data-news [NEWS='FILE…']: what package lists have and the data do not know.
data-news: all
	@GRIDPATCH=$(CURDIR)/$(BIN) sh tests/news.sh $(NEWS)

# make doc-html [HTML=DIR]: the man pages as HTML, with an index.
HTML ?= $(BUILD)/html
doc-html:
	@sh tools/packaging/doc-html.sh '$(HTML)'

lint-sets: deps-check
	@$(MAKE) --no-print-directory $(BIN)
	@GRIDPATCH=$(CURDIR)/$(BIN) sh tests/lint-sets.sh

install: all
	@DESTDIR='$(DESTDIR)' PREFIX='$(PREFIX)' KERNEL_HOOKS='$(KERNEL_HOOKS)' sh tools/packaging/install.sh install $(BIN)

uninstall:
	@DESTDIR='$(DESTDIR)' PREFIX='$(PREFIX)' sh tools/packaging/install.sh uninstall

# What goes out, below dist/: dist has the sources of a release, and of its data alone.
VERSION = $(shell sh tools/packaging/version.sh program)
DATA    = $(shell sh tools/packaging/version.sh data)

dist:
	@sh tools/packaging/dist.sh tar gridpatch-$(VERSION) dist/gridpatch-$(VERSION).tar.gz
	@sh tools/packaging/dist.sh tar gridpatch-data-$(DATA) dist/gridpatch-data-$(DATA).tar.gz data
	@echo "dist/gridpatch-$(VERSION).tar.gz, dist/gridpatch-data-$(DATA).tar.gz"

# Packages of this system's kind: gridpatch and gridpatch-data, or the data alone.
deb: deps-deb
deb-data: deps-deb-data
deb deb-data rpm rpm-data:
	@sh tools/packaging/$(firstword $(subst -, ,$@))/build.sh dist $(if $(findstring -data,$@),data)

deb-install: deb
	@DEBIAN_FRONTEND=noninteractive apt-get install -y ./dist/gridpatch_$(VERSION)_*.deb ./dist/gridpatch-data_$(DATA)_all.deb

clean:
	rm -rf dist build build-san build-clang

help:
	@sed -n 's/^# \(make.*\)/\1/p' Makefile
	@echo "deps layers lint lint-sets test-map includes readme pictures doc-html clean; SAN=1 WERROR=1 AUTODEPS=0 V=1 CC=clang BUILD=build-clang"

.PHONY: all deps deps-demo deps-check deps-deb deps-deb-data test-programs check check-real check-vm check-conftests check-cards data-news bench bench-quick bench-figures demo readme pictures doc-html layers lint lint-sets test-map includes install uninstall dist deb deb-data deb-install rpm rpm-data clean help FORCE

-include $(LIBOBJ:.o=.d) $(CMDOBJ:.o=.d) $(TSUPOBJ:.o=.d) $(TESTS:%.c=$(BUILD)/%.d)
